// The patient's phone of the demonstration: keypad, caller's number, call timer, levels.
import { clock } from "../durations.js";
import { all, around, find } from "../page.js";
import { moveMeters } from "./controls.js";
import { Lead } from "./leader.js";
import { onMicrophone } from "./microphone.js";
import { Softphone } from "./softphone.js";

/** @typedef {import("./softphone.js").Shown} Shown */

const box = find("#patient-phone");
const RETRY_MS = 3000;
let since = 0;
let wasBusy = false;

/** @param {string} id */
function value(id) {
  const field = document.getElementById(id);
  const holds = field instanceof HTMLInputElement || field instanceof HTMLSelectElement;
  return holds ? field.value.trim() : "";
}

/** @param {string} name */
function word(name) {
  return box?.getAttribute(`data-word-${name}`) ?? "";
}

/** @param {Shown} now */
function show({ state, cause }) {
  const busy = ["dialling", "ringing", "talking"].includes(state);
  const over = wasBusy && !busy;
  wasBusy = busy;
  const label = over && state === "ready" ? word(cause === "Busy" ? "busy" : "over") : word(state);
  since = state === "talking" ? since || Date.now() : 0;
  box?.setAttribute("data-phone-state", state);
  set("[data-state]", label);
  const [call, end] = all("[data-call], [data-end]");
  if (call && end) {
    call.hidden = busy;
    call.toggleAttribute("disabled", state !== "ready");
    end.hidden = !busy;
  }
  const trouble = find("#patient-phone [data-trouble]");
  if (trouble) {
    trouble.textContent = box?.getAttribute(`data-trouble-${cause}`) ?? "";
    trouble.hidden = state !== "denied";
  }
  if (state === "talking") {
    moveMeters(phone);
  }
}

/**
 * @param {string} selector
 * @param {string} text
 */
function set(selector, text) {
  const part = find(`#patient-phone ${selector}`);
  if (part && part.textContent !== text) {
    part.textContent = text;
  }
}

const phone = new Softphone(show);
const lead = new Lead(
  "careline-patient",
  () => void begin(),
  () => phone.stop(true),
);

async function begin() {
  const answer = await fetch(box?.dataset.account ?? "", { cache: "no-store" }).catch(() => null);
  if (answer?.ok && lead.leads) {
    await phone.start(await answer.json());
  } else {
    setTimeout(() => void begin(), RETRY_MS);
  }
}

/** The number that the trunk's provider would vouch for. @returns {string[]} */
function headers() {
  const chosen = value("caller");
  const number = chosen === "own" ? value("own-number").replace(/[^0-9+]/g, "") : chosen;
  const user = number && number !== "withheld" ? number : "anonymous";
  return [`P-Asserted-Identity: <sip:${user}@careline>`];
}

/** @param {string} key */
function press(key) {
  if (phone.busy) {
    phone.dtmf(key);
    return;
  }
  const field = document.getElementById("number");
  if (field instanceof HTMLInputElement) {
    field.value += key;
  }
}

document.addEventListener("click", (event) => {
  const key = around(event, "[data-key]")?.dataset.key;
  if (key) {
    press(key);
  } else if (around(event, "[data-call]")) {
    void phone.call(value("number").replace(/[^0-9+*#]/g, ""), headers());
  } else if (around(event, "[data-end]")) {
    phone.hangUp();
  }
});
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement && !phone.busy;
  if (!typing && /^[0-9*#]$/.test(event.key)) {
    press(event.key);
  }
});
document.addEventListener("change", (event) => {
  const own = find("#own");
  if (own && event.target instanceof HTMLSelectElement && event.target.id === "caller") {
    own.hidden = event.target.value !== "own";
  }
});
setInterval(() => set("[data-timer]", since ? clock((Date.now() - since) / 1000) : ""), 500);
onMicrophone(() => void (phone.state === "denied" && begin()));
addEventListener("pagehide", () => phone.stop());
lead.wait();
