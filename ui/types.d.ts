// The shapes that cross the border between the shell and the pages.
// All times are Unix seconds.

export type Process = {
  pid: number;
  name: string;
  /** An application with windows: a person started what is below it. */
  graphical?: boolean;
};

/** Who signed an executable, where the system knows signatures. */
export type Signature =
  | { state: "not_looked" | "unsigned" | "broken" }
  | { state: "signed"; by: string }
  | { state: "cannot_tell"; why: string; why_said?: Said };

export type Program = {
  pid: number;
  name: string;
  executable: string;
  script: string | null;
  arguments: string[];
  parents: Process[];
  started: number;
  signature: Signature;
  /** Whether the file of the executable is still what runs. */
  file: "as_started" | "changed_or_gone";
};

export type Seen = { state: "seen" } & Program;

export type Sighting = Seen | { state: "nobody" } | { state: "cannot_tell"; why: string; why_said?: Said };

export type Destination =
  | { kind: "loopback"; host: string; port: number | null }
  | { kind: "private_scheme"; scheme: string }
  | { kind: "web"; host: string }
  | { kind: "fetched" };

export type Group = "look" | "change" | "run";
export type Mode = "allow" | "ask" | "hide";
export type Looked = "new" | "known" | "changed";
export type Until = "once" | "ten_minutes" | "today" | "program_ends" | "taken_back";

export type OfferedTool = {
  name: string;
  title: string | null;
  description: string | null;
  group: Group;
  looked: Looked;
  proposed: Mode;
  now: Mode;
};

export type OfferView = {
  tools: OfferedTool[];
  prompts: { proposed: Mode; now: Mode } | null;
  resources: { proposed: Mode; now: Mode } | null;
  not_known: string | null;
  not_known_said?: Said;
};

export type TicksValue = {
  tools: Record<string, Mode>;
  prompts: Mode | null;
  resources: Mode | null;
};

/** Where a path leads; `path` is null when it is the whole argument. */
export type Lead = { path: string | null; to: string };

export type Argument = { name: string; value: string; length: number; cut: boolean; leads: Lead[] };

export type CallQuestion = {
  tool: string;
  description: string | null;
  group: Group;
  why: "each_time" | "not_allowed_yet";
  arguments: Argument[];
  passed: number;
  last_passed_at: number | null;
};

export type Change = {
  tool: string;
  differences: { part: string; part_said?: Said; before: string; after: string }[];
};

export type NewServer = {
  requester: Sighting;
  /** A person asked for it in Doorward's main window. */
  by_hand: boolean;
  command: string;
  folder: string;
  environment: [string, string | null][];
};

/** A page of the client's maker. */
export type LeadsTo = "home" | "policy" | "terms";
export type Link = { to: LeadsTo; url: string; host: string };

/** What a person says. */
export type Decision =
  | { allow: { ticks: TicksValue | null; until: Until | null } }
  | { deny: { reason: string | null; after: "nothing" | "mute" | "never" } };

export type QuestionView = {
  id: number;
  kind: "connect" | "reconnect" | "device" | "call" | "changed" | "add_server";
  allowed_at: number | null;
  user_code: string | null;
  client_name: string | null;
  name_altered: boolean;
  name_shortened: boolean;
  client_id: string;
  server: string;
  scopes: string[];
  scope_words: Group[];
  /** It asks for more than when it was allowed. */
  wider: boolean;
  /** A known program that asks for nothing new, waits for the answer itself, and keeps what it has for as long as before. */
  unchanged: boolean;
  /** Some of what it has ends before its access does, which a yes would change. */
  temporary: boolean;
  /** Another program that was allowed something under the same name. */
  known_as: string | null;
  /** A name that its name looks like and is not. */
  looks_like: string | null;
  links: Link[];
  offer: OfferView | null;
  call: CallQuestion | null;
  changes: Change[];
  new_server: NewServer | null;
  destination: Destination;
  redirect_uri: string;
  requester: Sighting;
  registrant: Sighting;
  listener: Sighting;
  number: number | null;
  has_page: boolean;
  cause: string | null;
  typing: { what: "number" | "code" | "place"; always: boolean } | null;
  asked_at: number;
  expires_at: number;
  more_time: boolean;
};

export type ConsentState = {
  question: QuestionView | null;
  position: number;
  total: number;
  /** How many of them are of the same program. */
  alike: number;
};

export type Outcome = "allowed" | "denied" | "lapsed" | "withdrawn" | "superseded" | "refused" | "disconnected";

export type HistoryEntry = {
  number: number;
  at: number;
  outcome: Outcome;
  /** Whether it is about an app or about the server itself. */
  subject: "app" | "server";
  client_name: string | null;
  /** The file of the program behind it. */
  program: string | null;
  server: string;
  detail: string;
  detail_said?: Said;
};

export type GrantView = {
  server: string;
  allowed_at: number;
  last_used_at: number | null;
  ends_at: number;
  tools: number;
  /** In the last 30 days. */
  calls: number;
};

export type ProgramView = {
  part: "registered" | "asked" | "listened" | "redeemed" | "refused";
  name: string | null;
  executable: string | null;
  script: string | null;
  why: string | null;
  why_said?: Said;
  first_at: number;
  last_at: number;
  times: number;
};

export type Muted = { program: string; name: string; until: number };

export type AppView = {
  id: string;
  name: string | null;
  program: string | null;
  first_seen_at: number;
  registrations: number;
  /** All but the newest. */
  other_registrations: { client: string; at: number }[];
  grants: GrantView[];
  programs: ProgramView[];
  blocked_at: number | null;
  paused: boolean;
};

