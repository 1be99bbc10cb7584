// The page Health: whether all that Doorward needs is there and works.

import { byId, el, icon, sentenceOf, unseen } from "../dom.js";
import * as ipc from "../ipc.js";
import { say, told } from "../messages.js";
import { copy } from "./copy.js";
import { showField, sift } from "./search.js";

/** @typedef {import("../types.js").Finding} Finding */
/** @typedef {import("../messages.js").Message} Message */

const parts = {
  list: byId("finding-list", HTMLElement),
  none: byId("health-none", HTMLElement),
  summary: byId("health-summary", HTMLElement),
  again: byId("health-again", HTMLButtonElement),
  copy: byId("health-copy", HTMLButtonElement),
};

/** @type {Record<Finding["state"], { icon: import("../dom.js").Drawing, word: Message }>} */
const looks = {
  good: { icon: "good", word: "health-good" },
  note: { icon: "note", word: "health-note" },
  fault: { icon: "warning", word: "health-fault" },
};

/** The same in lines, in English, for whoever helps. Nothing in it is secret. */
let report = "";
let asked = 0;

export async function checkHealth() {
  const turn = ++asked;
  parts.again.disabled = true;
  parts.summary.textContent = say("health-checking");
  let findings;
  try {
    findings = await ipc.mainHealth();
  } catch (reason) {
    if (turn === asked) parts.summary.textContent = sentenceOf(reason);
    return;
  } finally {
    if (turn === asked) parts.again.disabled = false;
  }
  if (turn !== asked) return;
  const faults = findings.filter(({ state }) => state === "fault").length;
  parts.summary.textContent = say("health-summary", { n: faults });
  parts.list.replaceChildren(...findings.map(row));
  siftFindings();
  showField();
  report = findings.map(({ about, state, says }) => `${state.padEnd(5)} ${about}: ${says}`).join("\n");
  parts.copy.disabled = false;
}

/** Shows those in which what is looked for is somewhere. */
export function siftFindings() {
  sift("health", "#finding-list > li", parts.none);
}

export function hasNoFindings() {
  return parts.list.children.length === 0;
}

/** @param {Finding} finding */
function row({ about, about_said: aboutSaid, state, says, says_said: saysSaid }) {
  const look = looks[state];
  const what = el("strong", null, told(aboutSaid, about));
  const text = el("div", "row-text", el("p", null, what), el("p", null, told(saysSaid, says)));
  return el("li", `row finding is-${state}`, icon(look.icon), unseen(say(look.word)), text);
}

parts.again.addEventListener("click", () => void checkHealth());
parts.copy.addEventListener("click", () => void copy(report));
