// Answers by one key: a digit clicks `data-followup-key` within `data-followup-keys`, when it is
// there to be seen and nothing is being written.

const WRITES = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  const free = !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat);
  const from = event.target instanceof Element ? event.target.closest(WRITES) : null;
  if (!free || from || event.defaultPrevented || !/^[0-9]$/.test(event.key)) {
    return;
  }
  if (document.querySelector("dialog[open], details[data-menu][open]")) {
    return;
  }
  const those = document.querySelectorAll(`[data-followup-keys] [data-followup-key="${event.key}"]`);
  for (const one of those) {
    if (one instanceof HTMLElement && one.offsetParent !== null && !one.matches(":disabled")) {
      event.preventDefault();
      one.click();
      return;
    }
  }
});

export {};
