// The dialog in which devices are chosen and the microphone is checked.
import { all, dialog, find } from "../page.js";
import { NoMicrophone, choose, chosen, closeMicrophone, devices, openMicrophone } from "./microphone.js";
import { Meter, Ringer } from "./sound.js";

const METER_MS = 80;
const SAMPLE_MS = 1500;

/** @typedef {import("./microphone.js").Role} Role */

/**
 * @param {HTMLSelectElement} list
 * @param {MediaDeviceInfo[]} those
 * @param {string} id
 */
function fill(list, those, id) {
  const first = list.options[0];
  const named = those.filter((one) => one.deviceId && one.deviceId !== "default");
  list.replaceChildren(
    ...(first ? [first] : []),
    ...named.map((one) => new Option(one.label, one.deviceId, false, one.deviceId === id)),
  );
}

/** Opens, and goes on with `moved` after each choice. */
export class DeviceDialog {
  /** @type {() => void} */
  #moved;
  /** @type {MediaStream | null} */
  #open = null;
  /** @type {Meter | null} */
  #meter = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => void} moved */
  constructor(moved) {
    this.#moved = moved;
    const box = dialog("phone-devices");
    box?.addEventListener("close", () => this.#stop());
    box?.addEventListener("change", (event) => {
      const list = event.target;
      if (list instanceof HTMLSelectElement && list.dataset.device) {
        choose(/** @type {Role} */ (list.dataset.device), list.value);
        this.#moved();
        void this.#check();
      }
    });
    box?.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-phone-sample]")) {
        const ringer = new Ringer();
        ringer.start();
        setTimeout(() => ringer.stop(), SAMPLE_MS);
      }
    });
    navigator.mediaDevices?.addEventListener("devicechange", () => {
      if (box?.open) {
        void this.#list();
      }
    });
  }

  async show() {
    dialog("phone-devices")?.showModal();
    await this.#check();
    await this.#list();
  }

  async #list() {
    const { inputs, outputs } = await devices();
    for (const list of all("#phone-devices select[data-device]")) {
      const role = /** @type {Role} */ (list.dataset.device);
      const those = role === "microphone" ? inputs : outputs;
      fill(/** @type {HTMLSelectElement} */ (list), those, chosen(role));
    }
  }

  /** Open the microphone and show how loud it is; or say what is wrong with it. */
  async #check() {
    this.#stop();
    let trouble = "";
    try {
      this.#open = await openMicrophone();
      this.#meter = new Meter(this.#open);
    } catch (error) {
      trouble = error instanceof NoMicrophone ? error.trouble : "missing";
    }
    for (const part of all("#phone-devices [data-trouble]")) {
      part.hidden = part.dataset.trouble !== trouble;
    }
    const meter = find("#phone-devices meter");
    this.#timer = setInterval(() => {
      if (meter instanceof HTMLMeterElement) {
        meter.value = this.#meter?.level() ?? 0;
      }
    }, METER_MS);
  }

  #stop() {
    clearInterval(this.#timer);
    this.#meter?.close();
    this.#meter = null;
    closeMicrophone(this.#open);
    this.#open = null;
  }
}
