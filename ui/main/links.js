// Rows that lead to each other: from wherever an app or a server is named to where it can be changed.

import { bdi, el } from "../dom.js";
import { about } from "./page.js";
import { lookFor } from "./search.js";

/** @typedef {import("../types.js").Page} Page */

/** The names of what there is: what is gone is named without a link. */
let apps = /** @type {Set<string | null>} */ (new Set());
let servers = /** @type {Set<string>} */ (new Set());
/** The programs of apps that share their name with another one. @type {Map<string, string>} */
let programs = new Map();

/** @param {import("../types.js").MainState} now */
export function knowLinks(now) {
  apps = new Set(now.apps.map(({ name }) => name));
  servers = new Set(now.servers.map(({ name }) => name));
  const shared = now.apps.filter(({ name }, at) => now.apps.some((other, index) => index !== at && other.name === name));
  programs = new Map(shared.flatMap(({ id, program }) => (program === null ? [] : [[id, program]])));
}

/** What tells an app from another one of its name, where there is one. @param {string} app its id */
export function programOf(app) {
  return programs.get(app) ?? null;
}

/** @param {string | null} name */
export function appLink(name) {
  const label = about("named", name);
  return apps.has(name) ? linkTo("apps", name ?? "", label) : el("span", null, ...label);
}

/** @param {string} name */
export function serverLink(name) {
  return servers.has(name) ? linkTo("servers", name, [bdi(name)]) : bdi(name);
}

/**
 * Leads to what is found on a page.
 * @param {Page} page
 * @param {string} text
 * @param {(string | Node)[]} label
 */
export function linkTo(page, text, label) {
  const node = el("button", "link", ...label);
  node.type = "button";
  node.dataset["key"] = `${page} ${text}`;
  node.addEventListener("click", () => lookFor(page, text));
  return node;
}
