// Tips: what data-tip says, shown beside the element on hover or focus.
import { around } from "./page.js";

/** @type {HTMLElement | null} */
let tip = null;
/** @type {HTMLElement | null} */
let owner = null;

/** @param {HTMLElement} target */
function show(target) {
  hide();
  owner = target;
  tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");
  tip.textContent = target.dataset.tip ?? "";
  (target.closest("dialog") ?? document.body).append(tip);
  const place = target.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const left = place.left + place.width / 2 - width / 2;
  const above = place.top - height - 6;
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  tip.style.top = `${above > 8 ? above : place.bottom + 6}px`;
}

function hide() {
  tip?.remove();
  tip = null;
  owner = null;
}

/** @param {Event} event */
function enter(event) {
  const target = around(event, "[data-tip]");
  if (target !== owner) {
    hide();
    if (target) {
      show(target);
    }
  }
}

document.addEventListener("mouseover", enter);
document.addEventListener("focusin", (event) => {
  if (event.target instanceof Element && event.target.matches(":focus-visible")) {
    enter(event);
  }
});
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    hide();
  }
});
document.addEventListener("click", (event) => {
  const target = around(event, ".help[data-tip]");
  if (target) {
    show(target);
  } else {
    hide();
  }
});
