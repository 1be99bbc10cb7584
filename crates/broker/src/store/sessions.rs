//! The sessions of older MCP revisions.

use doorward_oauth::{
    id::GrantId,
    time::UnixTime,
    token::{Digest, Session},
};
use rusqlite::{Connection, OptionalExtension};

use super::Sql;

/// How many one grant has; the oldest goes, and its client begins anew.
const MOST: u32 = 64;

/// Remembers who opened a session. Who has it already keeps it.
pub fn add(db: &Connection, session: &Digest<Session>, by: &GrantId, now: UnixTime) -> Sql<()> {
    db.prepare_cached("INSERT INTO sessions (digest, grant_id, opened_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?.execute((
        session.as_bytes(),
        by.as_str(),
        now.as_secs(),
    ))?;
    db.prepare_cached(
        "DELETE FROM sessions WHERE digest IN
         (SELECT digest FROM sessions WHERE grant_id = ?1 AND digest <> ?2 ORDER BY opened_at DESC LIMIT -1 OFFSET ?3)",
    )?
    // Of several within a second, the one that was opened just now is not the oldest.
    .execute((by.as_str(), session.as_bytes(), MOST - 1))?;
    Ok(())
}

/// Who opened a session.
pub fn opened_by(db: &Connection, session: &Digest<Session>) -> Sql<Option<GrantId>> {
    db.prepare_cached("SELECT grant_id FROM sessions WHERE digest = ?1")?
        .query_row([session.as_bytes()], |row| row.get::<_, String>(0).map(GrantId::from_text))
        .optional()
}
