// Charts of reports: every `.plot` is drawn from its data; the same figures stand below as a table.
import { all, onParts } from "./page.js";

/**
 * @typedef {{name: string, values: (number | null)[]}} Series
 * @typedef {{kind: "bar" | "line" | "pie" | "stack", labels: string[], series: Series[],
 *   unit: string, target: number | null}} Plot
 */

/** @type {WeakMap<HTMLElement, {resize: () => void, dispose: () => void}>} */
const drawn = new WeakMap();
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target instanceof HTMLElement) {
      drawn.get(target)?.resize();
    }
  }
});

/** A token of the design as the page has it now. @param {string} name */
function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Lines and writing as the rest of the page. */
function axes() {
  const quiet = { color: token("ink-3"), fontFamily: token("font") };
  return {
    label: quiet,
    line: { lineStyle: { color: token("line-3") } },
    split: { lineStyle: { color: token("line") } },
  };
}

/** @param {Plot} plot */
function pie(plot) {
  const [one] = plot.series;
  const data = plot.labels.map((name, place) => ({ name, value: one?.values[place] ?? 0 }));
  return {
    legend: { orient: "vertical", right: 0, top: "middle", textStyle: axes().label },
    series: [
      { type: "pie", radius: ["45%", "75%"], center: ["35%", "50%"], label: { show: false }, data },
    ],
  };
}

/** True for whole numbers: half a call is no step of an axis. @param {Plot} plot */
function counts(plot) {
  return plot.series.every((one) => one.values.every((value) => value === null || value % 1 === 0));
}

/** @param {Plot} plot */
function cartesian(plot) {
  const { label, line, split } = axes();
  const goal = plot.target;
  const markLine = goal === null ? undefined : marked(goal);
  return {
    grid: { left: 8, right: 40, top: plot.series.length > 1 ? 32 : 12, bottom: 4, containLabel: true },
    legend: { show: plot.series.length > 1, top: 0, textStyle: label },
    xAxis: { type: "category", data: plot.labels, axisLabel: label, axisLine: line },
    yAxis: { type: "value", minInterval: counts(plot) ? 1 : 0, axisLabel: label, splitLine: split },
    series: plot.series.map((one, place) => ({
      name: one.name,
      data: one.values,
      type: plot.kind === "line" ? "line" : "bar",
      stack: plot.kind === "stack" ? "all" : undefined,
      barMaxWidth: 40,
      connectNulls: false,
      markLine: place === 0 ? markLine : undefined,
    })),
  };
}

/** @param {number} goal */
function marked(goal) {
  return {
    symbol: "none",
    silent: true,
    data: [{ yAxis: goal }],
    lineStyle: { color: token("hold"), type: "dashed" },
    label: { color: token("hold") },
  };
}

/** @param {HTMLElement} place */
async function draw(place) {
  const { init } = await import("../vendor/echarts.js");
  /** @type {Plot} */
  const plot = JSON.parse(place.dataset.plot ?? "{}");
  if (!place.isConnected) {
    return;
  }
  drawn.get(place)?.dispose();
  const chart = init(place, null, { renderer: "canvas" });
  chart.setOption({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    color: ["accent", "hold", "wrap", "ready", "alarm", "away", "talk"].map(token),
    // The page forbids inline styles, so the tooltip is drawn and not written as HTML.
    tooltip: {
      trigger: plot.kind === "pie" ? "item" : "axis",
      renderMode: "richText",
      valueFormatter: (/** @type {unknown} */ value) => `${value ?? "–"}${plot.unit}`,
    },
    aria: { enabled: false },
    ...(plot.kind === "pie" ? pie(plot) : cartesian(plot)),
  });
  drawn.set(place, chart);
  resized.observe(place);
}

/** @param {HTMLElement} part */
function drawAll(part) {
  for (const place of all(".plot[data-plot]", part.parentElement ?? document)) {
    if (!drawn.has(place)) {
      void draw(place);
    }
  }
}

onParts(drawAll);

// Colours are read when a chart is drawn: another theme draws it anew.
new MutationObserver(() => all(".plot[data-plot]").forEach((one) => void draw(one))).observe(
  document.documentElement,
  { attributeFilter: ["data-theme"] },
);
