// Single keys for what is done again and again: `data-press="n"` within `data-press-keys` is
// clicked by N. Enter in a `data-press-enter` field opens the first of what was found.

const TYPES_IN = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/**
 * The element around an event's target that fits.
 * @param {Event} event
 * @param {string} selector
 */
function around(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/**
 * True when a key may be meant for the page: nothing is being written, asked or opened.
 * @param {KeyboardEvent} event
 */
function isFree(event) {
  const taken = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
  const open = document.querySelector("dialog[open], details[data-menu][open]");
  return !taken && !event.repeat && !open && !around(event, TYPES_IN);
}

/**
 * What a letter or digit presses, if it is there to be seen.
 * @param {string} key
 */
function wanted(key) {
  const those = document.querySelectorAll(`[data-press-keys] [data-press="${key}"]`);
  return [...those].find(
    (one) => one instanceof HTMLElement && one.offsetParent !== null && !one.matches(":disabled"),
  );
}

document.addEventListener("keydown", (event) => {
  const field = event.key === "Enter" ? around(event, "[data-press-enter]") : null;
  if (field && !event.isComposing) {
    event.preventDefault();
    const first = document.querySelector(field.dataset.pressEnter ?? "none");
    if (first instanceof HTMLElement) {
      first.click();
    }
    return;
  }
  if (event.defaultPrevented || !/^[a-z0-9]$/i.test(event.key) || !isFree(event)) {
    return;
  }
  const pressed = wanted(event.key.toLowerCase());
  if (pressed instanceof HTMLElement) {
    event.preventDefault();
    pressed.click();
  }
});

// A link into another tab: open the tab, and let the link's own request fill it.
document.addEventListener(
  "click",
  (event) => {
    const tab = document.getElementById(around(event, "[data-open-tab]")?.dataset.openTab ?? "");
    if (tab) {
      tab.click();
      const part = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      part?.firstElementChild?.dispatchEvent(new CustomEvent("htmx:abort"));
    }
  },
  true,
);
