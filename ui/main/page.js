// What the pages of the main window have in common: lists that are drawn only when they change, buttons, lines of facts.

import { bdi, el, unseen } from "../dom.js";
import { naming, pieces, say } from "../messages.js";

/** @typedef {import("../messages.js").Message} Message */

/** What each list shows, so that an unchanged list is left alone. @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap();

/**
 * Fills a list, if what it depends on has changed. What had the focus keeps it, or `otherwise` gets it.
 * @param {HTMLElement} list
 * @param {unknown} source everything the list depends on
 * @param {() => Node[]} build
 * @param {() => void} [otherwise]
 */
export function draw(list, source, build, otherwise) {
  const mark = JSON.stringify([source, new Date().toDateString()]);
  if (drawn.get(list) === mark) return;
  drawn.set(list, mark);
  const focused = document.activeElement;
  const key =
    focused instanceof HTMLElement && list.contains(focused) ? focused.dataset["key"] : undefined;
  list.replaceChildren(...build());
  if (key === undefined) return;
  const again = [...list.querySelectorAll("[data-key]")].find(
    (node) => node instanceof HTMLElement && node.dataset["key"] === key,
  );
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  else otherwise?.();
}

/**
 * @param {Message} label
 * @param {(string | Node)[]} whom said to screen readers after the label
 * @param {string} key what tells it from the other buttons of its list
 * @param {() => void} press
 */
export function button(label, whom, key, press) {
  const node = el("button", "small", say(label), unseen(" ", ...whom));
  node.type = "button";
  node.dataset["key"] = key;
  node.addEventListener("click", press);
  return node;
}

/** Facts in one line, with a dot between them. @param {(string | Node)[]} facts */
export function line(facts) {
  return facts.flatMap((fact, index) => (index === 0 ? [fact] : [" · ", fact]));
}

/**
 * A message about an app, which may have no name.
 * @param {Message} key
 * @param {string | null} name
 * @param {Record<string, Node>} [values]
 */
export function about(key, name, values = {}) {
  return pieces(key, { ...values, ...naming(name === null ? null : bdi(name)) });
}

/** When something was, for people and machines. @param {number} seconds @param {string} text */
export function timeNode(seconds, text) {
  const node = el("time", "quiet", text);
  node.dateTime = new Date(seconds * 1000).toISOString();
  return node;
}
