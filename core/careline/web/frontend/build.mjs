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

/** For the type checker: what the bundle offers is what the package says. */
const TYPES = `import * as JsSIP from "../../frontend/node_modules/jssip/lib/JsSIP";
export default JsSIP;
`;

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
  build({
    stdin: { contents: 'export { default } from "jssip";', resolveDir: here },
    outfile: join(output, "jssip.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2020",
    legalComments: "eof",
    define: { global: "globalThis" },
    logLevel: "warning",
  }),
  writeFile(join(output, "jssip.d.ts"), TYPES),
  sprite(),
]);
