// The phone's states, pure: what it is now and what happened give what it is next.

/** @typedef {"off"|"registering"|"ready"|"lost"|"denied"|"other"} Link */
/** @typedef {"none"|"ringing"|"dialling"|"talking"} Talk */
/** @typedef {Link | "ringing" | "dialling" | "talking"} State */
/** @typedef {{link: Link, talk: Talk}} Phone */
/** @typedef {"start"|"registered"|"lost"|"denied"|"yield"|"stop"|"invited"|"dialled"|"answered"|"over"} Happening */

/** @type {Phone} */
export const OFF = Object.freeze({ link: "off", talk: "none" });

/** @type {Record<string, Link>} */
const LINKS = {
  start: "registering",
  registered: "ready",
  lost: "lost",
  denied: "denied",
  yield: "other",
  stop: "off",
};

/** @type {Record<Talk, Partial<Record<Happening, Talk>>>} */
const TALKS = {
  none: { invited: "ringing", dialled: "dialling" },
  ringing: { answered: "talking", over: "none" },
  dialling: { answered: "talking", over: "none" },
  // A call that is taken back comes while the page still believes in the old one.
  talking: { invited: "ringing", over: "none" },
};

/**
 * What the phone is after something happened; what means nothing now changes nothing.
 * @param {Phone} phone
 * @param {Happening} happening
 * @returns {Phone}
 */
export function next(phone, happening) {
  const link = LINKS[happening];
  if (link) {
    const ends = link === "off" || link === "other" || link === "denied";
    // A phone that was told to stop is not lost, and not back, until it is started again.
    const stopped = phone.link === "off" || phone.link === "other";
    if (stopped && (happening === "lost" || happening === "registered")) {
      return phone;
    }
    return { link, talk: ends ? "none" : phone.talk };
  }
  const talk = TALKS[phone.talk][happening];
  return talk ? { ...phone, talk } : phone;
}

/**
 * The one word that is shown: a call goes before the connection.
 * @param {Phone} phone
 * @returns {State}
 */
export function shown({ link, talk }) {
  return talk === "none" ? link : talk;
}

/**
 * Milliseconds to wait before try number `tries` (from 0): half a second doubled up to 15 seconds,
 * spread so that a whole floor does not come back in one moment.
 * @param {number} tries
 * @param {number} [luck] 0 to 1
 * @returns {number}
 */
export function delay(tries, luck = Math.random()) {
  return Math.round(Math.min(15_000, 500 * 2 ** Math.min(tries, 10)) * (0.7 + 0.6 * luck));
}
