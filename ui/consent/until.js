// For how long a yes holds.

import { byId } from "../dom.js";
import { say } from "../messages.js";
import { connects } from "../wording.js";

/** @typedef {import("../types.js").QuestionView} QuestionView */
/** @typedef {import("../types.js").Until} Until */

export class Duration {
  #row = byId("until-row", HTMLElement);
  #label = byId("until-label", HTMLElement);
  #select = byId("until", HTMLSelectElement);
  /** The program that it may end with. @type {string | null} */
  #process = null;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#select.addEventListener("change", changed);
  }

  /** @param {QuestionView} question */
  show(question) {
    const connecting = connects(question);
    const program = connecting ? question.listener : question.requester;
    const seen = program.state === "seen";
    this.#process = seen ? say("process", { name: program.name, pid: String(program.pid) }) : null;
    this.#row.hidden = question.changes.length > 0 || question.new_server !== null;
    this.#label.textContent = say(connecting ? "connect-until" : "call-for");
    const choices = connecting ? this.#forConnections() : this.#forCalls();
    this.#select.replaceChildren(...choices.map(([until, text]) => new Option(text, until)));
  }

  /** @returns {Until | null} */
  get value() {
    return this.#row.hidden ? null : /** @type {Until} */ (this.#select.value);
  }

  /** What the button says that allows a call. */
  get allowCall() {
    switch (this.value) {
      case "ten_minutes":
        return say("allow-ten-minutes");
      case "program_ends":
        return say("allow-program-ends", { process: this.#process ?? "" });
      case "taken_back":
        return say("allow-always");
      default:
        return say("allow-once");
    }
  }

  /** @returns {[Until, string][]} */
  #forConnections() {
    /** @type {[Until, string][]} */
    const choices = [
      ["taken_back", say("until-mine")],
      ["today", say("until-today")],
    ];
    if (this.#process !== null) choices.push(["program_ends", say("until-program", { process: this.#process })]);
    return choices;
  }

  /** @returns {[Until, string][]} */
  #forCalls() {
    /** @type {[Until, string][]} */
    const choices = [
      ["once", say("until-once")],
      ["ten_minutes", say("until-ten-minutes")],
    ];
    if (this.#process !== null) choices.push(["program_ends", say("until-program-ends", { process: this.#process })]);
    choices.push(["taken_back", say("until-taken-back")]);
    return choices;
  }
}
