// A call that waits, and a tool that changed: what is asked besides connections.

import { bdi, breakable, code, el, elSay, isolated } from "../dom.js";
import { copyText } from "../copy.js";
import { when } from "../format.js";
import { say, told } from "../messages.js";
import { compared } from "./difference.js";

/** @typedef {import("../types.js").CallQuestion} CallQuestion */
/** @typedef {import("../types.js").Argument} Argument */
/** @typedef {import("../types.js").Lead} Lead */
/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("../types.js").NewServer} NewServer */
/** @typedef {import("../messages.js").Message} Message */

/** How many characters of a value are shown before the person asks for all. */
const folded = 300;

/** @param {CallQuestion} call @returns {Node[]} */
export function callParts(call) {
  /** @type {Node[]} */
  const parts = [];
  const passed =
    call.passed === 0
      ? say("call-never-passed")
      : say("call-passed", {
          n: call.passed,
          when: call.last_passed_at === null ? "" : when(call.last_passed_at),
        });
  parts.push(
    el(
      "div",
      "quiet",
      elSay("p", null, call.why === "each_time" ? "call-each-time" : "call-not-allowed-yet"),
      el("p", null, passed),
    ),
  );
  if (call.description !== null) parts.push(el("blockquote", "said quiet", bdi(call.description)));
  if (call.arguments.length === 0) {
    parts.push(elSay("p", "quiet", "call-without-arguments"));
    return parts;
  }
  const rows = call.arguments.map((argument) => {
    const name = el("th", null, bdi(argument.name));
    name.scope = "row";
    return el("tr", null, name, el("td", null, ...value(argument), ...argument.leads.map(leading)));
  });
  const table = el("table", "arguments", el("tbody", null, ...rows));
  table.setAttribute("aria-label", say("call-arguments"));
  parts.push(table);
  return parts;
}

/** @param {Argument} argument @returns {Node[]} */
function value(argument) {
  if (argument.value.length <= folded) {
    return argument.cut ? [code(argument.value), cutNote(argument)] : [code(argument.value)];
  }
  const short = code(`${argument.value.slice(0, folded)}…`);
  const button = el("button", "small", say("show-all", { n: argument.length }));
  button.type = "button";
  button.addEventListener("click", () => {
    const all = code(argument.value);
    short.replaceWith(all);
    if (argument.cut) button.replaceWith(cutNote(argument));
    else button.remove();
    // The button is gone: whoever reads on, by keyboard or by ear, goes on here.
    all.tabIndex = -1;
    all.focus();
  });
  return [short, button];
}

/** @param {Argument} argument */
function cutNote(argument) {
  return el("p", "note", say("value-cut", { n: argument.length }));
}

/** Where a path really leads. @param {Lead} lead */
function leading({ path, to }) {
  return path === null
    ? elSay("p", "note", "call-leads-to", { to: code(to) })
    : elSay("p", "note", "call-path-leads-to", { path: code(path), to: code(to) });
}

/** The command that is to start a server, in full. @param {NewServer} server @returns {Node[]} */
export function commandParts(server) {
  const command = code(server.command);
  command.classList.add("command-line");
  const copy = el("button", "small", say("copy-command"));
  copy.type = "button";
  const failed = el("p", "failed small");
  failed.setAttribute("role", "alert");
  copy.addEventListener("click", () => {
    void copyText(server.command).then((done) => {
      copy.textContent = say(done ? "copied" : "copy-command");
      failed.textContent = done ? "" : say("copy-failed");
    });
  });
  /** @type {[Message, Node][]} */
  const facts = [["new-folder", code(server.folder)]];
  for (const [name, value] of server.environment) {
    facts.push([
      "new-variable",
      value === null ? elSay("span", null, "from-keyring", { name: code(name) }) : code(`${name}=${value}`),
    ]);
  }
  return [
    el("div", "card", el("div", null, command, copy, failed)),
    el(
      "dl",
      "facts",
      ...facts.map(([label, value]) => el("div", null, elSay("dt", null, label), el("dd", null, value))),
    ),
    elSay("p", "quiet", "new-server-text"),
  ];
}

/** @param {Change[]} changes @returns {Node[]} */
export function changeParts(changes) {
  return changes.map((change) =>
    el(
      "section",
      "change",
      el("h2", null, bdi(change.tool)),
      ...change.differences.flatMap((difference) => [
        el("h3", "quiet", isolated(told(difference.part_said, difference.part))),
        sides(difference.before, difference.after),
      ]),
    ),
  );
}

/** Two texts, with the words marked that are in one of them only. @param {string} before @param {string} after */
function sides(before, after) {
  /** @param {"del" | "ins"} tag @param {import("./difference.js").Piece[]} pieces */
  const text = (tag, pieces) => {
    const node = el("code", "code");
    node.dir = "ltr";
    for (const { text, differs } of pieces) {
      if (differs) node.append(el(tag, null, ...breakable(text)));
      else node.append(...breakable(text));
    }
    return node;
  };
  const [old, now] = compared(before, after);
  return el(
    "div",
    "sides",
    el("div", null, elSay("p", "quiet small", "change-before"), text("del", old)),
    el("div", null, elSay("p", "quiet small", "change-after"), text("ins", now)),
  );
}
