// The agent's phone in the page: an account from the server, one leading tab, beats, keys, buttons.
import { around, find, onParts, tell } from "../page.js";
import { post } from "../requests.js";
import { signedOut } from "../session.js";
import { toast } from "../toasts.js";
import { moveMeters, show } from "./controls.js";
import { DeviceDialog } from "./dialog.js";
import { Lead } from "./leader.js";
import { onMicrophone } from "./microphone.js";
import { Softphone } from "./softphone.js";

/** @typedef {import("./softphone.js").Shown} Shown */

const settings = find("#softphone");
/** This browser, whichever of its tabs leads: the lock below sees to it that one does. */
const tab = remembered();
/** @type {Shown} */
let last = { state: "off", cause: "", muted: false, number: "", since: Date.now() };
let takesOver = false;
let beating = false;

/** Over plain http to another machine there is no randomUUID, and storage may be forbidden. */
function remembered() {
  const fresh = Math.random().toString(36).slice(2) + Date.now().toString(36);
  try {
    return String((localStorage.carelineDesk ??= fresh));
  } catch {
    return fresh;
  }
}

const phone = new Softphone((now) => {
  const before = last.state;
  last = now;
  document.documentElement.dataset.phone = now.state;
  show(now);
  tell("careline:phone", now);
  if (now.state === "talking" && before !== "talking") {
    moveMeters(phone);
  }
  if (now.state === "denied" && before !== "denied") {
    toast(settings?.dataset[now.cause] ?? "", "bad");
  }
  if (before !== now.state) {
    void beat();
  }
});

const lead = new Lead(
  "careline-desk",
  () => void begin(),
  () => phone.stop(true),
);

/** The account of the phone that the agent works at; null when that is none of the browser's. */
async function account() {
  const answer = await fetch(settings?.dataset.account ?? "", {
    headers: { "HX-Request": "true" },
    credentials: "same-origin",
    cache: "no-store",
  }).catch(() => null);
  if (answer?.status === 200) {
    return answer.json();
  }
  return answer && answer.status < 500 ? null : undefined;
}

/** Register as the server says; nothing changes while a call is on or the server is away. */
async function begin() {
  if (!lead.leads || phone.busy) {
    return;
  }
  // All at once: after a reload in mid-call the other side waits for it.
  const [leads, now] = await Promise.all([
    beat(),
    account(),
    import("./line.js").catch(() => null),
  ]);
  if (!leads || phone.busy || !lead.leads) {
    return;
  }
  if (now) {
    await phone.start(now);
  } else if (now === null) {
    phone.stop();
  }
}

/** Tell the server that this page lives; true when it leads. */
async function beat() {
  if (!lead.leads || beating) {
    return lead.leads;
  }
  beating = true;
  /** @type {Record<string, string>} */
  const values = { tab, phone: last.state };
  if (takesOver) {
    values.takes_over = "1";
  }
  try {
    return await beaten(await post(settings?.dataset.beat ?? "", values));
  } catch {
    return true; // the server is away; calls go on
  } finally {
    beating = false;
  }
}

/** @param {Response} answer */
async function beaten(answer) {
  if (answer.status === 401 || answer.status === 423) {
    // A talk goes on behind the locked screen; the first beat after it stops the phone.
    if (!phone.busy) {
      phone.stop();
    }
    signedOut();
    return false;
  }
  if (!answer.ok) {
    return true;
  }
  takesOver = false;
  const { leads } = await answer.json();
  if (leads === false && last.state !== "other") {
    phone.stop(true);
  } else if (leads && last.state === "other") {
    setTimeout(() => void begin(), 0); // the page elsewhere has gone
  }
  return leads !== false;
}

/** @type {Record<string, (detail: {digits?: string}) => void>} */
const verbs = {
  answer: () => void phone.answer(),
  hangup: () => phone.hangUp(),
  mute: () => phone.mute(true),
  unmute: () => phone.mute(false),
  dtmf: ({ digits = "" }) => phone.dtmf(digits),
  devices: () => void devices.show(),
  lead: takeOver,
};

// While the caller still hears who answers, the bar offers to answer: pressed again, the key must
// not throw the caller out.
function answerOrHangUp() {
  if (phone.state === "ringing") {
    verbs.answer?.({});
  } else if (!document.querySelector('[data-phone="answer"]')) {
    verbs.hangup?.({});
  }
}

function takeOver() {
  takesOver = true;
  if (lead.leads) {
    void begin();
  } else {
    lead.take();
  }
}

const devices = new DeviceDialog(() => {
  void phone.moved().catch(() => {});
  if (last.state === "denied") {
    void begin();
  }
});

function follow() {
  document.addEventListener("careline:phone-do", (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    verbs[detail.verb]?.(detail);
  });
  document.addEventListener("click", (event) => {
    const verb = around(event, "[data-phone]")?.dataset.phone;
    if (verb) {
      verbs[verb === "mute" && phone.muted ? "unmute" : verb]?.({});
    }
  });
  document.addEventListener("careline:key", (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail === "answer" && phone.busy) {
      answerOrHangUp();
    } else if (detail === "mute") {
      phone.mute(!phone.muted);
    }
  });
  // Captured, since live events do not bubble.
  for (const again of ["careline:signed-in", "careline:desk-done", "sse:reload", "sse:agent_changed"]) {
    document.addEventListener(again, () => void begin(), { capture: true });
  }
  addEventListener("pagehide", () => phone.leave());
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
  onMicrophone(() => void (last.state === "denied" && begin()));
  onParts((part) => show(last, part));
}

if (settings) {
  follow();
  const ticks = new Worker(new URL("./ticks.js", import.meta.url));
  ticks.addEventListener("message", () => void beat());
  lead.wait();
}
