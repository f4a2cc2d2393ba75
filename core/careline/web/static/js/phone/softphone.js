// The phone of a page: joins the states, the line to the switch, microphone and sound.
import { NoMicrophone, checkMicrophone, closeMicrophone, openMicrophone } from "./microphone.js";
import { Meter, Ringer, Voice } from "./sound.js";
import { OFF, next, shown } from "./states.js";

/** @typedef {import("./line.js").Account} Account */
/** @typedef {import("./line.js").Line} Line */
/** @typedef {{state: import("./states.js").State, cause: string, muted: boolean, number: string,
 *    since: number}} Shown What is told of each change: `since` in milliseconds since 1970. */

export class Softphone {
  #phone = OFF;
  /** @type {(now: Shown) => void} */
  #tell;
  /** @type {Line | null} */
  #line = null;
  #account = "";
  #voice = new Voice();
  #ringer = new Ringer();
  /** @type {MediaStream | null} */
  #microphone = null;
  /** @type {Meter | null} */
  #mine = null;
  /** @type {Meter | null} */
  #theirs = null;
  #muted = false;
  #number = "";
  #since = 0;
  #answering = false;

  /** @param {(now: Shown) => void} tell is called after every change */
  constructor(tell) {
    this.#tell = tell;
  }

  get state() {
    return shown(this.#phone);
  }

  get muted() {
    return this.#muted;
  }

  get busy() {
    return this.#phone.talk !== "none";
  }

  /**
   * Register with an account and stay registered; nothing is done when that is so already.
   * @param {Account} account
   */
  async start(account) {
    const key = JSON.stringify(account);
    if (this.#line && this.#account === key) {
      return;
    }
    this.stop();
    this.#account = key;
    const [allowed, { Line }] = await Promise.all([this.#allowed(), import("./line.js")]);
    if (!allowed || this.#account !== key || this.#line) {
      return;
    }
    this.#line = new Line(account, {
      started: () => this.#happened("start"),
      registered: () => this.#happened("registered"),
      lost: (cause) => this.#happened("lost", cause),
      invited: (number, auto) => this.#invited(number, auto),
      answered: () => this.#happened("answered"),
      heard: (stream) => this.#heard(stream),
      over: (cause) => this.#over(cause),
    });
    this.#line.start();
  }

  /** A phone that cannot speak must not be offered calls, so it is tried before. */
  async #allowed() {
    try {
      await checkMicrophone();
      return true;
    } catch (error) {
      this.#account = "";
      this.#happened("denied", error instanceof NoMicrophone ? error.trouble : "missing");
      return false;
    }
  }

  /** Leave the switch; `yields` when another page leads from now on. */
  stop(yields = false) {
    this.#line?.stop();
    this.#line = null;
    this.#account = "";
    this.#silence();
    this.#happened(yields ? "yield" : "stop");
  }

  /** The page is about to go: the switch learns it at once, a call may be taken back. */
  leave() {
    this.#line?.leave();
  }

  /** @param {string} number @param {boolean} auto */
  #invited(number, auto) {
    this.#silence();
    this.#number = number;
    this.#happened("invited");
    if (auto) {
      void this.answer();
    } else {
      this.#ringer.start();
    }
  }

  /** Answer what rings. */
  async answer() {
    if (this.#phone.talk !== "ringing" || this.#answering) {
      return;
    }
    this.#answering = true;
    this.#ringer.stop();
    try {
      this.#line?.answer(await this.#speak());
    } catch (error) {
      this.#line?.hangUp();
      this.#happened("denied", error instanceof NoMicrophone ? error.trouble : "missing");
    } finally {
      this.#answering = false;
    }
  }

  /**
   * Call a number.
   * @param {string} number
   * @param {string[]} [headers]
   */
  async call(number, headers = []) {
    if (this.busy || !this.#line) {
      return;
    }
    this.#number = number;
    this.#happened("dialled");
    try {
      this.#line.call(number, await this.#speak(), headers);
    } catch (error) {
      this.#over(error instanceof NoMicrophone ? error.trouble : "failed");
    }
  }

  hangUp() {
    this.#line?.hangUp();
  }

  /** @param {boolean} on */
  mute(on) {
    if (this.#phone.talk === "talking") {
      this.#muted = on;
      this.#line?.mute(on);
      this.#say("");
    }
  }

  /** @param {string} digits */
  dtmf(digits) {
    if (this.#phone.talk === "talking" && /^[0-9A-D*#]+$/.test(digits)) {
      this.#line?.dtmf(digits);
    }
  }

  /** Take up devices that were just chosen, also in mid-call. */
  async moved() {
    this.#voice.moved();
    if (this.#microphone) {
      closeMicrophone(this.#microphone);
      await this.#line?.speakThrough(await this.#speak());
      this.#line?.mute(this.#muted);
    }
  }

  /** Loudness of both sides, 0 to 1. */
  levels() {
    return { mine: this.#mine?.level() ?? 0, theirs: this.#theirs?.level() ?? 0 };
  }

  async #speak() {
    this.#microphone = await openMicrophone();
    this.#mine?.close();
    this.#mine = new Meter(this.#microphone);
    return this.#microphone;
  }

  /** @param {MediaStream} stream */
  #heard(stream) {
    this.#voice.play(stream);
    this.#theirs?.close();
    this.#theirs = new Meter(stream);
  }

  /** @param {string} cause */
  #over(cause) {
    this.#silence();
    this.#happened("over", cause);
  }

  #silence() {
    this.#ringer.stop();
    this.#voice.stop();
    this.#mine?.close();
    this.#theirs?.close();
    this.#mine = this.#theirs = null;
    closeMicrophone(this.#microphone);
    this.#microphone = null;
    this.#muted = false;
  }

  /**
   * @param {import("./states.js").Happening} happening
   * @param {string} [cause]
   */
  #happened(happening, cause = "") {
    const before = this.state;
    this.#phone = next(this.#phone, happening);
    if (this.state !== before || cause) {
      this.#since = this.state === before ? this.#since : Date.now();
      this.#say(cause);
    }
  }

  /** @param {string} cause */
  #say(cause) {
    const [state, muted, number, since] = [this.state, this.#muted, this.#number, this.#since];
    this.#tell({ state, cause, muted, number, since });
  }
}
