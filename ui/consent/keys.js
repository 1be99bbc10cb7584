// Keys: those that were down before the question came up, Escape, and Alt with a letter or an arrow.

import { el } from "../dom.js";

/** Keys that answer. */
const acting = new Set(["Enter", " ", "Escape"]);

/**
 * Keys that are down when a question comes up, or comes back to the front, were meant for something else: they count
 * again once they were released.
 */
export class HeldKeys {
  /** @type {Set<string>} */
  #held = new Set();

  /** @param {{ isEarly: () => boolean, escape: () => void }} window */
  constructor({ isEarly, escape }) {
    document.addEventListener(
      "keydown",
      (event) => {
        if (!acting.has(event.key)) return;
        if (!event.repeat && isEarly()) this.#held.add(event.code);
        if (event.repeat || this.#held.has(event.code)) {
          event.preventDefault();
          event.stopPropagation();
        } else if (event.key === "Escape" && !event.isComposing) {
          event.preventDefault();
          escape();
        }
      },
      true,
    );
    document.addEventListener(
      "keyup",
      (event) => {
        if (!this.#held.delete(event.code)) return;
        event.preventDefault();
        event.stopPropagation();
      },
      true,
    );
    window.addEventListener("blur", () => this.#held.clear());
  }
}

/** The letters that press buttons, with Alt. */
export const letters = {
  /** @type {WeakMap<HTMLButtonElement, string>} */
  of: new WeakMap(),

  /**
   * What a button says. The letter is the usual one, or the first of the text where that is not in it.
   * @param {HTMLButtonElement} button
   * @param {string} text
   * @param {string} usual
   */
  name(button, text, usual) {
    if (button.textContent === text && this.of.has(button)) return;
    const found = text.toLowerCase().indexOf(usual.toLowerCase());
    const at = found < 0 ? text.search(/\p{L}/u) : found;
    const letter = text.charAt(at).toUpperCase();
    button.replaceChildren(text.slice(0, at), el("span", "mnemonic", text.charAt(at)), text.slice(at + 1));
    button.title = `Alt+${letter}`;
    button.setAttribute("aria-keyshortcuts", button.title);
    this.of.set(button, letter.toLowerCase());
  },
};

/**
 * Alt with the letter of a button presses it; Alt with an arrow goes to another question. What allows is only led to:
 * pressing it stays a step of its own. While Alt is held the letters are marked.
 * @param {{ button: HTMLButtonElement, leads?: boolean }[]} buttons
 * @param {(step: -1 | 1) => void} move
 */
export function shortcuts(buttons, move) {
  /** @param {boolean} shown */
  const mark = (shown) => document.body.classList.toggle("letters", shown);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Alt") mark(true);
    if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      // “Before” is where reading begins.
      const forward = (event.key === "ArrowRight") === (document.dir !== "rtl");
      move(forward ? 1 : -1);
      return;
    }
    const meant = buttons.find(({ button }) => event.key.toLowerCase() === letters.of.get(button));
    if (meant === undefined || meant.button.disabled) return;
    event.preventDefault();
    if (meant.leads) meant.button.focus();
    else meant.button.click();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === "Alt") mark(false);
  });
  window.addEventListener("blur", () => mark(false));
}
