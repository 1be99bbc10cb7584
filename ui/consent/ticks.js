// What a program may use of a server: tools to tick, in three groups, and its prompts and resources.

import { bdi, el, elSay, icon, isolated } from "../dom.js";
import { listed, say, told } from "../messages.js";

/** @typedef {import("../types.js").OfferView} OfferView */
/** @typedef {import("../types.js").OfferedTool} OfferedTool */
/** @typedef {import("../types.js").Group} Group */
/** @typedef {import("../types.js").Mode} Mode */
/** @typedef {import("../types.js").TicksValue} TicksValue */
/** @typedef {import("../messages.js").Message} Message */

/** @typedef {{ group: Group, label: Message, mode: Mode }} Kind */

/** @type {Kind[]} */
const groups = [
  { group: "look", label: "group-look", mode: "allow" },
  { group: "change", label: "group-change", mode: "ask" },
  { group: "run", label: "group-run", mode: "ask" },
];

/** @typedef {{ box: HTMLInputElement, now: Mode, mode: () => Mode }} Line */
/** @typedef {Line & { select: HTMLSelectElement }} ToolLine */

/** How much a mode allows. @type {Record<Mode, number>} */
const width = { hide: 0, ask: 1, allow: 2 };

export class Ticks {
  /** @type {HTMLElement} */
  #holder;
  /** @type {() => void} */
  #changed;
  /** @type {Map<string, ToolLine>} */
  #tools = new Map();
  /** @type {(() => boolean)[]} */
  #grave = [];
  /** @type {Line | null} */
  #prompts = null;
  /** @type {Line | null} */
  #resources = null;
  /** Whether it asks for more than it has. */
  #wider = false;

