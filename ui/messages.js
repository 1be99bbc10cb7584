// Every text a person reads in the windows. {name} marks a place that is filled in; a message
// with forms is chosen by number. Nothing outside this file builds a sentence.

/** The language of this file; dates and times follow it. */
export const locale = "en-GB";

const plain = {
  // Shared
  deny: "Deny",
  later: "Later",
  deny_more: "More ways to deny",
  deny_mute: "Deny, and do not ask about {program} for an hour",
  deny_mute_unknown: "Deny, and do not ask about this program for an hour",
  allow: "Allow",
  cancel: "Cancel",
  named: "“{name}”",
  nameless: "A program without a name",
  today_at: "today {time}",
  day_at: "{day}, {time}",
  failed: "That did not work. Please try again.",

  // Connection request
  request_header: "Connection request",
  nothing_waiting: "Nothing is waiting.",
  count: "{position} of {total}",
  wants: "“{name}” wants to use {server}",
  wants_nameless: "A program without a name wants to use {server}",
  again: "“{name}” is signing in again to {server}",
  again_nameless: "A program without a name is signing in again to {server}",
  first_request: "First request from this program.",
  allowed_on: "You allowed it on {day}.",
  allowed_before: "You allowed it before.",
  name_altered: "Its name contained characters that are not shown.",

  waits: "Waits for the answer",
  process: "{name} ({pid})",
  started_by: "started by",
  more_parents: "…",
  runs_script: "running {script}",
  on_place: "on {place}",
  nobody_on_port: "Nothing on this computer is waiting on port {port}.",
  nobody_waiting: "Nothing on this computer is waiting for the answer.",
  cannot_tell_listener: "Doorward cannot tell which program is waiting: {why}.",
  answer_goes_to: "The answer goes to {place}",
  answer_leaves: "The answer leaves this computer: {host}",
  answer_opens: "The answer opens the program that handles {scheme} links",
  other_program:
    "The program waiting for this answer is {listener}, not the one that registered ({registrant}).",
  other_script: "{name} running {script}",

  registered_by: "Registered by",
  asked_through: "Asked through",
  same_program: "{process}, the same program",
  nobody_seen: "No program was found",
  cannot_tell: "Cannot tell: {why}",

  wants_to_run: "“{name}” wants to run {tool} on {server}",
  wants_to_run_nameless: "A program without a name wants to run {tool} on {server}",
  server_changed: "{server} changed what it says about its tools",
  call_header: "Call",
  changed_header: "Changed tool",
  start_as: "Start this command as the server {server}?",
  new_server_header: "New server",
  new_server_text:
    "It runs as you, with all that you may do. Doorward starts it now, to ask for its tools, and later when a program that you allow calls it.",
  new_folder: "Folder",
  new_variable: "Variable",
  from_keyring: "(from the keyring)",
  add_server_button: "Add",
  asked_by: "Asked by",
  called_by: "Called by",
  called_by_program: "Called by {chain}",
  call_each_time: "You want to be asked each time.",
  call_not_allowed_yet: "It may not use this tool yet.",
  call_never_passed: "It has not called this tool lately.",
  call_arguments: "What the tool is called with",
  call_without_arguments: "The tool is called without arguments.",
  call_for: "Allow",
  call_reason: "If you deny: tell the agent why",
  until_once: "this call only",
  until_ten_minutes: "this tool for 10 minutes",
  until_program_ends: "this tool until {process} quits",
  until_taken_back: "this tool until I take it back",
  changed_text:
    "The tool is paused for every app until you have looked. What is different is shown below, with characters that cannot be seen made visible.",
  change_before: "When you looked",
  change_after: "Now",
  use_new: "Use the new version",
  keep_blocked: "Keep it blocked",
  read_to_end: "Allow works once you have seen all that it is called with.",

  may_use: "May use",
  group_look: "Look ({n})",
  group_change: "Change ({n})",
  group_run: "Delete or run ({n})",
  choose_tools: "Choose one by one",
  how_for: "How {tool} may be used",
  mode_allow: "allowed",
  mode_ask: "ask each time",
  mode_hide: "hidden",
  its_prompts: "Its prompts",
  its_resources: "Its resources",
  tool_changed: "The server changed what it says about this tool. It is paused until you have looked at that.",
  tool_new: "new",
  tools_not_known: "Its tools are not known yet: {why}",
  connect_until: "Until",
  until_mine: "I remove it (ends after 90 days without use)",
  until_today: "the end of today",
  until_program: "{process} quits",

  may: "May",
  may_nothing: "Sign in, and nothing more",
  tab_shows: "Your browser tab shows",
  program_shows: "Allow only if the program shows",
  type_number: "To allow it, type the number that your browser tab shows",
  type_code: "To allow it, type the code that the program shows",
  type_place: "To allow it, type where the answer goes, as shown above",
  tab_shows_nothing: "No browser tab shows a number for this request.",

  details: "Technical details",
  detail_client: "Client identifier",
  detail_redirect: "Return address",
  detail_scopes: "Scopes",
  detail_scopes_none: "none",
  detail_listener: "Waits for the answer",
  detail_registrant: "Registered by",
  detail_requester: "Asked through",
  detail_started: "{chain}, since {when}",
  detail_script: "Script",
  detail_command: "Command line (chosen by the program)",

  refused_at: "Refused automatically at {time}",
  refused_soon: "Refused automatically in less than a minute",
  more_time: "More time",
  time_over: "The time to answer is over. Nothing was given.",
  allow_available: "Allow is available.",

  // Main window
  nav: "Pages",
  requests: "Requests",
  apps: "Apps",
  servers: "Servers",
  activity: "Activity",
  activity_empty: "No app has called anything yet.",
  activity_took: "{ms} ms, {bytes} bytes",
  activity_more: "Show older calls",
  tools_of: "Tools…",
  tools_of_whom: "of “{name}” on {server}",
  tools_of_nameless: "of the program without a name on {server}",
  rule_paused: "paused: changed",
  rule_ends: "until {when}",
  rule_ends_with: "until process {pid} ends",
  pause: "Pause",
  resume: "Resume",
  paused_banner_until: "Doorward is paused until {when}. No program can connect to or use a server meanwhile.",
  paused_banner: "Doorward is paused. No program can connect to or use a server until you resume.",
  version: "Doorward {version}",

  requests_empty: "Nothing is waiting.",
  requests_empty_more: "When a program wants to use one of your servers, it is listed here.",
  request_title: "“{name}” wants to use {server}",
  request_title_nameless: "A program without a name wants to use {server}",
  request_line: "{program} · refused automatically at {time}",
  request_line_web: "The answer leaves this computer: {host}",
  request_line_scheme: "The answer opens the program that handles {scheme} links",
  request_line_nobody: "No program is waiting for the answer",
  request_line_cannot_tell: "Cannot tell which program is waiting",
  answer: "Answer…",
  answer_whom: "request from “{name}”",
  answer_whom_nameless: "request from a program without a name",
  recently: "Recently",
  recently_empty: "Answers you gave and requests that ended are listed here.",
  outcome_allowed: "Allowed",
  outcome_denied: "Denied",
  outcome_lapsed: "Not answered in time",
  outcome_withdrawn: "Withdrawn by the program",
  outcome_refused: "Refused by Doorward",
  outcome_disconnected: "Disconnected",

  apps_empty: "No app is connected.",
  apps_empty_how: "To connect Claude Code to {server}, run this in a terminal:",
  apps_empty_command: "claude mcp add --transport http {server} {address}",
  apps_empty_then:
    "Then type /mcp in Claude Code and choose Authenticate. Doorward asks you before anything is allowed.",
  apps_empty_no_server: "Add a server first. Then connect a program to it.",
  go_to_servers: "Go to Servers",
  app_program_unknown: "The program is not known.",
  programs_of_logins: "Programs of its logins",
  part_registered: "{name} registered it",
  part_asked: "{name} opened the request",
  part_listened: "{name} waited for the answer",
  part_redeemed: "{name} redeemed the answer",
  part_refused: "{name} tried to redeem an answer that was for another program, and got nothing",
  part_unknown: "A program that could not be told ({why})",
  muted_until: "Doorward does not ask you about {name} until {when}",
  unmute: "Ask again",
  app_no_grants: "May not use any server.",
  first_seen: "First seen {day}",
  grant_allowed: "Allowed {day}",
  grant_used: "Last used {when}",
  grant_unused: "Not used yet",
  grant_ends: "Ends {day}",
  separator: " · ",
  disconnect: "Disconnect…",
  disconnect_app: "“{name}” from every server",
  disconnect_app_nameless: "the program without a name from every server",
  disconnect_server: "“{name}” from {server}",
  disconnect_server_nameless: "the program without a name from {server}",
  confirm_disconnect_app: "Disconnect “{name}”?",
  confirm_disconnect_app_nameless: "Disconnect the program without a name?",
  confirm_disconnect_app_text:
    "It can no longer use any server, from its next call on. To use one again it has to ask you.",
  confirm_disconnect_server: "Disconnect “{name}” from {server}?",
  confirm_disconnect_server_nameless: "Disconnect the program without a name from {server}?",
  confirm_disconnect_server_text:
    "It can no longer use this server, from its next call on. To use it again it has to ask you.",
  confirm_disconnect: "Disconnect",

  welcome: "Welcome to Doorward",
  welcome_text:
    "Doorward stands between the programs on this computer and your MCP servers. Add the first server below; no program can use it until you allow it.",
  server_address: "Address for programs",
  server_upstream: "Forwards to",
  server_command: "Command",
  server_state: "State",
  server_log: "It says",
  server_tokens: "Tokens",
  server_validates: "Signed; the server checks them itself",
  copy_address: "Copy address",
  copy_address_of: "of {server}",
  copy_command: "Copy command",
  copied: "Copied",
  copy_failed: "Copying did not work. Select the text and copy it by hand.",
  remove: "Remove…",
  remove_server: "{server}",
  confirm_remove: "Remove {server}?",
  confirm_remove_text:
    "Programs can no longer reach it through Doorward, and what you allowed for it ends. The server itself is not changed.",
  confirm_remove_button: "Remove",
  add_heading: "Add a server",
  add_name: "Name",
  add_name_hint: "A short name, for example files. It becomes part of the address programs use.",
  add_url: "URL",
  add_url_hint: "Where the MCP server answers, for example http://127.0.0.1:3001/mcp",
  add_submit: "Add server",
  add_name_missing: "Enter a name for the server.",
  add_url_missing: "Enter the URL of the server.",
  added: "{server} was added.",
};

