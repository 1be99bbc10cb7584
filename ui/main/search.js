// Looking for something on the page that is shown: Ctrl-F (Cmd-F) leads to the field, Esc empties it.

import { byId } from "../dom.js";
import { say } from "../messages.js";
import { go, shownPage, whenShown } from "./frame.js";

/** @typedef {import("../types.js").Page} Page */

const field = byId("search", HTMLInputElement);

/** What is done on each page that can be searched. @type {Map<Page, (text: string) => void>} */
const searches = new Map();

/** What was looked for on each page. @type {Map<Page, string>} */
const texts = new Map();

/** @param {Page} page @param {(text: string) => void} search */
export function searchable(page, search) {
  searches.set(page, search);
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
  const search = searches.get(page);
  field.hidden = search === undefined;
  field.value = texts.get(page) ?? "";
  field.placeholder = say("search");
  search?.(field.value);
});

field.addEventListener("input", () => {
  const page = shownPage();
  if (page === null) return;
  texts.set(page, field.value);
  searches.get(page)?.(field.value);
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
