// The page Import: servers of other programs are chosen, the changes of their files shown, and made; and files put back.

import { bdi, byId, code, el, elSay, isolated, sentenceOf, strong } from "../dom.js";
import { when } from "../format.js";
import * as ipc from "../ipc.js";
import { listed, say, tell } from "../messages.js";
import { visible } from "../visible.js";
import { confirm, dropQuestion } from "./confirm.js";
import { go, run } from "./frame.js";
import { button } from "./page.js";
import { showField, sift } from "./search.js";

/** @typedef {import("../types.js").FoundServer} FoundServer */
/** @typedef {import("../types.js").ImportOf} ImportOf */
/** @typedef {import("../types.js").Imported} Imported */
/** @typedef {import("../types.js").InFiles} InFiles */
/** @typedef {import("../types.js").Origin} Origin */
/** @typedef {import("../types.js").Planned} Planned */
/** @typedef {import("../types.js").Said} Said */
/** @typedef {import("../types.js").Undone} Undone */

const parts = {
  state: byId("import-state", HTMLElement),
  done: byId("import-done", HTMLElement),
  doneTitle: byId("import-done-title", HTMLElement),
  doneList: byId("import-done-list", HTMLElement),
  then: byId("import-then", HTMLElement),
  choose: byId("import-choose", HTMLElement),
  list: byId("import-list", HTMLElement),
  none: byId("import-none", HTMLElement),
  error: byId("import-error", HTMLElement),
  show: byId("import-show", HTMLButtonElement),
  plan: byId("import-plan", HTMLElement),
  planTitle: byId("import-plan-title", HTMLElement),
  asks: byId("import-asks", HTMLElement),
  servers: byId("import-servers", HTMLElement),
  files: byId("import-files", HTMLElement),
  planError: byId("import-plan-error", HTMLElement),
  cancel: byId("import-cancel", HTMLButtonElement),
  act: byId("import-do", HTMLButtonElement),
  before: byId("import-before", HTMLElement),
  undos: byId("undo-list", HTMLElement),
};

/** The boxes of the servers that can be taken over. @type {{ box: HTMLInputElement, origin: Origin }[]} */
let boxes = [];
/** What was shown, with what was chosen for it. @type {{ plan: Planned, chosen: Origin[] } | null} */
let shown = null;
/** Why only the entries of a program can be put back. @type {Map<string, Said>} */
const changed = new Map();
let importing = false;
/** Whether another window began one. */
let underWay = false;
let turns = 0;

/** Looks into the files anew, unless an import is under way. */
export async function lookIntoFiles() {
  if (importing) return;
  parts.done.hidden = true;
  changed.clear();
  await look();
}

async function look() {
  const turn = ++turns;
  shown = null;
  parts.plan.hidden = true;
  parts.choose.hidden = true;
  parts.error.textContent = "";
  parts.state.textContent = say("import-looking");
  try {
    const looked = await ipc.mainImportLook();
    if (turn === turns) showFound(looked);
    // It is told once.
    if (looked.ended !== null) showDone(looked.ended);
  } catch (reason) {
    if (turn === turns) parts.state.textContent = sentenceOf(reason);
  }
}

/** Looks again once an import has ended that another window began. */
export function lookAgain() {
  if (underWay) void look();
}

/** @param {InFiles} looked */
function showFound({ servers, unreadable, imports, under_way }) {
  underWay = under_way;
  if (under_way) {
    parts.before.hidden = true;
    parts.state.textContent = say("import-under-way");
    return;
  }
  boxes = [];
  /** @type {Map<string, FoundServer[]>} */
  const files = new Map();
  for (const server of servers) {
    const file = JSON.stringify([server.client, server.origin.file]);
    files.set(file, [...(files.get(file) ?? []), server]);
  }
  const groups = [...files.values()].map(fileGroup);
  const left = unreadable.map(({ client, why }) =>
    el(
      "div",
      "group",
      el("h2", null, bdi(client)),
      elSay("p", "quiet", "import-left-alone", { why: isolated(tell(why)) }),
    ),
  );
  parts.list.replaceChildren(...groups, ...left);
  parts.choose.hidden = groups.length + left.length === 0;
  parts.show.hidden = boxes.length === 0;
  parts.state.textContent = boxes.length === 0 ? say("import-nothing") : "";
  parts.before.hidden = imports.length === 0;
  parts.undos.replaceChildren(...imports.map(undoRow));
  siftServers();
  showField();
}

/** Shows those servers in which what is looked for is somewhere. */
export function siftServers() {
  sift("import", "#import-list .found", parts.none);
}

