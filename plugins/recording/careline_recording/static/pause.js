// F9 pauses the recording of the talk at this desk, or goes on with it, from whatever page. While an
// id number is on the screen it is paused by itself: the caller says it, and it must not be kept.

const KEY = "F9";
const ID_CARD = "id_card";
/** Set while it was paused by itself, so that a page that is loaded anew goes on. */
const BY_ITSELF = "recordingPausedByItself";

const isOnCall = () => {
  const line = document.querySelector("[data-desk-line]");
  return line instanceof HTMLElement && Boolean(line.dataset.call);
};

document.addEventListener("keydown", (event) => {
  const taken = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
  if (event.key !== KEY || taken || event.isComposing || event.repeat) {
    return;
  }
  event.preventDefault();
  sessionStorage.removeItem(BY_ITSELF); // from here on it is the agent's own choice
  const button = document.querySelector("[data-recording-pause] button");
  if (button instanceof HTMLElement) {
    button.click();
  } else if (isOnCall()) {
    void window.htmx.ajax("POST", "/recordings/pause", { swap: "none" });
  }
});

/**
 * Ask for silence or the talk; resolves with whether that changed anything.
 * @param {boolean} paused
 */
async function quietly(paused) {
  const token = document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";
  const answer = await fetch("/recordings/pause", {
    method: "POST",
    body: new URLSearchParams({ paused: paused ? "1" : "0", by_itself: "1" }),
    headers: { "X-CSRF-Token": token, "HX-Request": "true" },
    credentials: "same-origin",
  }).catch(() => null);
  return Boolean(answer?.ok && (await answer.json()).changed);
}

/** Id numbers that are shown now. @type {Set<string>} */
const shown = new Set();
/** What was asked for is answered in order. */
let last = Promise.resolve();

/** Pause while an id number is seen or typed, and go on afterwards if nobody else paused it. */
function follow() {
  last = last.then(async () => {
    const isTyped = document.activeElement?.matches(`input[name="${ID_CARD}"]`) ?? false;
    const isSeen = shown.size > 0 || isTyped;
    const isOurs = sessionStorage.getItem(BY_ITSELF) !== null;
    if (isSeen && !isOurs && isOnCall() && (await quietly(true))) {
      sessionStorage.setItem(BY_ITSELF, "1");
    } else if (!isSeen && isOurs) {
      sessionStorage.removeItem(BY_ITSELF);
      await quietly(false);
    }
  });
}

for (const name of ["careline:shown", "careline:hidden"]) {
  document.addEventListener(name, (event) => {
    const { id, field } = /** @type {CustomEvent} */ (event).detail;
    if (field === ID_CARD) {
      shown[name === "careline:shown" ? "add" : "delete"](id);
      follow();
    }
  });
}
for (const name of ["focusin", "focusout", "htmx:afterSettle"]) {
  document.addEventListener(name, () => setTimeout(follow));
}
follow();
