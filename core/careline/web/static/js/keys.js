// The product's keys, the same everywhere: each becomes a `careline:key` event of the document.
import { dialog, isWriting, tell } from "./page.js";

/** @type {Record<string, string>} */
const FUNCTION_KEYS = {
  F2: "answer",
  F3: "hold",
  F4: "mute",
  F6: "transfer",
  F7: "conference",
  F8: "ready",
  F10: "next",
};

/**
 * What a key means together with Ctrl (or the Mac's command key).
 * @param {string} key
 * @returns {string | undefined}
 */
function withControl(key) {
  if (key.toLowerCase() === "k") {
    return "find";
  }
  return key === "Enter" ? "done" : undefined;
}

/**
 * What a key means by itself.
 * @param {KeyboardEvent} event
 * @returns {string | undefined}
 */
function alone({ key, shiftKey, target }) {
  if (key === "Escape") {
    return "back";
  }
  if (key in FUNCTION_KEYS) {
    return shiftKey ? undefined : FUNCTION_KEYS[key];
  }
  return isWriting(target) ? undefined : { "?": "help", "/": "filter" }[key];
}

/**
 * What a key means; undefined when it means nothing to us.
 * @param {KeyboardEvent} event
 * @returns {string | undefined}
 */
export function meaning(event) {
  const { key, code, altKey, ctrlKey, metaKey, shiftKey } = event;
  if (ctrlKey || metaKey) {
    return altKey ? undefined : withControl(key);
  }
  if (altKey) {
    return !shiftKey && /^Digit[1-9]$/.test(code) ? `tab-${code.slice(5)}` : undefined;
  }
  return alone(event);
}

document.addEventListener("keydown", (event) => {
  // An input method composes: the key belongs to it (229 is what old browsers say then).
  if (event.isComposing || event.keyCode === 229 || event.repeat || event.defaultPrevented) {
    return;
  }
  const meant = meaning(event);
  if (meant === undefined) {
    return;
  }
  const open = document.querySelector("dialog[open]");
  if (meant === "back") {
    // Escape closes a dialog or a menu first; the browser and menus.js do that.
    if (!open && !document.querySelector("details[data-menu][open]")) {
      tell("careline:key", "back");
    }
    return;
  }
  event.preventDefault();
  if (meant === "help") {
    dialog("keys")?.showModal();
  }
  tell("careline:key", meant);
});