export function hasNoServers() {
  return parts.choose.hidden;
}

/** The servers of one file. @param {FoundServer[]} servers */
function fileGroup(servers) {
  const [first] = servers;
  return el(
    "div",
    "group",
    el("h2", null, bdi(first?.client ?? "")),
    el("p", "small", code(first?.origin.file ?? "")),
    el("ul", "list", ...servers.map(serverRow)),
  );
}

/** @param {FoundServer} server */
function serverRow(server) {
  const { origin, stays, what, secrets } = server;
  const facts = el("dl", "facts");
  if (what !== null) facts.append(elSay("dt", null, server.starts ? "server-command" : "import-address"), el("dd", null, code(what)));
  if (secrets.length > 0) {
    const names = secrets.flatMap((name, at) => (at === 0 ? [code(name)] : [", ", code(name)]));
    facts.append(elSay("dt", null, "import-secrets"), el("dd", null, ...names));
  }
  const name = (/** @type {Node} */ of) => el("p", null, of, ...placeOf(server.place));
  if (stays !== null) {
    return el(
      "li",
      "row found stays",
      el(
        "div",
        "row-text",
        name(el("span", "row-title", bdi(origin.entry))),
        elSay("p", "quiet small", "import-stays", { why: isolated(tell(stays)) }),
        facts,
      ),
    );
  }
  const box = el("input", null);
  box.type = "checkbox";
  box.checked = true;
  box.id = `import-${boxes.push({ box, origin })}`;
  const label = el("label", "row-title", bdi(origin.entry));
  label.htmlFor = box.id;
  return el("li", "row found", box, el("div", "row-text", name(label), facts));
}

/** Where a server is there only. @param {Said} place @returns {(string | Node)[]} */
function placeOf(place) {
  return place.id === "place-everywhere" ? [] : [" · ", isolated(tell(place))];
}

async function showChanges() {
  const chosen = boxes.filter(({ box }) => box.checked).map(({ origin }) => origin);
  parts.error.textContent = chosen.length === 0 ? say("import-none-chosen") : "";
  if (chosen.length === 0) return;
  const turn = turns;
  parts.show.disabled = true;
  try {
    const plan = await ipc.mainImportPlan(chosen);
    if (turn !== turns) return;
    shown = { plan, chosen };
    showPlan(plan);
  } catch (reason) {
    if (turn === turns) parts.error.textContent = sentenceOf(reason);
  } finally {
    parts.show.disabled = false;
  }
}

/** @param {Planned} plan */
function showPlan({ servers, files, left }) {
  parts.choose.hidden = true;
  showField();
  parts.before.hidden = true;
  parts.done.hidden = true;
  parts.plan.hidden = false;
  parts.planError.textContent = "";
  parts.asks.textContent = say("import-asks", { n: servers.filter(({ starts }) => starts).length });
  const news = servers.map(({ name, what, starts, secrets }) =>
    el(
      "li",
      "row",
      el(
        "div",
        "row-text",
        el("p", "row-title", bdi(name)),
        el(
          "dl",
          "facts",
          elSay("dt", null, starts ? "server-command" : "import-address"),
          el("dd", null, code(what)),
        ),
        ...secrets.map((secret) => elSay("p", "quiet small", "import-to-keyring", { name: code(secret) })),
      ),
    ),
  );
  const kept = left.map(({ name, why }) =>
    el("li", "row", elSay("p", "quiet", "import-entry-stays", { server: bdi(name), why: isolated(tell(why)) })),
  );
  parts.servers.replaceChildren(...news, ...kept);
  parts.files.replaceChildren(
    ...files.map(({ client, path, diff }) =>
      el("div", "group", el("h3", null, bdi(client)), el("p", "small", code(path)), difference(diff)),
    ),
  );
  parts.act.hidden = files.length === 0;
  parts.act.textContent = say("import-do", { n: servers.length });
  parts.planTitle.focus({ preventScroll: true });
  parts.planTitle.scrollIntoView({ block: "nearest" });
}

/** @param {string} diff whose first two lines name the file */
function difference(diff) {
  const lines = diff.trimEnd().split("\n").slice(2);
  const node = el(
    "div",
    "diff code",
    ...lines.map((line) => {
      const look = line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : line.startsWith("@@") ? "place" : null;
      return el("div", look, visible(line));
    }),
  );
  node.dir = "ltr";
  return node;
}

