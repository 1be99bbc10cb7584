-- Settings of the data itself: which key it belongs to, who may open it, whether everything is paused.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The guarded servers.
CREATE TABLE servers (
    name     TEXT PRIMARY KEY,
    url      TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a person recognises: registrations that share name, software id, redirect shape and program.
CREATE TABLE apps (
    id            TEXT PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,
    name          TEXT,
    program       TEXT,             -- the executable (and script), as shown
    first_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Client registrations (RFC 7591). `registration` is the client as understood, in JSON.
CREATE TABLE clients (
    id           TEXT PRIMARY KEY,
    app          TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    issued_at    INTEGER NOT NULL,
    registration TEXT NOT NULL,
    registrant   TEXT NOT NULL      -- the program that registered, in JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX clients_by_app ON clients (app);
CREATE INDEX clients_by_age ON clients (issued_at);

-- One row for each "Allow". Everything below hangs on it and goes with it.
CREATE TABLE grants (
    id           TEXT PRIMARY KEY,
    app          TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    client       TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    server       TEXT NOT NULL REFERENCES servers (name) ON DELETE CASCADE,
    scopes       TEXT NOT NULL,
    program      TEXT,              -- identity of the program that waited for the answer; NULL: could not be told
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    ends_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_app ON grants (app, server);
CREATE INDEX grants_by_client ON grants (client);
CREATE INDEX grants_by_server ON grants (server);
CREATE INDEX grants_by_end ON grants (ends_at);

-- Secrets rest as digests: SHA-256 of 256 random bits for codes and access tokens, HMAC under the keyring's key for
-- refresh tokens.
CREATE TABLE codes (
    digest                BLOB PRIMARY KEY,
    grant_id              TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    client                TEXT NOT NULL,
    challenge             BLOB NOT NULL,
    redirect_uri          TEXT NOT NULL,
    server                TEXT NOT NULL,
    refreshes             INTEGER NOT NULL,
    ends_at               INTEGER NOT NULL,
    spent                 INTEGER NOT NULL DEFAULT 0,
    failures              INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_by_grant ON codes (grant_id);
CREATE INDEX codes_by_end ON codes (ends_at);

CREATE TABLE access_tokens (
    digest   BLOB PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    ends_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX access_tokens_by_grant ON access_tokens (grant_id);
CREATE INDEX access_tokens_by_end ON access_tokens (ends_at);

CREATE TABLE refresh_tokens (
    digest     BLOB PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    rotated_at INTEGER,             -- NULL: the current one of its grant
    UNIQUE (grant_id, generation)
) STRICT, WITHOUT ROWID;

-- What happened, for people. Never a secret.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    client_name TEXT,
    server      TEXT NOT NULL,
    detail      TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (at);
