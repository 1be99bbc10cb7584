// Questions about a step that cannot be taken back.

import { byId, sentenceOf } from "../dom.js";
import { say } from "../messages.js";

/** @typedef {import("../messages.js").Message} Message */

const parts = {
  dialog: byId("confirm", HTMLDialogElement),
  title: byId("confirm-title", HTMLElement),
  text: byId("confirm-text", HTMLElement),
  error: byId("confirm-error", HTMLElement),
  no: byId("confirm-no", HTMLButtonElement),
  yes: byId("confirm-yes", HTMLButtonElement),
};

/** @type {(() => Promise<void>) | null} */
let confirmed = null;

/** @param {{ title: (string | Node)[], text: string, yes: Message, action: () => Promise<void> }} question */
export function confirm({ title, text, yes, action }) {
  confirmed = action;
  parts.title.replaceChildren(...title);
  parts.text.textContent = text;
  parts.yes.textContent = say(yes);
  parts.yes.disabled = false;
  parts.error.textContent = "";
  // Another question takes the place of one that nobody answered.
  if (!parts.dialog.open) parts.dialog.showModal();
  parts.no.focus();
}

export function dropQuestion() {
  parts.dialog.close();
}

async function carryOut() {
  if (confirmed === null) return;
  const action = confirmed;
  parts.yes.disabled = true;
  parts.error.textContent = "";
  try {
    await action();
    if (confirmed === action) parts.dialog.close();
  } catch (reason) {
    if (confirmed === action) {
      parts.error.textContent = sentenceOf(reason);
      parts.yes.disabled = false;
    }
  }
}

parts.no.addEventListener("click", dropQuestion);
parts.yes.addEventListener("click", () => void carryOut());
parts.dialog.addEventListener("close", () => {
  confirmed = null;
});
