//! Authorization codes, as digests.

use doorward_oauth::{
    exchange::StoredCode,
    id::{ClientId, GrantId},
    pkce::Challenge,
    time::UnixTime,
    token::{Code, Digest},
};
use rusqlite::{Connection, OptionalExtension};

use super::{Sql, name, time};

/// Adds a code of a grant. `refreshes`: whether a refresh token comes with it.
pub fn add(db: &Connection, digest: &Digest<Code>, grant: &GrantId, code: &StoredCode, refreshes: bool) -> Sql<()> {
    db.prepare_cached(
        "INSERT INTO codes (digest, grant_id, client, challenge, redirect_uri, server, refreshes, ends_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        digest.as_bytes(),
        grant.as_str(),
        code.client.as_str(),
        code.challenge.as_bytes(),
        &code.redirect_uri,
        code.server.as_str(),
        refreshes,
        code.ends_at.as_secs(),
    ))?;
    Ok(())
}

/// A code with its grant, and whether a refresh token comes with it.
pub fn find(db: &Connection, digest: &Digest<Code>) -> Sql<Option<(StoredCode, GrantId, bool)>> {
    db.prepare_cached(
        "SELECT client, challenge, redirect_uri, server, ends_at, spent, failures, grant_id, refreshes
         FROM codes WHERE digest = ?1",
    )?
    .query_row([digest.as_bytes()], |row| {
        let code = StoredCode {
            client: ClientId::from_text(row.get::<_, String>(0)?),
            challenge: Challenge::from_bytes(row.get(1)?),
            redirect_uri: row.get(2)?,
            server: name(row, 3)?,
            ends_at: time(row, 4)?,
            spent: row.get(5)?,
            failures: row.get(6)?,
        };
        Ok((code, GrantId::from_text(row.get::<_, String>(7)?), row.get(8)?))
    })
    .optional()
}

/// Marks a code redeemed.
pub fn spend(db: &Connection, digest: &Digest<Code>) -> Sql<()> {
    db.prepare_cached("UPDATE codes SET spent = 1 WHERE digest = ?1")?.execute([digest.as_bytes()])?;
    Ok(())
}

/// Counts a wrong verifier.
pub fn count_failure(db: &Connection, digest: &Digest<Code>) -> Sql<()> {
    db.prepare_cached("UPDATE codes SET failures = failures + 1 WHERE digest = ?1")?.execute([digest.as_bytes()])?;
    Ok(())
}

/// Forgets codes that ended before `before`. They are kept for a while after, so that a replay is recognised.
pub fn forget_ended(db: &Connection, before: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM codes WHERE ends_at < ?1")?.execute([before.as_secs()])
}
