// Booking by keyboard: what is found, the week, the next step; Escape goes one step back.

const SEARCH = "[data-book-find]";

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 */
function find(selector, within = document) {
  const found = within.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}

/**
 * @param {string} selector
 * @param {ParentNode} within
 */
function all(selector, within) {
  return [...within.querySelectorAll(selector)].filter((one) => one instanceof HTMLElement);
}

const search = () => {
  const found = find(SEARCH);
  return found instanceof HTMLInputElement ? found : null;
};
const list = () => find("#book-found");
const options = () => all('[role="option"]', list() ?? document.createElement("ul"));
const marked = () => options().find((one) => one.getAttribute("aria-selected") === "true");

/** What was typed last was sent, and its answer is not here yet. */
let isAsking = false;
/** Enter was pressed before the answer came: the best hit is meant. */
let isHasty = false;

/** @param {HTMLElement | undefined} option */
function mark(option) {
  for (const one of options()) {
    one.setAttribute("aria-selected", String(one === option));
  }
  option?.scrollIntoView({ block: "nearest" });
  search()?.setAttribute("aria-activedescendant", option?.id ?? "");
}

/** @param {boolean} isOpen */
function show(isOpen) {
  const box = list();
  if (box) {
    box.hidden = !isOpen;
  }
  search()?.setAttribute("aria-expanded", String(isOpen));
}

/** @param {HTMLElement | undefined} option */
function take(option) {
  if (!option) {
    return;
  }
  show(false);
  window.htmx.trigger(option, "click");
  const box = search();
  if (box) {
    box.value = "";
  }
}

/** Ask what fits what stands in the search now. */
function ask() {
  isAsking = true;
  search()?.dispatchEvent(new CustomEvent("careline:find", { bubbles: true }));
}

/** @param {number} by */
function step(by) {
  if (list()?.hidden) {
    ask();
    return;
  }
  const those = options();
  const now = marked();
  const next = (now ? those.indexOf(now) : -1) + by;
  mark(those[(next + those.length) % Math.max(those.length, 1)]);
}

/** @param {KeyboardEvent} event */
function inSearch(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) {
    step(by);
    return true;
  }
  if (event.key === "Enter" && !event.ctrlKey) {
    if (isAsking) {
      isHasty = true;
    } else {
      take(marked());
    }
    return true;
  }
  if (event.key === "Escape" && list()?.hidden === false) {
    show(false);
    return true;
  }
  return false;
}

// The week

/**
 * The cell that lies next in a direction, by where they are on the screen.
 * @param {HTMLElement} cell
 * @param {number} x
 * @param {number} y
 */
function beside(cell, x, y) {
  const table = cell.closest("[data-week]");
  const from = cell.getBoundingClientRect();
  let best = cell;
  let least = Infinity;
  for (const other of table ? all("button[data-cell]", table) : []) {
    const to = other.getBoundingClientRect();
    const along = (to.left - from.left) * x + (to.top - from.top) * y;
    const aside = Math.abs((to.left - from.left) * y) + Math.abs((to.top - from.top) * x);
    const cost = along + aside * 4;
    if (along > 2 && cost < least) {
      best = other;
      least = cost;
    }
  }
  return best;
}

/** @param {HTMLElement} cell */
function stand(cell) {
  const table = cell.closest("[data-week]");
  for (const one of table ? all("button[data-cell]", table) : []) {
    one.tabIndex = one === cell ? 0 : -1;
  }
  cell.focus();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** @type {Record<string, [number, number]>} */
const WAYS = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} cell
 */
function inWeek(event, cell) {
  const way = WAYS[event.key];
  if (way) {
    stand(beside(cell, ...way));
    return true;
  }
  if (event.key === "Escape") {
    toSearch();
    return true;
  }
  return false;
}

/** @param {string} key */
function turn(key) {
  const which = { PageDown: "[data-week-next]", PageUp: "[data-week-back]" }[key];
  const button = which ? find(which) : null;
  if (button instanceof HTMLButtonElement && !button.disabled && button.offsetParent) {
    button.click();
    return true;
  }
  return false;
}

// Steps

function toSearch() {
  const box = search();
  box?.focus();
  box?.select();
}

