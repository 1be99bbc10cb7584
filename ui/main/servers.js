// The page Servers: what Doorward guards, and adding to it.

import { bdi, byId, code, el, elSay, icon, isolated, sentenceOf } from "../dom.js";
import { visible } from "../format.js";
import * as ipc from "../ipc.js";
import { pieces, say, told } from "../messages.js";
import { confirm } from "./confirm.js";
import { connecting } from "./connect.js";
import { copy } from "./copy.js";
import { focusTitle, go, refresh, run } from "./frame.js";
import { linkTo } from "./links.js";
import { button, draw, line } from "./page.js";
import { finds, wordsOn } from "./search.js";
import { showOpenTools, toolsOf } from "./tools.js";
import { clearVariables, variables } from "./variables.js";

/** @typedef {import("../types.js").MainState} MainState */
/** @typedef {import("../types.js").ServerView} ServerView */

const parts = {
  welcome: byId("welcome", HTMLElement),
  noTray: byId("welcome-no-tray", HTMLElement),
  list: byId("server-list", HTMLElement),
  none: byId("servers-none", HTMLElement),
  form: byId("add", HTMLFormElement),
  name: byId("add-name", HTMLInputElement),
  address: byId("add-address", HTMLElement),
  url: byId("add-url", HTMLInputElement),
  command: byId("add-command", HTMLElement),
  line: byId("add-line", HTMLInputElement),
  folder: byId("add-folder", HTMLInputElement),
  kindCommand: byId("add-kind-command", HTMLInputElement),
  kindAddress: byId("add-kind-address", HTMLInputElement),
  submit: byId("add-submit", HTMLButtonElement),
  cancel: byId("add-cancel", HTMLButtonElement),
  error: byId("add-error", HTMLElement),
  waits: byId("add-waits", HTMLElement),
  outcome: byId("add-outcome", HTMLElement),
  added: byId("added", HTMLElement),
  next: byId("added-next", HTMLElement),
  more: byId("add-more", HTMLButtonElement),
  goAdd: byId("go-add", HTMLButtonElement),
  goImport: byId("go-import", HTMLButtonElement),
  welcomeAdd: byId("welcome-add", HTMLButtonElement),
};

/** Whether somebody wants to add a server: then there is the form. */
let adding = false;
/** The name of the server that was added last, to which a program is to be connected now. @type {string | null} */
let justAdded = null;

/** How many lines of what a server says are shown. */
const lastLines = 20;

/** @param {MainState} now */
export function showServers({ servers, no_tray: noTray }) {
  const words = wordsOn("servers");
  const found = servers.filter(({ name, url }) => finds(words, [name, url]));
  parts.welcome.hidden = servers.length > 0;
  parts.noTray.hidden = !noTray;
  parts.goImport.hidden = servers.length === 0;
  parts.goAdd.hidden = servers.length === 0 || adding;
  parts.form.hidden = !adding;
  showHowToConnect(servers.find(({ name }) => name === justAdded));
  draw(parts.list, found, () => found.map(serverRow), focusTitle);
  parts.none.hidden = found.length > 0 || servers.length === 0;
  showOpenTools();
}

