//! The questions that are open, so that one which ends with Doorward is written down at the next start.

use doorward_oauth::id::ServerName;
use doorward_words::Said;
use rusqlite::Connection;

use super::{Sql, broken, events::Subject, name, to_json};

/// What is written down of a question that never ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Whom it is about.
    pub subject: Subject,
    /// The name the program gave itself, made safe to show.
    pub client_name: Option<String>,
    /// The file of the program behind it.
    pub program: Option<String>,
    /// The server.
    pub server: ServerName,
    /// One sentence.
    pub detail: Said,
}

/// Notes a question that is open. `id` names it while Doorward runs.
pub fn note(db: &Connection, id: u64, question: &Unfinished) -> Sql<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO open_questions (id, client_name, server, said, subject, program) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        id.cast_signed(),
        &question.client_name,
        question.server.as_str(),
        to_json(&question.detail)?,
        question.subject.as_str(),
        &question.program,
    ))?;
    Ok(())
}

/// A question ended.
pub fn forget(db: &Connection, id: u64) -> Sql<()> {
    db.prepare_cached("DELETE FROM open_questions WHERE id = ?1")?.execute([id.cast_signed()])?;
    Ok(())
}

/// Those that are noted, the oldest first; none is noted any more. One that cannot be read is left out.
pub fn take(db: &Connection) -> Sql<Vec<Unfinished>> {
    let mut query = db.prepare_cached("SELECT client_name, server, said, subject, program FROM open_questions ORDER BY id")?;
    let rows = query.query_map([], |row| {
        let said: String = row.get(2)?;
        let detail = serde_json::from_str(&said).map_err(|error| broken(2, error))?;
        let subject = Subject::named(&row.get::<_, String>(3)?);
        Ok(Unfinished { subject, client_name: row.get(0)?, program: row.get(4)?, server: name(row, 1)?, detail })
    })?;
    let readable = |row: Sql<Unfinished>| row.inspect_err(|error| tracing::warn!(%error, "an open question cannot be read")).ok();
    let found = rows.filter_map(readable).collect();
    db.execute("DELETE FROM open_questions", [])?;
    Ok(found)
}
