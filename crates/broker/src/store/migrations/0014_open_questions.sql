-- The questions that are open, with what is written down of them at the next start if Doorward ends before they do.
CREATE TABLE open_questions (
    id INTEGER PRIMARY KEY,
    client_name TEXT,
    server TEXT NOT NULL,
    said TEXT NOT NULL,
    subject TEXT NOT NULL,
    program TEXT
) STRICT;