/** @param {ServerView} server */
function serverRow(server) {
  const { condition } = server;
  const reached = server.validates
    ? [elSay("dt", null, "server-tokens"), elSay("dd", null, "server-validates")]
    : [
        elSay("dt", null, condition === null ? "server-upstream" : "server-command"),
        el("dd", null, code(server.url)),
      ];
  const facts = el("dl", "facts", elSay("dt", null, "server-address"), el("dd", null, code(server.address)), ...reached);
  if (!server.validates) facts.append(elSay("dt", null, "server-tools"), el("dd", null, ...toolsLine(server)));
  if (server.secrets.length > 0) {
    const names = server.secrets.flatMap((name, at) => (at === 0 ? [code(name)] : [", ", code(name)]));
    facts.append(
      elSay("dt", null, "server-secrets"),
      elSay("dd", null, "server-secrets-in-keyring", { names: el("span", null, ...names) }),
    );
  }
  if (condition !== null) {
    facts.append(elSay("dt", null, "server-state"), el("dd", null, ...stateOf(condition)));
    if (condition.log.length > 0) {
      const lines = condition.log.slice(-lastLines).map((said) => el("p", null, bdi(said)));
      facts.append(elSay("dt", null, "server-log"), el("dd", "log", ...lines));
    }
  }
  const name = () => ({ server: bdi(server.name) });
  const title = el(
    "p",
    null,
    el("span", "row-title", bdi(server.name)),
    " · ",
    appsOf(server),
  );
  const buttons = el(
    "div",
    "row-buttons",
    button("copy-address", pieces("copy-address-of", name()), `copy ${server.name}`, () => void copy(server.address)),
    ...(condition === null
      ? []
      : [
          button("restart", pieces("remove-server", name()), `restart ${server.name}`, () =>
            void run(() => ipc.mainRestartServer(server.name)),
          ),
        ]),
    button(server.paused ? "resume" : "pause", pieces("remove-server", name()), `pause ${server.name}`, () =>
      void run(() => ipc.mainSetServerPaused(server.name, !server.paused)),
    ),
    button("remove", pieces("remove-server", name()), `remove ${server.name}`, () => askRemove(server)),
  );
  const row = el("li", "row server", el("div", "head", title, buttons), facts);
  if ((server.tools?.all ?? 0) > 0) row.append(toolsOf(server.name));
  return row;
}

/** @param {import("../types.js").Condition} condition @returns {(string | Node)[]} */
function stateOf(condition) {
  switch (condition.state) {
    case "stopped":
      return [say("server-stopped")];
    case "starting":
      return [say("server-starting")];
    case "running":
      return [
        say("server-running", { n: condition.processes, pid: String(condition.pid), protocol: condition.protocol }),
      ];
    case "failed":
      return [
        marked("fault", pieces("server-failed", { reason: isolated(told(condition.reason_said, condition.reason)) })),
      ];
  }
}

/** What is not as it should be, with a sign. @param {"fault" | "warning"} kind @param {(string | Node)[]} text */
function marked(kind, text) {
  return el("span", `marked is-${kind}`, icon("warning"), el("span", null, ...text));
}

/** How many tools it lists, and whether they are what somebody looked at. @param {ServerView} server @returns {(string | Node)[]} */
function toolsLine({ tools }) {
  if (tools === null) return [say("server-tools-unknown")];
  const facts = [say("server-tools-listed", { n: tools.all })];
  if (tools.new > 0) facts.push(say("server-tools-new", { n: tools.new }));
  if (tools.changed === 0) {
    if (tools.new === 0 && tools.all > 0) facts.push(say("server-tools-pinned"));
    return line(facts);
  }
  return [...line(facts), " ", marked("warning", [say("server-tools-changed", { n: tools.changed })])];
}

/** How many apps use it, which leads to them. @param {ServerView} server */
function appsOf({ name, apps }) {
  const text = say("app-count", { n: apps });
  if (apps === 0) return el("span", "quiet", text);
  const link = linkTo("apps", name, [text]);
  link.classList.add("quiet");
  return link;
}

/** @param {ServerView} server */
function askRemove(server) {
  confirm({
    title: pieces("confirm-remove", { server: bdi(server.name) }),
    text: say("confirm-remove-text"),
    yes: "confirm-remove-button",
    action: () => run(() => ipc.mainRemoveServer(server.name)),
  });
}

