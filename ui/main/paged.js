// A list that may be long: the shell searches it and gives a page at a time.

import { el, sentenceOf } from "../dom.js";
import { focusTitle } from "./frame.js";
import { draw } from "./page.js";
import { showField } from "./search.js";

/** How many lines are fetched at once. */
const page = 100;

/**
 * @template Item
 * @template Cursor
 */
export class Paged {
  #parts;
  #source;
  /** @type {Item[]} */
  #items = [];
  /** Where the next page begins. @type {Cursor | null} */
  #next = null;
  #text = "";
  /** Counts requests, so that a late answer does not overwrite a newer one. */
  #asked = 0;

  /**
   * @param {{ list: HTMLElement, empty: HTMLElement, more: HTMLButtonElement, none: HTMLElement }} parts `empty` is for a list that has
   *   nothing, `none` for a search that finds nothing
   * @param {{
   *   fetch: (text: string, after: Cursor | null, most: number) => Promise<{ items: Item[], next: Cursor | null }>,
   *   row: (item: Item) => Node,
   *   counted?: (n: number) => void,
   * }} source `counted` is told how much is shown without a search
   */
  constructor(parts, source) {
    this.#parts = parts;
    this.#source = source;
    parts.more.addEventListener("click", () => void this.#older());
  }

  /** Shows what there is now, as much of it as was shown before. */
  async refresh() {
    const turn = ++this.#asked;
    const found = await this.#fetch(null, Math.max(page, this.#items.length));
    if (found === null || turn !== this.#asked) return;
    this.#show(found.items, found.next);
  }

  /** Whether there is something to look through. */
  get isEmpty() {
    return this.#items.length === 0 && this.#text === "";
  }

  /** @param {string} text */
  async search(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#items = [];
    await this.refresh();
  }

  async #older() {
    const turn = ++this.#asked;
    const found = await this.#fetch(this.#next, page);
    if (found === null || turn !== this.#asked) return;
    this.#show([...this.#items, ...found.items], found.next);
  }

  /** @param {Cursor | null} after @param {number} most */
  async #fetch(after, most) {
    try {
      return await this.#source.fetch(this.#text, after, most);
    } catch (reason) {
      draw(this.#parts.list, String(reason), () => [el("li", "row error", sentenceOf(reason))]);
      return null;
    }
  }

  /** @param {Item[]} items @param {Cursor | null} next */
  #show(items, next) {
    this.#items = items;
    this.#next = next;
    draw(this.#parts.list, items, () => items.map((item) => this.#source.row(item)), focusTitle);
    if (this.#text === "") this.#source.counted?.(items.length);
    this.#parts.more.hidden = next === null;
    this.#parts.empty.hidden = items.length > 0 || this.#text !== "";
    this.#parts.none.hidden = items.length > 0 || this.#text === "";
    showField();
  }
}

/**
 * What a list needs that counts down from its newest line.
 * @template {{ number: number }} Item
 * @param {(text: string | null, before: number | null, most: number) => Promise<Item[]>} ask
 * @returns {(text: string, before: number | null, most: number) => Promise<{ items: Item[], next: number | null }>}
 */
export function countingDown(ask) {
  return async (text, before, most) => {
    const items = await ask(text === "" ? null : text, before, most);
    return { items, next: items.length < most ? null : (items.at(-1)?.number ?? null) };
  };
}
