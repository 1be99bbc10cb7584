// What one app may use of one server, tool by tool, to be changed from the next call on.

import { bdi, el, elSay, sentenceOf } from "../dom.js";
import { fail } from "./frame.js";
import { visible, when } from "../format.js";
import * as ipc from "../ipc.js";
import { say } from "../messages.js";
import { draw } from "./page.js";

/** @typedef {import("../types.js").Mode} Mode */
/** @typedef {import("../messages.js").Message} Message */

/** @type {[Mode, Message][]} */
const modes = [
  ["allow", "mode-allow"],
  ["ask", "mode-ask"],
  ["hide", "mode-hide"],
];

/**
 * Fills `holder` with the rules of an app at a server.
 * @param {HTMLElement} holder
 * @param {string} app
 * @param {string} server
 */
export async function showRules(holder, app, server) {
  let rules;
  try {
    rules = await ipc.mainRules(app, server);
  } catch (reason) {
    draw(holder, String(reason), () => [el("p", "error", sentenceOf(reason))]);
    return;
  }
  if (rules === null) {
    hideRules(holder);
    return;
  }
  const read = rules;
  draw(holder, read, () => rulesOf(read));
}

/** Takes them away. @param {HTMLElement} holder */
export function hideRules(holder) {
  draw(holder, null, () => []);
}

/** @param {import("../types.js").RulesView} rules */
function rulesOf(rules) {
  const { app, server } = rules;
  /** @param {"tool" | "prompts" | "resources"} kind @param {string} name @param {Mode} mode */
  const set = (kind, name, mode) => ipc.mainSetRule(app, server, kind, name, mode);
  const rows = rules.tools.map((tool) => {
    const text = el("div", "row-text", bdi(tool.tool));
    const ends = endsText(tool);
    if (ends !== "") text.append(" ", el("span", "quiet small", ends));
    if (tool.description !== null) text.append(el("p", "said quiet small", bdi(tool.description)));
    const select = choice(tool.tool, tool.mode, (mode) => set("tool", tool.tool, mode));
    if (tool.looked === "changed") {
      select.disabled = true;
      text.append(elSay("p", "note", "rule-paused"));
    }
    return el("li", "tool-rule", text, select);
  });
  for (const [kind, mode, label] of /** @type {const} */ ([
    ["prompts", rules.prompts, "its-prompts"],
    ["resources", rules.resources, "its-resources"],
  ])) {
    if (mode === null) continue;
    const select = choice(say(label), mode, (next) => set(kind, "", next));
    // They are allowed or hidden as a whole.
    select.querySelector('option[value="ask"]')?.remove();
    rows.push(el("li", "tool-rule", el("div", "row-text", say(label)), select));
  }
  return [el("ul", "tool-rules", ...rows)];
}

/** When it ends by itself. @param {{ ends_at: number | null, ends_with: number | null }} rule */
export function endsText(rule) {
  if (rule.ends_at !== null) return say("rule-ends", { when: when(rule.ends_at) });
  if (rule.ends_with !== null) return say("rule-ends-with", { pid: String(rule.ends_with) });
  return "";
}

/**
 * How something may be used, to choose from.
 * @param {string} what
 * @param {Mode} now
 * @param {(mode: Mode) => Promise<void>} set
 * @param {string} [who] by whom, where that is not said around it
 */
export function choice(what, now, set, who) {
  const select = el("select", "small mode");
  const tool = visible(what);
  select.setAttribute("aria-label", who === undefined ? say("how-for", { tool }) : say("how-for-app", { tool, app: visible(who) }));
  select.dataset["key"] = `mode ${what}`;
  for (const [mode, text] of modes) select.append(new Option(say(text), mode));
  select.value = now;
  select.addEventListener("change", () => {
    const mode = modes.find(([word]) => word === select.value);
    if (mode === undefined) return;
    // What could not be set is not shown as if it held.
    set(mode[0]).then(
      () => (now = mode[0]),
      (reason) => {
        select.value = now;
        fail(reason);
      },
    );
  });
  return select;
}
