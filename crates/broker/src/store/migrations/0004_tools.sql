-- What each server listed last, and what of it somebody looked at. A tool whose description is another one than that does not
-- run; one that was never looked at is hidden.
CREATE TABLE tools (
    server     TEXT NOT NULL REFERENCES servers (name) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    position   INTEGER,             -- in the server's own order; NULL: it is not listed any more
    kind       TEXT NOT NULL,       -- look, change, run
    definition TEXT NOT NULL,       -- in JSON, as listed
    pin        BLOB NOT NULL,       -- recognises that definition
    looked_at  TEXT,                -- the definition that was looked at; NULL: none
    looked_pin BLOB,
    PRIMARY KEY (server, name)
) STRICT, WITHOUT ROWID;
