// The page Servers: what Doorward guards, and adding to it.

import { bdi, byId, code, el, elSay, isolated, sentenceOf } from "../dom.js";
import { visible } from "../format.js";
import * as ipc from "../ipc.js";
import { pieces, say, told } from "../messages.js";
import { confirm } from "./confirm.js";
import { connecting } from "./connect.js";
import { copy } from "./copy.js";
import { focusTitle, go, refresh, run } from "./frame.js";
import { button, draw } from "./page.js";
import { finds, lookFor, wordsOn } from "./search.js";
import { clearVariables, variables } from "./variables.js";

/** @typedef {import("../types.js").MainState} MainState */
/** @typedef {import("../types.js").ServerView} ServerView */

const parts = {
  welcome: byId("welcome", HTMLElement),
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
  error: byId("add-error", HTMLElement),
  added: byId("added", HTMLElement),
  next: byId("added-next", HTMLElement),
  goImport: byId("go-import", HTMLButtonElement),
  welcomeAdd: byId("welcome-add", HTMLButtonElement),
};

/** Whether somebody without a server wants to add one. */
let adding = false;
/** The name of the server that was added last, to which a program is to be connected now. @type {string | null} */
let justAdded = null;

/** How many lines of what a server says are shown. */
const lastLines = 20;

/** @param {MainState} now */
export function showServers({ servers }) {
  const words = wordsOn("servers");
  const found = servers.filter(({ name, url }) => finds(words, [name, url]));
  parts.welcome.hidden = servers.length > 0;
  parts.goImport.hidden = servers.length === 0;
  parts.form.hidden = servers.length === 0 && !adding;
  showHowToConnect(servers.find(({ name }) => name === justAdded));
  draw(parts.list, found, () => found.map(serverRow), focusTitle);
  parts.none.hidden = found.length > 0 || servers.length === 0;
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
  return el("li", "row server", el("div", "head", title, buttons), facts);
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
      return pieces("server-failed", { reason: isolated(told(condition.reason_said, condition.reason)) });
  }
}

/** How many apps use it, which leads to them. @param {ServerView} server */
function appsOf({ name, apps }) {
  if (apps === 0) return elSay("span", "quiet", "app-count", { n: 0 });
  const link = elSay("button", "link quiet", "app-count", { n: apps });
  link.type = "button";
  link.dataset["key"] = `apps ${name}`;
  link.addEventListener("click", () => lookFor("apps", name));
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
  parts.added.textContent = "";
  fault(null, "");
  if (name === "") return fault(parts.name, say("add-name-missing"));
  if (text === "") return fault(field, say(missing));

  parts.submit.disabled = true;
  try {
    if (ofCommand) {
      parts.added.textContent = say("adding-command");
      await ipc.mainAddCommand(name, text, parts.folder.value, variables());
    } else {
      await ipc.mainAddServer(name, text);
    }
    empty();
    justAdded = name;
    parts.added.textContent = say("added", { server: visible(name) });
    parts.name.focus();
  } catch (reason) {
    parts.added.textContent = "";
    fault(null, sentenceOf(reason));
    field.focus();
  } finally {
    parts.submit.disabled = false;
  }
  await refresh();
}

/** All but what kind of server it is. */
function empty() {
  for (const input of [parts.name, parts.url, parts.line, parts.folder]) input.value = "";
  clearVariables();
}

/** @param {ServerView | undefined} server */
function showHowToConnect(server) {
  const shown = server !== undefined && !server.validates;
  parts.next.hidden = !shown;
  if (shown) draw(parts.next, server, () => connecting(server));
  // The list above grows while the server starts. Who does something else by now is left in peace.
  const isWaiting = document.activeElement === parts.name && parts.name.value === "";
  if (shown && isWaiting) parts.next.scrollIntoView({ block: "nearest" });
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
parts.welcomeAdd.addEventListener("click", () => {
  adding = true;
  parts.form.hidden = false;
  parts.form.scrollIntoView({ block: "nearest" });
  parts.name.focus();
});
byId("welcome-look", HTMLButtonElement).addEventListener("click", () => go("health", { focus: true }));
