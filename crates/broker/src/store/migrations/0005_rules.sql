-- What a server said about itself when it was last asked.
ALTER TABLE servers ADD COLUMN listed_at INTEGER;       -- NULL: its tools are not known yet
ALTER TABLE servers ADD COLUMN has_prompts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN has_resources INTEGER NOT NULL DEFAULT 1;

-- What a person said about a tool of a server, or about its prompts or resources, for one App. Without a rule: hidden.
CREATE TABLE rules (
    app         TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    server      TEXT NOT NULL REFERENCES servers (name) ON DELETE CASCADE,
    kind        TEXT NOT NULL,      -- tool, prompts, resources
    name        TEXT NOT NULL,      -- of the tool, else empty
    mode        TEXT NOT NULL,      -- allow, ask, hide
    ends_at     INTEGER,            -- NULL: not by time
    pid         INTEGER,            -- ends with that process; NULL: not with one
    pid_started INTEGER,
    after       TEXT NOT NULL DEFAULT 'hide', -- what holds when it has ended
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (app, server, kind, name)
) STRICT, WITHOUT ROWID;

-- Until now an "Allow" was for all that a server has: what was allowed stays allowed.
INSERT INTO rules (app, server, kind, name, mode, made_at)
    SELECT DISTINCT g.app, g.server, 'tool', t.name, 'allow', max(g.created_at)
    FROM grants g JOIN tools t ON t.server = g.server AND t.looked_pin = t.pin GROUP BY g.app, g.server, t.name;
INSERT INTO rules (app, server, kind, name, mode, made_at)
    SELECT g.app, g.server, k.kind, '', 'allow', max(g.created_at)
    FROM grants g, (SELECT 'prompts' AS kind UNION SELECT 'resources') k GROUP BY g.app, g.server, k.kind;
