// The phone bar in the page: the screen pop, the keys, the keypad, numbers that are called by a click.

const POPPED = "carelinePopped";
/** The main part is not left without asking while this holds something typed. */
const TYPED = "#main form[data-guard][data-changed]";

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 */
function find(selector, within = document) {
  const found = within.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}

const line = () => find("[data-desk-line]");
const callNow = () => line()?.dataset.call ?? "";
const isAt = (/** @type {string} */ call) =>
  find("[data-call-page]")?.dataset.callPage === call;

/** @param {string} path */
function go(path) {
  void window.htmx.ajax("GET", path, { target: "#main", swap: "innerHTML" }).then(() => {
    if (location.pathname !== path) {
      history.pushState({ htmx: true }, "", path);
      document.dispatchEvent(new CustomEvent("htmx:pushedIntoHistory"));
    }
  });
}

let before = "";

/** When the talk is over the next thing is to write: the eye is there already, so is the caret. */
function write() {
  const state = line()?.dataset.state ?? "";
  const isIdle = document.activeElement === document.body || document.activeElement?.id === "main";
  if (state === "wrap_up" && before !== "wrap_up" && isIdle) {
    find("[data-combo-input]")?.focus();
  }
  before = state;
}

/** Show the call at this desk, once for each call, unless something typed would be lost. */
function pop() {
  const call = callNow();
  const shown = line();
  document.documentElement.dataset.desk = shown?.dataset.state ?? "";
  if (!call || sessionStorage.getItem(POPPED) === call || isAt(call)) {
    return;
  }
  if (shown?.dataset.state === "wrap_up") {
    return;
  }
  if (find(TYPED)) {
    find(".desk-party")?.classList.add("calls");
    return;
  }
  sessionStorage.setItem(POPPED, call);
  go(`/call/${encodeURIComponent(call)}`);
}

/** The call that rings here now. */
let ringing = "";

/** A call that rings here no more and was not taken is none of this desk's: back to my day. */
function miss() {
  const [call, before] = [callNow(), ringing];
  ringing = line()?.dataset.state === "ringing" ? call : "";
  if (!before || before === call) {
    return;
  }
  sessionStorage.removeItem(POPPED); // it may ring here again
  const text = line()?.dataset.missed ?? "";
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "warn" } }));
  if (!call && isAt(before) && !find(TYPED)) {
    go("/");
  }
}

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event instanceof CustomEvent ? event.detail?.target?.id : "";
  if (part === "desk-bar") {
    miss();
    pop();
  }
  if (part === "wrapup") {
    write();
  }
});

// What colleagues write of the call at this desk is seen as they write it.
document.addEventListener(
  "sse:call_changed",
  (event) => {
    if (isAt(/** @type {CustomEvent} */ (event).detail?.id ?? "")) {
      find("#work-desk_notes [hx-get]")?.dispatchEvent(new CustomEvent("retry"));
    }
  },
  { capture: true },
);

// A menu left open must not hide that somebody calls: an open one keeps the bar from loading anew.
document.addEventListener(
  "sse:desk",
  (event) => {
    const call = /** @type {CustomEvent} */ (event).detail?.id;
    if (call && call !== callNow()) {
      for (const menu of document.querySelectorAll("#desk-bar details[open]")) {
        menu.removeAttribute("open");
      }
    }
  },
  { capture: true },
);

document.addEventListener("careline:finished", () => {
  sessionStorage.removeItem(POPPED);
  if (find("[data-call-page]")) {
    go("/");
  }
});

document.addEventListener("careline:desk-done", () => {
  for (const id of ["passing", "dialling"]) {
    const box = document.getElementById(id);
    if (box instanceof HTMLDialogElement && box.open) {
      box.close();
    }
  }
});

/** @param {string} what */
function press(what) {
  const button = find(`[data-desk="${what}"]`);
  const target = button instanceof HTMLFormElement ? button.querySelector("button") : button;
  if (target instanceof HTMLElement) {
    target.click();
  }
  return target !== null;
}

/** Ready, or the menu of reasons when that is what one is. */
function readyKey() {
  if (find("[data-strip]") && line()?.dataset.state === "wrap_up") {
    find("[data-strip-done]")?.click();
  } else if (!press("begin") && !press("ready")) {
    const menu = find(".desk-state");
    menu?.setAttribute("open", "");
    find(".menu-item", menu ?? undefined)?.focus();
  }
}

/** @type {Record<string, () => void>} */
const keys = {
  // The phone in the page answers and hangs up by itself.
  answer: () => void (line()?.dataset.browser || press("hang_up")),
  hold: () => void (press("hold") || press("back")),
  transfer: () => void (press("complete") || press("passing")),
  conference: () => void press("conference"),
  ready: readyKey,
  done: () => find("[data-strip-done]")?.click(),
  back: () => {
    const call = callNow();
    if (call && !isAt(call)) {
      sessionStorage.setItem(POPPED, call);
      go(`/call/${encodeURIComponent(call)}`);
    } else if (call) {
      find("[data-combo-input]")?.focus();
    }
  },
};

document.addEventListener("careline:key", (event) => {
  if (!document.querySelector("dialog[open]")) {
    keys[/** @type {CustomEvent} */ (event).detail]?.();
  }
});

// Digits choose a reason while the menu of states is open.
document.addEventListener("keydown", (event) => {
  const menu = find(".desk-state[open]");
  if (menu && /^[1-9]$/.test(event.key) && !event.ctrlKey && !event.altKey) {
    const reason = find(`input[name="reason"]`, menu);
    const all = [...menu.querySelectorAll("form")].filter((one) => one.contains(reason) || one.querySelector('input[name="reason"]'));
    const chosen = all[Number(event.key) - 1]?.querySelector("button");
    if (chosen) {
      event.preventDefault();
      chosen.click();
    }
  }
});

// Keypad

/** @param {Record<string, string>} values @param {string} verb */
function say(verb, values) {
  void window.htmx.ajax("POST", `/desk/do/${verb}`, {
    target: "#desk-bar",
    swap: "innerHTML",
    values,
  });
}

document.addEventListener("click", (event) => {
  const key = event.target instanceof Element ? event.target.closest("[data-digit]") : null;
  if (key instanceof HTMLElement) {
    say("dtmf", { digits: key.dataset.digit ?? "" });
  }
});

document.addEventListener("keydown", (event) => {
  const pad = document.getElementById("keypad");
  if (pad instanceof HTMLDialogElement && pad.open && /^[0-9*#]$/.test(event.key)) {
    event.preventDefault();
    find(`[data-digit="${CSS.escape(event.key)}"]`, pad)?.click();
  }
});

document.addEventListener("careline:dial", (event) => {
  const { number, patient = "" } = /** @type {CustomEvent} */ (event).detail;
  say("dial", { number, patient: String(patient || "") });
});
