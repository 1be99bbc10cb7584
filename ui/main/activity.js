// What apps did: each call, newest first, a page at a time.

import { bdi, el, elSay, sentenceOf } from "../dom.js";
import { moment } from "../format.js";
import * as ipc from "../ipc.js";
import { about, timeNode } from "./page.js";

/** @typedef {import("../types.js").CallView} CallView */

/** How many calls the shell gives at once. */
const page = 100;

export class Activity {
  /** @type {HTMLElement} */
  #list;
  /** @type {HTMLElement} */
  #empty;
  /** @type {HTMLButtonElement} */
  #more;
  /** @type {CallView[]} */
  #calls = [];
  /** Counts requests, so that a late answer does not overwrite a newer one. */
  #asked = 0;

  /** @param {HTMLElement} list @param {HTMLElement} empty @param {HTMLButtonElement} more */
  constructor(list, empty, more) {
    this.#list = list;
    this.#empty = empty;
    this.#more = more;
    more.addEventListener("click", () => void this.#older());
  }

  /** Shows the newest calls, before those that are shown already. */
  async refresh() {
    const turn = ++this.#asked;
    const newest = await this.#fetch(null);
    if (newest === null || turn !== this.#asked) return;
    const last = newest.at(-1)?.number ?? 0;
    const older = this.#calls.filter((call) => call.number < last);
    this.#draw([...newest, ...older], newest.length);
  }

  async #older() {
    const last = this.#calls.at(-1);
    if (last === undefined) return;
    const older = await this.#fetch(last.number);
    if (older !== null) this.#draw([...this.#calls, ...older], older.length);
  }

  /** @param {number | null} before */
  async #fetch(before) {
    try {
      return await ipc.mainCalls(before);
    } catch (reason) {
      this.#list.replaceChildren(el("li", "row error", sentenceOf(reason)));
      return null;
    }
  }

  /** @param {CallView[]} calls @param {number} fetched how many came last: none means that there are no older ones */
  #draw(calls, fetched) {
    const changed = calls.length !== this.#calls.length || calls[0]?.number !== this.#calls[0]?.number;
    this.#calls = calls;
    this.#empty.hidden = calls.length > 0;
    this.#more.hidden = fetched < page;
    if (changed) this.#list.replaceChildren(...calls.map(row));
  }
}

/** @param {CallView} call */
function row(call) {
  const at = timeNode(call.at, moment(call.at));
  const who = about("named", call.app_name);
  const what = el(
    "p",
    null,
    el("strong", null, bdi(call.name ?? call.method)),
    " · ",
    bdi(call.server),
    " · ",
    ...(call.program === null ? who : [...who, " (", bdi(call.program), ")"]),
  );
  const text = el("div", "row-text", what);
  const with_ = call.arguments ?? call.shape;
  if (with_ !== "") text.append(el("p", "quiet small", bdi(with_)));
  const took = elSay("span", "quiet small", "activity-took", {
    ms: call.milliseconds,
    bytes: call.received,
  });
  const ended = el("p", "ended", `${call.why}, ${call.ended}`, took, at);
  return el("li", call.passed ? "row" : "row refused", text, ended);
}
