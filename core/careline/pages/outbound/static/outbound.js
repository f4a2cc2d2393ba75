// F10: take the next call of the list, and once it is in hand, make it.

document.addEventListener("careline:key", (event) => {
  const meant = /** @type {CustomEvent} */ (event).detail;
  if (meant !== "next" || document.querySelector("dialog[open]")) {
    return;
  }
  const button = document.querySelector("[data-next-task] button[type=submit]");
  if (button instanceof HTMLButtonElement) {
    button.click();
  }
});
