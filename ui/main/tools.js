// The tools of a server, and how each app may use each of them: a table, to be changed from the next call on.

import { bdi, code, el, elSay, icon, sentenceOf } from "../dom.js";
import * as ipc from "../ipc.js";
import { say } from "../messages.js";
import { appLink, programOf } from "./links.js";
import { draw } from "./page.js";
import { choice } from "./rules.js";

/** @typedef {import("../types.js").ToolsForApps} ToolsForApps */
/** @typedef {import("../types.js").ToolView} ToolView */
/** @typedef {import("../types.js").RulesView} RulesView */

/** Those that a person opened, so that a list that is drawn anew stays open. @type {Set<string>} */
const opened = new Set();

/** Where their tools are shown. @type {Map<HTMLElement, string>} */
const holders = new Map();

/** @param {string} server */
export function toolsOf(server) {
  const summary = elSay("summary", null, "server-tools-show");
  summary.dataset["key"] = `matrix ${server}`;
  const holder = el("div", "matrix");
  const details = el("details", "tools-of", summary, holder);
  details.open = opened.has(server);
  if (details.open) holders.set(holder, server);
  details.addEventListener("toggle", () => {
    if (details.open) {
      opened.add(server);
      holders.set(holder, server);
      void show(holder, server);
    } else {
      opened.delete(server);
      holders.delete(holder);
    }
  });
  return details;
}

/** Reads those anew that are open. */
export function showOpenTools() {
  for (const [holder, server] of holders) {
    if (holder.isConnected) void show(holder, server);
    else holders.delete(holder);
  }
}

/** @param {HTMLElement} holder @param {string} server */
async function show(holder, server) {
  try {
    const found = await ipc.mainServerTools(server);
    draw(holder, found, () => [table(server, found)]);
  } catch (reason) {
    draw(holder, String(reason), () => [el("p", "error", sentenceOf(reason))]);
  }
}

/** @param {string} server @param {ToolsForApps} found */
function table(server, { tools, apps }) {
  const head = el("tr", null, heading("col", elSay("span", null, "server-tools-tool")));
  for (const app of apps) head.append(heading("col", el("span", null, appLink(app.app_name), ...toldApart(app))));
  const rows = tools.map((tool) => {
    const row = el("tr", null, heading("row", named(tool)));
    for (const app of apps) row.append(cell(server, tool, app));
    return row;
  });
  const whole = el("table", null, el("thead", null, head), el("tbody", null, ...rows));
  if (apps.length > 0) return whole;
  return el("div", null, elSay("p", "quiet small", "server-tools-none"), whole);
}

/** @param {"col" | "row"} scope @param {Node} content */
function heading(scope, content) {
  const node = el("th", null, content);
  node.scope = scope;
  return node;
}

/** A tool. What nobody looked at yet says what it does, as who allows it has looked at it. @param {ToolView} tool */
function named({ name, title, description, looked }) {
  const text = el("span", "tool-name", bdi(name));
  if (looked === "new") text.append(" ", elSay("span", "quiet small", "tool-new"));
  if (looked === "changed") text.append(" ", el("span", "marked is-warning small", icon("warning"), elSay("span", null, "rule-paused")));
  if (looked === "known") return text;
  if (title !== null) text.append(" ", el("span", "quiet", bdi(title)));
  if (description !== null) text.append(el("span", "said quiet", bdi(description)));
  return text;
}

/** @param {string} server @param {ToolView} tool @param {RulesView} app */
function cell(server, tool, app) {
  const rule = app.tools.find((rule) => rule.tool === tool.name);
  const set = (/** @type {import("../types.js").Mode} */ mode) => ipc.mainSetRule(app.app, server, "tool", tool.name, mode);
  const select = choice(tool.name, rule?.mode ?? "hide", set, app.app_name ?? say("named", { named: "no" }));
  select.dataset["key"] = `mode ${app.app} ${tool.name}`;
  select.disabled = tool.looked === "changed";
  const who = el("span", "cell-app quiet small", appLabel(app), ...toldApart(app));
  return el("td", null, who, select);
}

/** The program of an app whose name another one has, too. @param {RulesView} app */
function toldApart({ app }) {
  const program = programOf(app);
  return program === null ? [] : [" ", code(program)];
}

/** Who it is, where the table is too narrow for columns. @param {RulesView} app */
function appLabel({ app_name: name }) {
  return name === null ? say("named", { named: "no" }) : bdi(name);
}
