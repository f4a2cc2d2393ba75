// Dialogs: opened by data-open, closed by data-close; questions before a form is sent.
import { around, dialog, find } from "./page.js";

document.addEventListener("click", (event) => {
  const opener = around(event, "[data-open]");
  if (opener?.dataset.open) {
    dialog(opener.dataset.open)?.showModal();
  }
  if (around(event, "[data-close]")) {
    around(event, "dialog")?.closest("dialog")?.close();
  }
  // A click beside the dialog closes it, unless something was typed in it.
  if (event.target instanceof HTMLDialogElement && !event.target.querySelector("[data-changed]")) {
    event.target.close();
  }
});

/** @typedef {{text: string, label?: string, danger?: boolean, reason?: string}} Question */

/**
 * Put a question into the dialog that asks.
 * @param {HTMLDialogElement} box
 * @param {Question} question
 * @returns {HTMLInputElement | null} where a reason is typed
 */
function pose(box, { text, label, danger = false, reason = "" }) {
  const [words, caption] = [find("#ask-text", box), find("[data-ask-label]", box)];
  const [yes, field] = [find("[data-ask-yes]", box), find("[data-ask-reason]", box)];
  const input = field?.querySelector("input");
  if (!words || !caption || !yes || !field || !input) {
    return null;
  }
  words.textContent = text || reason;
  yes.textContent = label || (yes.dataset.label ?? "");
  yes.className = `button ${danger ? "danger" : "primary"}`;
  field.hidden = !reason;
  input.required = Boolean(reason);
  input.value = "";
  caption.textContent = reason || caption.textContent;
  return input;
}

/**
 * Ask a question; resolves with null for no, else with the reason given (or "").
 * @param {Question} question
 * @returns {Promise<string | null>}
 */
export function ask(question) {
  const box = dialog("ask");
  const input = box && pose(box, question);
  if (!box || !input) {
    return Promise.resolve("");
  }
  box.returnValue = "";
  box.showModal();
  return new Promise((resolve) => {
    const done = () => resolve(box.returnValue === "yes" ? input.value.trim() : null);
    box.addEventListener("close", done, { once: true });
  });
}

/** Forms whose question was just answered with yes. @type {WeakSet<HTMLFormElement>} */
const answered = new WeakSet();

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || answered.delete(form)) {
      return;
    }
    const { confirm, confirmLabel, reason } = form.dataset;
    if (!confirm && !reason) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const sender = event.submitter instanceof HTMLElement ? event.submitter : null;
    const danger = "confirmDanger" in form.dataset;
    void ask({ text: confirm ?? "", label: confirmLabel, danger, reason }).then((given) => {
      if (given === null) {
        return;
      }
      if (reason) {
        setHidden(form, "reason", given);
      }
      answered.add(form);
      form.requestSubmit(sender);
    });
  },
  true,
);

/**
 * Put a hidden field into a form.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 */
function setHidden(form, name, value) {
  const there = form.querySelector(`input[type="hidden"][name="${name}"]`);
  const input = there instanceof HTMLInputElement ? there : document.createElement("input");
  input.type = "hidden";
  input.name = name;
  input.value = value;
  form.append(input);
}

/**
 * Send a form again, without asking its question once more.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} [sender]
 */
export function resubmit(form, sender = null) {
  answered.add(form);
  form.requestSubmit(sender?.isConnected ? sender : null);
}
