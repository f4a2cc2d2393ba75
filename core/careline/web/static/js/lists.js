// Lists and tables by keys: arrows move, Enter opens, typing narrows; columns sort.
import { all, find, isWriting, onParts } from "./page.js";

const ROWS = "tbody tr, .list > li";

/**
 * The rows of a list that are seen.
 * @param {HTMLElement} list
 * @returns {HTMLElement[]}
 */
function rows(list) {
  return all(ROWS, list).filter((row) => !row.hidden);
}

/**
 * Move the cursor of a list by some rows.
 * @param {HTMLElement} list
 * @param {number} by
 */
export function step(list, by) {
  const those = rows(list);
  const now = those.findIndex((row) => "cursor" in row.dataset);
  const next = those[Math.max(0, Math.min(those.length - 1, now === -1 ? 0 : now + by))];
  for (const row of all("[data-cursor]", list)) {
    delete row.dataset.cursor;
    row.removeAttribute("aria-selected");
  }
  if (next) {
    next.dataset.cursor = "";
    next.scrollIntoView({ block: "nearest" });
  }
}

/**
 * Open what the cursor stands on.
 * @param {HTMLElement} list
 * @returns {boolean} whether there was something
 */
export function openRow(list) {
  const row = find("[data-cursor]", list);
  const target = row && find("a[href], button:not([data-tip])", row);
  target?.click();
  return Boolean(target);
}

/**
 * A fresh list has no cursor until a key asks for one.
 * @param {HTMLElement} list
 */
export function learnRows(list) {
  for (const row of all("[data-cursor]", list)) {
    delete row.dataset.cursor;
  }
}

/**
 * The list that keys go to: the one around the focus, else the first of the dialog or the page.
 * @returns {HTMLElement | null}
 */
function current() {
  const focused = document.activeElement?.closest("[data-list]");
  if (focused instanceof HTMLElement) {
    return focused;
  }
  const place = find("dialog[open]") ?? find("#main");
  const lists = place ? all("[data-list]", place) : [];
  return lists.find((list) => list.offsetParent !== null && find("[data-cursor]", list))
    ?? lists.find((list) => list.offsetParent !== null)
    ?? null;
}

/**
 * True when arrows and Enter are free to move in a list.
 * @param {EventTarget | null} target
 */
function isFree(target) {
  if (target instanceof HTMLInputElement && "filter" in target.dataset) {
    return true;
  }
  const role = target instanceof Element ? target.closest("[role=tab], [role=radio], details") : null;
  return !isWriting(target) && !role;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.altKey) {
    return;
  }
  const list = isFree(event.target) ? current() : null;
  if (!list) {
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    step(list, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const target = event.target instanceof Element ? event.target : null;
    if (!target?.closest("a, button, summary") && openRow(list)) {
      event.preventDefault();
    }
  }
});

document.addEventListener("careline:key", (event) => {
  if (/** @type {CustomEvent} */ (event).detail === "filter") {
    find("#main [data-filter], #main input[type=search]")?.focus();
  }
});

document.addEventListener("input", (event) => {
  const input = event.target;
  if (input instanceof HTMLInputElement && "filter" in input.dataset) {
    narrow(input);
  }
});

/** @param {HTMLInputElement} input */
function narrow(input) {
  const list = input.closest("[data-list]");
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of list instanceof HTMLElement ? all(ROWS, list) : []) {
    const text = `${row.textContent} ${row.dataset.keys ?? ""}`.toLowerCase();
    row.hidden = !words.every((one) => text.includes(one));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-sort]") : null;
  const head = button?.closest("th");
  if (head instanceof HTMLTableCellElement) {
    sort(head);
  }
});

/** @param {HTMLTableCellElement} head */
function sort(head) {
  const body = head.closest("table")?.tBodies[0];
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement?.children ?? []) {
    other.removeAttribute("aria-sort");
  }
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const language = document.documentElement.lang;
  const compare = new Intl.Collator(language, { numeric: true }).compare;
  const value = (/** @type {HTMLTableRowElement} */ row) => {
    const cell = row.cells[head.cellIndex];
    return cell?.dataset.value ?? cell?.textContent?.trim().replace(/^–$/, "") ?? "";
  };
  const sorted = [...(body?.rows ?? [])].sort(
    (one, other) => compare(value(one), value(other)) * (down ? -1 : 1),
  );
  body?.append(...sorted);
}

onParts((part) => {
  for (const input of all("input[data-filter]", part)) {
    if (input instanceof HTMLInputElement && input.value) {
      narrow(input);
    }
  }
});
