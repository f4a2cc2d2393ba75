// The dialogs that find whom to pass a call to or to call: arrows choose while one types.

/** @param {Element} form */
function choices(form) {
  return [...form.querySelectorAll('input[type="radio"]')].filter(
    (one) => one instanceof HTMLInputElement,
  );
}

/**
 * @param {Element} form
 * @param {number} by
 */
function move(form, by) {
  const all = choices(form);
  const next = all[(all.findIndex((one) => one.checked) + by + all.length) % all.length];
  if (next) {
    next.checked = true;
    next.scrollIntoView({ block: "nearest" });
  }
}

document.addEventListener("keydown", (event) => {
  const form = event.target instanceof Element ? event.target.closest("[data-passing]") : null;
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (form && by && !event.isComposing) {
    event.preventDefault();
    move(form, by);
  }
});

// A dialog that opens begins anew and shows who is there.
document.addEventListener(
  "toggle",
  (event) => {
    const box = event.target;
    const form = box instanceof HTMLDialogElement && box.open && box.querySelector("[data-passing]");
    const input = form && form.querySelector('input[type="search"]');
    if (input instanceof HTMLInputElement) {
      input.value = "";
      input.focus();
      input.dispatchEvent(new CustomEvent("careline:find", { bubbles: true }));
    }
  },
  true,
);
