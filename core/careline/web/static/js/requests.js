// What all requests have in common: the token, errors that never wipe out what was typed, retries.
import { learnClock } from "./durations.js";
import { around, token, word } from "./page.js";
import { toast } from "./toasts.js";

/** @typedef {{verb: string, path: string, headers: Record<string, string>}} Request */

/**
 * The words of an error card that the server sent.
 * @param {string} html
 * @returns {string}
 */
export function errorText(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  const parts = [...body.querySelectorAll(".error-card strong, .error-card p")];
  return parts.map((part) => part.textContent?.trim() ?? "").filter(Boolean).join(" · ");
}

/** @param {XMLHttpRequest | Response} answer */
function keepToken(answer) {
  const name = "X-CSRF-Token";
  const given =
    answer instanceof Response ? answer.headers.get(name) : answer.getResponseHeader(name);
  const meta = document.querySelector('meta[name="csrf"]');
  if (!given || !meta || meta.getAttribute("content") === given) {
    return;
  }
  meta.setAttribute("content", given);
  for (const input of document.querySelectorAll('input[name="csrf"]')) {
    /** @type {HTMLInputElement} */ (input).value = given;
  }
}

/**
 * Post a form's values as our scripts do; resolves with the answer, whatever its status.
 * @param {string} path
 * @param {Record<string, string>} values
 * @returns {Promise<Response>}
 */
export async function post(path, values) {
  const answer = await fetch(path, {
    method: "POST",
    body: new URLSearchParams(values),
    headers: { "X-CSRF-Token": token(), "HX-Request": "true" },
    credentials: "same-origin",
  });
  keepToken(answer);
  return answer;
}

document.addEventListener("htmx:configRequest", (event) => {
  const request = /** @type {CustomEvent} */ (event).detail;
  request.headers["X-CSRF-Token"] = token();
  request.headers["X-Began"] = String(Math.round(performance.now()));
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, requestConfig } = /** @type {CustomEvent} */ (event).detail;
  keepToken(xhr);
  const began = Number(requestConfig?.headers?.["X-Began"]);
  learnClock(xhr.getResponseHeader("Date"), performance.now() - began);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  const { xhr, requestConfig } = detail;
  const asNotice = xhr.getResponseHeader("HX-Retarget") === "#notices";
  const failed = xhr.status >= 400 && xhr.status !== 422 && xhr.status !== 429;
  if (asNotice || (failed && requestConfig?.verb !== "get")) {
    detail.shouldSwap = false;
    toast(errorText(xhr.responseText) || word("unsent"), "bad");
  }
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const { elt, requestConfig } = /** @type {CustomEvent} */ (event).detail;
    const byItself = elt instanceof Element && elt.closest("[data-live]") === elt;
    if (!byItself || requestConfig?.verb !== "get") {
      toast(word("unsent"), "warn");
    }
  });
}

document.addEventListener("click", (event) => {
  const button = around(event, "[data-retry]");
  button?.parentElement?.closest("[hx-get]")?.dispatchEvent(new CustomEvent("retry"));
});

// A part that loads itself within a part that does so too is left alone when the outer one is drawn
// anew: what it shows is newer than the empty place that comes from the server.
window.Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) =>
  !(
    old instanceof Element &&
    fresh instanceof Element &&
    old.matches("[data-live]") &&
    old.getAttribute("hx-get") === fresh.getAttribute("hx-get") &&
    fresh.querySelector(":scope > .skeleton") !== null
  );
