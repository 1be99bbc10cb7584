-- The sessions of older MCP revisions, each of the grant that opened it. What rests of an id is its digest.
CREATE TABLE sessions (
    digest    BLOB PRIMARY KEY,
    grant_id  TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    opened_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_grant ON sessions (grant_id, opened_at);

-- One index in the place of two: what has no likeness is told apart from everything by NULL.
DROP INDEX clients_by_app;
DROP INDEX clients_by_likeness;
CREATE UNIQUE INDEX clients_by_likeness ON clients (app, likeness);
