// The main window: requests, apps, servers, activity.

import { Activity } from "./activity.js";
import { bdi, byId, code, el, elSay, fillPage, icon, sentenceOf, strong, unseen } from "./dom.js";
import { day, moment, shellWord, time, visible, when } from "./format.js";
import * as ipc from "./ipc.js";
import { pieces, say, sayNumber } from "./messages.js";
import { programsOf } from "./parts.js";
import { processName } from "./programs.js";
import { showRules } from "./rules.js";

/** @typedef {import("./types.js").MainState} MainState */
/** @typedef {import("./types.js").QuestionView} QuestionView */
/** @typedef {import("./types.js").HistoryEntry} HistoryEntry */
/** @typedef {import("./types.js").AppView} AppView */
/** @typedef {import("./types.js").GrantView} GrantView */
/** @typedef {import("./types.js").ServerView} ServerView */
/** @typedef {import("./types.js").Page} Page */
/** @typedef {import("./messages.js").Message} Message */

/** @type {Page[]} */
const pages = ["requests", "apps", "servers", "activity"];

const parts = {
  navCount: byId("nav-count", HTMLElement),
  address: byId("address", HTMLElement),
  version: byId("version", HTMLElement),
  pause: byId("pause", HTMLButtonElement),
  resume: byId("resume", HTMLButtonElement),
  paused: byId("paused", HTMLElement),
  pausedText: byId("paused-text", HTMLElement),
  mutedList: byId("muted-list", HTMLElement),
  error: byId("error", HTMLElement),
  requestList: byId("request-list", HTMLElement),
  requestsEmpty: byId("requests-empty", HTMLElement),
  historyList: byId("history-list", HTMLElement),
  historyEmpty: byId("history-empty", HTMLElement),
  appList: byId("app-list", HTMLElement),
  appsEmpty: byId("apps-empty", HTMLElement),
  welcome: byId("welcome", HTMLElement),
  serverList: byId("server-list", HTMLElement),
  form: byId("add", HTMLFormElement),
  addName: byId("add-name", HTMLInputElement),
  addUrl: byId("add-url", HTMLInputElement),
  addSubmit: byId("add-submit", HTMLButtonElement),
  addError: byId("add-error", HTMLElement),
  added: byId("added", HTMLElement),
  confirm: byId("confirm", HTMLDialogElement),
  confirmTitle: byId("confirm-title", HTMLElement),
  confirmText: byId("confirm-text", HTMLElement),
  confirmError: byId("confirm-error", HTMLElement),
  confirmNo: byId("confirm-no", HTMLButtonElement),
  confirmYes: byId("confirm-yes", HTMLButtonElement),
  live: byId("live", HTMLElement),
};

/** @type {Record<Page, { button: HTMLButtonElement, section: HTMLElement, title: HTMLElement }>} */
const places = {
  requests: placeOf("requests"),
  apps: placeOf("apps"),
  servers: placeOf("servers"),
  activity: placeOf("activity"),
};

const activity = new Activity(
  byId("activity-list", HTMLElement),
  byId("activity-empty", HTMLElement),
  byId("activity-more", HTMLButtonElement),
);

/** @param {Page} name */
function placeOf(name) {
  return {
    button: byId(`nav-${name}`, HTMLButtonElement),
    section: byId(`page-${name}`, HTMLElement),
    title: byId(`title-${name}`, HTMLElement),
  };
}

// Pages

/** @type {Page | null} */
let current = null;

