// The border to the shell. No other file names window.__TAURI__.

/** @typedef {import("./types.js").ConsentState} ConsentState */
/** @typedef {import("./types.js").MainState} MainState */

/** The texts of the person's language, which are there before the page is. @returns {import("./types.js").WordsOfShell} */
export function words() {
  return /** @type {any} */ (window).DOORWARD_WORDS;
}

/** @returns {import("./types.js").Shell} */
function shell() {
  return /** @type {any} */ (window).__TAURI__;
}

/**
 * @param {string} command
 * @param {Record<string, unknown>} [args]
 * @returns {Promise<any>}
 */
async function invoke(command, args) {
  return shell().core.invoke(command, args);
}

/**
 * @param {string} name
 * @param {(payload: unknown) => void} callback
 */
async function listen(name, callback) {
  return shell().event.listen(name, (event) => callback(event.payload));
}

/** @returns {Promise<ConsentState>} */
export const consentState = () => invoke("consent_state");

/**
 * @param {number} id
 * @param {import("./types.js").Decision} decision
 * @param {string | null} typed
 * @returns {Promise<void>}
 */
export const consentAnswer = (id, decision, typed) => invoke("consent_answer", { id, decision, typed });

/** @param {number} id @returns {Promise<void>} */
export const consentDenyAll = (id) => invoke("consent_deny_all", { id });

/** @param {number} id @returns {Promise<void>} */
export const consentMoreTime = (id) => invoke("consent_more_time", { id });

/** Shows the question before or after the one that is shown. @param {-1 | 1} step @returns {Promise<void>} */
export const consentGo = (step) => invoke("consent_go", { step });

/** Opens a page of the client's maker. @param {number} id @param {import("./types.js").LeadsTo} to @returns {Promise<void>} */
export const consentOpen = (id, to) => invoke("consent_open", { id, to });

/** What is called, and what is started, where the answer goes to a private scheme. @param {number} id @returns {Promise<[name: string, program: string] | null>} */
export const consentHandler = (id) => invoke("consent_handler", { id });

/** @param {number} id @returns {Promise<void>} */
export const consentLater = (id) => invoke("consent_later", { id });

/** @param {number} id @returns {Promise<void>} */
export const consentPainted = (id) => invoke("consent_painted", { id });

/** @param {() => void} callback */
export const onConsentChanged = (callback) => listen("consent-changed", () => callback());

/** @param {string} program @returns {Promise<void>} */
export const mainUnmute = (program) => invoke("main_unmute", { program });

/** @returns {Promise<MainState>} */
export const mainState = () => invoke("main_state");

/** @param {number} id @returns {Promise<void>} */
export const mainShowRequest = (id) => invoke("main_show_request", { id });

/**
 * @param {string} app
 * @param {string | null} server
 * @returns {Promise<import("./types.js").Disconnected>}
 */
export const mainDisconnect = (app, server) => invoke("main_disconnect", { appId: app, server });

/** @param {string} name @param {string} url @returns {Promise<void>} */
export const mainAddServer = (name, url) => invoke("main_add_server", { name, url });

/**
 * Comes back once the person answered in the consent window.
 * @param {string} name
 * @param {string} line
 * @param {string} folder
 * @param {import("./types.js").Variable[]} variables
 * @returns {Promise<void>}
 */
export const mainAddCommand = (name, line, folder, variables) =>
  invoke("main_add_command", { name, line, folder, variables });

/** @returns {Promise<import("./types.js").InFiles>} */
export const mainImportLook = () => invoke("main_import_look");

/** @param {import("./types.js").Origin[]} chosen @returns {Promise<import("./types.js").Planned>} */
export const mainImportPlan = (chosen) => invoke("main_import_plan", { chosen });

/**
 * Comes back once the person answered about each command.
 * @param {import("./types.js").Origin[]} chosen
 * @param {string} mark
 * @returns {Promise<import("./types.js").Imported>}
 */
export const mainImport = (chosen, mark) => invoke("main_import", { chosen, mark });

/** @param {string} client @param {boolean} entries @returns {Promise<import("./types.js").Undone>} */
export const mainUndo = (client, entries) => invoke("main_undo", { client, entries });

/** @param {string} name @returns {Promise<void>} */
export const mainRemoveServer = (name) => invoke("main_remove_server", { name });

/**
 * @param {string} app
 * @param {string} server
 * @returns {Promise<import("./types.js").RulesView | null>}
 */
export const mainRules = (app, server) => invoke("main_rules", { appId: app, server });

/**
 * @param {string} app
 * @param {string} server
 * @param {"tool" | "prompts" | "resources"} kind
 * @param {string} name
 * @param {import("./types.js").Mode} mode
 * @returns {Promise<void>}
 */
export const mainSetRule = (app, server, kind, name, mode) =>
  invoke("main_set_rule", { appId: app, server, kind, name, mode });

/**
 * @param {string | null} text what is looked for
 * @param {number | null} before the next page: those before the one with this number
 * @param {number} most
 * @returns {Promise<import("./types.js").CallView[]>}
 */
export const mainCalls = (text, before, most) => invoke("main_calls", { text, before, most });

/** Writes all calls into a file, and says which one. @returns {Promise<string>} */
export const mainExportCalls = () => invoke("main_export_calls");

/** @param {string} name @returns {Promise<import("./types.js").ToolsForApps>} */
export const mainServerTools = (name) => invoke("main_server_tools", { name });

/**
 * @param {string | null} text
 * @param {number | null} before
 * @param {number} most
 * @returns {Promise<import("./types.js").HistoryEntry[]>}
 */
export const mainHistory = (text, before, most) => invoke("main_history", { text, before, most });

/**
 * @param {string | null} text
 * @param {boolean} ending only those that end by themselves
 * @param {import("./types.js").RuleKey | null} after
 * @param {number} most
 * @returns {Promise<{ rules: import("./types.js").RuleLine[], next: import("./types.js").RuleKey | null }>}
 */
export const mainAllRules = (text, ending, after, most) => invoke("main_all_rules", { text, ending, after, most });

/** @param {string} app @param {boolean} paused @returns {Promise<void>} */
export const mainSetAppPaused = (app, paused) => invoke("main_set_app_paused", { appId: app, paused });

/** @param {string} name @param {boolean} paused @returns {Promise<void>} */
export const mainSetServerPaused = (name, paused) => invoke("main_set_server_paused", { name, paused });

/** @param {string} name @returns {Promise<void>} */
export const mainRestartServer = (name) => invoke("main_restart_server", { name });

/** @param {string} app @returns {Promise<{ tools: number, hidden: number }>} */
export const mainAskForAll = (app) => invoke("main_ask_for_all", { appId: app });

/** @param {string} app @returns {Promise<void>} */
export const mainUnblock = (app) => invoke("main_unblock", { appId: app });

/** @returns {Promise<import("./types.js").Settings>} */
export const mainSettings = () => invoke("main_settings");

/** @param {string} key @param {unknown} value @returns {Promise<void>} */
export const mainSetSetting = (key, value) => invoke("main_set_setting", { key, value });

/** @param {boolean} on @returns {Promise<void>} */
export const mainSetAutostart = (on) => invoke("main_set_autostart", { on });

/** @returns {Promise<import("./types.js").Finding[]>} */
export const mainHealth = () => invoke("main_health");

/** @param {boolean} paused @returns {Promise<void>} */
export const mainSetPaused = (paused) => invoke("main_set_paused", { paused });

/** @param {() => void} callback */
export const onMainChanged = (callback) => listen("main-changed", () => callback());

/** @param {(page: unknown) => void} callback */
export const onMainGo = (callback) => listen("main-go", callback);
