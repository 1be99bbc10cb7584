-- Who may redeem a code, in JSON: the program that waited for it. NULL: it could not be told.
ALTER TABLE codes ADD COLUMN bound TEXT;

-- The programs that had a part in an App's logins.
CREATE TABLE programs (
    app       TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    part      TEXT NOT NULL,      -- registered, asked, listened, redeemed, refused
    identity  TEXT NOT NULL,      -- the executable and the script; empty for one that could not be told
    seen      TEXT NOT NULL,      -- how it was seen last, in JSON
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    times     INTEGER NOT NULL,
    PRIMARY KEY (app, part, identity)
) STRICT, WITHOUT ROWID;
