// Live events: one stream from the server, told to the page as `sse:<name>` and `sse:<name>:<id>`.
// fetch and not EventSource, since a silent connection must be noticed and any name must do.
import { all, find, word } from "./page.js";
import { signedOut } from "./session.js";
import { toast } from "./toasts.js";

const SILENT_MS = 40_000;
const GAP_MS = 250;
const SHOWN_MS = 3000;

/** @type {Map<string, {last: number, timer?: ReturnType<typeof setTimeout>}>} */
const told = new Map();
let tries = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let lostTimer;
let isLost = false;

/**
 * Tell the page, at most four times a second for each name; the last one is never left out.
 * @param {string} name
 * @param {unknown} detail
 */
function tell(name, detail) {
  const now = performance.now();
  const state = told.get(name) ?? { last: -Infinity };
  told.set(name, state);
  if (state.timer !== undefined) {
    return;
  }
  const send = () => {
    state.last = performance.now();
    state.timer = undefined;
    document.body.dispatchEvent(new CustomEvent(name, { detail }));
  };
  const wait = state.last + GAP_MS - now;
  if (wait <= 0) {
    send();
  } else {
    state.timer = setTimeout(send, wait);
  }
}

/**
 * The data of an event; nothing when it cannot be read.
 * @param {string} data
 */
function parsed(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return {};
  }
}

/**
 * One event of the stream.
 * @param {string} name
 * @param {string} data
 */
function heard(name, data) {
  /** @type {{id?: string, server?: string}} */
  const detail = parsed(data);
  if (name === "hello") {
    back();
    // The first time too: something may have happened since the page was made.
    document.body.dispatchEvent(new CustomEvent("sse:reload", { detail }));
    return;
  }
  if (name === "session") {
    signedOut();
  }
  tell(`sse:${name}`, detail);
  if (detail.id) {
    tell(`sse:${name}:${detail.id}`, detail);
  }
}

/** Reads a stream's bytes into events. */
class Reader {
  #rest = "";
  #decoder = new TextDecoder();

  /** @param {Uint8Array} bytes */
  feed(bytes) {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const blocks = this.#rest.split(/\r?\n\r?\n/);
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) {
      let name = "message";
      const data = [];
      for (const line of block.split(/\r?\n/)) {
        if (line.startsWith("event:")) {
          name = line.slice(6).trim();
        } else if (line.startsWith("data:")) {
          data.push(line.slice(5).trim());
        }
      }
      if (data.length) {
        heard(name, data.join("\n"));
      }
    }
  }
}

/** @param {string} path */
async function follow(path) {
  const stop = new AbortController();
  let watch = setTimeout(() => stop.abort(), SILENT_MS);
  try {
    const answer = await fetch(path, {
      headers: { Accept: "text/event-stream", "HX-Request": "true" },
      credentials: "same-origin",
      cache: "no-store",
      signal: stop.signal,
    });
    if (answer.status === 401 || answer.status === 423) {
      signedOut();
    }
    const body = answer.ok ? answer.body?.getReader() : undefined;
    const reader = new Reader();
    while (body) {
      const { done, value } = await body.read();
      if (done) {
        break;
      }
      clearTimeout(watch);
      watch = setTimeout(() => stop.abort(), SILENT_MS);
      tries = 0;
      reader.feed(value);
    }
  } catch {
    // A lost connection is nothing unusual: it is made again below.
  } finally {
    clearTimeout(watch);
  }
}

function light(/** @type {string} */ state) {
  for (const one of all("[data-live-light]")) {
    one.dataset.live = state;
  }
}

function lost() {
  lostTimer ??= setTimeout(() => {
    isLost = true;
    light("lost");
    toast(word("lost"), "warn");
    document.dispatchEvent(new CustomEvent("careline:connection", { detail: "lost" }));
  }, SHOWN_MS);
}

function back() {
  clearTimeout(lostTimer);
  lostTimer = undefined;
  light("on");
  if (isLost) {
    isLost = false;
    toast(word("back"), "good");
    document.dispatchEvent(new CustomEvent("careline:connection", { detail: "back" }));
  }
}

/** @param {string} path */
async function keepFollowing(path) {
  for (;;) {
    await follow(path);
    lost();
    const wait = Math.min(15_000, 500 * 2 ** tries++) * (0.7 + Math.random() * 0.6);
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
      addEventListener("online", resolve, { once: true });
      document.addEventListener("careline:signed-in", resolve, { once: true });
    });
  }
}

const path = find("[data-events]")?.dataset.events;
if (path) {
  void keepFollowing(path);
}
