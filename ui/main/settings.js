// The page Settings: what config.toml says, and whether Doorward starts with the session.

import { bdi, byId, code, el, elSay, sentenceOf } from "../dom.js";
import * as ipc from "../ipc.js";
import { listed, say } from "../messages.js";
import { fail } from "./frame.js";
import { line } from "./page.js";
import { sift, wordsOn } from "./search.js";

/** @typedef {import("../types.js").SettingView} SettingView */
/** @typedef {import("../messages.js").Message} Message */

const list = byId("setting-list", HTMLElement);
const policy = byId("policy-list", HTMLElement);
const policyFold = byId("policy-fold", HTMLDetailsElement);
const none = byId("settings-none", HTMLElement);
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

/** What each value of the policy is about. @type {Record<string, Message>} */
const ofPolicy = {
  "registration.max_redirect_uris": "policy-max-redirect-uris",
  "registration.loopback_hosts": "policy-loopback-hosts",
  "registration.name_required": "policy-name-required",
  "registration.auth_methods": "policy-auth-methods",
  "registration.default_auth_method": "policy-default-auth-method",
  "registration.secret_seconds": "policy-secret-seconds",
  "registration.grant_types": "policy-grant-types",
  "registration.default_grant_types": "policy-default-grant-types",
  "registration.forced_scope": "policy-forced-scope",
  "registration.default_scope": "policy-default-scope",
  "registration.more_scopes": "policy-more-scopes",
  "registration.answer_members": "policy-answer-members",
  "registration.needs_server": "policy-needs-server",
  "registration.more_paths": "policy-more-paths",
  "registration.daily_per_program": "policy-daily-per-program",
  "registration.daily": "policy-daily",
  "authorization.redirect_uri_required": "policy-redirect-uri-required",
  "authorization.state_required": "policy-state-required",
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
    siftSettings();
  } catch (reason) {
    fail(reason);
  }
}

/** Shows those in which what is looked for is somewhere. */
export function siftSettings() {
  sift("settings", "#page-settings .setting", none);
  if (wordsOn("settings").length > 0) policyFold.open = policy.querySelector(".setting:not([hidden])") !== null;
}

/** @param {SettingView} setting */
function draw(setting) {
  const mark = JSON.stringify(setting);
  const before = drawn.get(setting.key);
  if (before?.mark === mark) return;
  const node = row(setting);
  if (before === undefined) (setting.key in ofPolicy ? policy : list).append(node);
  else before.node.replaceWith(node);
  drawn.set(setting.key, { mark, node });
}

/** @param {SettingView} setting */
function row(setting) {
  const [label, hint] = texts[setting.key] ?? [ofPolicy[setting.key]];
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
  if (setting.key in ofPolicy) text.append(el("p", "small", code(setting.key)));
  if (setting.elsewhere.length > 0) text.append(el("p", "quiet small", ...line(setting.elsewhere.map(differs))));
  if (setting.after_restart) text.append(elSay("p", "note small", "setting-after-restart"));
  text.append(error);
  return el("div", "row setting", text, input);
}

/** What other policies have in its place. @param {SettingView["elsewhere"][number]} other */
function differs({ value, policies }) {
  return elSay("span", null, "policy-elsewhere", { policies: listed(policies), value: shown(value) });
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === "boolean") return say(value ? "policy-yes" : "policy-no");
  const texts = Array.isArray(value) ? value.map(String) : [String(value)];
  const text = texts.filter((item) => item !== "").join(" ");
  return text === "" ? say("policy-empty") : bdi(text);
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
  if (setting.kind === "number" || setting.kind === "text") {
    const field = el("input", setting.kind === "number" ? "digits" : "code");
    field.type = "text";
    if (setting.kind === "number") field.inputMode = "numeric";
    field.spellcheck = false;
    field.id = id;
    field.value = String(setting.value);
    const value = () => (setting.kind === "number" && /^\d+$/.test(field.value.trim()) ? Number(field.value) : field.value);
    field.addEventListener("change", () => void set(value()));
    return field;
  }
  const area = el("textarea", null);
  area.id = id;
  const items = /** @type {string[]} */ (setting.value);
  // A long one takes several lines.
  const lines = items.reduce((sum, item) => sum + Math.ceil((item.length + 1) / 28), 0);
  area.rows = Math.min(Math.max(lines, 2), 8);
  area.spellcheck = false;
  area.value = items.join("\n");
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
