// How a program is connected to a server, for who has just added one.

import { bdi, code, el, elSay } from "../dom.js";
import { shellWord } from "../format.js";
import { copy } from "./copy.js";
import { button } from "./page.js";

/** @param {import("../types.js").ServerView} server @returns {HTMLElement[]} */
export function connecting(server) {
  const command = `claude mcp add --transport http ${shellWord(server.name)} ${shellWord(server.address)}`;
  return [
    elSay("p", "quiet", "apps-empty-how", { server: bdi(server.name) }),
    el("div", "command", code(command), button("copy-command", [], "copy-command", () => void copy(command))),
    elSay("p", "quiet", "apps-empty-then"),
  ];
}
