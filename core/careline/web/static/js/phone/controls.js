// What of the page belongs to the phone: buttons `data-phone`, parts `data-phone-show`, meters.
import { all } from "../page.js";

/** @typedef {import("./softphone.js").Softphone} Softphone */
/** @typedef {import("./softphone.js").Shown} Shown */

const METER_MS = 100;

/**
 * Show what belongs to the state, within `place`.
 * @param {Shown} now
 * @param {ParentNode} [place]
 */
export function show({ state, muted }, place = document) {
  for (const part of all("[data-phone-show]", place)) {
    part.hidden = !(part.dataset.phoneShow ?? "").split(" ").includes(state);
  }
  for (const button of all('[data-phone="mute"]', place)) {
    button.setAttribute("aria-pressed", String(muted));
  }
}

/**
 * Let meters of `place` move while there is something to hear; `data-phone-level` is mine, theirs.
 * @param {Softphone} phone
 */
export function moveMeters(phone) {
  const timer = setInterval(() => {
    if (!phone.busy) {
      clearInterval(timer);
    }
    const levels = phone.levels();
    for (const meter of all("meter[data-phone-level]")) {
      const whose = meter.dataset.phoneLevel === "mine" ? levels.mine : levels.theirs;
      /** @type {HTMLMeterElement} */ (meter).value = whose;
    }
  }, METER_MS);
}
