// The programs that had a part in an app's logins: its history, as far as it was measured.

import { code, el, elSay, isolated, strong } from "../dom.js";
import { when, withoutStop } from "../format.js";
import { say, told } from "../messages.js";

/** @typedef {import("../types.js").AppView} AppView */
/** @typedef {import("../types.js").ProgramView} ProgramView */
/** @typedef {import("../messages.js").Message} Message */

/** @type {Record<ProgramView["part"], Message>} */
const parts = {
  registered: "part-registered",
  asked: "part-asked",
  listened: "part-listened",
  redeemed: "part-redeemed",
  refused: "part-refused",
};

/** What a person unfolded, so that a list that is drawn anew stays open. @type {Set<string>} */
const opened = new Set();

/** @param {AppView} app */
export function programsOf(app) {
  return folded(`programs ${app.id}`, elSay("summary", null, "programs-of-logins"), app.programs.map(part));
}

/** Its registrations but the newest: many programs register anew at each login. @param {AppView} app */
export function registrationsOf({ id, other_registrations: others }) {
  const items = others.map(({ client, at }) =>
    el("li", null, code(client), " ", el("span", "quiet small", say("registered-on", { when: when(at) }))),
  );
  return folded(`registrations ${id}`, elSay("summary", null, "other-registrations", { n: others.length }), items);
}

/** @param {string} key @param {HTMLElement} summary @param {HTMLElement[]} items */
function folded(key, summary, items) {
  summary.dataset["key"] = key;
  const details = el("details", "parts row", summary, el("ul", null, ...items));
  details.open = opened.has(key);
  details.addEventListener("toggle", () => {
    if (details.open) opened.add(key);
    else opened.delete(key);
  });
  return details;
}

/** @param {ProgramView} program */
function part(program) {
  const name =
    program.name === null
      ? elSay("span", null, "part-unknown", { why: isolated(withoutStop(told(program.why_said, program.why ?? ""))) })
      : strong(program.name);
  const item = el("li", program.part === "refused" ? "fault" : null, elSay("p", null, parts[program.part], { name }));
  const where = program.script ?? program.executable;
  if (where !== null) item.append(el("p", null, code(where)));
  item.append(
    el("p", "quiet small", say("part-times", { n: program.times, when: when(program.last_at) })),
  );
  return item;
}
