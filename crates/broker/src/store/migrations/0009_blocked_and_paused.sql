-- Apps that a person never wants to be asked about again, and Apps and servers that are paused.
ALTER TABLE apps ADD COLUMN blocked_at INTEGER;             -- NULL: it may ask
ALTER TABLE apps ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;

-- An App that may not ask is remembered without a client or a grant: it would only have to register anew.
DROP TRIGGER app_after_client;
CREATE TRIGGER app_after_client AFTER DELETE ON clients BEGIN
    DELETE FROM apps WHERE id = OLD.app AND blocked_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM clients WHERE app = OLD.app) AND NOT EXISTS (SELECT 1 FROM grants WHERE app = OLD.app);
END;
DROP TRIGGER app_after_move;
CREATE TRIGGER app_after_move AFTER UPDATE OF app ON clients WHEN NEW.app <> OLD.app BEGIN
    DELETE FROM apps WHERE id = OLD.app AND blocked_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM clients WHERE app = OLD.app) AND NOT EXISTS (SELECT 1 FROM grants WHERE app = OLD.app);
END;
DROP TRIGGER app_after_grant;
-- A pause is one of what an App may use, and ends with that.
CREATE TRIGGER app_after_grant AFTER DELETE ON grants WHEN NOT EXISTS (SELECT 1 FROM grants WHERE app = OLD.app) BEGIN
    UPDATE apps SET paused = 0 WHERE id = OLD.app AND paused <> 0;
    DELETE FROM apps WHERE id = OLD.app AND blocked_at IS NULL AND NOT EXISTS (SELECT 1 FROM clients WHERE app = OLD.app);
END;
-- The same for one that may ask again.
CREATE TRIGGER app_after_unblock AFTER UPDATE OF blocked_at ON apps WHEN NEW.blocked_at IS NULL BEGIN
    DELETE FROM apps WHERE id = NEW.id
        AND NOT EXISTS (SELECT 1 FROM clients WHERE app = NEW.id) AND NOT EXISTS (SELECT 1 FROM grants WHERE app = NEW.id);
END;
