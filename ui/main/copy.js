// The clipboard, and saying that something is on it.

import { byId, el } from "../dom.js";
import { say } from "../messages.js";
import { fail } from "./frame.js";

const live = byId("live", HTMLElement);

/** @param {string} text */
export async function copy(text) {
  live.textContent = "";
  const done = (await copyToClipboard(text)) || copyBySelection(text);
  if (!done) return fail(say("copy-failed"));
  live.textContent = say("copied");
  const pressed = document.activeElement;
  if (pressed instanceof HTMLButtonElement) showCopied(pressed);
}

/** @param {string} text */
async function copyToClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the page has no clipboard. @param {string} text */
function copyBySelection(text) {
  const before = document.activeElement;
  const area = el("textarea", "unseen");
  area.value = text;
  area.readOnly = true;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return done;
}

/** Says so on the button itself for a moment, without changing its width. @param {HTMLButtonElement} node */
function showCopied(node) {
  const label = node.firstChild;
  if (!(label instanceof Text) || label.data === say("copied")) return;
  const before = label.data;
  node.style.minWidth = `${node.getBoundingClientRect().width}px`;
  label.data = say("copied");
  setTimeout(() => {
    label.data = before;
    node.style.minWidth = "";
  }, 1500);
}
