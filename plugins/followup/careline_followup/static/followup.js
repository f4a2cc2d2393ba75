// Answers by one key: a digit clicks `data-followup-key` within `data-followup-keys`, when it is
// there to be seen and nothing is being written. Beside a call ("call") at once; elsewhere ("page")
// only after an answer was clicked on this page: a stray key is nobody's answer.

const WRITES = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

let clicked = "";

document.addEventListener("click", (event) => {
  const place = event.target instanceof Element && event.isTrusted ? event.target : null;
  if (place?.closest('[data-followup-keys="page"] [data-followup-key]')) {
    clicked = location.pathname;
  }
});

/**
 * Whether a key is a digit that is meant for nothing else.
 * @param {KeyboardEvent} event
 */
function isAnswer(event) {
  const alone = !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat);
  const written = event.target instanceof Element && event.target.closest(WRITES) !== null;
  const open = document.querySelector("dialog[open], details[data-menu][open]") !== null;
  return alone && !written && !open && !event.defaultPrevented && /^[0-9]$/.test(event.key);
}

document.addEventListener("keydown", (event) => {
  if (!isAnswer(event)) {
    return;
  }
  const near = clicked === location.pathname ? "" : '="call"';
  const those = document.querySelectorAll(
    `[data-followup-keys${near}] [data-followup-key="${event.key}"]`,
  );
  for (const one of those) {
    if (one instanceof HTMLElement && one.offsetParent !== null && !one.matches(":disabled")) {
      event.preventDefault();
      one.click();
      return;
    }
  }
});

export {};
