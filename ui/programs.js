// How a measured program looks in both windows.

import { bdi, el, elSay, icon, isolated, unseen } from "./dom.js";
import { say, told } from "./messages.js";

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
  const shown = upToTheFirstWindow(program.parents);
  const folded = shown.filter((parent, at) => parent.name !== shown[at - 1]?.name);
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

/** What is above an application with windows is the session. @param {import("./types.js").Process[]} parents */
function upToTheFirstWindow(parents) {
  const last = parents.findIndex((parent) => parent.graphical === true);
  return last < 0 ? parents : parents.slice(0, last + 1);
}

/**
 * Who signed the program, and whether its file is still the one that runs; nothing where there is nothing to say.
 * @param {Program} program
 * @returns {Node[]}
 */
export function badges({ signature, file }) {
  /** @type {Node[]} */
  const lines = [];
  switch (signature.state) {
    case "signed":
      lines.push(badge("good", elSay("span", null, "signed-by", { name: bdi(signature.by) })));
      break;
    case "unsigned":
      lines.push(badge("unknown", elSay("span", null, "not-signed")));
      break;
    case "broken":
      lines.push(badge("warning", elSay("span", null, "signature-broken")));
      break;
    case "cannot_tell":
      lines.push(badge("unknown", elSay("span", null, "signature-unknown", { why: isolated(told(signature.why_said, signature.why)) })));
  }
  if (file === "changed_or_gone") lines.push(badge("warning", elSay("span", null, "file-changed")));
  return lines;
}

/** @param {import("./dom.js").Drawing} drawing @param {Node} text */
function badge(drawing, text) {
  return el("p", `badge ${drawing}`, icon(drawing), text);
}

function link() {
  const sign = el("span", "chain-link", " ‹\u00a0");
  sign.setAttribute("aria-hidden", "true");
  return [sign, unseen(" ", say("started-by"), " ")];
}
