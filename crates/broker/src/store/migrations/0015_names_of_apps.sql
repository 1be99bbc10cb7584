-- By what the names of Apps are found that were allowed something: as they are, and as they look (UTS 39). Apps may share all but the last.
CREATE TABLE known_names (
    key           TEXT NOT NULL,
    name          TEXT NOT NULL,
    program       TEXT NOT NULL,    -- '': could not be told
    first_seen_at INTEGER NOT NULL,
    app           TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    PRIMARY KEY (key, name, program, first_seen_at DESC, app)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_names_by_app ON known_names (app);
-- An App is known for as long as it may use anything.
CREATE TRIGGER known_name_after_grant AFTER DELETE ON grants WHEN NOT EXISTS (SELECT 1 FROM grants WHERE app = OLD.app) BEGIN
    DELETE FROM known_names WHERE app = OLD.app;
END;
