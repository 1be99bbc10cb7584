// Looking for something on the page that is shown: Ctrl-F (Cmd-F) leads to the field, Esc empties it.

import { byId } from "../dom.js";
import { say } from "../messages.js";
import { go, shownPage, whenShown } from "./frame.js";

/** @typedef {import("../types.js").Page} Page */

const field = byId("search", HTMLInputElement);

/** What is done on each page that can be searched, and whether there is something to look through. */
const searches = /** @type {Map<Page, { search: (text: string) => void, isEmpty: () => boolean }>} */ (new Map());

/** What was looked for on each page. @type {Map<Page, string>} */
const texts = new Map();

/** @param {Page} page @param {(text: string) => void} search @param {() => boolean} isEmpty */
export function searchable(page, search, isEmpty) {
  searches.set(page, { search, isEmpty });
}

/** Shows the field where there is something to look through. */
export function showField() {
  const page = shownPage();
  const search = page === null ? undefined : searches.get(page);
  field.hidden = search === undefined || (search.isEmpty() && field.value === "");
}

/**
 * Shows only those rows of a page in which what is looked for is somewhere.
 * @param {Page} page
 * @param {string} rows
 * @param {HTMLElement} none is shown when there is no such row
 */
export function sift(page, rows, none) {
  const words = wordsOn(page);
  let shown = 0;
  for (const row of document.querySelectorAll(rows)) {
    if (!(row instanceof HTMLElement)) continue;
    row.hidden = !finds(words, [textOf(row)]);
    if (!row.hidden) shown += 1;
  }
  none.hidden = shown > 0 || words.length === 0;
}

/** All that a row says, with what is chosen or typed in it. @param {HTMLElement} row */
function textOf(row) {
  const fields = [...row.querySelectorAll("input[type=text], textarea")];
  const typed = fields.map((node) => /** @type {HTMLInputElement} */ (node).value);
  return [row.textContent, ...typed].join(" ");
}

/** Goes to a page and looks for something there. @param {Page} page @param {string} text */
export function lookFor(page, text) {
  texts.set(page, text);
  go(page, { focus: true });
}

/** The words that are looked for on a page, in small letters. @param {Page} page */
export function wordsOn(page) {
  return (texts.get(page) ?? "").toLocaleLowerCase().split(/\s+/).filter((word) => word !== "");
}

/** Whether each of the words is somewhere in the texts. @param {string[]} words @param {(string | null)[]} where */
export function finds(words, where) {
  const all = where.map((text) => (text ?? "").toLocaleLowerCase());
  return words.every((word) => all.some((text) => text.includes(word)));
}

whenShown((page) => {
  field.value = texts.get(page) ?? "";
  field.placeholder = say("search");
  searches.get(page)?.search(field.value);
  showField();
});

field.addEventListener("input", () => {
  const page = shownPage();
  if (page === null) return;
  texts.set(page, field.value);
  searches.get(page)?.search(field.value);
});

document.addEventListener("keydown", (event) => {
  const looks = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f";
  if (looks && !field.hidden) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape" && document.activeElement === field && field.value !== "") {
    event.preventDefault();
    field.value = "";
    field.dispatchEvent(new Event("input"));
  }
});
