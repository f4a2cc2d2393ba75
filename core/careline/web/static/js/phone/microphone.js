// The microphone and the other audio devices: asked for, chosen, remembered, told apart when refused.

/** @typedef {"denied"|"missing"|"busy"|"insecure"} Trouble */
/** @typedef {"microphone"|"speaker"|"ringer"} Role */

const KEY = "careline.audio.";

/** What is wrong with the microphone; the page has words for each. */
export class NoMicrophone extends Error {
  /** @param {Trouble} trouble */
  constructor(trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/**
 * The device that was chosen for a role, or "".
 * @param {Role} role
 * @returns {string}
 */
export function chosen(role) {
  try {
    return localStorage.getItem(KEY + role) ?? "";
  } catch {
    return "";
  }
}

/**
 * Remember a device for a role; "" is the system's own choice.
 * @param {Role} role
 * @param {string} id
 */
export function choose(role, id) {
  try {
    localStorage.setItem(KEY + role, id);
  } catch {
    // It is chosen for this page only then.
  }
}

/**
 * @param {unknown} error
 * @returns {Trouble}
 */
function trouble(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "denied";
  }
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "missing";
}

/**
 * Open the chosen microphone, or the system's own when that one is not plugged in.
 * @returns {Promise<MediaStream>} Rejects with NoMicrophone.
 */
export async function openMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new NoMicrophone("insecure");
  }
  const wanted = chosen("microphone");
  const voice = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const tries = wanted ? [{ ...voice, deviceId: { exact: wanted } }, voice] : [voice];
  /** @type {unknown} */
  let failure;
  for (const audio of tries) {
    try {
      return await navigator.mediaDevices.getUserMedia({ audio, video: false });
    } catch (error) {
      failure = error;
      if (trouble(error) === "denied") {
        break;
      }
    }
  }
  throw new NoMicrophone(trouble(failure));
}

/**
 * See that there is a microphone which this page may use; opened for it only when nothing else
 * tells, since that takes a while.
 * @returns {Promise<void>} Rejects with NoMicrophone.
 */
export async function checkMicrophone() {
  const name = /** @type {PermissionName} */ ("microphone");
  const permission = await navigator.permissions?.query({ name }).catch(() => null);
  const { inputs } = await devices();
  if (permission?.state !== "granted" || !inputs.length) {
    closeMicrophone(await openMicrophone());
  }
}

/**
 * Have `work` done when a microphone may have come: plugged in, or allowed at last.
 * @param {() => void} work
 */
export function onMicrophone(work) {
  const name = /** @type {PermissionName} */ ("microphone");
  navigator.mediaDevices?.addEventListener("devicechange", work);
  void navigator.permissions
    ?.query({ name })
    .then((permission) => permission.addEventListener("change", work))
    .catch(() => {});
}

/**
 * Let go of a microphone.
 * @param {MediaStream | null} stream
 */
export function closeMicrophone(stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.stop();
  }
}

/**
 * The devices there are; names are known only after the microphone was allowed once.
 * @returns {Promise<{inputs: MediaDeviceInfo[], outputs: MediaDeviceInfo[]}>}
 */
export async function devices() {
  const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return {
    inputs: found.filter((one) => one.kind === "audioinput"),
    outputs: found.filter((one) => one.kind === "audiooutput"),
  };
}
