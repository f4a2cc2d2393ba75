// Menus made of <details>: one at a time; Escape, a click elsewhere or a choice closes them.
import { all, around } from "./page.js";

const OPEN = "details[data-menu][open]";

/** @param {Element | null} except */
function closeAll(except) {
  for (const menu of all(OPEN)) {
    if (menu !== except) {
      menu.removeAttribute("open");
    }
  }
}

document.addEventListener("click", (event) => {
  const menu = around(event, "details[data-menu]");
  closeAll(menu);
  if (menu && around(event, "a, .menu-item")) {
    menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(OPEN);
  if (!(menu instanceof HTMLElement) || event.isComposing) {
    return;
  }
  if (event.key === "Escape") {
    event.preventDefault();
    closeAll(null);
    menu.querySelector("summary")?.focus();
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const items = all("a, .menu-item", menu);
    const now = items.findIndex((item) => item === document.activeElement);
    const step = event.key === "ArrowDown" ? 1 : -1;
    items[(now + step + items.length) % items.length]?.focus();
  }
});