async function carryOut() {
  if (shown === null || importing) return;
  const { plan, chosen } = shown;
  importing = true;
  for (const node of [parts.act, parts.cancel]) node.disabled = true;
  parts.planError.textContent = "";
  if (plan.servers.some(({ starts }) => starts)) parts.state.textContent = say("import-waits");
  try {
    const done = await ipc.mainImport(chosen, plan.mark);
    await look();
    showDone(done);
  } catch (reason) {
    parts.state.textContent = "";
    parts.planError.textContent = sentenceOf(reason);
  } finally {
    importing = false;
    for (const node of [parts.act, parts.cancel]) node.disabled = false;
  }
}

/** @param {Imported} done */
function showDone({ added, not_added: failed, files, stopped, unwritten }) {
  const title = say("import-done", { n: added.length });
  const lines = [
    ...failed.map(({ name, why }) => elSay("li", "fault", "import-entry-stays", { server: bdi(name), why: isolated(tell(why)) })),
    ...files.map((file) => elSay("li", null, "import-file-changed", { file: code(file) })),
    ...faults(stopped, unwritten),
  ];
  parts.then.hidden = files.length === 0;
  showOutcome(title, lines);
}

/** @param {Extract<Undone, { state: "done" }>} undone */
function showUndone({ files, kept, stopped, unwritten, servers }) {
  const title = say("undo-done", { n: files.length });
  const lines = [
    ...files.map((file) => elSay("li", null, "undone", { file: code(file) })),
    ...kept.map(({ file, name }) => elSay("li", null, "undone-kept", { file: code(file), name: bdi(name) })),
    ...faults(stopped, unwritten),
    ...(servers.length === 0 ? [] : [elSay("li", null, "undone-still", { servers: bdi(listed(servers)) })]),
  ];
  parts.then.hidden = true;
  showOutcome(title, lines);
}

/** What kept files from being written. @param {Said | null} stopped @param {string[]} unwritten */
function faults(stopped, unwritten) {
  return [
    ...(stopped === null ? [] : [el("li", "fault", isolated(tell(stopped)))]),
    ...unwritten.map((file) => elSay("li", "fault", "import-file-unwritten", { file: code(file) })),
  ];
}

/** @param {string} title @param {HTMLElement[]} lines */
function showOutcome(title, lines) {
  parts.done.hidden = false;
  parts.doneTitle.textContent = title;
  parts.doneList.replaceChildren(...lines);
  parts.doneTitle.focus({ preventScroll: true });
  parts.doneTitle.scrollIntoView({ block: "nearest" });
}

/** The last import of a program's files. @param {ImportOf} done */
function undoRow(done) {
  const why = changed.get(done.id);
  const whom = () => [bdi(done.client)];
  const text = el(
    "div",
    "row-text",
    el("p", null, strong(done.client), " · ", el("time", "quiet", when(done.when))),
    ...done.files.map((file) => el("p", "small", code(file))),
  );
  if (why !== undefined) text.append(el("p", "error", isolated(tell(why))));
  const put =
    why === undefined
      ? button("undo", whom(), `undo ${done.id}`, () => askUndo(done, false))
      : button("undo-entries", whom(), `undo ${done.id}`, () => askUndo(done, true));
  return el("li", "row", text, el("div", "row-buttons", put));
}

/** @param {ImportOf} done @param {boolean} entries */
function askUndo(done, entries) {
  confirm({
    title: [...elSay("span", null, "confirm-undo", { client: bdi(done.client) }).childNodes],
    text: say(entries ? "confirm-undo-entries-text" : "confirm-undo-text"),
    yes: "confirm-undo-button",
    action: () => run(() => undo(done, entries)),
  });
}

/** @param {ImportOf} done @param {boolean} entries */
async function undo(done, entries) {
  const undone = await ipc.mainUndo(done.id, entries);
  if (undone.state === "changed") {
    changed.set(done.id, undone.why);
  } else {
    changed.delete(done.id);
  }
  parts.done.hidden = true;
  await look();
  if (undone.state !== "done") return;
  // Nothing behind an open question can have the focus.
  dropQuestion();
  showUndone(undone);
}

function chooseOthers() {
  shown = null;
  parts.plan.hidden = true;
  parts.choose.hidden = false;
  showField();
  parts.before.hidden = parts.undos.childElementCount === 0;
  parts.show.focus();
}

parts.show.addEventListener("click", () => void showChanges());
parts.cancel.addEventListener("click", chooseOthers);
parts.act.addEventListener("click", () => void carryOut());
byId("import-back", HTMLButtonElement).addEventListener("click", () => go("servers", { focus: true }));
