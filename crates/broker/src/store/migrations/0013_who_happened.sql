-- Whom an event is about: an App, or the server itself, where that changed its tools; and the program behind the App, where it could be
-- told.
ALTER TABLE events ADD COLUMN subject TEXT NOT NULL DEFAULT 'app';  -- app, server
ALTER TABLE events ADD COLUMN program TEXT;
UPDATE events SET subject = 'server'
    WHERE json_extract(said, '$.id') IN ('event-looked-at', 'event-kept-blocked', 'event-changed-unanswered');
-- How many calls each App made at each server lately.
CREATE INDEX calls_by_app ON calls (app, server, at);
