-- Servers that Doorward starts: the command in JSON; NULL for one that is reached at its url. Secrets are in the keyring; here are
-- their names.
ALTER TABLE servers ADD COLUMN command TEXT;
-- The names of headers that a server at a url is sent, in JSON; their values are in the keyring.
ALTER TABLE servers ADD COLUMN headers TEXT NOT NULL DEFAULT '[]';
