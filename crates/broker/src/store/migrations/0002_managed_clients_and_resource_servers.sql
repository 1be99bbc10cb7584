-- Registrations that are told apart, folded, managed and forgotten.
ALTER TABLE clients ADD COLUMN likeness BLOB;              -- of a public client: what makes another registration the same one
ALTER TABLE clients ADD COLUMN shared INTEGER NOT NULL DEFAULT 0; -- registered again with another port
ALTER TABLE clients ADD COLUMN idle_since INTEGER;         -- NULL: it has a grant
ALTER TABLE clients ADD COLUMN secret BLOB;                -- HMAC under the keyring's key, like all of these
ALTER TABLE clients ADD COLUMN secret_before BLOB;         -- until the new one is used: its answer may have been lost
ALTER TABLE clients ADD COLUMN secret_ends_at INTEGER;     -- NULL: never
ALTER TABLE clients ADD COLUMN management BLOB;            -- the registration access token (RFC 7592)
ALTER TABLE clients ADD COLUMN management_before BLOB;
CREATE UNIQUE INDEX clients_by_likeness ON clients (app, likeness) WHERE likeness IS NOT NULL;
CREATE INDEX clients_idle ON clients (idle_since) WHERE idle_since IS NOT NULL;
DROP INDEX clients_by_age;
UPDATE clients SET idle_since = issued_at WHERE NOT EXISTS (SELECT 1 FROM grants WHERE client = clients.id);

-- A client is in use while it has a grant, and idle from the last use on. An App is there while it has a client or a grant;
-- a client that replaces its registration may leave its grants with the App that was asked about.
CREATE TRIGGER client_in_use AFTER INSERT ON grants BEGIN
    UPDATE clients SET idle_since = NULL WHERE id = NEW.client AND idle_since IS NOT NULL;
END;
CREATE TRIGGER client_idle AFTER DELETE ON grants WHEN NOT EXISTS (SELECT 1 FROM grants WHERE client = OLD.client) BEGIN
    UPDATE clients SET idle_since = coalesce(OLD.last_used_at, OLD.created_at) WHERE id = OLD.client;
END;
CREATE TRIGGER app_after_client AFTER DELETE ON clients BEGIN
    DELETE FROM apps WHERE id = OLD.app
        AND NOT EXISTS (SELECT 1 FROM clients WHERE app = OLD.app) AND NOT EXISTS (SELECT 1 FROM grants WHERE app = OLD.app);
END;
CREATE TRIGGER app_after_move AFTER UPDATE OF app ON clients WHEN NEW.app <> OLD.app BEGIN
    DELETE FROM apps WHERE id = OLD.app
        AND NOT EXISTS (SELECT 1 FROM clients WHERE app = OLD.app) AND NOT EXISTS (SELECT 1 FROM grants WHERE app = OLD.app);
END;
CREATE TRIGGER app_after_grant AFTER DELETE ON grants BEGIN
    DELETE FROM apps WHERE id = OLD.app
        AND NOT EXISTS (SELECT 1 FROM clients WHERE app = OLD.app) AND NOT EXISTS (SELECT 1 FROM grants WHERE app = OLD.app);
END;

-- Servers that validate tokens themselves, and what they show when they ask about one.
ALTER TABLE servers ADD COLUMN validates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN credential BLOB;

-- A token can be narrower than its grant.
ALTER TABLE access_tokens ADD COLUMN scopes TEXT;          -- NULL: all of the grant's
