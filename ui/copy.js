// The clipboard.

import { el } from "./dom.js";

/** Whether the text is in the clipboard now. @param {string} text */
export async function copyText(text) {
  return (await copyToClipboard(text)) || copyBySelection(text);
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
