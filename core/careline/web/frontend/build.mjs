// Makes static/vendor/: the libraries as the pages load them, and one sprite of the listed icons.
// usage: node build.mjs OUTPUT_FOLDER
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const output = process.argv[2] ?? join(here, "../static/vendor");

/** Files that are used as their authors made them. */
const COPIED = {
  "htmx.org/dist/htmx.min.js": "htmx.js",
  "idiomorph/dist/idiomorph-ext.min.js": "idiomorph.js",
};

/** Libraries of which pages need parts only, as one module each. */
const BUNDLED = {
  "jssip.js": 'export { default } from "jssip";',
  "echarts.js": `
    import { init, use } from "echarts/core";
    import { BarChart, LineChart, PieChart } from "echarts/charts";
    import { AriaComponent, GridComponent, LegendComponent } from "echarts/components";
    import { MarkLineComponent, TooltipComponent } from "echarts/components";
    import { CanvasRenderer } from "echarts/renderers";
    use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent]);
    use([MarkLineComponent, TooltipComponent, CanvasRenderer]);
    export { init };
  `,
};

/** For the type checker: what the bundles offer is what the packages say. */
const TYPES = {
  "jssip.d.ts": `import * as JsSIP from "../../frontend/node_modules/jssip/lib/JsSIP";
export default JsSIP;
`,
  "echarts.d.ts": `export { init } from "../../frontend/node_modules/echarts/core";
`,
};

/** One symbol of the sprite; the drawing takes the colour of the text around it. */
async function symbol(name) {
  const file = join(modules, "lucide-static/icons", `${name}.svg`);
  const svg = await readFile(file, "utf8").catch(() => {
    throw new Error(`icons.json: lucide has no icon ${name}`);
  });
  const inside = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/\s+/g, " ").trim()}</symbol>`;
}

async function sprite() {
  const names = JSON.parse(await readFile(join(here, "icons.json"), "utf8"));
  const symbols = await Promise.all([...new Set(names)].sort().map(symbol));
  const licence = "<!-- lucide, ISC licence, https://lucide.dev -->";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg">${licence}${symbols.join("\n")}</svg>\n`;
  await writeFile(join(output, "icons.svg"), svg);
}

await mkdir(output, { recursive: true });
await Promise.all([
  ...Object.entries(COPIED).map(([from, to]) => copyFile(join(modules, from), join(output, to))),
  ...Object.entries(BUNDLED).map(([name, contents]) =>
    build({
      stdin: { contents, resolveDir: here },
      outfile: join(output, name),
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2020",
      legalComments: "eof",
      define: { global: "globalThis", "process.env.NODE_ENV": '"production"' },
      logLevel: "warning",
    }),
  ),
  ...Object.entries(TYPES).map(([name, text]) => writeFile(join(output, name), text)),
  sprite(),
]);