/** @param {Page} name @param {{ focus?: boolean }} [options] */
function go(name, options = {}) {
  const moved = current !== name;
  current = name;
  for (const page of pages) {
    const { button, section } = places[page];
    section.hidden = page !== name;
    if (page === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  if (moved) {
    const area = places[name].section.parentElement;
    if (area) area.scrollTop = 0;
  }
  if (name === "activity") void activity.refresh();
  if (options.focus) places[name].title.focus({ preventScroll: true });
}

/** @param {unknown} name @returns {name is Page} */
function isPage(name) {
  return pages.some((page) => page === name);
}

// State

/** @type {MainState | null} */
let state = null;
let asked = 0;

async function refresh() {
  const turn = ++asked;
  try {
    const next = await ipc.mainState();
    if (turn !== asked) return;
    state = next;
  } catch (reason) {
    if (turn === asked) fail(reason);
    return;
  }
  render(state);
  if (current === "activity") void activity.refresh();
  for (const [holder, { app, server }] of openRules) {
    if (holder.isConnected) void showRules(holder, app, server);
    else openRules.delete(holder);
  }
}

/** @param {unknown} reason */
function fail(reason) {
  parts.error.textContent = sentenceOf(reason);
}

/** Does something, then shows what came of it. @param {() => Promise<void>} action */
async function run(action) {
  parts.error.textContent = "";
  try {
    await action();
  } catch (reason) {
    fail(reason);
  }
  await refresh();
}

/** What each list shows, so that an unchanged list is left alone. @type {Map<HTMLElement, string>} */
const drawn = new Map();

/**
 * @param {HTMLElement} list
 * @param {unknown} source everything the list depends on
 * @param {() => Node[]} build
 */
function draw(list, source, build) {
  const mark = JSON.stringify([source, new Date().toDateString()]);
  if (drawn.get(list) === mark) return;
  drawn.set(list, mark);
  const focused = document.activeElement;
  const key =
    focused instanceof HTMLElement && list.contains(focused) ? focused.dataset["key"] : undefined;
  list.replaceChildren(...build());
  if (key === undefined) return;
  for (const button of list.querySelectorAll("button")) {
    if (button.dataset["key"] === key) {
      button.focus({ preventScroll: true });
      return;
    }
  }
  if (current !== null) places[current].title.focus({ preventScroll: true });
}

/** @param {MainState} now */
function render(now) {
  if (now.page !== null) go(now.page);
  if (current === null) go(now.servers.length === 0 ? "servers" : "requests");

  const waiting = now.requests.length;
  parts.navCount.hidden = waiting === 0;
  if (waiting > 0) {
    const number = el("span", null, String(waiting));
    number.setAttribute("aria-hidden", "true");
    parts.navCount.replaceChildren(number, unseen(sayNumber("waiting_count", waiting)));
  }
  parts.address.textContent = now.address;
  parts.version.textContent = say("version", { version: now.version });
  parts.pause.hidden = false;
  parts.pause.textContent = say(now.paused ? "resume" : "pause");
  parts.paused.hidden = !now.paused;
  parts.pausedText.textContent =
    now.paused_until === null ? say("paused_banner") : say("paused_banner_until", { when: when(now.paused_until) });

  draw(parts.requestList, now.requests, () => now.requests.map(requestRow));
  parts.requestsEmpty.hidden = waiting > 0;
  draw(parts.mutedList, now.muted, () => now.muted.map(mutedRow));
  parts.mutedList.hidden = now.muted.length === 0;
  draw(parts.historyList, now.history, () => now.history.map(historyRow));
  parts.historyEmpty.hidden = now.history.length > 0;

  draw(parts.appList, now.apps, () => now.apps.map(appCard));
  parts.appsEmpty.hidden = now.apps.length > 0;
  draw(parts.appsEmpty, now.servers[0] ?? null, () => howToConnect(now.servers[0]));

  parts.welcome.hidden = now.servers.length > 0;
  draw(parts.serverList, now.servers, () => now.servers.map(serverRow));
}

/**
 * @param {Message} label
 * @param {(string | Node)[]} whom said to screen readers after the label
 * @param {string} key
 * @param {() => void} press
 */
function button(label, whom, key, press) {
  const node = el("button", "small", say(label), unseen(" ", ...whom));
  node.type = "button";
  node.dataset["key"] = key;
  node.addEventListener("click", press);
  return node;
}

/** Items of one line, with a dot between them. @param {(string | Node)[]} items */
function line(items) {
  return items.flatMap((item, index) => (index === 0 ? [item] : [say("separator"), item]));
}

/**
 * A message about a program that may have no name.
 * @param {Message} named
 * @param {Message} nameless
 * @param {string | null} name
 * @param {Record<string, Node>} [values]
 */
function about(named, nameless, name, values = {}) {
  return name === null ? pieces(nameless, values) : pieces(named, { ...values, name: bdi(name) });
}

// Requests

/** @param {QuestionView} question */
function requestRow(question) {
  const title = about("request_title", "request_title_nameless", question.client_name, {
    server: strong(question.server),
  });
  const program = elSay("p", "quiet small", "request_line", {
    program: requestProgram(question),
    time: time(question.expires_at),
  });
  const whom = about("answer_whom", "answer_whom_nameless", question.client_name);
  return el(
    "li",
    "row",
    el("div", "row-text", el("p", "request-title", ...title), program),
    el(
      "div",
      "row-buttons",
      button("answer", whom, `answer ${question.id}`, () =>
        void run(() => ipc.mainShowRequest(question.id)),
      ),
    ),
  );
}

/** @param {QuestionView} question */
function requestProgram({ listener, destination }) {
  if (destination.kind === "web") {
    return elSay("span", null, "request_line_web", { host: bdi(destination.host) });
  }
  if (destination.kind === "private_scheme") {
    return elSay("span", null, "request_line_scheme", { scheme: bdi(`${destination.scheme}:`) });
  }
  if (listener.state === "seen") return processName(listener);
  return elSay(
    "span",
    null,
    listener.state === "nobody" ? "request_line_nobody" : "request_line_cannot_tell",
  );
}

/** @type {Record<HistoryEntry["outcome"], Message>} */
const outcomes = {
  allowed: "outcome_allowed",
  denied: "outcome_denied",
  lapsed: "outcome_lapsed",
  withdrawn: "outcome_withdrawn",
  refused: "outcome_refused",
  disconnected: "outcome_disconnected",
};

/** @param {import("./types.js").Muted} muted */
function mutedRow({ program, name, until }) {
  const said = elSay("p", "row-text", "muted_until", { name: strong(name), when: when(until) });
  const again = button("unmute", [], `unmute ${program}`, () => void run(() => ipc.mainUnmute(program)));
  return el("li", "row", said, again);
}

/** @param {HistoryEntry} entry */
function historyRow(entry) {
  const at = el("time", "quiet", moment(entry.at));
  at.dateTime = new Date(entry.at * 1000).toISOString();
  const what = el(
    "p",
    null,
    ...about("named", "nameless", entry.client_name),
    say("separator"),
    bdi(entry.server),
  );
  const text = el("div", "row-text", what);
  if (entry.detail !== "") text.append(el("p", "quiet", bdi(entry.detail)));
  return el("li", "row", text, el("p", "ended", say(outcomes[entry.outcome]), at));
}

// Apps

/** @param {AppView} app */
function appCard(app) {
  const heading = el("h2", "row-title", ...about("named", "nameless", app.name));
  heading.id = `app-${app.id}`;
  const program =
    app.program === null
      ? elSay("p", "quiet small", "app_program_unknown")
      : el("p", null, code(app.program));
  const known = el(
    "p",
    "quiet small",
    ...line([
      say("first_seen", { day: day(app.first_seen_at) }),
      sayNumber("registrations", app.registrations),
    ]),
  );
  const whom = about("disconnect_app", "disconnect_app_nameless", app.name);
  const head = el(
    "div",
    "row",
    el("div", "row-text", heading, program, known),
    el(
      "div",
      "row-buttons",
      button("disconnect", whom, `app ${app.id}`, () => askDisconnectApp(app)),
    ),
  );
  const grants =
    app.grants.length === 0
      ? el("div", "sub", elSay("p", "row quiet", "app_no_grants"))
      : el("ul", "sub", ...app.grants.map((grant) => grantRow(app, grant)));
  const card = el("section", "list app", head, grants);
  if (app.programs.length > 0) card.append(programsOf(app));
  card.setAttribute("aria-labelledby", heading.id);
  return card;
}

/** The lists of tools that are open. @type {Map<HTMLElement, { app: string, server: string }>} */
const openRules = new Map();

/** Which of them a person opened, so that a list that is drawn anew stays open. @type {Set<string>} */
const opened = new Set();

/** @param {AppView} app @param {GrantView} grant */
function grantRow(app, grant) {
  const facts = line([
    say("grant_allowed", { day: day(grant.allowed_at) }),
    grant.last_used_at === null
      ? say("grant_unused")
      : say("grant_used", { when: when(grant.last_used_at) }),
    say("grant_ends", { day: day(grant.ends_at) }),
  ]);
  const whom = about("disconnect_server", "disconnect_server_nameless", app.name, {
    server: bdi(grant.server),
  });
  const key = `${app.id} ${grant.server}`;
  const rules = el("div", "rules");
  const toolsOf = about("tools_of_whom", "tools_of_nameless", app.name, { server: bdi(grant.server) });
  const show = () => {
    openRules.set(rules, { app: app.id, server: grant.server });
    void showRules(rules, app.id, grant.server);
  };
  const tools = button("tools_of", toolsOf, `tools ${key}`, () => {
    if (opened.delete(key)) {
      openRules.delete(rules);
      rules.replaceChildren();
    } else {
      opened.add(key);
      show();
    }
    tools.setAttribute("aria-expanded", String(opened.has(key)));
  });
  tools.setAttribute("aria-expanded", String(opened.has(key)));
  if (opened.has(key)) show();
  const row = el(
    "div",
    "row",
    el("div", "row-text", el("p", "row-title", bdi(grant.server)), el("p", "quiet small", ...facts)),
    el(
      "div",
      "row-buttons",
      tools,
      button("disconnect", whom, `grant ${key}`, () => askDisconnectServer(app, grant)),
    ),
  );
  return el("li", "grant", row, rules);
}

/** @param {AppView} app */
function askDisconnectApp(app) {
  confirm({
    title: about("confirm_disconnect_app", "confirm_disconnect_app_nameless", app.name),
    text: "confirm_disconnect_app_text",
    yes: "confirm_disconnect",
    action: () => ipc.mainDisconnect(app.id, null),
  });
}

/** @param {AppView} app @param {GrantView} grant */
function askDisconnectServer(app, grant) {
  confirm({
    title: about("confirm_disconnect_server", "confirm_disconnect_server_nameless", app.name, {
      server: bdi(grant.server),
    }),
    text: "confirm_disconnect_server_text",
    yes: "confirm_disconnect",
    action: () => ipc.mainDisconnect(app.id, grant.server),
  });
}

/** @param {ServerView | undefined} server */
function howToConnect(server) {
  const title = elSay("p", null, "apps_empty");
  if (server === undefined) {
    const to = el("button", null, say("go_to_servers"));
    to.type = "button";
    to.addEventListener("click", () => go("servers", { focus: true }));
    return [title, elSay("p", "quiet", "apps_empty_no_server"), to];
  }
  const command = say("apps_empty_command", {
    server: shellWord(server.name),
    address: shellWord(server.address),
  });
  return [
    title,
    elSay("p", "quiet", "apps_empty_how", { server: bdi(server.name) }),
    el(
      "div",
      "command",
      code(command),
      button("copy_command", [], "copy-command", () => void copy(command)),
    ),
    elSay("p", "quiet", "apps_empty_then"),
  ];
}

// Servers

/** @param {ServerView} server */
function serverRow(server) {
  const facts = el(
    "dl",
    "facts",
    elSay("dt", null, "server_address"),
    el("dd", null, code(server.address)),
    elSay(
      "dt",
      null,
      server.validates ? "server_tokens" : server.condition === null ? "server_upstream" : "server_command",
    ),
    server.validates ? elSay("dd", null, "server_validates") : el("dd", null, code(server.url)),
    ...(server.condition === null
      ? []
      : [elSay("dt", null, "server_state"), el("dd", null, bdi(server.condition.state))]),
    ...(server.condition === null || server.condition.log.length === 0
      ? []
      : [elSay("dt", null, "server_log"), el("dd", "log", ...server.condition.log.slice(-20).map((line) => el("p", null, bdi(line))))]),
  );
  const title = el(
    "p",
    null,
    el("span", "row-title", bdi(server.name)),
    el("span", "quiet", say("separator"), sayNumber("app_count", server.apps)),
  );
  const buttons = el(
    "div",
    "row-buttons",
    button(
      "copy_address",
      pieces("copy_address_of", { server: bdi(server.name) }),
      `copy ${server.name}`,
      () => void copy(server.address),
    ),
    button(
      "remove",
      pieces("remove_server", { server: bdi(server.name) }),
      `remove ${server.name}`,
      () => askRemove(server),
    ),
  );
  return el("li", "row server", el("div", "head", title, buttons), facts);
}

/** @param {ServerView} server */
function askRemove(server) {
  confirm({
    title: pieces("confirm_remove", { server: bdi(server.name) }),
    text: "confirm_remove_text",
    yes: "confirm_remove_button",
    action: () => ipc.mainRemoveServer(server.name),
  });
}

/** @param {SubmitEvent} event */
async function add(event) {
  event.preventDefault();
  if (parts.addSubmit.disabled) return;
  const name = parts.addName.value.trim();
  const url = parts.addUrl.value.trim();
  parts.added.textContent = "";
  addFault(null, "");
  if (name === "") return addFault(parts.addName, say("add_name_missing"));
  if (url === "") return addFault(parts.addUrl, say("add_url_missing"));

  parts.addSubmit.disabled = true;
  try {
    await ipc.mainAddServer(name, url);
    parts.form.reset();
    parts.added.textContent = say("added", { server: visible(name) });
    parts.addName.focus();
  } catch (reason) {
    addFault(null, sentenceOf(reason));
    parts.addUrl.focus();
  } finally {
    parts.addSubmit.disabled = false;
  }
  await refresh();
}

/** @param {HTMLInputElement | null} field @param {string} sentence */
function addFault(field, sentence) {
  for (const input of [parts.addName, parts.addUrl]) {
    if (input === field) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  parts.addError.textContent = sentence;
  field?.focus();
}

// Questions about a step that cannot be taken back

/** @type {(() => Promise<void>) | null} */
let confirmed = null;

/** @param {{ title: (string | Node)[], text: Message, yes: Message, action: () => Promise<void> }} question */
function confirm({ title, text, yes, action }) {
  confirmed = action;
  parts.confirmTitle.replaceChildren(...title);
  parts.confirmText.textContent = say(text);
  parts.confirmYes.textContent = say(yes);
  parts.confirmYes.disabled = false;
  parts.confirmError.textContent = "";
  parts.confirm.showModal();
  parts.confirmNo.focus();
}

async function carryOut() {
  if (confirmed === null) return;
  const action = confirmed;
  parts.confirmYes.disabled = true;
  parts.confirmError.textContent = "";
  try {
    await action();
    if (confirmed === action) parts.confirm.close();
  } catch (reason) {
    if (confirmed === action) {
      parts.confirmError.textContent = sentenceOf(reason);
      parts.confirmYes.disabled = false;
    }
  }
  await refresh();
  if (!parts.confirm.open && document.activeElement === document.body && current !== null) {
    places[current].title.focus({ preventScroll: true });
  }
}

// Clipboard

/** @param {string} text */
async function copy(text) {
  parts.error.textContent = "";
  parts.live.textContent = "";
  const done = (await copyToClipboard(text)) || copyBySelection(text);
  if (!done) {
    parts.error.textContent = say("copy_failed");
    return;
  }
  parts.live.textContent = say("copied");
  const pressed = document.activeElement;
  if (pressed instanceof HTMLButtonElement) showCopied(pressed);
}

/** @param {string} text */
async function copyToClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the page has no clipboard. @param {string} text */
function copyBySelection(text) {
  const before = document.activeElement;
  const area = el("textarea", "unseen");
  area.value = text;
  area.readOnly = true;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return done;
}

/** Says so on the button itself for a moment, without changing its width. @param {HTMLButtonElement} node */
function showCopied(node) {
  const label = node.firstChild;
  if (!(label instanceof Text) || label.data === say("copied")) return;
  const before = label.data;
  node.style.minWidth = `${node.getBoundingClientRect().width}px`;
  label.data = say("copied");
  setTimeout(() => {
    label.data = before;
    node.style.minWidth = "";
  }, 1500);
}

// Start

for (const name of pages) {
  places[name].button.prepend(icon(name));
  places[name].button.addEventListener("click", () => go(name));
}
const setPaused = () => void run(() => ipc.mainSetPaused(!(state?.paused ?? false)));
parts.pause.addEventListener("click", setPaused);
parts.resume.addEventListener("click", setPaused);
parts.form.addEventListener("submit", (event) => void add(event));
parts.confirmNo.addEventListener("click", () => parts.confirm.close());
parts.confirmYes.addEventListener("click", () => void carryOut());
parts.confirm.addEventListener("close", () => {
  confirmed = null;
});

fillPage();
window.addEventListener("focus", () => void refresh());
void ipc
  .onMainGo((page) => {
    if (!isPage(page)) return;
    parts.confirm.close();
    go(page, { focus: true });
  })
  .catch(fail);
void ipc.onMainChanged(() => void refresh()).then(refresh, refresh);
