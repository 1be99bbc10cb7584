// The page Activity: what apps did, call by call, newest first.

import { bdi, byId, el, elSay } from "../dom.js";
import { moment } from "../format.js";
import * as ipc from "../ipc.js";
import { say, told } from "../messages.js";
import { about, timeNode } from "./page.js";
import { Paged, countingDown } from "./paged.js";

/** @typedef {import("../types.js").CallView} CallView */

export const activity = new Paged(
  {
    list: byId("activity-list", HTMLElement),
    empty: byId("activity-empty", HTMLElement),
    none: byId("activity-none", HTMLElement),
    more: byId("activity-more", HTMLButtonElement),
  },
  { fetch: countingDown(ipc.mainCalls), row },
);

/** @param {CallView} call */
function row(call) {
  const who = about("named", call.app_name);
  const what = el(
    "p",
    null,
    el("strong", null, bdi(call.name ?? call.method)),
    " · ",
    bdi(call.server),
    " · ",
    ...(call.program === null ? who : [...who, " (", bdi(call.program), ")"]),
  );
  const text = el("div", "row-text", what);
  const shown = call.arguments ?? call.shape;
  if (shown !== "") text.append(el("p", "quiet small", bdi(shown)));
  const took = elSay("span", "quiet small", "activity-took", { ms: call.milliseconds, bytes: call.received });
  const became = say("call-became", { why: told(call.why_said, call.why), ended: told(call.ended_said, call.ended) });
  const ended = el("p", "ended", became, took, timeNode(call.at, moment(call.at)));
  return el("li", call.passed ? "row" : "row refused", text, ended);
}
