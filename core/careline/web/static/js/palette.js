// Ctrl+K: find anything. The server finds; here is the typing and the choosing.
import { around, dialog, find, word } from "./page.js";
import { learnRows, openRow, step } from "./lists.js";

const WAIT_MS = 120;
let asked = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function input() {
  const found = document.getElementById("palette-input");
  return found instanceof HTMLInputElement ? found : null;
}

async function search() {
  const field = input();
  const place = document.getElementById("palette-found");
  if (!field || !place) {
    return;
  }
  const number = ++asked;
  const answer = await fetch(`${field.dataset.src}?q=${encodeURIComponent(field.value.trim())}`, {
    headers: { "HX-Request": "true", "HX-Target": "palette-found" },
    credentials: "same-origin",
  }).catch(() => null);
  if (number !== asked) {
    return;
  }
  place.innerHTML = answer?.ok ? await answer.text() : "";
  if (!place.querySelector("li")) {
    const none = document.createElement("p");
    none.className = "empty";
    none.textContent = word("foundNone");
    place.replaceChildren(none);
  }
  window.htmx.process(place);
  learnRows(place);
  step(place, 1);
}

document.addEventListener("careline:key", (event) => {
  if (/** @type {CustomEvent} */ (event).detail !== "find") {
    return;
  }
  const box = dialog("palette");
  if (box && !box.open) {
    box.showModal();
  }
});

document.addEventListener("toggle", (event) => {
  if (event.target === dialog("palette")) {
    input()?.select();
  }
}, true);

new MutationObserver(() => {
  if (dialog("palette")?.open) {
    input()?.focus();
    input()?.select();
    void search();
  }
}).observe(document.body, { attributes: true, attributeFilter: ["open"], subtree: true });

document.addEventListener("input", (event) => {
  if (event.target === input()) {
    clearTimeout(timer);
    timer = setTimeout(() => void search(), WAIT_MS);
  }
});

document.addEventListener("keydown", (event) => {
  const place = find("#palette-found");
  if (event.target !== input() || event.isComposing || !place) {
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    event.stopPropagation();
    step(place, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && !event.ctrlKey) {
    event.preventDefault();
    openRow(place);
  }
}, true);

document.addEventListener("click", (event) => {
  const row = around(event, "#palette-found li");
  if (row) {
    if (!around(event, "a, button")) {
      find("a, button", row)?.click();
    }
    dialog("palette")?.close();
  }
});
