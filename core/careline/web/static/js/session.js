// The session ended or was locked: sign in again over the page, then what was asked is sent again.
import { dialog, find, tell, word } from "./page.js";
import { resubmit } from "./dialogs.js";
import { toast } from "./toasts.js";

/** @typedef {{elt: Element, verb: string, path: string, target: Element, event?: Event,
 *    parameters?: Record<string, unknown>}} Kept */

/** What could not be sent. @type {Kept[]} */
let kept = [];

/** Open the overlay, once. */
export function signedOut() {
  const box = dialog("signin-again");
  const place = document.getElementById("signin-again-form");
  if (!box || !place || !box.dataset.src) {
    location.reload();
    return;
  }
  if (box.open) {
    return;
  }
  box.showModal();
  const user = find("[data-user]")?.dataset.user ?? "";
  const options = { target: place, swap: "innerHTML", source: place };
  const path = `${box.dataset.src}?user=${encodeURIComponent(user)}`;
  void window.htmx.ajax("GET", path, options).then(() => {
    find("input:not([type=hidden])", place)?.focus();
  });
}

/**
 * True for what the page asks by itself: it is asked again anyway.
 * @param {Element} elt
 */
function isByItself(elt) {
  return elt instanceof HTMLElement && ("live" in elt.dataset || elt.id === "signin-again-form");
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, requestConfig, elt, boosted, ...more } = /** @type {CustomEvent} */ (event).detail;
  const target = boosted ? (find("#main") ?? more.target) : more.target;
  if (xhr.status !== 401 && xhr.status !== 423) {
    return;
  }
  if (elt instanceof Element && elt.closest("#signin-again")) {
    return; // a wrong password is an answer for the overlay itself
  }
  if (elt instanceof Element && !isByItself(elt)) {
    const { verb, path, parameters, triggeringEvent } = requestConfig;
    kept.push({ elt, verb, path, target, parameters, event: triggeringEvent });
  }
  signedOut();
});

/** @param {Kept} request */
function sendAgain({ elt, verb, path, target, event, parameters }) {
  if (elt instanceof HTMLFormElement && elt.isConnected) {
    resubmit(elt, event instanceof SubmitEvent ? event.submitter : null);
    return;
  }
  const values = Object.fromEntries(
    Object.entries(parameters ?? {}).filter(([name]) => name !== "csrf"),
  );
  const source = elt.isConnected ? elt : undefined;
  void window.htmx.ajax(verb.toUpperCase(), path, { source, target, values });
}

document.addEventListener("careline:signed-in", () => {
  dialog("signin-again")?.close();
  document.getElementById("signin-again-form")?.replaceChildren();
  const again = kept;
  kept = [];
  again.forEach(sendAgain);
  if (again.length) {
    toast(word("resent"), "good");
  }
  document.body.dispatchEvent(new CustomEvent("sse:reload"));
  tell("careline:session", "on");
});

for (const name of ["careline:signed-out", "careline:locked"]) {
  document.addEventListener(name, signedOut);
}

// Escape does not lead past the overlay.
document.addEventListener(
  "cancel",
  (event) => {
    if (event.target === dialog("signin-again")) {
      event.preventDefault();
    }
  },
  true,
);
