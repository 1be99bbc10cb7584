// The page Settings: what config.toml says, and whether Doorward starts with the session.

import { byId, code, el, elSay, sentenceOf } from "../dom.js";
import * as ipc from "../ipc.js";
import { say } from "../messages.js";
import { fail } from "./frame.js";

/** @typedef {import("../types.js").SettingView} SettingView */
/** @typedef {import("../messages.js").Message} Message */

const list = byId("setting-list", HTMLElement);
const autostart = byId("autostart", HTMLInputElement);
const autostartError = byId("autostart-error", HTMLElement);
const place = byId("config-place", HTMLElement);

/** What each setting is called here, and what is said about it. @type {Record<string, [Message, Message]>} */
const texts = {
  language: ["setting-language", "setting-language-hint"],
  notifications: ["setting-notifications", "setting-notifications-hint"],
  sound: ["setting-sound", "setting-sound-hint"],
  port: ["setting-port", "setting-port-hint"],
  policy: ["setting-policy", "setting-policy-hint"],
  "registration.private_schemes": ["setting-schemes", "setting-schemes-hint"],
  allow_containers: ["setting-containers", "setting-containers-hint"],
  allowed_origins: ["setting-origins", "setting-origins-hint"],
  client_id_metadata_documents: ["setting-documents", "setting-documents-hint"],
};

/** The words of a setting that has few. @type {Record<string, Message>} */
const words = { system: "language-system", en: "language-en", de: "language-de" };

/** What is shown of each setting, so that a field in which somebody types, and what is said about it, are left alone. */
const drawn = /** @type {Map<string, { mark: string, node: HTMLElement }>} */ (new Map());

export async function showSettings() {
  try {
    const { settings, file, starts_at_login: starts } = await ipc.mainSettings();
    autostart.checked = starts === true;
    autostart.disabled = starts === null;
    place.replaceChildren(code(file));
    for (const setting of settings) draw(setting);
  } catch (reason) {
    fail(reason);
  }
}

/** @param {SettingView} setting */
function draw(setting) {
  const mark = JSON.stringify(setting);
  const before = drawn.get(setting.key);
  if (before?.mark === mark) return;
  const node = row(setting);
  if (before === undefined) list.append(node);
  else before.node.replaceWith(node);
  drawn.set(setting.key, { mark, node });
}

/** @param {SettingView} setting */
function row(setting) {
  const [label, hint] = texts[setting.key] ?? [];
  const id = `setting-${setting.key}`;
  const name = label === undefined ? el("label", null, setting.key) : elSay("label", null, label);
  name.htmlFor = id;
  const error = el("p", "error");
  error.setAttribute("role", "alert");
  const input = control(setting, id, async (value) => {
    error.textContent = "";
    try {
      await ipc.mainSetSetting(setting.key, value);
    } catch (reason) {
      error.textContent = sentenceOf(reason);
    }
  });
  const text = el("div", "row-text", name);
  if (hint !== undefined) {
    const said = elSay("p", "quiet small", hint);
    said.id = `${id}-hint`;
    input.setAttribute("aria-describedby", said.id);
    text.append(said);
  }
  if (setting.after_restart) text.append(elSay("p", "note small", "setting-after-restart"));
  text.append(error);
  return el("div", "row setting", text, input);
}

/**
 * @param {SettingView} setting
 * @param {string} id
 * @param {(value: unknown) => Promise<void>} set
 */
function control(setting, id, set) {
  if (setting.kind === "switch") {
    const box = el("input", null);
    box.type = "checkbox";
    box.id = id;
    box.checked = setting.value === true;
    box.addEventListener("change", () => void set(box.checked));
    return box;
  }
  if (setting.kind === "choice") {
    const select = el("select", null);
    select.id = id;
    for (const choice of setting.choices) {
      const word = words[choice];
      select.append(new Option(word === undefined ? choice : say(word), choice));
    }
    select.value = String(setting.value);
    select.addEventListener("change", () => void set(select.value));
    return select;
  }
  if (setting.kind === "number") {
    const field = el("input", "digits");
    field.type = "text";
    field.inputMode = "numeric";
    field.id = id;
    field.value = String(setting.value);
    field.addEventListener("change", () => void set(/^\d+$/.test(field.value.trim()) ? Number(field.value) : field.value));
    return field;
  }
  const area = el("textarea", null);
  area.id = id;
  area.rows = 3;
  area.spellcheck = false;
  area.value = /** @type {string[]} */ (setting.value).join("\n");
  area.addEventListener("change", () => {
    void set(area.value.split("\n").map((line) => line.trim()).filter((line) => line !== ""));
  });
  return area;
}

autostart.addEventListener("change", () => {
  autostartError.textContent = "";
  void ipc
    .mainSetAutostart(autostart.checked)
    .catch((reason) => {
      autostartError.textContent = sentenceOf(reason);
    })
    .then(showSettings);
});