const numbered = {
  allow_tools: { one: "Allow {n} tool", other: "Allow {n} tools" },
  call_passed: { one: "Passed once, {when}.", other: "Passed {n} times, last {when}." },
  show_all: { one: "Show all {n} character", other: "Show all {n} characters" },
  value_cut: {
    one: "It has {n} character, more than can be shown here.",
    other: "It has {n} characters, more than can be shown here.",
  },
  deny_all: { one: "Deny {n} request from {program}", other: "Deny all {n} requests from {program}" },
  deny_all_unknown: { one: "Deny {n} request from this program", other: "Deny all {n} requests from this program" },
  seconds_left: { one: "{n} second left to answer.", other: "{n} seconds left to answer." },
  part_times: { one: "Once, {when}", other: "{n} times, last {when}" },
  registrations: { one: "{n} registration", other: "{n} registrations" },
  app_count: { one: "{n} app", other: "{n} apps" },
  waiting_count: { one: "{n} request waiting", other: "{n} requests waiting" },
};

/** @typedef {keyof typeof plain} Message */
/** @typedef {keyof typeof numbered} NumberedMessage */
/** @typedef {import("./types.js").Filling} Filling */

const rules = new Intl.PluralRules(locale);

/**
 * The pieces of a message, in order, with the fillings in their places.
 * @param {Message} key
 * @param {Record<string, Filling>} [values]
 * @returns {(string | Node)[]}
 */
export function pieces(key, values = {}) {
  return split(plain[key], values);
}

/**
 * A message as text.
 * @param {Message} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  return split(plain[key], values).join("");
}

/**
 * A message whose form depends on a number.
 * @param {NumberedMessage} key
 * @param {number} n
 * @param {Record<string, string | number>} [values]
 */
export function sayNumber(key, n, values = {}) {
  const forms = numbered[key];
  const form = rules.select(n) === "one" ? forms.one : forms.other;
  return split(form, { ...values, n }).join("");
}

/**
 * @param {string} key
 * @returns {key is Message}
 */
export function isMessage(key) {
  return Object.hasOwn(plain, key);
}

/**
 * @param {string} template
 * @param {Record<string, Filling>} values
 * @returns {(string | Node)[]}
 */
function split(template, values) {
  return template.split(/\{(\w+)\}/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    const value = values[piece];
    if (value === undefined) throw new Error(`message: nothing for {${piece}}`);
    return typeof value === "number" ? String(value) : value;
  });
}