export type ServerView = {
  name: string;
  url: string;
  address: string;
  added_at: number;
  apps: number;
  validates: boolean;
  condition: Condition | null;
  keeps_arguments: boolean;
  paused: boolean;
  /** How many it lists; `null`: they are not known yet. */
  tools: { all: number; new: number; changed: number } | null;
  /** The names of what it needs from the keyring. */
  secrets: string[];
};

export type ToolView = { name: string; title: string | null; description: string | null; group: Group; looked: Looked };

/** The tools of a server, and what holds for each app that may use it. */
export type ToolsForApps = { tools: ToolView[]; apps: RulesView[] };

/** How a server is that Doorward starts. */
export type Condition = { words: string; log: string[] } & (
  | { state: "stopped" | "starting" }
  | { state: "running"; pid: number; processes: number; protocol: string }
  | { state: "failed"; reason: string; reason_said?: Said }
);

export type RuleKey = { app: string; server: string; kind: "tool" | "prompts" | "resources"; name: string };

export type RuleLine = RuleKey & {
  app_name: string | null;
  mode: Mode;
  ends_at: number | null;
  ends_with: number | null;
  set_at: number;
};

export type SettingView = {
  key: string;
  kind: "switch" | "number" | "choice" | "text" | "list";
  choices: string[];
  default: unknown;
  value: unknown;
  in_force: unknown;
  /** A value of the policy. */
  of_policy: boolean;
  /** What named policies have in its place, where that is another value. */
  elsewhere: { value: unknown; policies: string[] }[];
  at_once: boolean;
  after_restart: boolean;
};

export type Settings = {
  settings: SettingView[];
  /** Where they are kept. */
  file: string;
  /** Whether Doorward starts with the session; `null`: this system does not say. */
  starts_at_login: boolean | null;
};

export type Finding = { about: string; about_said?: Said; state: "good" | "note" | "fault"; says: string; says_said?: Said };

/** What ended with an access that was taken back. */
export type Disconnected = { grants: number; calls_ended: number; streams_closed: number };

export type RuleView = {
  tool: string;
  description: string | null;
  group: Group;
  looked: Looked;
  mode: Mode;
  ends_at: number | null;
  ends_with: number | null;
};

export type RulesView = {
  app: string;
  app_name: string | null;
  server: string;
  tools: RuleView[];
  prompts: Mode | null;
  resources: Mode | null;
};

export type CallView = {
  number: number;
  at: number;
  app: string;
  app_name: string | null;
  program: string | null;
  server: string;
  method: string;
  name: string | null;
  passed: boolean;
  why: string;
  why_said?: Said;
  ended: string;
  ended_said?: Said;
  milliseconds: number;
  sent: number;
  received: number;
  shape: string;
  arguments: string | null;
};

/** A variable of a command that a person typed. */
export type Variable = { name: string; value: string; secret: boolean };

/** Tells a server in a file from every other one. What is in it is the shell's. */
export type Origin = { client: string; file: string; place: unknown; entry: string };

export type FoundServer = {
  origin: Origin;
  client: string;
  place: Said;
  what: string | null;
  starts: boolean;
  secrets: string[];
  /** Why it stays as it is. */
  stays: Said | null;
};

export type ImportOf = { id: string; client: string; files: string[]; when: number };

/** What is in the files of this person's programs. */
export type InFiles = {
  servers: FoundServer[];
  unreadable: { client: string; why: Said }[];
  /** The last import of each program that can be undone. */
  imports: ImportOf[];
  /** Whether an import is under way that another window began. */
  under_way: boolean;
  /** How one ended that nobody saw ending. */
  ended: Imported | null;
};

export type Planned = {
  mark: string;
  servers: { name: string; what: string; starts: boolean; secrets: string[] }[];
  files: { client: string; path: string; diff: string }[];
  left: { name: string; why: Said }[];
};

export type Imported = {
  added: string[];
  not_added: { name: string; why: Said }[];
  files: string[];
  stopped: Said | null;
  unwritten: string[];
};

export type Undone =
  | {
      state: "done";
      files: string[];
      kept: { file: string; name: string }[];
      servers: string[];
      stopped: Said | null;
      unwritten: string[];
    }
  | { state: "changed"; why: Said };

export type MainState = {
  address: string;
  version: string;
  paused: boolean;
  page: Page | null;
  /** A question about an app that was chosen in the tray. */
  ask: AskAbout | null;
  /** Whether somebody who just begins has to know that there is no icon in the tray. */
  no_tray: boolean;
  paused_until: number | null;
  muted: Muted[];
  requests: QuestionView[];
  /** The apps that a person never wants to be asked about. */
  blocked: AppView[];
  apps: AppView[];
  servers: ServerView[];
};

/** A question that another part of Doorward leads to. */
export type AskAbout = { what: "disconnect" | "ask-all"; app: string };

export type Page = "requests" | "apps" | "servers" | "import" | "rules" | "activity" | "settings" | "health";

/** What a placeholder of a message may be filled with. */
export type Filling = string | number | Node;

/**
 * A sentence that the broker says: which one, and what fills its places. It stands beside the same in English, under the name with
 * `_said`; where it is missing, the words are not in a message file.
 */
export type Said = { id: string; values?: Record<string, string | number | string[] | Said> };

/** The language the shell chose, with its message file. */
export type WordsOfShell = { language: string; locale: string; direction: "ltr" | "rtl"; messages: string };

/** What the shell offers to a page. */
export type Shell = {
  core: { invoke(command: string, args?: Record<string, unknown>): Promise<unknown> };
  event: {
    listen(name: string, callback: (event: { payload: unknown }) => void): Promise<() => void>;
  };
};
