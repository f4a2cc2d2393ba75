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

let inHand = "";

// What has just been taken is looked at first, wherever the page stood.
document.addEventListener("htmx:afterSettle", () => {
  const card = document.querySelector("[data-task-in-hand]");
  const key = card instanceof HTMLElement ? (card.dataset.taskInHand ?? "") : "";
  if (key !== inHand) {
    inHand = key;
    card?.scrollIntoView({ block: "nearest" });
  }
});
