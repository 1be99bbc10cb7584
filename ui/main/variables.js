// The environment variables of a command that is added: as many rows as a person wants.

import { byId, el, elSay, unseen } from "../dom.js";
import { say } from "../messages.js";

/** @typedef {import("../types.js").Variable} Variable */

const list = byId("variable-list", HTMLElement);
const more = byId("add-variable", HTMLButtonElement);

/** @type {{ node: HTMLElement, number: HTMLElement, name: HTMLInputElement, value: HTMLInputElement, secret: HTMLInputElement }[]} */
let rows = [];
let made = 0;

/** Those that were filled in. @returns {Variable[]} */
export function variables() {
  return rows
    .map(({ name, value, secret }) => ({ name: name.value.trim(), value: value.value, secret: secret.checked }))
    .filter(({ name, value }) => name !== "" || value !== "");
}

export function clearVariables() {
  rows = [];
  list.replaceChildren();
}

function add() {
  const id = `variable-${++made}`;
  const name = field(`${id}-name`);
  const value = field(`${id}-value`);
  const secret = el("input", null);
  secret.type = "checkbox";
  secret.checked = true;
  const hide = () => {
    value.type = secret.checked ? "password" : "text";
  };
  secret.addEventListener("change", hide);
  hide();
  const number = unseen();
  const remove = el("button", "small", say("confirm-remove-button"), " ", number);
  remove.type = "button";
  const node = el(
    "div",
    "variable",
    el("div", "field", labelled("variable-name", name), name),
    el("div", "field", labelled("variable-value", value), value),
    el("label", "tick", secret, elSay("span", null, "variable-secret")),
    remove,
  );
  node.setAttribute("role", "group");
  remove.addEventListener("click", () => {
    rows = rows.filter((row) => row.node !== node);
    node.remove();
    count();
    more.focus();
  });
  rows.push({ node, number, name, value, secret });
  list.append(node);
  count();
  name.focus();
}

/** Each row is called by its place. */
function count() {
  rows.forEach(({ node, number }, at) => {
    const text = say("variable-of", { n: at + 1 });
    node.setAttribute("aria-label", text);
    number.textContent = text;
  });
}

/** @param {string} id */
function field(id) {
  const input = el("input", "code");
  input.id = id;
  input.type = "text";
  input.dir = "ltr";
  input.autocomplete = "off";
  input.spellcheck = false;
  return input;
}

/** @param {import("../messages.js").Message} key @param {HTMLInputElement} input */
function labelled(key, input) {
  const label = elSay("label", "small", key);
  label.htmlFor = input.id;
  return label;
}

more.addEventListener("click", add);
