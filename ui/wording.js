// What a question says of itself: its kind, who wants what, and what is to be known before all else.

import { bdi, strong } from "./dom.js";
import { day } from "./format.js";
import { naming, pieces, say } from "./messages.js";
import { chain } from "./programs.js";

/** @typedef {import("./types.js").QuestionView} QuestionView */
/** @typedef {import("./messages.js").Message} Message */

/** Whether it is about a connection, and not about a call, a change or a new server. @param {QuestionView} question */
export function connects({ call, new_server: added, changes }) {
  return call === null && added === null && changes.length === 0;
}

/** @param {QuestionView} question @returns {string} */
export function header(question) {
  if (question.call !== null) return say("call-header");
  if (question.new_server !== null) return say("new-server-header");
  if (question.changes.length > 0) return say("changed-header");
  if (question.wider) return say("more-header");
  return say(question.kind === "reconnect" ? "again-header" : "request-header");
}

/** Who wants what, in one sentence. @param {QuestionView} question */
export function sentence(question) {
  const server = strong(question.server);
  if (question.changes.length > 0) return pieces("server-changed", { server });
  if (question.new_server !== null) return pieces("start-as", { server });
  const name = naming(question.client_name === null ? null : bdi(question.client_name));
  if (question.call !== null) {
    return pieces("wants-to-run", { ...name, tool: strong(question.call.tool), server });
  }
  const wants = question.wider ? "wants-more" : question.kind === "reconnect" ? "again" : "wants";
  return pieces(wants, { ...name, server });
}

/** @param {QuestionView} question @returns {(string | Node)[]} */
export function history(question) {
  if (question.changes.length > 0) return [say("changed-text")];
  if (question.call !== null && question.requester.state === "seen") {
    return pieces("called-by-program", { chain: chain(question.requester) });
  }
  if (!connects(question)) return [];
  if (question.allowed_at !== null) return [say("allowed-on", { day: day(question.allowed_at) })];
  return [say(question.kind === "reconnect" ? "allowed-before" : "first-request")];
}