/** Back to the week, or where there is none to the search. */
function stepBack() {
  find("#book-step")?.replaceChildren();
  const cell = find('[data-week] button[data-cell][tabindex="0"]');
  if (cell) {
    cell.focus();
  } else {
    toSearch();
  }
}

/** @param {HTMLElement} part */
function focusIn(part) {
  const first =
    find('input[type="radio"]:checked', part) ??
    find("button[data-start]", part) ??
    find("button[data-cell]", part) ??
    find("button.primary", part) ??
    find("button", part);
  first?.focus();
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === search()) {
    isAsking = true;
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (!target || !target.closest("[data-book]")) {
    return;
  }
  if (target.id === "book-found") {
    isAsking = false;
    show(document.activeElement === search() || isHasty);
    mark(options()[0]);
    if (isHasty) {
      isHasty = false;
      take(marked());
    }
    return;
  }
  const part = find("[data-take-focus]", target);
  if (target.id === "book-week" && part) {
    find("#book-step")?.replaceChildren();
  }
  if (part && (target.id === "book-week" || target.id === "book-step")) {
    focusIn(part);
  }
});

/**
 * What a key does where the focus is; false when it is none of ours.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} target
 */
function pressed(event, target) {
  if (target.matches(SEARCH)) {
    return inSearch(event);
  }
  if (target.matches("button[data-cell]")) {
    return inWeek(event, target);
  }
  return event.key === "Enter" ? chosen(target) : event.key === "Escape" && back(target);
}

/**
 * Enter where it is chosen for whom: the patient is known, or the first who was found is meant.
 * @param {HTMLElement} target
 */
function chosen(target) {
  if (target.matches("[data-book-people] input")) {
    toSearch();
    return true;
  }
  if (target.matches("[data-book-who]")) {
    find("#book-people button")?.click();
    return true;
  }
  return false;
}

/**
 * One step back.
 * @param {HTMLElement} target
 */
function back(target) {
  if (target.closest("#book-step")) {
    stepBack();
  } else {
    toSearch();
  }
  return true;
}

document.addEventListener(
  "keydown",
  (event) => {
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (!target?.closest("[data-book]") || event.isComposing || event.altKey || event.metaKey) {
      return;
    }
    const done = pressed(event, target);
    if (done || (!target.closest("#book-step") && turn(event.key))) {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);

document.addEventListener("input", (event) => {
  if (event.target === search()) {
    isAsking = true;
  }
});

document.addEventListener("mousedown", (event) => {
  const option = event.target instanceof Element ? event.target.closest("#book-found li") : null;
  if (option instanceof HTMLElement) {
    event.preventDefault();
    take(option);
  }
});

document.addEventListener("focusout", (event) => {
  if (event.target === search()) {
    show(false);
  }
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("[data-step-back], [data-book-again]")) {
    stepBack();
  }
  if (target?.closest("[data-print]")) {
    print();
  }
  const cell = target?.closest("button[data-cell]");
  if (cell instanceof HTMLElement) {
    stand(cell);
  }
  const opener = target?.closest("[data-book-open]");
  if (opener instanceof HTMLElement) {
    open(opener.dataset.bookOpen ?? "", opener.dataset.bookInto ?? "");
  }
});

// A visit beside the call is moved or cancelled in the tab of booking.

/** What is to be shown once the tab has loaded. @type {[string, string] | null} */
let waiting = null;

/**
 * @param {string} path
 * @param {string} into
 */
function open(path, into) {
  find("#work-tab-appointments_booking")?.click();
  if (find(into)) {
    load(path, into);
  } else {
    waiting = [path, into];
  }
}

/**
 * @param {string} path
 * @param {string} into
 */
function load(path, into) {
  void window.htmx.ajax("GET", path, { target: into, swap: "innerHTML" });
}

document.addEventListener("htmx:load", () => {
  if (waiting && find(waiting[1])) {
    const [path, into] = waiting;
    waiting = null;
    load(path, into);
  }
});

// On the row of a coming visit Enter moves it (its first button), Delete cancels it.
document.addEventListener("keydown", (event) => {
  const row = find("[data-coming] [data-cursor]");
  if (event.key === "Delete" && row && !(event.target instanceof HTMLInputElement)) {
    find("[data-book-cancel]", row)?.click();
  }
});

export {};
