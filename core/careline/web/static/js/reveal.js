// A masked value is shown whole after a reason was given, and hides itself again. `careline:shown`
// and `careline:hidden` of the document tell which: { kind, id, field }.
import { around, dialog, find, tell, word } from "./page.js";
import { errorText, post } from "./requests.js";
import { toast } from "./toasts.js";

const SHOWN_MS = 60_000;

/** @param {HTMLElement} button */
async function reveal(button) {
  const reason = await askReason();
  const shown = button.parentElement && find("[data-masked]", button.parentElement);
  if (reason === null || !shown) {
    return;
  }
  const { kind = "", id = "", field = "" } = button.dataset;
  const answer = await post("/reveal", { kind, id, field, reason }).catch(() => null);
  if (!answer?.ok) {
    toast((answer && errorText(await answer.text())) || word("unsent"), "bad");
    return;
  }
  const masked = shown.textContent;
  const { value } = await answer.json();
  shown.textContent = value;
  button.hidden = true;
  tell("careline:shown", { kind, id, field });
  setTimeout(() => {
    shown.textContent = masked;
    button.hidden = false;
    tell("careline:hidden", { kind, id, field });
  }, SHOWN_MS);
}

/** @returns {Promise<string | null>} */
function askReason() {
  const box = dialog("reveal");
  const input = box?.querySelector("input");
  if (!box || !input) {
    return Promise.resolve(null);
  }
  input.value = "";
  box.returnValue = "";
  box.showModal();
  input.focus();
  return new Promise((resolve) => {
    box.addEventListener(
      "close",
      () => resolve(box.returnValue === "yes" ? input.value.trim() : null),
      { once: true },
    );
  });
}

document.addEventListener("click", (event) => {
  const button = around(event, "[data-reveal]");
  if (button) {
    void reveal(button);
  }
  const dial = around(event, "[data-dial]");
  if (dial) {
    const { dial: number, patient = "" } = dial.dataset;
    document.dispatchEvent(new CustomEvent("careline:dial", { detail: { number, patient } }));
  }
});
