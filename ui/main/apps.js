// The page Apps: which ones may use what, tool by tool, and taking it back.

import { bdi, byId, code, el, elSay, unseen } from "../dom.js";
import { day, when } from "../format.js";
import * as ipc from "../ipc.js";
import { pieces, say } from "../messages.js";
import { confirm } from "./confirm.js";
import { connecting } from "./connect.js";
import { focusTitle, go, report, run } from "./frame.js";
import { about, button, draw, line } from "./page.js";
import { linkTo, serverLink } from "./links.js";
import { programsOf, registrationsOf } from "./parts.js";
import { hideRules, showRules } from "./rules.js";
import { finds, wordsOn } from "./search.js";

/** @typedef {import("../types.js").MainState} MainState */
/** @typedef {import("../types.js").AppView} AppView */
/** @typedef {import("../types.js").GrantView} GrantView */
/** @typedef {import("../types.js").ServerView} ServerView */

const parts = {
  list: byId("app-list", HTMLElement),
  empty: byId("apps-empty", HTMLElement),
  none: byId("apps-none", HTMLElement),
};

/** @param {MainState} now */
export function showApps({ apps, servers }) {
  const words = wordsOn("apps");
  const found = apps.filter((app) => finds(words, [app.name, app.program, ...app.grants.map(({ server }) => server)]));
  draw(parts.list, found, () => found.map(appCard), focusTitle);
  parts.none.hidden = found.length > 0 || apps.length === 0;
  parts.empty.hidden = apps.length > 0;
  draw(parts.empty, servers[0] ?? null, () => howToConnect(servers[0]));
  for (const [holder, { app, server }] of openRules) {
    if (holder.isConnected) void showRules(holder, app, server);
    else openRules.delete(holder);
  }
}

/** @param {AppView} app */
function appCard(app) {
  const heading = el("h2", "row-title", ...about("named", app.name));
  heading.id = `app-${app.id}`;
  const program =
    app.program === null
      ? elSay("p", "quiet small", "app-program-unknown")
      : el("p", null, code(app.program));
  const known = el(
    "p",
    "quiet small",
    say("first-seen", { day: day(app.first_seen_at) }),
  );
  const disconnect = button("disconnect", about("disconnect-app", app.name), `app ${app.id}`, () =>
    askDisconnectApp(app),
  );
  const pause = button(app.paused ? "resume" : "pause", about("whom", app.name), `pause ${app.id}`, () =>
    void run(() => ipc.mainSetAppPaused(app.id, !app.paused)),
  );
  const narrow = button("ask-all", about("whom", app.name), `narrow ${app.id}`, () => askForAll(app));
  const text = el("div", "row-text", heading, program, known);
  if (app.paused) text.append(elSay("p", "note small", "app-paused"));
  const head = el("div", "row", text, el("div", "row-buttons", narrow, pause, disconnect));
  const grants =
    app.grants.length === 0
      ? el("div", "sub", elSay("p", "row quiet", "app-no-grants"))
      : el("ul", "sub", ...app.grants.map((grant) => grantRow(app, grant)));
  const card = el("section", "list app", head, grants);
  if (app.programs.length > 0) card.append(programsOf(app));
  if (app.other_registrations.length > 0) card.append(registrationsOf(app));
  card.setAttribute("aria-labelledby", heading.id);
  return card;
}

/** The lists of tools that are open. @type {Map<HTMLElement, { app: string, server: string }>} */
const openRules = new Map();

/** Which of them a person opened, so that a list that is drawn anew stays open. @type {Set<string>} */
const opened = new Set();

/** @param {AppView} app @param {GrantView} grant */
function grantRow(app, grant) {
  const of = `${app.name ?? ""} ${grant.server}`;
  const facts = line([
    linkTo("rules", of, [say("grant-tools", { n: grant.tools })]),
    linkTo("activity", of, [say("grant-calls", { n: grant.calls })]),
    say("grant-allowed", { day: day(grant.allowed_at) }),
    grant.last_used_at === null ? say("grant-unused") : say("grant-used", { when: when(grant.last_used_at) }),
    say("grant-ends", { day: day(grant.ends_at) }),
  ]);
  const server = () => bdi(grant.server);
  const key = `${app.id} ${grant.server}`;
  const rules = el("div", "rules");
  const show = () => {
    openRules.set(rules, { app: app.id, server: grant.server });
    void showRules(rules, app.id, grant.server);
  };
  const tools = button("tools-of", about("tools-of-whom", app.name, { server: server() }), `tools ${key}`, () => {
    if (opened.delete(key)) {
      openRules.delete(rules);
      hideRules(rules);
    } else {
      opened.add(key);
      show();
    }
    tools.setAttribute("aria-expanded", String(opened.has(key)));
  });
  tools.setAttribute("aria-expanded", String(opened.has(key)));
  if (opened.has(key)) show();
  const disconnect = el(
    "button",
    "small",
    ...pieces("disconnect-from", { server: server() }),
    unseen(" ", ...about("disconnect-server", app.name)),
  );
  disconnect.type = "button";
  disconnect.dataset["key"] = `grant ${key}`;
  disconnect.addEventListener("click", () => askDisconnectServer(app, grant));
  const row = el(
    "div",
    "row",
    el("div", "row-text", el("p", "row-title", serverLink(grant.server)), el("p", "quiet small", ...facts)),
    el("div", "row-buttons", tools, disconnect),
  );
  return el("li", "grant", row, rules);
}

/** Puts a question that was chosen in the tray, if that app is still there. @param {MainState} now @param {import("../types.js").AskAbout} ask */
export function askAbout({ apps }, { what, app: id }) {
  const app = apps.find((known) => known.id === id);
  if (app === undefined) return;
  if (what === "disconnect") askDisconnectApp(app);
  else askForAll(app);
}

/** @param {AppView} app */
function askForAll(app) {
  confirm({
    title: about("confirm-ask-all", app.name),
    text: say("confirm-ask-all-text"),
    yes: "confirm-ask-all-button",
    action: () =>
      run(async () => {
        const { tools, hidden } = await ipc.mainAskForAll(app.id);
        report(say("asked-for-all", { n: tools, hidden }));
      }),
  });
}

/** Takes it back, and says what ended with it. @param {AppView} app @param {string | null} server */
async function disconnectFrom(app, server) {
  const { calls_ended: calls, streams_closed: streams } = await ipc.mainDisconnect(app.id, server);
  report(say("disconnected", { calls, streams }));
}

/** @param {AppView} app */
function askDisconnectApp(app) {
  confirm({
    title: about("confirm-disconnect-app", app.name),
    text: say("confirm-disconnect-app-text"),
    yes: "confirm-disconnect",
    action: () => run(() => disconnectFrom(app, null)),
  });
}

/** @param {AppView} app @param {GrantView} grant */
function askDisconnectServer(app, grant) {
  confirm({
    title: about("confirm-disconnect-server", app.name, { server: bdi(grant.server) }),
    text: say("confirm-disconnect-server-text"),
    yes: "confirm-disconnect",
    action: () => run(() => disconnectFrom(app, grant.server)),
  });
}

/** @param {ServerView | undefined} server */
function howToConnect(server) {
  const title = elSay("p", null, "apps-empty");
  if (server === undefined) {
    const to = el("button", null, say("go-to-servers"));
    to.type = "button";
    to.addEventListener("click", () => go("servers", { focus: true }));
    return [title, elSay("p", "quiet", "apps-empty-no-server"), to];
  }
  return [title, ...connecting(server)];
}
