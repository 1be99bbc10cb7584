// The page Rules: every rule of every app in one list.

import { bdi, byId, el } from "../dom.js";
import { day } from "../format.js";
import * as ipc from "../ipc.js";
import { pieces, say } from "../messages.js";
import { appLink, serverLink } from "./links.js";
import { Paged } from "./paged.js";
import { choice, endsText } from "./rules.js";

/** @typedef {import("../types.js").RuleLine} RuleLine */
/** @typedef {import("../types.js").RuleKey} RuleKey */

const ending = byId("rules-ending", HTMLInputElement);

/** @type {Paged<RuleLine, RuleKey>} */
export const rulebook = new Paged(
  {
    list: byId("rule-list", HTMLElement),
    empty: byId("rules-empty", HTMLElement),
    none: byId("rules-none", HTMLElement),
    more: byId("rules-more", HTMLButtonElement),
  },
  {
    fetch: async (text, after, most) => {
      const { rules, next } = await ipc.mainAllRules(text === "" ? null : text, ending.checked, after, most);
      return { items: rules, next };
    },
    row,
  },
);

ending.addEventListener("change", () => void rulebook.refresh());

/** @param {RuleLine} rule */
function row(rule) {
  const what =
    rule.kind === "tool" ? bdi(rule.name) : say(rule.kind === "prompts" ? "its-prompts" : "its-resources");
  const ends = endsText(rule);
  const facts = el(
    "p",
    "quiet small",
    ...pieces("rule-set", { day: day(rule.set_at) }),
    ...(ends === "" ? [] : [" · ", ends]),
  );
  const text = el("div", "row-text", el("p", null, el("strong", null, what), " · ", serverLink(rule.server), " · ", appLink(rule.app_name)), facts);
  const select = choice(rule.kind === "tool" ? rule.name : String(what), rule.mode, async (mode) => {
    await ipc.mainSetRule(rule.app, rule.server, rule.kind, rule.name, mode);
    await rulebook.refresh();
  });
  if (rule.kind !== "tool") select.querySelector('option[value="ask"]')?.remove();
  return el("li", "row", text, select);
}