/** @param {SubmitEvent} event */
async function add(event) {
  event.preventDefault();
  if (parts.submit.disabled) return;
  const name = parts.name.value.trim();
  const ofCommand = parts.kindCommand.checked;
  const [field, missing] = ofCommand
    ? /** @type {const} */ ([parts.line, "add-command-missing"])
    : /** @type {const} */ ([parts.url, "add-url-missing"]);
  const text = field.value.trim();
  parts.waits.textContent = "";
  fault(null, "");
  if (name === "") return fault(parts.name, say("add-name-missing"));
  if (text === "") return fault(field, say(missing));

  setWaiting(true);
  try {
    if (ofCommand) {
      parts.waits.textContent = say("adding-command");
      await ipc.mainAddCommand(name, text, parts.folder.value, variables());
    } else {
      await ipc.mainAddServer(name, text);
    }
    empty();
    parts.waits.textContent = "";
    adding = false;
    justAdded = name;
    parts.added.textContent = say("added", { server: visible(name) });
    parts.form.hidden = true;
    parts.outcome.hidden = false;
    parts.added.focus({ preventScroll: true });
    parts.outcome.closest("main")?.scrollTo(0, 0);
    parts.outcome.scrollIntoView({ block: "nearest" });
  } catch (reason) {
    parts.waits.textContent = "";
    fault(null, sentenceOf(reason));
    field.focus();
  } finally {
    setWaiting(false);
  }
  await refresh();
}

/** Whether an answer is awaited: what was asked for then cannot be taken back here. @param {boolean} waiting */
function setWaiting(waiting) {
  parts.submit.disabled = waiting;
  parts.cancel.disabled = waiting;
}

/** All but what kind of server it is. */
function empty() {
  for (const input of [parts.name, parts.url, parts.line, parts.folder]) input.value = "";
  clearVariables();
}

/** What it has, and how a program is connected to it. @param {ServerView | undefined} server */
function showHowToConnect(server) {
  parts.outcome.hidden = server === undefined;
  if (server === undefined) return;
  draw(parts.next, server, () => {
    const says = server.tools === null ? say("added-unknown") : say("server-tools-listed", { n: server.tools.all });
    const names = el("p", "names");
    if ((server.tools?.all ?? 0) > 0) void nameTools(names, server.name);
    return server.validates ? [] : [el("p", null, says), names, ...connecting(server)];
  });
}

/** @param {HTMLElement} line @param {string} server */
async function nameTools(line, server) {
  try {
    const { tools } = await ipc.mainServerTools(server);
    line.replaceChildren(...tools.flatMap(({ name }, at) => (at === 0 ? [code(name)] : [", ", code(name)])));
  } catch (reason) {
    line.textContent = sentenceOf(reason);
  }
}

function openForm() {
  adding = true;
  justAdded = null;
  parts.outcome.hidden = true;
  parts.form.hidden = false;
  parts.goAdd.hidden = true;
  parts.form.scrollIntoView({ block: "nearest" });
  parts.name.focus();
}

/** @param {HTMLInputElement | null} field @param {string} sentence */
function fault(field, sentence) {
  for (const input of [parts.name, parts.url, parts.line]) {
    if (input === field) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  parts.error.textContent = sentence;
  field?.focus();
}

function showKind() {
  parts.command.hidden = !parts.kindCommand.checked;
  parts.address.hidden = parts.kindCommand.checked;
  fault(null, "");
}

/** The same in a terminal. */
for (const [id, command] of /** @type {const} */ ([
  ["terminal-import", "doorward import"],
  ["terminal-add", "doorward add files -- npx -y @modelcontextprotocol/server-filesystem ~/work"],
])) {
  byId(id, HTMLElement).append(code(command), button("copy-command", [], id, () => void copy(command)));
}

parts.form.addEventListener("submit", (event) => void add(event));
for (const radio of [parts.kindCommand, parts.kindAddress]) radio.addEventListener("change", showKind);
for (const node of [parts.goImport, byId("welcome-import", HTMLButtonElement)]) {
  node.addEventListener("click", () => go("import", { focus: true }));
}
for (const node of [parts.welcomeAdd, parts.goAdd, parts.more]) node.addEventListener("click", openForm);
parts.cancel.addEventListener("click", () => {
  adding = false;
  empty();
  fault(null, "");
  void refresh().then(focusTitle);
});
byId("welcome-look", HTMLButtonElement).addEventListener("click", () => go("health", { focus: true }));
