// Copying, and saying that something was copied.

import { copyText } from "../copy.js";
import { byId } from "../dom.js";
import { say } from "../messages.js";
import { fail } from "./frame.js";

const live = byId("live", HTMLElement);

/** @param {string} text */
export async function copy(text) {
  live.textContent = "";
  if (!(await copyText(text))) return fail(say("copy-failed"));
  live.textContent = say("copied");
  const pressed = document.activeElement;
  if (pressed instanceof HTMLButtonElement) showCopied(pressed);
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
