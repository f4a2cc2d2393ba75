// Tabs within a page: arrows and Alt+1..9; a tab's part is loaded when it is first opened.
import { all, around, find } from "./page.js";

/** Parts that were opened already. @type {WeakSet<Element>} */
const opened = new WeakSet();

/**
 * Show the tab's part and hide the others.
 * @param {HTMLElement} tab
 * @param {boolean} [focus]
 */
export function openTab(tab, focus = true) {
  const box = tab.closest("[data-tabs]");
  if (!(box instanceof HTMLElement)) {
    return;
  }
  for (const other of all('[role="tab"]', box)) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const part = document.getElementById(other.getAttribute("aria-controls") ?? "");
    if (part) {
      part.hidden = !chosen;
    }
  }
  const part = document.getElementById(tab.getAttribute("aria-controls") ?? "");
  const loads = part && find('[hx-trigger*="careline:open"]', part);
  if (loads && !opened.has(loads)) {
    opened.add(loads);
    loads.dispatchEvent(new CustomEvent("careline:open"));
  }
  if (focus) {
    tab.focus();
  }
}

document.addEventListener("click", (event) => {
  const tab = around(event, '[data-tabs] [role="tab"]');
  if (tab) {
    openTab(tab);
  }
});

document.addEventListener("keydown", (event) => {
  const tab = around(event, '[data-tabs] [role="tab"]');
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !by) {
    return;
  }
  event.preventDefault();
  const tabs = all('[role="tab"]', tab.parentElement ?? undefined);
  const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
  if (next) {
    openTab(next);
  }
});

document.addEventListener("careline:key", (event) => {
  const number = /^tab-([1-9])$/.exec(/** @type {CustomEvent} */ (event).detail)?.[1];
  const box = number && find("[data-tab-keys]");
  const tab = box && all('[role="tab"]', box)[Number(number) - 1];
  if (tab) {
    openTab(tab, false);
    const part = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    const fields = all("[autofocus], input:not([type=hidden]), textarea, select", part ?? tab);
    (fields.find((one) => one.checkVisibility()) ?? tab).focus();
  }
});
