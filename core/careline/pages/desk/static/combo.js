// A field that chooses from a list by the first letters: codes, titles, initials of pinyin.

/** @param {EventTarget | null} target */
function boxOf(target) {
  const box = target instanceof Element ? target.closest("[data-combo]") : null;
  return box instanceof HTMLElement ? box : null;
}

/** @param {HTMLElement} box */
function parts(box) {
  const input = box.querySelector("[data-combo-input]");
  const value = box.querySelector("[data-combo-value]");
  const list = box.querySelector('[role="listbox"]');
  if (
    !(input instanceof HTMLInputElement) ||
    !(value instanceof HTMLInputElement) ||
    !(list instanceof HTMLElement)
  ) {
    return null;
  }
  const options = [...list.children].filter((one) => one instanceof HTMLElement);
  return { input, value, list, options };
}

/**
 * How badly an option fits the words, 0 best; -1 when it does not.
 * @param {HTMLElement} option
 * @param {string[]} words
 */
function fit(option, words) {
  const keys = ` ${option.dataset.keys ?? ""}`;
  const above = ` ${option.dataset.above ?? ""}`;
  let total = 0;
  for (const word of words) {
    if (keys.includes(` ${word}`)) {
      total += keys.includes(` ${word} `) ? 0 : 1;
    } else if (keys.includes(word)) {
      total += 3;
    } else if (above.includes(` ${word}`)) {
      total += 6;
    } else {
      return -1;
    }
  }
  return total;
}

/** @param {HTMLElement} box */
function filter(box) {
  const found = parts(box);
  if (!found) {
    return;
  }
  const { input, list, options } = found;
  const chosen = options.find((one) => one.dataset.value === found.value.value);
  const typed = chosen?.textContent === input.value ? "" : input.value;
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const ranked = options.map((option, place) => ({ option, place, rank: fit(option, words) }));
  ranked.sort((one, other) => one.rank - other.rank || one.place - other.place);
  for (const { option, rank } of ranked) {
    option.hidden = rank < 0;
    list.append(option);
  }
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
  mark(found.input, ranked.find((one) => one.rank >= 0)?.option, options);
}

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement | undefined} option
 * @param {HTMLElement[]} options
 */
function mark(input, option, options) {
  for (const one of options) {
    one.setAttribute("aria-selected", String(one === option));
  }
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

/** @param {HTMLElement} box */
function close(box) {
  const found = parts(box);
  if (found) {
    found.list.hidden = true;
    found.input.setAttribute("aria-expanded", "false");
  }
}

/**
 * @param {HTMLElement} box
 * @param {HTMLElement | undefined} option
 */
function choose(box, option) {
  const found = parts(box);
  if (!found) {
    return;
  }
  found.input.value = option?.textContent ?? "";
  found.value.value = option?.dataset.value ?? "";
  close(box);
  found.input.dispatchEvent(new Event("change", { bubbles: true }));
}

/**
 * @param {HTMLElement} box
 * @param {number} by
 */
function move(box, by) {
  const found = parts(box);
  if (!found) {
    return;
  }
  if (found.list.hidden) {
    filter(box);
    return;
  }
  const shown = [...found.list.children].filter(
    (one) => one instanceof HTMLElement && !one.hidden,
  );
  const now = shown.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const next = shown[(now + by + shown.length) % shown.length];
  mark(found.input, next instanceof HTMLElement ? next : undefined, found.options);
}

document.addEventListener("input", (event) => {
  const box = boxOf(event.target);
  if (box && event.target instanceof HTMLElement && "comboInput" in event.target.dataset) {
    const found = parts(box);
    if (found) {
      found.value.value = "";
    }
    filter(box);
  }
});

document.addEventListener("keydown", (event) => {
  const box = boxOf(event.target);
  const found = box && parts(box);
  if (!box || !found || event.isComposing) {
    return;
  }
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) {
    event.preventDefault();
    move(box, by);
  } else if (["Enter", "Tab"].includes(event.key) && !event.ctrlKey && !found.list.hidden) {
    take(box);
    if (event.key === "Enter") {
      event.preventDefault();
      next(box);
    }
  } else if (event.key === "Escape" && !found.list.hidden) {
    event.stopPropagation();
    close(box);
  }
}, true);

/**
 * Take what is marked; with nothing typed nothing is chosen.
 * @param {HTMLElement} box
 */
function take(box) {
  const found = parts(box);
  const marked = found?.options.find((one) => one.getAttribute("aria-selected") === "true");
  if (found?.input.value) {
    choose(box, marked && !marked.hidden ? marked : undefined);
  } else {
    close(box);
  }
}

/**
 * On to the field after this one.
 * @param {HTMLElement} box
 */
function next(box) {
  const form = box.closest("form");
  const fields = form ? [...form.querySelectorAll("input:not([type=hidden]), textarea")] : [];
  const here = fields.findIndex((one) => box.contains(one));
  const after = fields[here + 1];
  if (after instanceof HTMLElement) {
    after.focus();
  }
}

document.addEventListener("mousedown", (event) => {
  const option = event.target instanceof Element ? event.target.closest('[role="option"]') : null;
  const box = boxOf(event.target);
  if (box && option instanceof HTMLElement) {
    event.preventDefault();
    choose(box, option);
  }
});

document.addEventListener("focusin", (event) => {
  const box = boxOf(event.target);
  if (box && event.target instanceof HTMLInputElement && "comboInput" in event.target.dataset) {
    event.target.select();
  }
});

document.addEventListener("focusout", (event) => {
  const box = boxOf(event.target);
  const found = box && parts(box);
  if (!box || !found) {
    return;
  }
  close(box);
  const known = found.options.find((one) => one.dataset.value === found.value.value);
  found.input.value = known?.textContent ?? "";
});
