// The window that asks.

import { Arming } from "./arming.js";
import { callParts, changeParts, commandParts } from "./call.js";
import { bdi, byId, el, fillPage, sentenceOf, strong } from "./dom.js";
import { day, differ, time } from "./format.js";
import * as ipc from "./ipc.js";
import { Menu } from "./menu.js";
import { Matching } from "./matching.js";
import { pieces, say, sayNumber } from "./messages.js";
import { chain } from "./programs.js";
import { Ticks, allowLabel } from "./ticks.js";
import { renderDetails, renderListener, renderMismatch, renderRow } from "./who.js";

/** @typedef {import("./types.js").QuestionView} QuestionView */
/** @typedef {import("./types.js").Sighting} Sighting */
/** @typedef {import("./types.js").Program} Program */
/** @typedef {import("./types.js").Until} Until */

const page = {
  empty: byId("empty", HTMLElement),
  dialog: byId("dialog", HTMLElement),
  content: byId("content", HTMLElement),
  count: byId("count", HTMLElement),
  sentence: byId("sentence", HTMLElement),
  history: byId("history", HTMLElement),
  altered: byId("altered", HTMLElement),
  header: byId("header", HTMLElement),
  call: byId("call", HTMLElement),
  changes: byId("changes", HTMLElement),
  listener: byId("listener", HTMLElement),
  registrant: byId("registrant", HTMLElement),
  requester: byId("requester", HTMLElement),
  requesterLabel: byId("requester-label", HTMLElement),
  registrantRow: byId("registrant-row", HTMLElement),
  facts: byId("facts", HTMLElement),
  scopesRow: byId("scopes-row", HTMLElement),
  scopes: byId("scopes", HTMLElement),
  ticks: byId("ticks", HTMLElement),
  untilRow: byId("until-row", HTMLElement),
  untilLabel: byId("until-label", HTMLElement),
  until: byId("until", HTMLSelectElement),
  reasonRow: byId("reason-row", HTMLElement),
  reason: byId("reason", HTMLInputElement),
  read: byId("read", HTMLElement),
  shownBy: byId("shown-by", HTMLElement),
  number: byId("number", HTMLElement),
  details: byId("details", HTMLDetailsElement),
  error: byId("error", HTMLElement),
  deadline: byId("deadline", HTMLElement),
  moreTime: byId("more-time", HTMLButtonElement),
  live: byId("live", HTMLElement),
  deny: byId("deny", HTMLButtonElement),
  denyMore: byId("deny-more", HTMLButtonElement),
  denyMute: byId("deny-mute", HTMLButtonElement),
  denyAll: byId("deny-all", HTMLButtonElement),
  later: byId("later", HTMLButtonElement),
  allow: byId("allow", HTMLButtonElement),
};

const blankFor = 250;

/** The question on the screen. @type {QuestionView | null} */
let shown = null;
/** The question that was answered here and is not gone yet. @type {number | null} */
let answered = null;
/** An answer is on its way, or the page is blank between two questions. */
let busy = false;
let blank = false;
let announced = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let blankTimer;
/** @type {number[]} */
let reminders = [];
let asked = 0;

/** Whether the person has seen all of a call that deletes or runs. */
let seenAll = false;

const ticks = new Ticks(byId("tick-list", HTMLElement), () => {
  refreshButtons();
});

const menu = new Menu(page.denyMore, byId("deny-menu", HTMLElement));

const matching = new Matching(() => {
  refreshButtons();
});

const arming = new Arming((armed) => {
  refreshButtons();
  if (armed && !announced) {
    announced = true;
    page.live.textContent = say("allow_available");
  }
});

// State

async function refresh() {
  const turn = ++asked;
  let state;
  try {
    state = await ipc.consentState();
  } catch (reason) {
    if (turn === asked) page.error.textContent = sentenceOf(reason);
    return;
  }
  if (turn !== asked) return;

  const { question, position, total, alike } = state;
  if (question !== null && shown !== null && question.id === shown.id) {
    setCount(position, total);
    setMenu(question, alike);
    setDeadline(question);
    if (!blank) refreshButtons();
    return;
  }

  arming.stop();
  clearTimeout(blankTimer);
  answered = null;
  busy = false;
  const before = shown;
  shown = question;
  refreshButtons();

  if (question === null) {
    blank = false;
    page.dialog.hidden = true;
    page.empty.hidden = false;
    page.live.textContent = "";
    return;
  }

  page.empty.hidden = true;
  page.dialog.hidden = false;
  setMenu(question, alike);
  if (before === null && !blank) {
    show(question, position, total);
    return;
  }
  blank = true;
  page.dialog.classList.add("blank");
  page.error.textContent = "";
  refreshButtons();
  blankTimer = setTimeout(() => {
    blank = false;
    show(question, position, total);
  }, blankFor);
}

