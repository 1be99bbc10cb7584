// How a measured program looks in both windows.

import { bdi, el, elSay, unseen } from "./dom.js";
import { say } from "./messages.js";

/** @typedef {import("./types.js").Program} Program */

const shownParents = 6;

/** “claude (4211)” @param {Program} program */
export function processName(program) {
  return elSay("span", "process", "process", {
    name: el("span", "process-name", bdi(program.name)),
    pid: String(program.pid),
  });
}

/**
 * “claude (4211) ‹ zsh ‹ Ghostty”
 * @param {Program} program
 * @param {{ whole?: boolean }} [options]
 */
export function chain(program, options = {}) {
  const line = el("span", "chain", processName(program));
  // A shell in a shell in a shell says nothing that one shell does not.
  const folded = program.parents.filter((parent, at) => parent.name !== program.parents[at - 1]?.name);
  const parents = options.whole ? program.parents : folded.slice(0, shownParents);
  for (const parent of parents) {
    const name = options.whole
      ? elSay("span", null, "process", { name: bdi(parent.name), pid: String(parent.pid) })
      : bdi(parent.name);
    line.append(...link(), name);
  }
  if (!options.whole && parents.length < folded.length) {
    line.append(...link(), say("more-parents"));
  }
  return line;
}

function link() {
  const sign = el("span", "chain-link", " ‹\u00a0");
  sign.setAttribute("aria-hidden", "true");
  return [sign, unseen(" ", say("started-by"), " ")];
}
