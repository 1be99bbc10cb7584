-- What an App asked for at a server when it was last allowed: asking for more is another question than signing in again.
CREATE TABLE asked (
    app    TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    server TEXT NOT NULL REFERENCES servers (name) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    PRIMARY KEY (app, server)
) STRICT, WITHOUT ROWID;
