//! What an App asked for at a server when it was last allowed, as scopes.

use doorward_oauth::{
    id::{AppId, ServerName},
    scope::Scopes,
};
use rusqlite::{Connection, OptionalExtension};

use super::{Sql, broken};

/// Notes it, in place of what was asked before.
pub fn note(db: &Connection, app: &AppId, server: &ServerName, scopes: &Scopes) -> Sql<()> {
    db.prepare_cached("INSERT INTO asked (app, server, scopes) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET scopes = excluded.scopes")?
        .execute((app.as_str(), server.as_str(), scopes.to_string()))?;
    Ok(())
}

/// Reads it; `None` when it was not noted.
pub fn at(db: &Connection, app: &AppId, server: &ServerName) -> Sql<Option<Scopes>> {
    let mut query = db.prepare_cached("SELECT scopes FROM asked WHERE app = ?1 AND server = ?2")?;
    let text: Option<String> = query.query_row((app.as_str(), server.as_str()), |row| row.get(0)).optional()?;
    text.map(|text| Scopes::parse(&text).map_err(|error| broken(0, error))).transpose()
}
