// How a measured program looks in both windows.

import { bdi, el, elSay, unseen } from "./dom.js";
import { say } from "./messages.js";

/** @typedef {import("./types.js").Program} Program */

const shownParents = 6;

/** “claude (4211)” @param {Program} program */
export function processName(program) {
  return elSay("span", "process", "process", {
    name: el("span", "process-name", bdi(program.name)),
    pid: program.pid,
  });
}

/**
 * “claude (4211) ‹ zsh ‹ Ghostty”
 * @param {Program} program
 * @param {{ whole?: boolean }} [options]
 */
export function chain(program, options = {}) {
  const line = el("span", "chain", processName(program));
  const parents = options.whole ? program.parents : program.parents.slice(0, shownParents);
  for (const parent of parents) {
    const name = options.whole
      ? elSay("span", null, "process", { name: bdi(parent.name), pid: parent.pid })
      : bdi(parent.name);
    line.append(...link(), name);
  }
  if (parents.length < program.parents.length) {
    line.append(...link(), say("more_parents"));
  }
  return line;
}

function link() {
  const sign = el("span", "chain-link", " ‹\u00a0");
  sign.setAttribute("aria-hidden", "true");
  return [sign, unseen(" ", say("started_by"), " ")];
}
