// The page Requests: what waits, who is not asked about, and what ended lately.

import { bdi, byId, code, el, elSay, isolated, strong } from "../dom.js";
import { moment, time, when, withoutStop } from "../format.js";
import * as ipc from "../ipc.js";
import { pieces, say, told } from "../messages.js";
import { processName } from "../programs.js";
import { connects, header, sentence } from "../wording.js";
import { focusTitle, run } from "./frame.js";
import { appLink, serverLink } from "./links.js";
import { about, button, draw, timeNode } from "./page.js";
import { Paged, countingDown } from "./paged.js";
import { finds, wordsOn } from "./search.js";

/** @typedef {import("../types.js").MainState} MainState */
/** @typedef {import("../types.js").QuestionView} QuestionView */
/** @typedef {import("../types.js").HistoryEntry} HistoryEntry */
/** @typedef {import("../types.js").Muted} Muted */
/** @typedef {import("../types.js").AppView} AppView */
/** @typedef {import("../messages.js").Message} Message */

const parts = {
  list: byId("request-list", HTMLElement),
  empty: byId("requests-empty", HTMLElement),
  none: byId("requests-none", HTMLElement),
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
  const words = wordsOn("requests");
  const found = requests.filter((question) => finds(words, [requestText(question)]));
  draw(parts.list, found, () => found.map(requestRow), focusTitle);
  parts.empty.hidden = requests.length > 0;
  parts.none.hidden = found.length > 0 || requests.length === 0;
  draw(parts.muted, muted, () => muted.map(mutedRow), focusTitle);
  parts.muted.hidden = muted.length === 0;
  draw(parts.blocked, blocked, () => blocked.map(blockedRow), focusTitle);
  parts.blocked.hidden = blocked.length === 0;
}

/** What is looked through: the words of the row. @param {QuestionView} question */
function requestText(question) {
  return requestRow(question).textContent ?? "";
}

/** @param {QuestionView} question */
function requestRow(question) {
  const title = el("p", "request-title", ...sentence(question));
  const facts = el("p", "quiet small", header(question), " · ", requestFacts(question));
  const answer = button("answer", sentence(question), `answer ${question.id}`, () =>
    void run(() => ipc.mainShowRequest(question.id)),
  );
  return el("li", "row", el("div", "row-text", title, facts), el("div", "row-buttons", answer));
}

/** Who asks, and until when. @param {QuestionView} question */
function requestFacts(question) {
  const { call, new_server: added, requester } = question;
  const until = { time: time(question.expires_at) };
  if (question.changes.length > 0) return elSay("span", null, "request-line-server", until);
  if (added?.by_hand) return elSay("span", null, "request-line-by-hand", until);
  if (connects(question) && question.kind !== "device") {
    return elSay("span", null, "request-line", { program: requestProgram(question), ...until });
  }
  if (requester.state !== "seen") return elSay("span", null, "request-line", { program: notSeen(requester), ...until });
  const asked = call !== null ? "request-line-call" : "request-line-asked";
  return elSay("span", null, asked, { program: processName(requester), ...until });
}

/** @param {Exclude<import("../types.js").Sighting, { state: "seen" }>} sighting */
function notSeen(sighting) {
  if (sighting.state === "nobody") return elSay("span", null, "nobody-seen");
  const why = isolated(withoutStop(told(sighting.why_said, sighting.why)));
  return elSay("span", null, "cannot-tell", { why });
}

/** The program that waits for the answer. @param {QuestionView} question */
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
  superseded: "outcome-superseded",
  refused: "outcome-refused",
  disconnected: "outcome-disconnected",
};

/** Sentences that say no more than how it ended. */
const plain = ["event-allowed", "event-said-no", "unanswered-timed-out", "unanswered-hung-up", "unanswered-superseded"];

/** @param {HistoryEntry} entry */
function historyRow(entry) {
  const server = serverLink(entry.server);
  const about =
    entry.subject === "server"
      ? pieces("subject-server", { server })
      : [appLink(entry.client_name), " · ", server];
  const text = el("div", "row-text", el("p", null, ...about));
  if (entry.detail !== "" && !plain.includes(entry.detail_said?.id ?? "")) {
    text.append(el("p", "quiet", isolated(told(entry.detail_said, entry.detail))));
  }
  if (entry.program !== null) text.append(el("p", "quiet", code(entry.program)));
  const ended = el("p", "ended", say(outcomes[entry.outcome]), timeNode(entry.at, moment(entry.at)));
  return el("li", "row", text, ended);
}
