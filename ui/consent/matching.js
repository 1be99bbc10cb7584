// Typing what the browser tab or the program shows, where looking at it is not enough.

import { byId } from "../dom.js";
import { say } from "../messages.js";

/** @typedef {import("../types.js").QuestionView} QuestionView */
/** @typedef {import("../messages.js").Message} Message */

/** @type {Record<"number" | "code" | "place", Message>} */
const labels = { number: "type-number", code: "type-code", place: "type-place" };

export class Matching {
  #row = byId("typing", HTMLElement);
  #label = byId("typed-label", HTMLElement);
  #input = byId("typed", HTMLInputElement);
  #shown = byId("tab", HTMLElement);
  #none = byId("no-tab", HTMLElement);
  /** @type {QuestionView["typing"]} */
  #typing = null;
  #hasNumber = false;
  #wants = false;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#input.addEventListener("input", changed);
  }

  /** @param {QuestionView} question */
  show({ typing, number, user_code: userCode }) {
    this.#typing = typing;
    this.#hasNumber = number !== null || userCode !== null;
    this.#input.value = "";
    if (typing !== null) {
      this.#label.textContent = say(labels[typing.what]);
      this.#input.inputMode = typing.what === "number" ? "numeric" : "text";
      this.#input.classList.toggle("digits", typing.what === "number");
    }
    this.#place();
  }

  /** Whether what is ticked makes typing necessary. @param {boolean} grave */
  demand(grave) {
    if (this.#wants === grave) return;
    this.#wants = grave;
    this.#place();
  }

  get #required() {
    return this.#typing !== null && (this.#typing.always || this.#wants);
  }

  /** Whether something is to be typed that was not typed yet. */
  get missing() {
    return this.#required && this.#input.value.trim() === "";
  }

  /** @returns {string | null} */
  get typed() {
    return this.#required ? this.#input.value : null;
  }

  /** It was wrong. */
  again() {
    if (!this.#required) return;
    this.#input.value = "";
    this.#input.focus();
  }

  /** What is typed is not read off this window. */
  #place() {
    this.#row.hidden = !this.#required;
    this.#shown.hidden = this.#required || !this.#hasNumber;
    this.#none.hidden = this.#typing === null || this.#hasNumber;
  }
}
