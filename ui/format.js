// Turns measured values into something that can be shown. No sentences here.

import { locale, say } from "./messages.js";
import { visible } from "./visible.js";

export { visible };

/** @typedef {import("./types.js").Destination} Destination */
/** @typedef {import("./types.js").Program} Program */
/** @typedef {import("./types.js").Sighting} Sighting */

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const thisYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const otherYear = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** @param {number} seconds */
export function time(seconds) {
  return clock.format(new Date(seconds * 1000));
}

/** @param {number} seconds */
export function day(seconds) {
  const date = new Date(seconds * 1000);
  const format = date.getFullYear() === new Date().getFullYear() ? thisYear : otherYear;
  return format.format(date);
}

/** @param {number} seconds */
function isToday(seconds) {
  return new Date(seconds * 1000).toDateString() === new Date().toDateString();
}

/** Inside a sentence: “today 14:03” or “3 Nov, 14:03”. @param {number} seconds */
export function when(seconds) {
  return isToday(seconds)
    ? say("today-at", { time: time(seconds) })
    : say("day-at", { day: day(seconds), time: time(seconds) });
}

/** In a column: “14:03” or “3 Nov, 14:03”. @param {number} seconds */
export function moment(seconds) {
  return isToday(seconds)
    ? time(seconds)
    : say("day-at", { day: day(seconds), time: time(seconds) });
}

/**
 * Folds the middle of a very long text. Whoever uses it must show the whole text elsewhere.
 * @param {string} text
 * @param {number} [most]
 */
export function folded(text, most = 240) {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}

/**
 * host:port as in an address.
 * @param {string} host
 * @param {number | null} port
 */
export function place(host, port) {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return port === null ? name : `${name}:${port}`;
}

/** One line that shows where each argument begins and ends. @param {string[]} words */
export function commandLine(words) {
  return words
    .map((word) => (/^[^\s"'\\]+$/u.test(word) ? word : JSON.stringify(word)))
    .map(visible)
    .join(" ");
}

/** A word for a POSIX shell, quoted only where it must be. @param {string} word */
export function shellWord(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** For a reason that is set into a sentence of its own. @param {string} text */
export function withoutStop(text) {
  return text.trim().replace(/\.+(\u2069*)$/u, "$1");
}

/**
 * Two sightings of programs that are not the same program.
 * @param {Sighting} one
 * @param {Sighting} other
 */
export function differ(one, other) {
  return (
    one.state === "seen" &&
    other.state === "seen" &&
    (one.executable !== other.executable || one.script !== other.script)
  );
}