/**
 * @param {QuestionView} question
 * @param {number} position
 * @param {number} total
 */
function show(question, position, total) {
  setCount(position, total);
  page.error.textContent = "";
  page.live.textContent = "";
  announced = false;
  render(question);
  page.dialog.classList.remove("blank");
  page.content.scrollTop = 0;
  seenAll = false;
  noteSeen();
  page.sentence.focus({ preventScroll: true });

  setDeadline(question);
  refreshButtons();
  if (document.hasFocus()) arming.start();
  reportPainted(question.id);
}

/** Tells the shell that the question can be seen. @param {number} id */
function reportPainted(id) {
  let told = false;
  const tell = () => {
    if (told) return;
    told = true;
    clearTimeout(fallback);
    if (shown?.id === id) void ipc.consentPainted(id).catch(() => undefined);
  };
  // Frames stand still while the window is hidden.
  const fallback = setTimeout(tell, 100);
  requestAnimationFrame(() => requestAnimationFrame(tell));
}

/** @param {number} position @param {number} total */
function setCount(position, total) {
  page.count.hidden = total <= 1;
  page.count.textContent = total > 1 ? say("count", { position, total }) : "";
}

/** What else can be said with a no. @param {QuestionView} question @param {number} alike */
function setMenu({ cause: program, new_server: added, changes, call }, alike) {
  const plain = changes.length > 0 || added !== null || call?.why === "each_time";
  page.denyMore.hidden = plain;
  page.denyMute.textContent = program === null ? say("deny_mute_unknown") : say("deny_mute", { program });
  page.denyAll.hidden = alike < 2;
  page.denyAll.textContent =
    program === null ? sayNumber("deny_all_unknown", alike) : sayNumber("deny_all", alike, { program });
}

function refreshButtons() {
  const open = shown !== null && !busy && !blank && answered !== shown.id && left(shown) > 0;
  page.deny.disabled = !open;
  for (const button of [page.denyMore, page.denyMute, page.denyAll]) button.disabled = !open;
  page.later.disabled = !open;
  const toRead = shown?.call?.group === "run" && !seenAll;
  page.read.hidden = !toRead;
  const nothing = shown?.offer != null && ticks.nothing;
  matching.demand(shown?.offer != null && ticks.grave);
  page.allow.disabled = !open || !arming.armed || toRead || nothing || matching.missing;
  if (shown !== null && shown.offer !== null) page.allow.textContent = allowLabel(ticks.count);
}

// What is shown

/** @param {QuestionView} question */
function render(question) {
  const { call, new_server: added } = question;
  const changed = question.changes.length > 0;
  const connects = call === null && added === null && !changed;
  page.sentence.replaceChildren(...sentence(question));
  page.header.textContent = say(
    call !== null ? "call_header" : added !== null ? "new_server_header" : changed ? "changed_header" : "request_header",
  );
  page.history.replaceChildren(...history(question, connects));
  page.altered.hidden = !question.name_altered;

  page.call.hidden = call === null && added === null;
  page.call.replaceChildren(...(call !== null ? callParts(call) : added !== null ? commandParts(added) : []));
  page.changes.hidden = !changed;
  page.changes.replaceChildren(...changeParts(question.changes));

  page.listener.hidden = !connects;
  const mismatch = connects && differ(question.listener, question.registrant);
  renderMismatch(question, mismatch);
  if (connects) renderListener(question);
  page.facts.hidden = changed;
  page.registrantRow.hidden = added !== null;
  renderRow(page.registrant, question.registrant, connects ? question.listener : question.requester);
  renderRow(page.requester, question.requester, null);
  page.requesterLabel.textContent = say(
    connects ? "asked_through" : added !== null ? "asked_by" : "called_by",
  );

  renderOffer(question, connects);
  renderUntil(question, connects);

  // What is shown elsewhere too, to be compared: by the tab that asks, or by the program that has none.
  const compared = question.user_code ?? question.number;
  matching.show(question);
  page.shownBy.textContent = say(question.user_code === null ? "tab_shows" : "program_shows");
  page.number.textContent = compared === null ? "" : String(compared);
  page.number.classList.toggle("user-code", question.user_code !== null);

  page.deny.textContent = say(changed ? "keep_blocked" : "deny");
  page.allow.textContent = say(changed ? "use_new" : added !== null ? "add_server_button" : "allow");
  page.details.hidden = changed || added !== null;
  renderDetails(question);
  page.details.open = connects && (question.listener.state !== "seen" || mismatch);
}

