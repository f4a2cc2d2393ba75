// The player of a recording: play, seek by click and keys, speed, sides, marks, the call's timeline.
import { draw } from "./waveform.js";

const WRITES = "input, textarea, select, [contenteditable]";
const NOTHING = new Uint8Array(0);

/** @typedef {{offset: number, length: number, epoch: number, day: number}} Stretch all in seconds */

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 */
function find(selector, within = document) {
  const found = within.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 */
function all(selector, within = document) {
  return [...within.querySelectorAll(selector)].filter((one) => one instanceof HTMLElement);
}

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * @param {string} text
 * @returns {Stretch[]}
 */
function stretchesOf(text) {
  return JSON.parse(text).map((/** @type {number[]} */ [offset, length, epoch, day]) => ({
    offset: offset / 1000,
    length: length / 1000,
    epoch: epoch / 1000,
    day,
  }));
}

/** Which ears hear whom, once it is chosen: a player's sound can be led through this only once. */
class Sides {
  /** @param {HTMLMediaElement} sound */
  constructor(sound) {
    this.context = new AudioContext();
    this.source = this.context.createMediaElementSource(sound);
    this.split = this.context.createChannelSplitter(2);
    this.mono = this.context.createGain();
    this.source.connect(this.split);
    this.mono.connect(this.context.destination);
  }

  /** @param {string} chosen stereo, both, or one side's number */
  choose(chosen) {
    void this.context.resume();
    this.source.disconnect();
    this.split.disconnect();
    if (chosen === "stereo") {
      this.source.connect(this.context.destination);
      return;
    }
    this.source.connect(this.split);
    for (const side of chosen === "both" ? [0, 1] : [Number(chosen)]) {
      this.split.connect(this.mono, side);
    }
  }
}

class Player {
  /** @type {Uint8Array} */
  peaks = NOTHING;
  /** @type {Sides | null} */
  sides = null;
  /** Where to begin once there is sound to begin with. @type {number | null} */
  wanted = null;

  /**
   * @param {HTMLElement} root
   * @param {HTMLAudioElement} sound
   * @param {HTMLCanvasElement} canvas
   */
  constructor(root, sound, canvas) {
    this.root = root;
    this.sound = sound;
    this.canvas = canvas;
    this.seconds = Number(root.dataset.seconds);
    this.stretches = stretchesOf(root.dataset.stretches ?? "[]");
    for (const what of ["play", "pause", "ended", "timeupdate", "seeked", "ratechange"]) {
      sound.addEventListener(what, () => this.show());
    }
    sound.addEventListener("loadedmetadata", () => this.begin());
    new ResizeObserver(() => this.show()).observe(canvas);
    new MutationObserver(() => this.show()).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
    void this.load();
  }

  get now() {
    return this.wanted ?? this.sound.currentTime;
  }

  async load() {
    const answer = await fetch(this.root.dataset.peaks ?? "", { credentials: "same-origin" });
    if (answer.ok) {
      this.peaks = new Uint8Array(await answer.arrayBuffer());
      this.show();
    }
  }

  begin() {
    this.sound.playbackRate = this.speed;
    if (this.wanted !== null) {
      this.sound.currentTime = this.wanted;
      this.wanted = null;
    }
  }

  get speed() {
    const chosen = find("[data-speed]", this.root);
    return chosen instanceof HTMLSelectElement ? Number(chosen.value) : 1;
  }

  toggle() {
    if (this.sound.paused) {
      void this.sound.play().catch(() => this.show());
    } else {
      this.sound.pause();
    }
  }

  /** @param {number} seconds */
  seek(seconds) {
    const at = Math.min(Math.max(seconds, 0), this.seconds);
    if (this.sound.readyState === 0) {
      this.wanted = at; // nothing is fetched before it is to be heard
    } else {
      this.sound.currentTime = at;
    }
    this.show();
  }

  /** @param {number} by */
  faster(by) {
    const chosen = find("[data-speed]", this.root);
    if (chosen instanceof HTMLSelectElement) {
      const next = Math.min(Math.max(chosen.selectedIndex + by, 0), chosen.length - 1);
      chosen.selectedIndex = next;
      this.sound.playbackRate = this.speed;
    }
  }

  /** @param {string} chosen */
  hear(chosen) {
    this.sides ??= new Sides(this.sound);
    this.sides.choose(chosen);
  }

  /**
   * The place of a moment; the begin of the next stretch when nobody talked then; null after all.
   * @param {number} epoch
   */
  placeOf(epoch) {
    for (const { offset, length, epoch: began } of this.stretches) {
      if (epoch < began + length) {
        return offset + Math.max(0, epoch - began);
      }
    }
    return null;
  }

  /** The time of day at a place. */
  timeOfDay() {
    const before = this.stretches.filter((one) => one.offset <= this.now);
    const one = before[before.length - 1] ?? this.stretches[0];
    if (!one) {
      return "";
    }
    const second = Math.floor(one.day + this.now - one.offset) % 86400;
    const parts = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
    return parts.map((part) => String(part).padStart(2, "0")).join(":");
  }

  show() {
    draw(this.canvas, {
      peaks: this.peaks,
      seconds: this.seconds,
      breaks: this.stretches.slice(1).map((one) => one.offset),
      marks: all("[data-mark]").map((one) => Number(one.dataset.mark) / 1000),
      now: this.now,
    });
    const playing = !this.sound.paused && !this.sound.ended;
    find("[data-toggle]", this.root)?.setAttribute("aria-pressed", String(playing));
    for (const [name, isShown] of [["playing", playing], ["still", !playing]]) {
      const part = find(`[data-when-${name}]`, this.root);
      if (part) {
        part.hidden = !isShown;
      }
    }
    this.tell("[data-now]", clock(this.now));
    this.tell("[data-clock]", this.timeOfDay());
    const slider = find("[data-wave]", this.root);
    slider?.setAttribute("aria-valuenow", String(Math.round(this.now)));
    slider?.setAttribute("aria-valuetext", clock(this.now));
    this.follow();
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  tell(selector, text) {
    const place = find(selector, this.root);
    if (place) {
      place.textContent = text;
    }
  }

  /** Where a mark would go now, unless one is being written. */
  follow() {
    const [place, shown] = [find("[data-mark-place]"), find("[data-mark-shown]")];
    const text = find("[data-mark-text]");
    const isWritten = text instanceof HTMLInputElement && text.value !== "";
    if (place instanceof HTMLInputElement && shown && !isWritten && text !== document.activeElement) {
      place.value = String(Math.round(this.now * 1000));
      shown.textContent = clock(this.now);
    }
  }

  /** The lines of the call's timeline lead to their places. */
  link() {
    for (const time of all("[data-recording-timeline] time[datetime]")) {
      const line = time.closest("li");
      const at = this.placeOf(Date.parse(time.getAttribute("datetime") ?? "") / 1000);
      if (line && at !== null && !line.dataset.seek) {
        line.dataset.seek = String(Math.round(at * 1000));
        line.tabIndex = 0;
        line.setAttribute("role", "button");
      }
    }
  }
}

/** @type {Player | null} */
let player = null;

/** Take charge of a player that has come into the page. */
function begin() {
  const root = find("[data-recording]");
  const [sound, canvas] = [root?.querySelector("[data-sound]"), root?.querySelector("canvas")];
  if (player && !player.root.isConnected) {
    player.sound.pause();
    player = null;
  }
  if (!player && root && sound instanceof HTMLAudioElement && canvas) {
    player = new Player(root, sound, canvas);
  }
  player?.link();
  player?.show();
}

/** @type {Record<string, (player: Player) => void>} */
const KEYS = {
  k: (one) => one.toggle(),
  j: (one) => one.seek(one.now - 10),
  l: (one) => one.seek(one.now + 10),
  "-": (one) => one.faster(-1),
  "+": (one) => one.faster(1),
  "=": (one) => one.faster(1),
  Home: (one) => one.seek(0),
  m: () => find("[data-mark-text]")?.focus(),
};

/** @type {Record<string, (player: Player) => void>} */
const ON_WAVE = {
  ArrowLeft: (one) => one.seek(one.now - 5),
  ArrowRight: (one) => one.seek(one.now + 5),
  ArrowDown: (one) => one.seek(one.now - 5),
  ArrowUp: (one) => one.seek(one.now + 5),
  End: (one) => one.seek(one.seconds - 1),
  " ": (one) => one.toggle(),
};

/**
 * @param {KeyboardEvent} event
 * @returns {((player: Player) => void) | undefined}
 */
function meant({ key, target }) {
  if (!(target instanceof Element) || target.closest(WRITES)) {
    return undefined;
  }
  if (target.closest("[data-seek]") && key === "Enter") {
    const place = /** @type {HTMLElement} */ (target.closest("[data-seek]")).dataset.seek;
    return (one) => one.seek(Number(place) / 1000);
  }
  const isFree = target.closest("[data-wave]") !== null || target.closest("a, button, [role]") === null;
  return (isFree ? ON_WAVE[key] : undefined) ?? KEYS[key.length === 1 ? key.toLowerCase() : key];
}

document.addEventListener("keydown", (event) => {
  const taken = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
  if (!player?.root.isConnected || taken || document.querySelector("dialog[open]")) {
    return;
  }
  const done = meant(event);
  if (done) {
    event.preventDefault();
    done(player);
  }
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!player?.root.isConnected || !target) {
    return;
  }
  const wave = target.closest("[data-wave]");
  if (wave && event instanceof MouseEvent) {
    const box = wave.getBoundingClientRect();
    player.seek(((event.clientX - box.left) / box.width) * player.seconds);
  }
  const place = target.closest("[data-seek]");
  if (place instanceof HTMLElement) {
    player.seek(Number(place.dataset.seek) / 1000);
  }
  const skip = target.closest("[data-skip]");
  if (skip instanceof HTMLElement) {
    player.seek(player.now + Number(skip.dataset.skip));
  }
  if (target.closest("[data-toggle]")) {
    player.toggle();
  }
});

document.addEventListener("change", ({ target }) => {
  if (player && target instanceof HTMLSelectElement) {
    if (target.matches("[data-speed]")) {
      player.sound.playbackRate = player.speed;
    }
    if (target.matches("[data-sides]")) {
      player.hear(target.value);
    }
  }
});

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => player?.show());
document.addEventListener("htmx:afterSettle", begin);
begin();
