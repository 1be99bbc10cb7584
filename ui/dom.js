// Small helpers that build the pages. Text only ever becomes text nodes.

import { isMessage, pieces, say } from "./messages.js";
import { visible, visibleSentence } from "./visible.js";

/** @typedef {import("./types.js").Filling} Filling */
/** @typedef {import("./messages.js").Message} Message */

/**
 * The element with this id, which the page must have.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`page: no #${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string | null} [className]
 * @param {...(string | Node)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/**
 * An element whose content is a message.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string | null} className
 * @param {Message} key
 * @param {Record<string, Filling>} [values]
 */
export function elSay(tag, className, key, values) {
  return el(tag, className, ...pieces(key, values));
}

/** A text somebody else chose, kept apart from the direction of its surroundings. @param {string} text */
export function bdi(text) {
  return el("bdi", null, visible(text));
}

/** A sentence of ours with values in it, kept apart in the same way. @param {string} sentence */
export function isolated(sentence) {
  return el("bdi", null, sentence);
}

/** A text somebody else chose, emphasised. @param {string} text */
export function strong(text) {
  return el("strong", null, bdi(text));
}

/**
 * A path or an address: never cut, breaks after slashes first.
 * @param {string} text
 * @param {string} [id]
 */
export function code(text, id) {
  const node = el("code", "code", ...breakable(text));
  node.dir = "ltr";
  if (id) node.id = id;
  return node;
}

/** A text somebody else chose, with places to break after slashes. @param {string} text @returns {(string | Node)[]} */
export function breakable(text) {
  return visible(text)
    .split(/(?<=[^/:]\/|[&?])(?=[^/])/u)
    .flatMap((piece, index) => (index > 0 ? [document.createElement("wbr"), piece] : [piece]));
}

/** Text for screen readers only. @param {...(string | Node)} children */
export function unseen(...children) {
  return el("span", "unseen", ...children);
}

/** Fills the fixed texts of a page. */
export function fillPage() {
  for (const node of document.querySelectorAll("[data-say]")) {
    const key = node.getAttribute("data-say") ?? "";
    if (isMessage(key)) node.textContent = say(key);
  }
  for (const node of document.querySelectorAll("[data-say-label]")) {
    const key = node.getAttribute("data-say-label") ?? "";
    if (isMessage(key)) node.setAttribute("aria-label", say(key));
  }
}

/** What a failed command said, as a sentence. @param {unknown} reason */
export function sentenceOf(reason) {
  return typeof reason === "string" && reason.trim() !== "" ? visibleSentence(reason) : say("failed");
}

const svgSpace = "http://www.w3.org/2000/svg";

/** Line drawings on a 16 × 16 grid. */
const drawings = {
  program: ["M2.5 3.5h11v9h-11z", "M2.5 6h11", "M5 8.5l1.5 1.25L5 11"],
  nobody: ["M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z", "M5.25 8h5.5"],
  unknown: [
    "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z",
    "M6.4 6.6a1.6 1.6 0 1 1 2.3 1.45c-.45.22-.7.5-.7 1",
    "M8 11v.01",
  ],
  warning: ["M8 2.5l6 10.75H2z", "M8 6.75v3", "M8 11.5v.01"],
  leaves: ["M9 3h4v4", "M13 3L7.5 8.5", "M6.5 4H3.25v8.75H12V9.5"],
  requests: ["M2.5 3.5h11v7.5H8L5 13.5V11H2.5z"],
  apps: ["M2.75 2.75h4v4h-4z", "M9.25 2.75h4v4h-4z", "M2.75 9.25h4v4h-4z", "M9.25 9.25h4v4h-4z"],
  activity: ["M2.5 4h11", "M2.5 8h11", "M2.5 12h7"],
  rules: ["M2.5 4.5l1.25 1.25L6 3.25", "M8 4.5h5.5", "M2.5 11l1.25 1.25L6 9.75", "M8 11h5.5"],
  settings: ["M2.5 5h6", "M11.5 5h2", "M10 3.25a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5z", "M2.5 11h2", "M7.5 11h6", "M6 9.25a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5z"],
  health: ["M1.75 8.5h3L6.5 4l3 8 1.75-3.5h3"],
  note: ["M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z", "M8 7.5V11", "M8 5.25v.01"],
  good: ["M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z", "M5.5 8.25l1.75 1.75L10.5 6.5"],
  servers: ["M2.5 3h11v4h-11z", "M2.5 9h11v4h-11z", "M5 5v.01", "M5 11v.01"],
};

/** @typedef {keyof typeof drawings} Drawing */

/** @param {Drawing} name */
export function icon(name) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("width", "16");
  svg.setAttribute("height", "16");
  svg.setAttribute("aria-hidden", "true");
  for (const shape of drawings[name]) {
    const path = document.createElementNS(svgSpace, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}