/** Who wants what, in one sentence. @param {QuestionView} question */
function sentence(question) {
  const server = strong(question.server);
  if (question.changes.length > 0) return pieces("server_changed", { server });
  if (question.new_server !== null) return pieces("start_as", { server });
  const named = question.client_name !== null;
  /** @type {Record<string, Node>} */
  const name = question.client_name === null ? {} : { name: bdi(question.client_name) };
  if (question.call !== null) {
    const tool = strong(question.call.tool);
    return pieces(named ? "wants_to_run" : "wants_to_run_nameless", { ...name, tool, server });
  }
  const again = question.kind === "reconnect";
  if (named) return pieces(again ? "again" : "wants", { ...name, server });
  return pieces(again ? "again_nameless" : "wants_nameless", { server });
}

/** What is to be known before all else. @param {QuestionView} question @param {boolean} connects */
function history(question, connects) {
  if (question.changes.length > 0) return [say("changed_text")];
  if (question.call !== null && question.requester.state === "seen") {
    return pieces("called_by_program", { chain: chain(question.requester) });
  }
  if (!connects) return [];
  if (question.allowed_at !== null) return [say("allowed_on", { day: day(question.allowed_at) })];
  return [say(question.kind === "reconnect" ? "allowed_before" : "first_request")];
}

/** What can be ticked, or in words what there is without tools. @param {QuestionView} question @param {boolean} connects */
function renderOffer({ offer, scope_words: words }, connects) {
  const empty =
    offer === null || (offer.tools.length === 0 && offer.prompts === null && offer.resources === null);
  page.ticks.hidden = offer === null || (empty && offer.not_known === null);
  if (offer !== null) ticks.show(offer);
  page.scopesRow.hidden = !connects || !empty;
  const said = words.length > 0 ? words : [say("may_nothing")];
  page.scopes.replaceChildren(...(empty ? said.map((word) => el("li", null, bdi(word))) : []));
}

/** @param {QuestionView} question @param {boolean} connects */
function renderUntil(question, connects) {
  const program = connects ? question.listener : question.requester;
  const process = program.state === "seen" ? processText(program) : null;
  /** @type {[Until, string][]} */
  const choices = connects
    ? [
        ["taken_back", say("until_mine")],
        ["today", say("until_today")],
      ]
    : [
        ["once", say("until_once")],
        ["ten_minutes", say("until_ten_minutes")],
      ];
  if (process !== null) {
    choices.push(["program_ends", say(connects ? "until_program" : "until_program_ends", { process })]);
  }
  if (!connects) choices.push(["taken_back", say("until_taken_back")]);
  page.untilRow.hidden = question.changes.length > 0 || question.new_server !== null;
  page.reasonRow.hidden = question.call === null;
  page.reason.value = "";
  page.untilLabel.textContent = say(connects ? "connect_until" : "call_for");
  page.until.replaceChildren(...choices.map(([until, text]) => new Option(text, until)));
}

/** @param {Program} program */
function processText(program) {
  return say("process", { name: program.name, pid: program.pid });
}

/** What the person says with a yes. @returns {import("./types.js").Decision} */
function permission() {
  const until = /** @type {Until} */ (page.until.value);
  return {
    allow: {
      ticks: shown?.offer == null ? null : ticks.value,
      until: page.untilRow.hidden ? null : until,
    },
  };
}

/** Notes when the end of what a tool is called with has been on the screen, and nothing of it is folded. */
function noteSeen() {
  const { scrollTop, clientHeight } = page.content;
  const isFolded = page.call.querySelector("button") !== null;
  const end = page.call.offsetTop + page.call.offsetHeight;
  if (!isFolded && end <= scrollTop + clientHeight + 4) seenAll = true;
}

// The window may grow, or the text become smaller: then there is nothing to scroll.
new ResizeObserver(() => {
  noteSeen();
  refreshButtons();
}).observe(page.content);

/** Something of a call was unfolded. */
page.call.addEventListener("click", () => {
  noteSeen();
  refreshButtons();
});

// Time

/** Until when it waits, which a person may move. @param {QuestionView} question */
function setDeadline(question) {
  if (shown === null || blank) return;
  shown.expires_at = question.expires_at;
  page.moreTime.hidden = !question.more_time;
  reminders = [60, 30, 10].filter((seconds) => left(question) > seconds);
  tick();
}

