-- What happened, as a sentence that can be told in other languages. `detail` keeps it in English: it is what is looked through, and
-- all there is of what happened before.
ALTER TABLE events ADD COLUMN said TEXT;
