//! Access and refresh tokens, as digests.

use doorward_oauth::{
    grant::{ACCESS_TOKEN_LIFETIME, Grant},
    id::GrantId,
    scope::Scopes,
    time::UnixTime,
    token::{Access, Digest, Refresh},
};
use rusqlite::{Connection, OptionalExtension};

use super::{Sql, broken, grants, opt_time, time};

/// Adds an access token; `scopes` are those of a token that is narrower than its grant.
pub fn add_access(db: &Connection, digest: &Digest<Access>, grant: &GrantId, ends_at: UnixTime, scopes: Option<&Scopes>) -> Sql<()> {
    db.prepare_cached("INSERT INTO access_tokens (digest, grant_id, ends_at, scopes) VALUES (?1, ?2, ?3, ?4)")?.execute((
        digest.as_bytes(),
        grant.as_str(),
        ends_at.as_secs(),
        scopes.map(Scopes::to_string),
    ))?;
    Ok(())
}

/// What an access token stands for.
#[derive(Debug, Clone)]
pub struct StoredAccess {
    /// Its grant, as narrow as the token.
    pub grant: Grant,
    /// When the token was issued.
    pub issued_at: UnixTime,
    /// When the token ends.
    pub ends_at: UnixTime,
    /// Whether the App is paused.
    pub app_paused: bool,
}

/// What an access token stands for.
pub fn find_access(db: &Connection, digest: &Digest<Access>) -> Sql<Option<StoredAccess>> {
    const AT: usize = grants::COUNT;
    db.prepare_cached(&format!(
        "SELECT {}, t.ends_at, t.scopes, a.paused, g.fixed_end FROM access_tokens t JOIN grants g ON g.id = t.grant_id JOIN apps a ON a.id = g.app
         WHERE t.digest = ?1",
        grants::COLUMNS
    ))?
    .query_row([digest.as_bytes()], |row| {
        let mut grant = grants::read(row, 0)?;
        if let Some(scopes) = row.get::<_, Option<String>>(AT + 1)? {
            grant.scopes = Scopes::parse(&scopes).map_err(|error| broken(AT + 1, error))?;
        }
        let ends_at = time(row, AT)?;
        // The one token of access that a person gave beforehand is as old as that.
        let issued_at = if row.get(AT + 3)? { grant.created_at } else { ends_at.minus(ACCESS_TOKEN_LIFETIME) };
        Ok(StoredAccess { grant, issued_at, ends_at, app_paused: row.get(AT + 2)? })
    })
    .optional()
}

/// Adds the `generation`-th refresh token of a grant.
pub fn add_refresh(db: &Connection, digest: &Digest<Refresh>, grant: &GrantId, generation: u32) -> Sql<()> {
    db.prepare_cached("INSERT INTO refresh_tokens (digest, grant_id, generation) VALUES (?1, ?2, ?3)")?.execute((
        digest.as_bytes(),
        grant.as_str(),
        generation,
    ))?;
    Ok(())
}

/// A refresh token that exists.
#[derive(Debug)]
pub struct StoredRefresh {
    /// Its grant.
    pub grant: Grant,
    /// The identity of the program the grant was given to.
    pub program: Option<String>,
    /// Which of the grant's tokens it is, counted from 0.
    pub generation: u32,
    /// When it was exchanged for the next.
    pub rotated_at: Option<UnixTime>,
    /// Whether the next was exchanged too.
    pub successor_used: bool,
}

/// A refresh token.
pub fn find_refresh(db: &Connection, digest: &Digest<Refresh>) -> Sql<Option<StoredRefresh>> {
    db.prepare_cached(&format!(
        "SELECT {}, g.program, t.generation, t.rotated_at, n.rotated_at IS NOT NULL FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id
         LEFT JOIN refresh_tokens n ON n.grant_id = t.grant_id AND n.generation = t.generation + 1 WHERE t.digest = ?1",
        grants::COLUMNS
    ))?
    .query_row([digest.as_bytes()], |row| {
        Ok(StoredRefresh {
            grant: grants::read(row, 0)?,
            program: row.get(grants::COUNT)?,
            generation: row.get(grants::COUNT + 1)?,
            rotated_at: opt_time(row, grants::COUNT + 2)?,
            successor_used: row.get(grants::COUNT + 3)?,
        })
    })
    .optional()
}

/// Marks a refresh token exchanged for its successor. It is kept, so that a late replay is recognised.
pub fn mark_rotated(db: &Connection, digest: &Digest<Refresh>, now: UnixTime) -> Sql<()> {
    db.prepare_cached("UPDATE refresh_tokens SET rotated_at = ?2 WHERE digest = ?1")?.execute((digest.as_bytes(), now.as_secs()))?;
    Ok(())
}

/// Ends one access token; `false` when there is none.
pub fn end_access(db: &Connection, digest: &Digest<Access>) -> Sql<bool> {
    Ok(db.prepare_cached("DELETE FROM access_tokens WHERE digest = ?1")?.execute([digest.as_bytes()])? == 1)
}

/// Forgets access tokens that ended.
pub fn forget_ended(db: &Connection, now: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM access_tokens WHERE ends_at <= ?1")?.execute([now.as_secs()])
}
