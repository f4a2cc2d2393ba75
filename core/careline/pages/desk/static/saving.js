// The wrap-up strip saves itself: soon after a pause in typing, at once when a field is left.

const PAUSE_MS = 600;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {HTMLFormElement | null} */
let waiting = null;

/** @param {EventTarget | null} target */
function strip(target) {
  const form = target instanceof Element ? target.closest("form[data-strip]") : null;
  return form instanceof HTMLFormElement ? form : null;
}

/** @param {HTMLFormElement} form */
function values(form) {
  return new URLSearchParams(
    [...new FormData(form)].map(([name, value]) => [name, String(value)]),
  );
}

async function save() {
  clearTimeout(timer);
  const form = waiting;
  waiting = null;
  if (!form) {
    return;
  }
  const sent = values(form);
  const answer = await fetch("/desk/draft", {
    method: "POST",
    body: sent,
    headers: {
      "HX-Request": "true",
      "X-CSRF-Token": document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "",
    },
    credentials: "same-origin",
    keepalive: true,
  }).catch(() => null);
  const shown = form.querySelector("[data-saved]");
  if (answer?.ok) {
    if (String(values(form)) === String(sent)) {
      delete form.dataset.changed;
    }
    if (shown instanceof HTMLElement) {
      shown.textContent = shown.dataset.text ?? "";
    }
  } else {
    // The server is away or wants us to sign in: kept here, tried again.
    waiting ??= form;
    timer = setTimeout(() => void save(), 3000);
  }
}

document.addEventListener("input", (event) => {
  const form = strip(event.target);
  if (form) {
    const shown = form.querySelector("[data-saved]");
    if (shown) {
      shown.textContent = "";
    }
    waiting = form;
    clearTimeout(timer);
    timer = setTimeout(() => void save(), PAUSE_MS);
  }
});

document.addEventListener("change", (event) => {
  const form = strip(event.target);
  if (form) {
    waiting = form;
    void save();
  }
});

document.addEventListener("submit", (event) => {
  if (strip(event.target)) {
    clearTimeout(timer);
    waiting = null;
  }
});

addEventListener("pagehide", () => void save());
