// What was typed and not yet sent is not lost: live parts do not load over it, leaving asks first.
import { all, find, word } from "./page.js";
import { ask } from "./dialogs.js";

/** @param {Element} form */
function isChanged(form) {
  return form instanceof HTMLElement && "changed" in form.dataset;
}

/**
 * A form within `place` that holds something typed.
 * @param {ParentNode} place
 * @returns {HTMLElement | undefined}
 */
function unsaved(place) {
  return all("form[data-guard]", place).find(isChanged);
}

document.addEventListener("input", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  if (form) {
    form.dataset.changed = "";
  }
});

// Before the answer is acted on: it may lead to another page.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
  const form = elt instanceof Element ? elt.closest("form") : null;
  if (form && xhr.status < 400) {
    delete form.dataset.changed;
  }
});

// A form that came back with errors holds what was typed before.
document.addEventListener("htmx:afterSettle", (event) => {
  const { xhr, target } = /** @type {CustomEvent} */ (event).detail;
  if (xhr?.status === 422 && target instanceof HTMLElement) {
    for (const form of all("form[data-guard]", target)) {
      form.dataset.changed = "";
    }
  }
});

/** Live parts that wait until what was typed in them is sent. @type {Set<HTMLElement>} */
const waiting = new Set();

/**
 * True while somebody types or chooses within a part.
 * @param {HTMLElement} part
 */
function isBusy(part) {
  const busy = all("form", part).some(isChanged);
  return busy || Boolean(find("details[data-menu][open], dialog[open]", part));
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = /** @type {CustomEvent} */ (event).detail;
  if (elt instanceof HTMLElement && "live" in elt.dataset && isBusy(elt)) {
    event.preventDefault();
    waiting.add(elt);
  }
});

// Typing may have begun after the part asked: its answer knows nothing of it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  const elt = detail.requestConfig?.elt;
  if (elt instanceof HTMLElement && "live" in elt.dataset && isBusy(elt)) {
    detail.shouldSwap = false;
    waiting.add(elt);
  }
});

setInterval(() => {
  for (const part of waiting) {
    if (!part.isConnected) {
      waiting.delete(part);
    } else if (!all("form", part).some(isChanged) && !find("details[open], dialog[open]", part)) {
      waiting.delete(part);
      part.dispatchEvent(new CustomEvent("retry"));
    }
  }
}, 1000);

document.addEventListener("htmx:confirm", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  const main = find("#main");
  const { elt, target, verb, issueRequest } = detail;
  const toPage = main !== null && (target === main || target === document.body);
  if (!toPage || verb !== "get" || !(elt instanceof Element)) {
    return;
  }
  if (elt.closest("form[data-guard]") || !unsaved(main)) {
    return;
  }
  event.preventDefault();
  const question = { text: word("leave"), label: word("leaveLabel"), danger: true };
  void ask(question).then((given) => {
    if (given !== null) {
      issueRequest(true);
    }
  });
});

addEventListener("beforeunload", (event) => {
  if (unsaved(document)) {
    event.preventDefault();
  }
});
