// What is heard: the other side's voice, the ring (made here, no file), and levels for meters.
import { chosen } from "./microphone.js";

/** Seconds of tone and of silence of the usual ring in China, and its pitch. */
const RING_ON_S = 1;
const RING_OFF_S = 4;
const RING_HZ = 450;
const LOUDNESS = 0.15;

/** @typedef {HTMLAudioElement & {setSinkId?: (id: string) => Promise<void>}} Speaker */
/** @typedef {AudioContext & {setSinkId?: (id: string) => Promise<void>}} Output */

/** @type {Output | null} */
let context = null;

/** One for the page: a browser allows few. @returns {Output} */
export function audio() {
  context ??= new AudioContext();
  void context.resume().catch(() => {});
  return context;
}

/** Plays the other side's voice. */
export class Voice {
  /** @type {Speaker} */
  #speaker = new Audio();

  /** @param {MediaStream} stream */
  play(stream) {
    this.#speaker.srcObject = stream;
    void this.#speaker.setSinkId?.(chosen("speaker")).catch(() => {});
    void this.#speaker.play().catch(() => {});
  }

  /** After another device was chosen. */
  moved() {
    void this.#speaker.setSinkId?.(chosen("speaker")).catch(() => {});
  }

  stop() {
    this.#speaker.pause();
    this.#speaker.srcObject = null;
  }
}

/** Rings until it is stopped. */
export class Ringer {
  /** @type {OscillatorNode | null} */
  #tone = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  start() {
    if (this.#tone) {
      return;
    }
    const output = audio();
    void output.setSinkId?.(chosen("ringer")).catch(() => {});
    const gain = output.createGain();
    gain.gain.value = 0;
    gain.connect(output.destination);
    this.#tone = output.createOscillator();
    this.#tone.frequency.value = RING_HZ;
    this.#tone.connect(gain);
    this.#tone.start();
    const burst = () => {
      const now = output.currentTime;
      gain.gain.setTargetAtTime(LOUDNESS, now, 0.01);
      gain.gain.setTargetAtTime(0, now + RING_ON_S, 0.01);
    };
    burst();
    this.#timer = setInterval(burst, (RING_ON_S + RING_OFF_S) * 1000);
  }

  stop() {
    clearInterval(this.#timer);
    this.#tone?.stop();
    this.#tone?.disconnect();
    this.#tone = null;
  }
}

/** How loud a stream is: 0 is silence, 1 as loud as can be. */
export class Meter {
  #analyser = audio().createAnalyser();
  /** @type {MediaStreamAudioSourceNode} */
  #source;

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.#source = audio().createMediaStreamSource(stream);
    this.#analyser.fftSize = 1024;
    this.#source.connect(this.#analyser);
  }

  /** @returns {number} */
  level() {
    const wave = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(wave);
    const power = wave.reduce((sum, value) => sum + value * value, 0) / wave.length;
    const decibels = 10 * Math.log10(power + 1e-9);
    return Math.max(0, Math.min(1, (decibels + 60) / 55));
  }

  close() {
    this.#source.disconnect();
  }
}
