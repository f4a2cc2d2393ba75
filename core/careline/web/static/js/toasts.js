// Short notices at the corner, from the server (HX-Trigger "toast") or from scripts.
import { around, find } from "./page.js";

const STAYS_MS = 6000;

/**
 * Show a notice; one that is bad stays until it is closed.
 * @param {string} text
 * @param {string} [tone] good, warn, bad or nothing
 */
export function toast(text, tone = "") {
  const template = document.getElementById("toast-template");
  const place = document.getElementById("toasts");
  if (!(template instanceof HTMLTemplateElement) || !place || !text) {
    return;
  }
  const made = find(".toast", /** @type {DocumentFragment} */ (template.content.cloneNode(true)));
  const words = made && find("[data-text]", made);
  if (!made || !words) {
    return;
  }
  words.textContent = text;
  if (tone) {
    made.classList.add(tone);
  }
  const same = [...place.children].find((one) => one.textContent === made.textContent);
  same?.remove();
  place.append(made);
  if (tone !== "bad") {
    setTimeout(() => made.remove(), STAYS_MS);
  }
}

document.addEventListener("toast", (event) => {
  const detail = event instanceof CustomEvent ? event.detail : null;
  toast(String(detail?.text ?? detail?.value ?? ""), String(detail?.tone ?? ""));
});
document.addEventListener("click", (event) => {
  if (around(event, "[data-dismiss]")) {
    around(event, ".toast")?.remove();
  }
});
