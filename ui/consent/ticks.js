// What a program may use of a server: tools to tick, in three groups, and its prompts and resources.

import { bdi, el, elSay, isolated } from "../dom.js";
import { say, told } from "../messages.js";

/** @typedef {import("../types.js").OfferView} OfferView */
/** @typedef {import("../types.js").OfferedTool} OfferedTool */
/** @typedef {import("../types.js").Group} Group */
/** @typedef {import("../types.js").Mode} Mode */
/** @typedef {import("../types.js").TicksValue} TicksValue */
/** @typedef {import("../messages.js").Message} Message */

/** @type {{ group: Group, label: Message, mode: Mode }[]} */
const groups = [
  { group: "look", label: "group-look", mode: "allow" },
  { group: "change", label: "group-change", mode: "ask" },
  { group: "run", label: "group-run", mode: "ask" },
];

/** @typedef {{ box: HTMLInputElement, mode: () => Mode }} Line */

/** How much a mode allows. @type {Record<Mode, number>} */
const width = { hide: 0, ask: 1, allow: 2 };

export class Ticks {
  /** @type {HTMLElement} */
  #holder;
  /** @type {() => void} */
  #changed;
  /** @type {Map<string, Line>} */
  #tools = new Map();
  /** @type {(() => boolean)[]} */
  #grave = [];
  /** @type {Line | null} */
  #prompts = null;
  /** @type {Line | null} */
  #resources = null;

  /** @param {HTMLElement} holder @param {() => void} changed */
  constructor(holder, changed) {
    this.#holder = holder;
    this.#changed = changed;
  }

  /** @param {OfferView} offer */
  show(offer) {
    this.#tools.clear();
    this.#grave = [];
    this.#prompts = null;
    this.#resources = null;
    const sections = groups
      .map((kind) => ({ kind, tools: offer.tools.filter((tool) => tool.group === kind.group) }))
      .filter(({ tools }) => tools.length > 0)
      .map(({ kind, tools }) => this.#group(kind, tools));
    /** @type {Node[]} */
    const wholes = [];
    if (offer.prompts !== null) {
      const [line, node] = this.#whole("its-prompts", offer.prompts.proposed);
      this.#prompts = line;
      wholes.push(node);
    }
    if (offer.resources !== null) {
      const [line, node] = this.#whole("its-resources", offer.resources.proposed);
      this.#resources = line;
      wholes.push(node);
    }
    this.#holder.replaceChildren(
      ...(offer.not_known === null
        ? []
        : [elSay("p", "quiet", "tools-not-known", { why: isolated(told(offer.not_known_said, offer.not_known)) })]),
      ...sections,
      ...(wholes.length > 0 ? [el("div", "wholes", ...wholes)] : []),
    );
  }