/** @param {QuestionView} question */
function left(question) {
  return question.expires_at - Date.now() / 1000;
}

function tick() {
  if (shown === null || blank) return;
  const seconds = left(shown);
  const text =
    seconds <= 0
      ? say("time_over")
      : seconds < 60
        ? say("refused_soon")
        : say("refused_at", { time: time(shown.expires_at) });
  if (page.deadline.textContent !== text) page.deadline.textContent = text;

  const due = reminders.filter((reminder) => seconds <= reminder);
  const latest = due.at(-1);
  if (latest !== undefined) {
    reminders = reminders.filter((reminder) => seconds > reminder);
    if (seconds > 0) page.live.textContent = sayNumber("seconds_left", latest);
  }
  if (seconds <= 0) {
    arming.stop();
    refreshButtons();
  }
}

// Answers

/** @param {import("./types.js").Decision} decision */
async function answer(decision) {
  if (shown === null || busy || blank || answered === shown.id || left(shown) <= 0) return;
  if ("allow" in decision && !(arming.armed && document.hasFocus())) return;
  const { id } = shown;
  await settle(id, () => ipc.consentAnswer(id, decision, matching.typed), id);
}

async function later() {
  if (shown === null || busy || blank || answered === shown.id) return;
  const { id } = shown;
  await settle(id, () => ipc.consentLater(id), null);
}

/**
 * Sends an answer; no button works until the shell has said what comes next.
 * @param {number} id
 * @param {() => Promise<void>} send
 * @param {number | null} final the question that is over when this worked
 */
async function settle(id, send, final) {
  busy = true;
  page.error.textContent = "";
  arming.stop();
  refreshButtons();
  try {
    await send();
    if (shown?.id === id) answered = final;
  } catch (reason) {
    if (shown?.id === id) {
      page.error.textContent = sentenceOf(reason);
      matching.again();
    }
  }
  if (shown?.id !== id) return;
  busy = false;
  refreshButtons();
  if (answered === null && document.hasFocus()) arming.start();
  await refresh();
}

// Keys, pointer, focus

/** Keys that were down before the window was ready; they count again once released. */
const held = new Set();
const acting = new Set(["Enter", " ", "Escape"]);

document.addEventListener(
  "keydown",
  (event) => {
    if (!acting.has(event.key)) return;
    if (shown !== null && !arming.armed && !event.repeat && waiting()) held.add(event.code);
    if (event.repeat || held.has(event.code)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      if (menu.isOpen) menu.close();
      else void later();
    }
  },
  true,
);

document.addEventListener(
  "keyup",
  (event) => {
    if (!held.delete(event.code)) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

/** The question came up, or the focus came back, only just now. */
function waiting() {
  return blank || arming.waiting;
}

page.content.addEventListener("scroll", () => {
  page.dialog.classList.toggle("scrolled", page.content.scrollTop > 0);
  if (!seenAll) {
    noteSeen();
    if (seenAll) refreshButtons();
  }
});

document.addEventListener(
  "pointerdown",
  (event) => {
    if (!page.allow.disabled) return;
    const box = page.allow.getBoundingClientRect();
    const inside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (inside) arming.pressed();
  },
  true,
);

window.addEventListener("focus", () => {
  if (shown !== null && !blank && answered !== shown.id && !busy) {
    if (document.activeElement === null || document.activeElement === document.body) {
      page.sentence.focus({ preventScroll: true });
    }
    arming.start();
  }
  void refresh();
});

window.addEventListener("blur", () => {
  held.clear();
  arming.stop();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) arming.stop();
  else if (shown !== null && !blank && !busy && document.hasFocus()) arming.start();
});

page.deny.addEventListener(
  "click",
  () => void answer({ deny: { reason: page.reason.value.trim() || null, mute: false } }),
);
page.denyMute.addEventListener(
  "click",
  () => void answer({ deny: { reason: page.reason.value.trim() || null, mute: true } }),
);
page.denyAll.addEventListener("click", () => {
  if (shown === null || busy || blank || answered === shown.id) return;
  const { id } = shown;
  void settle(id, () => ipc.consentDenyAll(id), id);
});
page.moreTime.addEventListener("click", () => {
  if (shown === null || blank) return;
  void ipc.consentMoreTime(shown.id).then(refresh, refresh);
});
page.later.addEventListener("click", () => void later());
page.allow.addEventListener("click", () => void answer(permission()));

fillPage();
setInterval(tick, 1000);
void ipc.onConsentChanged(() => void refresh()).then(refresh, refresh);
