// The main window.

import { byId, el, fillPage, unseen } from "../dom.js";
import { when } from "../format.js";
import * as ipc from "../ipc.js";
import { say } from "../messages.js";
import { activity } from "./activity.js";
import { askAbout, showApps } from "./apps.js";
import { dropQuestion } from "./confirm.js";
import { fail, go, isPage, run, setRefresh, shownPage, whenShown } from "./frame.js";
import { checkHealth, hasNoFindings, siftFindings } from "./health.js";
import { hasNoServers, lookAgain, lookIntoFiles, siftServers } from "./import.js";
import { knowLinks } from "./links.js";
import { history, showRequests } from "./requests.js";
import { rulebook } from "./rulebook.js";
import { searchable, showField } from "./search.js";
import { showServers } from "./servers.js";
import { showSettings, siftSettings } from "./settings.js";

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
/** What somebody chose outside of the window. @type {import("../types.js").AskAbout | null} */
let toAsk = null;

async function refresh() {
  const turn = ++asked;
  try {
    const next = await ipc.mainState();
    // It is told once, so it counts also where a newer state is on its way.
    if (next.page !== null) go(next.page);
    toAsk = next.ask ?? toAsk;
    if (turn !== asked) return;
    state = next;
  } catch (reason) {
    if (turn === asked) fail(reason);
    return;
  }
  render(state);
  const page = shownPage();
  if (page !== null) reread(page);
  if (page === "import") lookAgain();
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
  // While it is paused the button is in the banner.
  parts.pause.hidden = now.paused;
  parts.paused.hidden = !now.paused;
  parts.pausedText.textContent =
    now.paused_until === null
      ? say("paused-banner")
      : say("paused-banner-until", { when: when(now.paused_until) });

  knowLinks(now);
  showRequests(now);
  showApps(now);
  showServers(now);
  if (toAsk !== null) askAbout(now, toAsk);
  toAsk = null;
  showField();
}

parts.pause.addEventListener("click", () => {
  void run(() => ipc.mainSetPaused(true)).then(() => parts.resume.focus());
});
parts.resume.addEventListener("click", () => {
  void run(() => ipc.mainSetPaused(false)).then(() => parts.pause.focus());
});

setRefresh(refresh);
whenShown(reread);
whenShown((page, moved) => {
  if (page === "health") void checkHealth();
  // What it says already, how an import ended perhaps, stays there.
  if (page === "import" && moved) void lookIntoFiles();
});
searchable(
  "requests",
  (text) => {
    if (state !== null) showRequests(state);
    void history.search(text);
  },
  () => history.isEmpty && (state?.requests.length ?? 0) === 0,
);
searchable("rules", (text) => void rulebook.search(text), () => rulebook.isEmpty);
searchable("activity", (text) => void activity.search(text), () => activity.isEmpty);
searchable("apps", () => state !== null && showApps(state), () => (state?.apps.length ?? 0) === 0);
searchable("servers", () => state !== null && showServers(state), () => (state?.servers.length ?? 0) === 0);
searchable("import", siftServers, hasNoServers);
searchable("settings", siftSettings, () => false);
searchable("health", siftFindings, hasNoFindings);
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
