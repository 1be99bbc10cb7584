// The window that asks.

import { byId, elSay, fillPage, sentenceOf } from "../dom.js";
import { differ, time } from "../format.js";
import * as ipc from "../ipc.js";
import { keyOf, naming, say } from "../messages.js";
import { Arming } from "./arming.js";
import { callParts, changeParts, commandParts } from "./call.js";
import { HeldKeys, letters, shortcuts } from "./keys.js";
import { Matching } from "./matching.js";
import { Menu } from "./menu.js";
import { Ticks } from "./ticks.js";
import { Duration } from "./until.js";
import { isLate, renderDetails, renderListener, renderMismatch, renderRow } from "./who.js";
import { connects, header, history, sentence } from "../wording.js";

/** @typedef {import("../types.js").QuestionView} QuestionView */

const page = {
  empty: byId("empty", HTMLElement),
  dialog: byId("dialog", HTMLElement),
  content: byId("content", HTMLElement),
  place: byId("place", HTMLElement),
  count: byId("count", HTMLElement),
  before: byId("before", HTMLButtonElement),
  after: byId("after", HTMLButtonElement),
  sentence: byId("sentence", HTMLElement),
  history: byId("history", HTMLElement),
  altered: byId("altered", HTMLElement),
  shortened: byId("shortened", HTMLElement),
  header: byId("header", HTMLElement),
  same: byId("same", HTMLElement),
  sameText: byId("same-text", HTMLElement),
  sameMore: byId("same-more", HTMLButtonElement),
  call: byId("call", HTMLElement),
  changes: byId("changes", HTMLElement),
  ends: byId("ends", HTMLElement),
  listener: byId("listener", HTMLElement),
  mismatch: byId("mismatch", HTMLElement),
  registrant: byId("registrant", HTMLElement),
  requester: byId("requester", HTMLElement),
  requesterLabel: byId("requester-label", HTMLElement),
  requesterRow: byId("requester-row", HTMLElement),
  registrantRow: byId("registrant-row", HTMLElement),
  facts: byId("facts", HTMLElement),
  scopesRow: byId("scopes-row", HTMLElement),
  scopes: byId("scopes", HTMLElement),
  ticks: byId("ticks", HTMLElement),
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
  alarm: byId("alarm", HTMLElement),
  deny: byId("deny", HTMLButtonElement),
  denyMore: byId("deny-more", HTMLButtonElement),
  denyMute: byId("deny-mute", HTMLButtonElement),
  denyNever: byId("deny-never", HTMLButtonElement),
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
/** More time was asked for, and is not there yet. */
let extending = false;
let asked = 0;

/** Whether the person has seen all of a call that deletes or runs. */
let seenAll = false;

const ticks = new Ticks(byId("tick-list", HTMLElement), () => {
  refreshButtons();
});

const duration = new Duration(() => {
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
    page.live.textContent = say("allow-available");
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
    if (names(question) !== names(shown)) learn(question);
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
    // The programs may have become known meanwhile.
    show(shown ?? question, position, total);
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
  page.alarm.textContent = "";
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

/** The programs at both ends. @param {QuestionView} question */
function names({ requester, listener }) {
  return JSON.stringify([requester, listener]);
}

/** The system has named the programs at both ends late. Whoever is about to press looks again first. @param {QuestionView} question */
function learn(question) {
  shown = question;
  if (blank) return;
  // The place that was kept stays, so that nothing below moves.
  page.ends.style.minHeight = `${page.ends.offsetHeight}px`;
  renderPrograms(question);
  page.live.textContent = page.listener.innerText;
  page.alarm.textContent = page.mismatch.innerText;
  if (isDoubted(question)) page.details.open = true;
  matching.show(question);
  arming.stop();
  if (document.hasFocus()) arming.start();
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
  page.place.classList.toggle("alone", total <= 1);
  page.count.textContent = say("count", { position, total });
  page.before.disabled = position <= 1;
  page.after.disabled = position >= total;
}

/** Goes to the question before or after this one; this one stays open. @param {-1 | 1} step */
async function move(step) {
  if (shown === null || busy || blank) return;
  try {
    await ipc.consentGo(step);
  } catch (reason) {
    page.error.textContent = sentenceOf(reason);
  }
  await refresh();
}

/** What else can be said with a no. @param {QuestionView} question @param {number} alike */
function setMenu({ cause: program, new_server: added, changes, call }, alike) {
  const plain = changes.length > 0 || added !== null || call?.why === "each_time";
  page.denyMore.hidden = plain;
  page.denyMute.textContent = say("deny-mute", naming(program, "program"));
  page.denyNever.hidden = added !== null;
  page.denyAll.hidden = alike < 2;
  page.denyAll.textContent = say("deny-all", { n: alike, ...naming(program, "program") });
}

function refreshButtons() {
  const open = shown !== null && !busy && !blank && answered !== shown.id && left(shown) > 0;
  page.deny.disabled = !open;
  for (const button of [page.denyMore, page.denyMute, page.denyNever, page.denyAll]) button.disabled = !open;
  page.later.disabled = !open;
  const toRead = shown?.call?.group === "run" && !seenAll;
  page.read.hidden = !toRead;
  const nothing = shown?.offer != null && ticks.nothing;
  matching.demand(shown?.offer != null && ticks.grave);
  page.allow.disabled = !open || !arming.armed || toRead || nothing || matching.missing;
  if (shown !== null) letters.name(page.allow, allowText(shown), keyOf("allow"));
}

// What is shown

/** @param {QuestionView} question */
function render(question) {
  const { call, new_server: added } = question;
  const changed = question.changes.length > 0;
  const connecting = connects(question);
  page.dialog.setAttribute("aria-describedby", describedBy(question));
  page.sentence.replaceChildren(...sentence(question));
  page.header.textContent = header(question);
  page.history.replaceChildren(...history(question));
  page.altered.hidden = !question.name_altered;
  page.shortened.hidden = !question.name_shortened;

  page.call.hidden = call === null && added === null;
  page.call.replaceChildren(...(call !== null ? callParts(call) : added !== null ? commandParts(added) : []));
  page.changes.hidden = !changed;
  page.changes.replaceChildren(...changeParts(question.changes));

  page.facts.hidden = changed;
  page.registrantRow.hidden = added !== null;
  page.requesterLabel.textContent = say(
    connecting ? "asked-through" : added !== null ? "asked-by" : "called-by",
  );
  page.details.hidden = changed || added !== null;
  page.requesterRow.hidden = call !== null && question.requester.state === "seen";
  page.ends.style.minHeight = "";
  renderPrograms(question);

  renderOffer(question, connecting);
  duration.show(question);
  page.reasonRow.hidden = call === null;
  page.reason.value = "";

  // What is shown elsewhere too, to be compared: by the tab that asks, or by the program that has none.
  const compared = question.user_code ?? question.number;
  matching.show(question);
  page.shownBy.textContent = say(question.user_code === null ? "tab-shows" : "program-shows");
  page.number.textContent = compared === null ? "" : String(compared);
  page.number.classList.toggle("user-code", question.user_code !== null);

  letters.name(page.deny, say(changed ? "keep-blocked" : "deny"), keyOf("deny"));
  letters.name(page.later, say("later"), keyOf("later"));
  page.details.open = isDoubted(question);
  setSmall(question.unchanged);
  page.sameText.textContent = say("same-tools", { n: ticks.count });
}

/** The elements that say what is to be known first. @param {QuestionView} question */
function describedBy(question) {
  if (connects(question)) return "listener mismatch";
  if (question.call !== null) return "history call";
  return question.new_server !== null ? "call" : "history changes";
}

/** Who is at both ends. @param {QuestionView} question */
function renderPrograms(question) {
  const { listener, registrant, requester, new_server: added } = question;
  const connecting = connects(question);
  page.ends.hidden = !connecting;
  page.ends.classList.toggle("late", connecting && isLate(listener));
  renderMismatch(question, connecting && differ(listener, registrant));
  // What is not shown is not read either.
  if (connecting) renderListener(question);
  else page.listener.replaceChildren();
  renderRow(page.registrant, registrant, connecting ? listener : requester);
  if (added?.by_hand) page.requester.replaceChildren(elSay("span", null, "asked-by-you"));
  else renderRow(page.requester, requester, null);
  renderDetails(question);
}

/** Whether everything there is to know is to be in view. @param {QuestionView} question */
function isDoubted(question) {
  return question.typing?.always === true;
}

/** Whether only what identifies the program is shown. @param {boolean} small */
function setSmall(small) {
  page.dialog.classList.toggle("small-form", small);
  page.same.hidden = !small;
}

/** What the button says that allows. @param {QuestionView} question */
function allowText({ call, new_server: added, changes, offer, temporary }) {
  if (changes.length > 0) return say("use-new");
  if (added !== null) return say("add-server-button");
  if (call !== null) return duration.allowCall;
  if (!page.same.hidden) return say("continue");
  return offer === null ? say("allow") : ticks.allowLabel(!temporary && duration.value === "taken_back");
}

/** What can be ticked, or in words what there is without tools. @param {QuestionView} question @param {boolean} connecting */
function renderOffer({ offer, wider, scope_words: words }, connecting) {
  const empty =
    offer === null || (offer.tools.length === 0 && offer.prompts === null && offer.resources === null);
  page.ticks.hidden = offer === null || (empty && offer.not_known === null);
  if (offer !== null) ticks.show(offer, wider);
  page.scopesRow.hidden = !connecting || !empty;
  const said = words.map((word) => elSay("li", null, scopes[word]));
  page.scopes.replaceChildren(...(said.length > 0 ? said : [elSay("li", null, "may-nothing")]));
}

/** @type {Record<import("../types.js").Group, import("../messages.js").Message>} */
const scopes = { look: "scope-look", change: "scope-change", run: "scope-run" };

/** What the person says with a yes. @returns {import("../types.js").Decision} */
function permission() {
  return { allow: { ticks: shown?.offer == null ? null : ticks.value, until: duration.value } };
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
  shown.more_time = question.more_time;
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
      ? say("time-over")
      : seconds < 60
        ? say(shown.more_time ? "refused-soon-unless" : "refused-soon")
        : say("refused-at", { time: time(shown.expires_at) });
  if (page.deadline.textContent !== text) page.deadline.textContent = text;

  const due = reminders.filter((reminder) => seconds <= reminder);
  const latest = due.at(-1);
  if (latest !== undefined) {
    reminders = reminders.filter((reminder) => seconds > reminder);
    const message = shown.more_time ? "seconds-left-unless" : "seconds-left";
    if (seconds > 0) page.live.textContent = say(message, { n: latest });
  }
  if (seconds <= 0) {
    arming.stop();
    refreshButtons();
  }
}

async function moreTime() {
  if (shown === null || blank || extending) return;
  extending = true;
  await ipc.consentMoreTime(shown.id).catch(() => undefined);
  extending = false;
  await refresh();
}

/** In the last minute any key is enough, whatever else it does (WCAG 2.2.1). */
document.addEventListener(
  "keydown",
  (event) => {
    if (shown?.more_time && !event.repeat && left(shown) > 0 && left(shown) < 60) void moreTime();
  },
  true,
);

// Answers

/** @param {import("../types.js").Decision} decision */
async function answer(decision) {
  if (shown === null || busy || blank || answered === shown.id || left(shown) <= 0) return;
  if ("allow" in decision && !(arming.armed && document.hasFocus())) return;
  const { id } = shown;
  await settle(id, () => ipc.consentAnswer(id, decision, matching.typed), id);
}

/** @param {"nothing" | "mute" | "never"} after what comes of it besides */
function deny(after) {
  void answer({ deny: { reason: page.reason.value.trim() || null, after } });
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

new HeldKeys({
  isEarly: () => shown !== null && !arming.armed && waiting(),
  escape: () => {
    if (menu.isOpen) menu.close();
    else void later();
  },
});

shortcuts([{ button: page.deny }, { button: page.later }, { button: page.allow, leads: true }], (step) => void move(step));

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

window.addEventListener("blur", () => arming.stop());

document.addEventListener("visibilitychange", () => {
  if (document.hidden) arming.stop();
  else if (shown !== null && !blank && !busy && document.hasFocus()) arming.start();
});

page.deny.addEventListener("click", () => deny("nothing"));
page.denyMute.addEventListener("click", () => deny("mute"));
page.denyNever.addEventListener("click", () => deny("never"));
page.denyAll.addEventListener("click", () => {
  if (shown === null || busy || blank || answered === shown.id) return;
  const { id } = shown;
  void settle(id, () => ipc.consentDenyAll(id), id);
});
page.moreTime.addEventListener("click", () => void moreTime());
page.later.addEventListener("click", () => void later());
page.before.addEventListener("click", () => void move(-1));
page.after.addEventListener("click", () => void move(1));
page.sameMore.addEventListener("click", () => {
  setSmall(false);
  refreshButtons();
  page.sentence.focus({ preventScroll: true });
});
page.allow.addEventListener("click", () => void answer(permission()));

fillPage();
setInterval(tick, 1000);
void ipc.onConsentChanged(() => void refresh()).then(refresh, refresh);