  /** How many tools are ticked. */
  get count() {
    return [...this.#tools.values()].filter(({ box }) => box.checked).length;
  }

  /** Whether there is something to tick, and nothing is. */
  get nothing() {
    const lines = [...this.#tools.values(), this.#prompts, this.#resources].filter(
      (line) => line !== null,
    );
    return lines.length > 0 && lines.every(({ box }) => !box.checked);
  }

  /** Whether a tool that deletes or runs is ticked that the program did not have. */
  get grave() {
    return this.#grave.some((gains) => gains());
  }

  /** @returns {TicksValue} */
  get value() {
    /** @param {Line | null} line @returns {Mode | null} */
    const whole = (line) => (line === null ? null : line.box.checked ? "allow" : "hide");
    return {
      tools: Object.fromEntries([...this.#tools].map(([name, line]) => [name, line.mode()])),
      prompts: whole(this.#prompts),
      resources: whole(this.#resources),
    };
  }

  /** @param {{ group: Group, label: Message, mode: Mode }} kind @param {OfferedTool[]} tools */
  #group(kind, tools) {
    const all = el("input", null);
    all.type = "checkbox";
    all.id = `group-${kind.group}`;
    const lines = tools.map((tool) => this.#tool(tool, kind.mode));
    const usable = lines.filter(({ box }) => !box.disabled);
    all.disabled = usable.length === 0;
    const settle = () => {
      const ticked = usable.filter(({ box }) => box.checked).length;
      all.checked = ticked > 0 && ticked === usable.length;
      all.indeterminate = ticked > 0 && ticked < usable.length;
      this.#changed();
    };
    all.addEventListener("change", () => {
      // Each box that changes settles the group's own.
      const { checked } = all;
      for (const { box } of usable) {
        if (box.checked !== checked) {
          box.checked = checked;
          box.dispatchEvent(new Event("change"));
        }
      }
      settle();
    });
    for (const { box } of usable) box.addEventListener("change", settle);
    const label = el("label", null, elSay("strong", null, kind.label, { n: tools.length }));
    label.htmlFor = all.id;
    const names = el("span", "names quiet", bdi(tools.map((tool) => tool.name).join(", ")));
    const choose = el(
      "details",
      "choose",
      elSay("summary", null, "choose-tools"),
      el("ul", "tools", ...lines.map(({ node }) => node)),
    );
    // What holds already, or is proposed in part, is not hidden behind a click.
    choose.open = tools.some((tool) => tool.looked === "changed" || tool.now !== "hide");
    const section = el("div", "group", el("div", "group-head", all, el("div", null, label, names)), choose);
    section.setAttribute("role", "group");
    section.setAttribute("aria-label", say(kind.label, { n: tools.length }));
    settle();
    return section;
  }

  /**
   * @param {OfferedTool} tool
   * @param {Mode} usual what a tick means in this group, unless the person says otherwise
   * @returns {{ box: HTMLInputElement, node: HTMLElement }}
   */
  #tool(tool, usual) {
    const box = el("input", null);
    box.type = "checkbox";
    box.id = `tool-${this.#tools.size}`;
    box.checked = tool.proposed !== "hide" && tool.looked !== "changed";
    box.disabled = tool.looked === "changed";
    const label = el("label", null, bdi(tool.name));
    label.htmlFor = box.id;
    const select = el("select", "small");
    select.setAttribute("aria-label", say("how-for", { tool: tool.name }));
    /** @type {[Mode, Message][]} */
    const modes = [
      ["allow", "mode-allow"],
      ["ask", "mode-ask"],
    ];
    for (const [mode, text] of modes) select.append(new Option(say(text), mode));
    select.value = tool.proposed === "hide" ? usual : tool.proposed;
    const show = () => {
      select.hidden = !box.checked;
    };
    box.addEventListener("change", show);
    select.addEventListener("change", () => this.#changed());
    show();
    /** @returns {Mode} */
    const mode = () => (box.checked ? (select.value === "allow" ? "allow" : "ask") : "hide");
    this.#tools.set(tool.name, { box, mode });
    if (tool.group === "run") {
      this.#grave.push(() => !box.disabled && width[mode()] > width[tool.now]);
    }
    const text = el("div", "tool-text", label);
    if (tool.title !== null) text.append(" ", el("span", "quiet", bdi(tool.title)));
    if (tool.looked === "changed") text.append(elSay("p", "note", "tool-changed"));
    if (tool.looked === "new") text.append(" ", elSay("span", "tag", "tool-new"));
    if (tool.description !== null) text.append(el("p", "said quiet", bdi(tool.description)));
    return { box, node: el("li", "tool", box, text, select) };
  }

  /**
   * @param {Message} text
   * @param {Mode} proposed
   * @returns {[Line, HTMLElement]}
   */
  #whole(text, proposed) {
    const box = el("input", null);
    box.type = "checkbox";
    box.id = `whole-${text}`;
    box.checked = proposed === "allow";
    box.addEventListener("change", () => this.#changed());
    const label = elSay("label", null, text);
    label.htmlFor = box.id;
    return [{ box, mode: () => (box.checked ? "allow" : "hide") }, el("div", "group-head", box, label)];
  }
}

/** What the button says that allows. @param {number} tools */
export function allowLabel(tools) {
  return tools === 0 ? say("allow") : say("allow-tools", { n: tools });
}
