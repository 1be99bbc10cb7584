// The page Requests: what waits, who is not asked about, and what ended lately.

import { bdi, byId, el, elSay, isolated, strong } from "../dom.js";
import { moment, time, when } from "../format.js";
import * as ipc from "../ipc.js";
import { say, told } from "../messages.js";
import { processName } from "../programs.js";
import { focusTitle, run } from "./frame.js";
import { about, button, draw, timeNode } from "./page.js";
import { Paged, countingDown } from "./paged.js";

/** @typedef {import("../types.js").MainState} MainState */
/** @typedef {import("../types.js").QuestionView} QuestionView */
/** @typedef {import("../types.js").HistoryEntry} HistoryEntry */
/** @typedef {import("../types.js").Muted} Muted */
/** @typedef {import("../types.js").AppView} AppView */
/** @typedef {import("../messages.js").Message} Message */

const parts = {
  list: byId("request-list", HTMLElement),
  empty: byId("requests-empty", HTMLElement),
  muted: byId("muted-list", HTMLElement),
  blocked: byId("blocked-list", HTMLElement),
};

/** What happened lately, newest first. */
export const history = new Paged(
  {
    list: byId("history-list", HTMLElement),
    empty: byId("history-empty", HTMLElement),
    none: byId("history-none", HTMLElement),
    more: byId("history-more", HTMLButtonElement),
  },
  { fetch: countingDown(ipc.mainHistory), row: historyRow },
);

/** @param {MainState} now */
export function showRequests({ requests, muted, blocked }) {
  draw(parts.list, requests, () => requests.map(requestRow), focusTitle);
  parts.empty.hidden = requests.length > 0;
  draw(parts.muted, muted, () => muted.map(mutedRow), focusTitle);
  parts.muted.hidden = muted.length === 0;
  draw(parts.blocked, blocked, () => blocked.map(blockedRow), focusTitle);
  parts.blocked.hidden = blocked.length === 0;
}

/** @param {QuestionView} question */
function requestRow(question) {
  const title = about("request-title", question.client_name, { server: strong(question.server) });
  const program = elSay("p", "quiet small", "request-line", {
    program: requestProgram(question),
    time: time(question.expires_at),
  });
  const answer = button("answer", about("answer-whom", question.client_name), `answer ${question.id}`, () =>
    void run(() => ipc.mainShowRequest(question.id)),
  );
  return el(
    "li",
    "row",
    el("div", "row-text", el("p", "request-title", ...title), program),
    el("div", "row-buttons", answer),
  );
}

/** @param {QuestionView} question */
function requestProgram({ listener, destination }) {
  if (destination.kind === "web") {
    return elSay("span", null, "request-line-web", { host: bdi(destination.host) });
  }
  if (destination.kind === "private_scheme") {
    return elSay("span", null, "request-line-scheme", { scheme: bdi(`${destination.scheme}:`) });
  }
  if (listener.state === "seen") return processName(listener);
  return elSay(
    "span",
    null,
    listener.state === "nobody" ? "request-line-nobody" : "request-line-cannot-tell",
  );
}

/** @param {Muted} muted */
function mutedRow({ program, name, until }) {
  const said = elSay("p", "row-text", "muted-until", { name: strong(name), when: when(until) });
  const again = button("unmute", [], `unmute ${program}`, () => void run(() => ipc.mainUnmute(program)));
  return el("li", "row", said, again);
}

/** An app that a person never wants to be asked about. @param {AppView} app */
function blockedRow(app) {
  const said = el("p", "row-text", ...about("blocked", app.name, { program: bdi(app.program ?? "") }));
  const again = button("unmute", about("whom", app.name), `unblock ${app.id}`, () =>
    void run(() => ipc.mainUnblock(app.id)),
  );
  return el("li", "row", said, again);
}

/** @type {Record<HistoryEntry["outcome"], Message>} */
const outcomes = {
  allowed: "outcome-allowed",
  denied: "outcome-denied",
  lapsed: "outcome-lapsed",
  withdrawn: "outcome-withdrawn",
  refused: "outcome-refused",
  disconnected: "outcome-disconnected",
};

/** @param {HistoryEntry} entry */
function historyRow(entry) {
  const what = el("p", null, ...about("named", entry.client_name), " · ", bdi(entry.server));
  const text = el("div", "row-text", what);
  if (entry.detail !== "") text.append(el("p", "quiet", isolated(told(entry.detail_said, entry.detail))));
  const ended = el("p", "ended", say(outcomes[entry.outcome]), timeNode(entry.at, moment(entry.at)));
  return el("li", "row", text, ended);
}
