// The page Activity: what apps did, call by call, newest first.

import { bdi, byId, el, elSay } from "../dom.js";
import { moment, visible } from "../format.js";
import * as ipc from "../ipc.js";
import { say, told } from "../messages.js";
import { report, run } from "./frame.js";
import { appLink, serverLink } from "./links.js";
import { timeNode } from "./page.js";
import { Paged, countingDown } from "./paged.js";

/** @typedef {import("../types.js").CallView} CallView */

const exporting = byId("activity-export", HTMLButtonElement);

export const activity = new Paged(
  {
    list: byId("activity-list", HTMLElement),
    empty: byId("activity-empty", HTMLElement),
    none: byId("activity-none", HTMLElement),
    more: byId("activity-more", HTMLButtonElement),
  },
  {
    fetch: countingDown(ipc.mainCalls),
    row,
    counted: (n) => {
      exporting.hidden = n === 0;
    },
  },
);

exporting.addEventListener("click", () =>
  void run(async () => {
    const file = await ipc.mainExportCalls();
    report(say("activity-exported", { file: visible(file) }));
  }),
);

/** @param {CallView} call */
function row(call) {
  const who = appLink(call.app_name);
  const what = el(
    "p",
    null,
    el("strong", null, bdi(call.name ?? call.method)),
    " · ",
    serverLink(call.server),
    " · ",
    ...(call.program === null ? [who] : [who, " (", bdi(call.program), ")"]),
  );
  const text = el("div", "row-text", what);
  const shown = call.arguments ?? call.shape;
  if (shown !== "") text.append(el("p", "quiet small", bdi(shown)));
  const took = elSay("span", "quiet small", "activity-took", { ms: call.milliseconds, bytes: call.received });
  const became = say("call-became", { why: told(call.why_said, call.why), ended: told(call.ended_said, call.ended) });
  const when = timeNode(call.at, moment(call.at));
  when.classList.add("small");
  const ended = el("p", "ended", became, took, when);
  return el("li", call.passed ? "row" : "row refused", text, ended);
}
