// The frame of the main window: which page is shown, what went wrong, and doing things.

import { byId, icon, sentenceOf } from "../dom.js";

/** @typedef {import("../types.js").Page} Page */

/** In the order of the list. @type {Exclude<Page, "import">[]} */
const listed = ["requests", "apps", "servers", "rules", "activity", "settings", "health"];

/** Pages that another one leads to, and which that is. @type {[Page, Page][]} */
const below = [["import", "servers"]];

const pages = [...listed.map((page) => /** @type {[Page, Page]} */ ([page, page])), ...below];

const error = byId("error", HTMLElement);
const done = byId("done", HTMLElement);

/** @type {Map<Page, { button: HTMLButtonElement, section: HTMLElement, title: HTMLElement }>} */
const places = new Map(
  pages.map(([name, from]) => [
    name,
    {
      button: byId(`nav-${from}`, HTMLButtonElement),
      section: byId(`page-${name}`, HTMLElement),
      title: byId(`title-${name}`, HTMLElement),
    },
  ]),
);

/** What is done when a page comes up. @type {((page: Page, moved: boolean) => void)[]} */
const listeners = [];

/** @type {Page | null} */
let current = null;

/** The page that is shown. */
export function shownPage() {
  return current;
}

/** @param {(page: Page, moved: boolean) => void} listener is told each page that comes up, and whether another one was shown before */
export function whenShown(listener) {
  listeners.push(listener);
}

/** @param {Page} name @param {{ focus?: boolean }} [options] */
export function go(name, options = {}) {
  const moved = current !== name;
  current = name;
  for (const [page, { button, section }] of places) {
    section.hidden = page !== name;
    button.removeAttribute("aria-current");
  }
  places.get(name)?.button.setAttribute("aria-current", "page");
  if (moved) {
    const area = places.get(name)?.section.parentElement;
    if (area) area.scrollTop = 0;
  }
  for (const listener of listeners) listener(name, moved);
  if (options.focus) focusTitle();
}

/** The focus goes to the top of the page, where what had it is gone. */
export function focusTitle() {
  if (current !== null) places.get(current)?.title.focus({ preventScroll: true });
}

/** @param {unknown} name @returns {name is Page} */
export function isPage(name) {
  return pages.some(([page]) => page === name);
}

/** @param {unknown} reason */
export function fail(reason) {
  error.textContent = sentenceOf(reason);
}

/** Says what was done, until the next thing is. @param {string} text */
export function report(text) {
  done.textContent = text;
}

/** How the pages are read anew. @type {() => Promise<void>} */
let reread = async () => undefined;

/** @param {() => Promise<void>} refresh */
export function setRefresh(refresh) {
  reread = refresh;
}

export async function refresh() {
  await reread();
}

/** Does something, then shows what came of it. @param {() => Promise<void>} action */
export async function run(action) {
  error.textContent = "";
  done.textContent = "";
  try {
    await action();
  } catch (reason) {
    fail(reason);
  }
  await reread();
}

for (const name of listed) {
  const button = places.get(name)?.button;
  button?.prepend(icon(name));
  button?.addEventListener("click", () => go(name));
}
