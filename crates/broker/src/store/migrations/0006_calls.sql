-- What Apps did: every call of a tool, a prompt or a resource, passed or refused. Never a token; values only where a person wants them.
CREATE TABLE calls (
    id           INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    app          TEXT NOT NULL,     -- its name stays readable when the App is gone
    app_name     TEXT,
    program      TEXT,              -- the program that called, where it could be told
    server       TEXT NOT NULL,
    method       TEXT NOT NULL,
    name         TEXT,              -- of the tool or prompt, or the address of the resource
    passed       INTEGER NOT NULL,
    why          TEXT NOT NULL,     -- what decided, in a word
    ended        TEXT NOT NULL,     -- how it ended, in a word
    milliseconds INTEGER NOT NULL,  -- from the question to the end of the answer
    sent         INTEGER NOT NULL,  -- bytes of the message
    received     INTEGER NOT NULL,  -- bytes of the answer
    shape        TEXT NOT NULL,     -- what kind of values it was called with
    arguments    TEXT               -- the values, where a person wants them
) STRICT;
CREATE INDEX calls_by_time ON calls (at);
CREATE INDEX calls_by_tool ON calls (app, server, name) WHERE passed = 1;

-- Whether the values of calls at a server are written down.
ALTER TABLE servers ADD COLUMN keeps_arguments INTEGER NOT NULL DEFAULT 0;
