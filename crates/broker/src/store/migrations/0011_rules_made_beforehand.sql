-- Access that a person gave without being asked, by a rule: its App never asks, and it ends when it was said to.
ALTER TABLE apps ADD COLUMN made_by_rule INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN fixed_end INTEGER NOT NULL DEFAULT 0; -- 1: use does not let it live on
