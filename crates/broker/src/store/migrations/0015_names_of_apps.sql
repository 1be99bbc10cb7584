-- Which names are known: each once, among however many Apps.
CREATE INDEX apps_by_name ON apps (name, coalesce(program, ''), first_seen_at);
