// The main window.

import { byId, el, fillPage, unseen } from "../dom.js";
import { when } from "../format.js";
import * as ipc from "../ipc.js";
import { say } from "../messages.js";
import { activity } from "./activity.js";
import { showApps } from "./apps.js";
import { dropQuestion } from "./confirm.js";
import { fail, go, isPage, run, setRefresh, shownPage, whenShown } from "./frame.js";
import { checkHealth } from "./health.js";
import { lookIntoFiles } from "./import.js";
import { history, showRequests } from "./requests.js";
import { rulebook } from "./rulebook.js";
import { searchable } from "./search.js";
import { showServers } from "./servers.js";
import { showSettings } from "./settings.js";

/** @typedef {import("../types.js").MainState} MainState */

const parts = {
  navCount: byId("nav-count", HTMLElement),
  address: byId("address", HTMLElement),
  version: byId("version", HTMLElement),
  pause: byId("pause", HTMLButtonElement),
  resume: byId("resume", HTMLButtonElement),
  paused: byId("paused", HTMLElement),
  pausedText: byId("paused-text", HTMLElement),
};

/** @type {MainState | null} */
let state = null;
let asked = 0;

async function refresh() {
  const turn = ++asked;
  try {
    const next = await ipc.mainState();
    if (turn !== asked) return;
    state = next;
  } catch (reason) {
    if (turn === asked) fail(reason);
    return;
  }
  render(state);
  const page = shownPage();
  if (page !== null) reread(page);
}

/** Reads what only one page shows. @param {import("../types.js").Page} page */
function reread(page) {
  if (page === "requests") void history.refresh();
  if (page === "rules") void rulebook.refresh();
  if (page === "activity") void activity.refresh();
  if (page === "settings") void showSettings();
}

/** @param {MainState} now */
function render(now) {
  if (now.page !== null) go(now.page);
  if (shownPage() === null) go(now.servers.length === 0 ? "servers" : "requests");

  const waiting = now.requests.length;
  parts.navCount.hidden = waiting === 0;
  if (waiting > 0) {
    const number = el("span", null, String(waiting));
    number.setAttribute("aria-hidden", "true");
    parts.navCount.replaceChildren(number, unseen(say("waiting-count", { n: waiting })));
  }
  parts.address.textContent = now.address;
  parts.version.textContent = say("version", { version: now.version });
  parts.pause.hidden = false;
  parts.pause.textContent = say(now.paused ? "resume" : "pause");
  parts.paused.hidden = !now.paused;
  parts.pausedText.textContent =
    now.paused_until === null
      ? say("paused-banner")
      : say("paused-banner-until", { when: when(now.paused_until) });

  showRequests(now);
  showApps(now);
  showServers(now);
}

const togglePause = () => void run(() => ipc.mainSetPaused(!(state?.paused ?? false)));
parts.pause.addEventListener("click", togglePause);
parts.resume.addEventListener("click", togglePause);

setRefresh(refresh);
whenShown(reread);
whenShown((page) => {
  if (page === "health") void checkHealth();
  if (page === "import") void lookIntoFiles();
});
searchable("requests", (text) => void history.search(text));
searchable("rules", (text) => void rulebook.search(text));
searchable("activity", (text) => void activity.search(text));
searchable("apps", () => state !== null && showApps(state));
searchable("servers", () => state !== null && showServers(state));
fillPage();
window.addEventListener("focus", () => void refresh());
void ipc
  .onMainGo((page) => {
    if (!isPage(page)) return;
    dropQuestion();
    go(page, { focus: true });
  })
  .catch(fail);
void ipc.onMainChanged(() => void refresh()).then(refresh, refresh);
