// The shapes that cross the border between the shell and the pages.
// All times are Unix seconds.

export type Process = { pid: number; name: string };

export type Program = {
  pid: number;
  name: string;
  executable: string;
  script: string | null;
  arguments: string[];
  parents: Process[];
  started: number;
};

export type Seen = { state: "seen" } & Program;

export type Sighting = Seen | { state: "nobody" } | { state: "cannot_tell"; why: string };

export type Destination =
  | { kind: "loopback"; host: string; port: number | null }
  | { kind: "private_scheme"; scheme: string }
  | { kind: "web"; host: string }
  | { kind: "fetched" };

export type QuestionView = {
  id: number;
  kind: "connect" | "reconnect" | "device";
  allowed_at: number | null;
  user_code: string | null;
  client_name: string | null;
  name_altered: boolean;
  client_id: string;
  server: string;
  scopes: string[];
  scope_words: string[];
  destination: Destination;
  redirect_uri: string;
  requester: Sighting;
  registrant: Sighting;
  listener: Sighting;
  number: number | null;
  has_page: boolean;
  asked_at: number;
  expires_at: number;
};

export type ConsentState = { question: QuestionView | null; position: number; total: number };

export type Outcome = "allowed" | "denied" | "lapsed" | "withdrawn" | "refused" | "disconnected";

export type HistoryEntry = {
  at: number;
  outcome: Outcome;
  client_name: string | null;
  server: string;
  detail: string;
};

export type GrantView = {
  server: string;
  allowed_at: number;
  last_used_at: number | null;
  ends_at: number;
};

export type AppView = {
  id: string;
  name: string | null;
  program: string | null;
  first_seen_at: number;
  registrations: number;
  grants: GrantView[];
};

export type ServerView = {
  name: string;
  url: string;
  address: string;
  added_at: number;
  apps: number;
  validates: boolean;
};

export type MainState = {
  address: string;
  version: string;
  paused: boolean;
  requests: QuestionView[];
  history: HistoryEntry[];
  apps: AppView[];
  servers: ServerView[];
};

export type Page = "requests" | "apps" | "servers";

/** What a placeholder of a message may be filled with. */
export type Filling = string | number | Node;

/** What the shell offers to a page. */
export type Shell = {
  core: { invoke(command: string, args?: Record<string, unknown>): Promise<unknown> };
  event: {
    listen(name: string, callback: (event: { payload: unknown }) => void): Promise<() => void>;
  };
};
