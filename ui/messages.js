// The texts of the language that the shell chose. They are in crates/words/locales; nothing here or elsewhere builds a sentence.

import { FluentBundle, FluentResource } from "./vendor/fluent/index.js";
import { words } from "./ipc.js";
import { visible } from "./visible.js";

/** @typedef {import("./message-ids.js").Message} Message */
/** @typedef {import("./types.js").Filling} Filling */
/** @typedef {import("./types.js").Said} Said */

const { language, locale, direction, messages } = words();

/** How dates, times and numbers are written. */
export { locale };

document.documentElement.lang = language;
document.documentElement.dir = direction;

const bundle = new FluentBundle(locale, { transform: strange(language) });
for (const error of bundle.addResource(new FluentResource(messages))) throw error;

/** Stands in a text for an element, which the text is then cut at. No text that is filled in can hold it: see `plain`. */
const [before, after] = ["\u{E000}", "\u{E001}"];
const cut = /\u2068?\u{E000}(\d+)\u{E001}\u2069?/u;

/**
 * The pieces of a message, in order, with the fillings in their places.
 * @param {Message} key
 * @param {Record<string, Filling>} [values]
 * @returns {(string | Node)[]}
 */
export function pieces(key, values = {}) {
  /** @type {Node[]} */
  const nodes = [];
  const filled = Object.entries(values).map(([name, value]) => {
    if (!(value instanceof Node)) return [name, plain(value)];
    return [name, `${before}${nodes.push(value) - 1}${after}`];
  });
  return format(key, Object.fromEntries(filled))
    .split(cut)
    .map((piece, index) => (index % 2 === 0 ? piece : (nodes[Number(piece)] ?? "")))
    .filter((piece) => piece !== "");
}

/**
 * A message as text.
 * @param {Message} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  return format(key, values);
}

/**
 * For a message about somebody who may have no name: it has a form for that.
 * @template {Filling} T
 * @param {T | null} name
 * @param {string} [place] the place for the name
 * @returns {Record<string, T | string>}
 */
export function naming(name, place = "name") {
  return name === null ? { named: "no" } : { named: "yes", [place]: name };
}

/**
 * What the broker said.
 * @param {Said} said
 * @returns {string}
 */
export function tell({ id, values = {} }) {
  if (!bundle.hasMessage(id)) return id;
  const filled = Object.entries(values).map(([name, value]) => [name, toldValue(value)]);
  return format(id, Object.fromEntries(filled));
}

/** The same, or words that are in no message file. @param {Said | undefined} said @param {string} words */
export function told(said, words) {
  return said === undefined ? visible(words) : tell(said);
}

/** @param {string | number | string[] | Said} value */
function toldValue(value) {
  if (Array.isArray(value)) return listed(value.map(visible));
  if (typeof value === "object") return tell(value);
  return typeof value === "string" ? visible(value) : value;
}

/** Names and the like, one after the other. @param {string[]} texts */
export function listed(texts) {
  return texts.join(format("list-separator", {}));
}

/** The letter that stands for a button, with Alt. @param {Message} key */
export function keyOf(key) {
  const pattern = bundle.getMessage(key)?.attributes["key"];
  if (pattern == null) throw new Error(`message: no key for ${key}`);
  return typeof pattern === "string" ? pattern : bundle.formatPattern(pattern);
}

/**
 * @param {string} key
 * @returns {key is Message}
 */
export function isMessage(key) {
  return bundle.hasMessage(key);
}

/** @param {string} key @param {Record<string, string | number>} values */
function format(key, values) {
  const pattern = bundle.getMessage(key)?.value;
  if (pattern == null) throw new Error(`message: no ${key}`);
  return bundle.formatPattern(pattern, values);
}

/** @param {string | number} value */
function plain(value) {
  return typeof value === "number" ? value : value.replace(/[\u{E000}\u{E001}]/gu, "");
}

/**
 * The pseudo-languages that show which texts are not in the message file, which places are too narrow, and what only works from left
 * to right. The shell does the same to its own texts (crates/words).
 * @param {string} tag
 * @returns {(text: string) => string}
 */
function strange(tag) {
  const [plainLetters, accents] = ["aceginorsuyzACEGINORSUYZ", "áçéğíñóřšúýžÁÇÉĞÍÑÓŘŠÚÝŽ"];
  /** @param {string} letter */
  const accented = (letter) => accents[plainLetters.indexOf(letter)] ?? letter;
  if (tag === "en-XA") {
    return (text) =>
      [...text].map((letter) => accented(letter).repeat("aeiou".includes(letter) ? 2 : 1)).join("");
  }
  if (tag === "ar-XB") {
    return (text) => text.replace(/[^ ]+/g, (word) => `\u202e${word}\u202c`);
  }
  return (text) => text;
}
