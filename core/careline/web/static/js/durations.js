// Running times: every `time[data-since]` counts on by itself, by the server's clock.
import { all } from "./page.js";

/** Milliseconds by which this machine's clock is ahead of the server's. */
let ahead = 0;
let best = Infinity;

/**
 * Learn the server's time from an answer's Date header, of whole seconds: the quickest tells best.
 * @param {string | null} date
 * @param {number} took milliseconds
 */
export function learnClock(date, took) {
  const served = date ? Date.parse(date) : NaN;
  if (!Number.isNaN(served) && took < best) {
    best = took;
    const off = Date.now() - took / 2 - served - 500;
    ahead = Math.abs(off) > 1500 ? off : 0;
  }
}

/**
 * Seconds as m:ss or h:mm:ss.
 * @param {number} seconds
 * @returns {string}
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60), whole % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes % 60)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function tick() {
  const now = Date.now() - ahead;
  for (const one of all("time[data-since]")) {
    const seconds = (now - Date.parse(one.dataset.since ?? "")) / 1000;
    if (!Number.isFinite(seconds)) {
      continue;
    }
    const text = clock(seconds);
    if (one.textContent !== text) {
      one.textContent = text;
    }
    const { warn, bad } = one.dataset;
    const isBad = Boolean(bad) && seconds >= Number(bad);
    one.classList.toggle("bad", isBad);
    one.classList.toggle("warn", !isBad && Boolean(warn) && seconds >= Number(warn));
  }
}

setInterval(tick, 1000);
document.addEventListener("htmx:load", tick);
