// Small things that the modules share: finding elements, words, and being told when parts change.

/**
 * The first element that fits, if it is an HTML element.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement | null}
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}

/**
 * All HTML elements that fit.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
export function all(selector, within = document) {
  return [...within.querySelectorAll(selector)].filter((one) => one instanceof HTMLElement);
}

/**
 * The element around an event's target that fits.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function around(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/**
 * A dialog of the document by its id.
 * @param {string} id
 * @returns {HTMLDialogElement | null}
 */
export function dialog(id) {
  const found = document.getElementById(id);
  return found instanceof HTMLDialogElement ? found : null;
}

/**
 * A text of the document in the reader's language (scripts hold none).
 * @param {string} name
 * @returns {string}
 */
export function word(name) {
  return document.getElementById("words")?.dataset[name] ?? "";
}

/**
 * The token that the server wants with every change.
 * @returns {string}
 */
export function token() {
  return document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";
}

/**
 * Tell the document that something happened.
 * @param {string} name
 * @param {unknown} [detail]
 */
export function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

/**
 * Have `work` done now and whenever a part of the page has been put in place.
 * @param {(part: HTMLElement) => void} work
 */
export function onParts(work) {
  const start = () => work(document.body);
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
  document.addEventListener("htmx:load", (event) => {
    if (event.target instanceof HTMLElement) {
      work(event.target);
    }
  });
}

/**
 * True while somebody writes: keys that are letters then belong to the text.
 * @param {EventTarget | null} target
 * @returns {boolean}
 */
export function isWriting(target) {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}
