// Draws who talks when: the caller above, the agent beneath, marks and the place that sounds.
// The colours are the page's own tokens; nothing but a canvas is used, so no style is put in.

/** @typedef {{peaks: Uint8Array, seconds: number, breaks: number[], marks: number[], now: number}} Picture */

/**
 * @param {HTMLElement} of
 * @param {string} name
 */
function colour(of, name) {
  return getComputedStyle(of).getPropertyValue(name).trim();
}

/**
 * The loudest of one side between two places of the peaks.
 * @param {Uint8Array} peaks
 * @param {number} side 0 the caller, 1 the agent
 * @param {number} from
 * @param {number} to
 */
function loudest(peaks, side, from, to) {
  let most = 0;
  for (let at = from; at < Math.max(to, from + 1) && at * 2 + side < peaks.length; at += 1) {
    most = Math.max(most, peaks[at * 2 + side]);
  }
  return most / 255;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 * @param {number} side
 */
function lane(pen, canvas, { peaks, seconds, now }, side) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const middle = height / 4 + (side * height) / 2;
  const pairs = peaks.length / 2;
  const played = seconds ? (now / seconds) * width : 0;
  const [heard, still] = [colour(canvas, side ? "--wrap" : "--talk"), colour(canvas, "--line-2")];
  for (let x = 0; x < width; x += 3) {
    const from = Math.floor((x / width) * pairs);
    const loud = loudest(peaks, side, from, Math.floor(((x + 3) / width) * pairs));
    const tall = Math.max(1, loud * (height / 2 - 6));
    pen.fillStyle = x < played ? heard : still;
    pen.fillRect(x, middle - tall / 2, 2, tall);
  }
}

/**
 * Draw all of it anew.
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 */
export function draw(canvas, picture) {
  const pen = canvas.getContext("2d");
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!pen || !width) {
    return;
  }
  const scale = window.devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.scale(scale, scale);
  const x = (/** @type {number} */ at) => Math.round((at / (picture.seconds || 1)) * width);
  pen.fillStyle = colour(canvas, "--line");
  pen.fillRect(0, Math.round(height / 2), width, 1);
  lane(pen, canvas, picture, 0);
  lane(pen, canvas, picture, 1);
  pen.fillStyle = colour(canvas, "--ink-3");
  for (const at of picture.breaks) {
    for (let y = 0; y < height; y += 6) {
      pen.fillRect(x(at), y, 1, 3);
    }
  }
  pen.fillStyle = colour(canvas, "--hold");
  for (const at of picture.marks) {
    pen.fillRect(x(at), 0, 2, height);
    pen.fillRect(x(at), 0, 8, 6);
  }
  pen.fillStyle = colour(canvas, "--ink");
  pen.fillRect(Math.min(x(picture.now), width - 2), 0, 2, height);
}