  /** @param {HTMLElement} holder @param {() => void} changed */
  constructor(holder, changed) {
    this.#holder = holder;
    this.#changed = changed;
    holder.addEventListener("keydown", (event) => this.#step(event));
  }

  /** @param {OfferView} offer @param {boolean} wider what it has already is folded, and what is new comes first */
  show(offer, wider) {
    this.#tools.clear();
    this.#grave = [];
    this.#prompts = null;
    this.#resources = null;
    this.#wider = wider;
    const held = wider ? offer.tools.filter((tool) => tool.now !== "hide") : [];
    const rest = offer.tools.filter((tool) => !held.includes(tool));
    const sections = groups
      .map((kind) => ({ kind, tools: rest.filter((tool) => tool.group === kind.group) }))
      .filter(({ tools }) => tools.length > 0)
      .map(({ kind, tools }) => this.#group(kind, tools));
    if (held.length > 0) sections.push(this.#held(held));
    /** @type {Node[]} */
    const wholes = [];
    if (offer.prompts !== null) {
      const [line, node] = this.#whole("its-prompts", offer.prompts);
      this.#prompts = line;
      wholes.push(node);
    }
    if (offer.resources !== null) {
      const [line, node] = this.#whole("its-resources", offer.resources);
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

  /** What the button says that allows. @param {boolean} lasts whether what it has stays allowed for as long as it was */
  allowLabel(lasts) {
    const had = [...this.#tools.values()].filter(({ now }) => now !== "hide");
    const same = [...had, this.#prompts, this.#resources].every((line) => line === null || line.mode() === line.now);
    const keeps = this.#wider && lasts && same && had.length > 0;
    const more = this.count - had.length;
    if (keeps) return more > 0 ? say("allow-more-tools", { n: more }) : say("keep-tools", { n: had.length });
    return this.count === 0 ? say("allow") : say("allow-tools", { n: this.count });
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

  /** Up and down go from box to box. @param {KeyboardEvent} event */
  #step(event) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    /** @type {NodeListOf<HTMLInputElement>} */
    const all = this.#holder.querySelectorAll("input[type='checkbox']:enabled");
    const boxes = [...all].filter((box) => box.checkVisibility());
    boxes[boxes.indexOf(event.target) + step]?.focus();
  }

  /** @param {Kind} kind @param {OfferedTool[]} tools */
  #group(kind, tools) {
    const all = el("input", null);
    all.type = "checkbox";
    all.id = `group-${kind.group}`;
    const lines = tools.map((tool) => this.#tool(tool, kind.mode));
    const usable = lines.filter(({ line }) => !line.box.disabled).map(({ line }) => line);
    all.disabled = usable.length === 0;
    const title = say(kind.label, { n: tools.length });
    const how = kind.mode === "ask" ? this.#howForAll(title, usable) : null;
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
    const label = el("label", null, el("strong", null, title));
    label.htmlFor = all.id;
    const row = el("div", "group-head", all, label);
    if (kind.group === "run") row.append(icon("warning"));
    if (this.#wider) row.append(elSay("span", "tag", "tool-new"));
    row.append(el("span", "names quiet", bdi(listed(tools.map((tool) => tool.name)))));
    if (how !== null) row.append(how);
    // What is new, or proposed in part, is not hidden behind a click.
    const inPart = tools.some((tool) => tool.now !== "hide") && tools.some((tool) => tool.now === "hide");
    const open = this.#wider || inPart || tools.some((tool) => tool.looked !== "known");
    const list = toolList(`tools-${kind.group}`, lines);
    const section = el("div", "group", el("div", "group-row", row, unfolding(title, list, open)), list);
    section.setAttribute("role", "group");
    section.setAttribute("aria-label", title);
    settle();
    return section;
  }

  /** What it has already: there to be looked at, and to be taken away. @param {OfferedTool[]} tools */
  #held(tools) {
    const lines = tools.map((tool) => this.#tool(tool, tool.now));
    for (const { line } of lines) line.box.addEventListener("change", () => this.#changed());
    const title = say("group-held", { n: tools.length });
    const names = el("span", "names quiet", bdi(listed(tools.map((tool) => tool.name))));
    const list = toolList("tools-held", lines);
    // What changed, or was never looked at, is not hidden behind a click.
    const open = tools.some((tool) => tool.looked !== "known");
    const row = el("div", "group-head", el("span", "held", title), names);
    const section = el("div", "group", el("div", "group-row", row, unfolding(title, list, open)), list);
    section.setAttribute("role", "group");
    section.setAttribute("aria-label", title);
    return section;
  }

  /** How all tools of a group may be used. @param {string} title @param {ToolLine[]} lines */
  #howForAll(title, lines) {
    const select = modes(title);
    const mixed = new Option(say("mode-mixed"), "");
    mixed.hidden = true;
    mixed.disabled = true;
    select.append(mixed);
    select.disabled = lines.length === 0;
    const look = () => {
      const [first = "", ...others] = new Set(lines.map((line) => line.select.value));
      select.value = others.length > 0 ? "" : first;
    };
    for (const line of lines) line.select.addEventListener("change", look);
    select.addEventListener("change", () => {
      for (const line of lines) line.select.value = select.value;
      this.#changed();
    });
    look();
    return select;
  }

  /**
   * @param {OfferedTool} tool
   * @param {Mode} usual what a tick means in this group, unless the person says otherwise
   * @returns {{ line: ToolLine, node: HTMLElement }}
   */
  #tool(tool, usual) {
    const box = el("input", null);
    box.type = "checkbox";
    box.id = `tool-${this.#tools.size}`;
    box.checked = tool.proposed !== "hide" && tool.looked !== "changed";
    box.disabled = tool.looked === "changed";
    const label = el("label", null, bdi(tool.name));
    label.htmlFor = box.id;
    const select = modes(tool.name);
    select.value = tool.proposed === "hide" ? usual : tool.proposed;
    const show = () => {
      select.hidden = !box.checked;
    };
    box.addEventListener("change", show);
    select.addEventListener("change", () => this.#changed());
    show();
    /** @returns {Mode} */
    const mode = () => (box.checked ? (select.value === "allow" ? "allow" : "ask") : "hide");
    const line = { box, mode, now: tool.now, select };
    this.#tools.set(tool.name, line);
    if (tool.group === "run") {
      this.#grave.push(() => !box.disabled && width[mode()] > width[tool.now]);
    }
    const text = el("div", "tool-text", label);
    if (tool.title !== null) text.append(" ", el("span", "quiet", bdi(tool.title)));
    if (tool.looked === "changed") text.append(elSay("p", "note", "tool-changed"));
    if (tool.looked === "new") text.append(" ", elSay("span", "tag", "tool-new"));
    if (tool.description !== null) text.append(el("p", "said quiet", bdi(tool.description)));
    return { line, node: el("li", "tool", box, text, select) };
  }

  /**
   * @param {Message} text
   * @param {{ proposed: Mode, now: Mode }} offered
   * @returns {[Line, HTMLElement]}
   */
  #whole(text, { proposed, now }) {
    const box = el("input", null);
    box.type = "checkbox";
    box.id = `whole-${text}`;
    box.checked = proposed === "allow";
    box.addEventListener("change", () => this.#changed());
    const label = elSay("label", null, text);
    label.htmlFor = box.id;
    return [{ box, now, mode: () => (box.checked ? "allow" : "hide") }, el("div", "group-head", box, label)];
  }
}

/** A select with the ways in which something may be used. @param {string} what */
function modes(what) {
  const select = el("select", "small");
  select.setAttribute("aria-label", say("how-for", { tool: what }));
  select.append(new Option(say("mode-allow"), "allow"), new Option(say("mode-ask"), "ask"));
  return select;
}

/** @param {string} id @param {{ node: Node }[]} lines */
function toolList(id, lines) {
  const list = el("ul", "tools", ...lines.map(({ node }) => node));
  list.id = id;
  return list;
}

/** The button at the end of a row that shows what is below it, or folds it. @param {string} title @param {HTMLElement} list @param {boolean} open */
function unfolding(title, list, open) {
  const button = el("button", "bare unfold");
  button.type = "button";
  button.id = `unfold-${list.id}`;
  button.setAttribute("aria-label", say("choose-tools", { group: title }));
  button.setAttribute("aria-controls", list.id);
  /** @param {boolean} shown */
  const set = (shown) => {
    list.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
  };
  button.addEventListener("click", () => set(list.hidden));
  set(open);
  return button;
}
