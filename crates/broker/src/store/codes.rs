//! Authorization codes, as digests.

use doorward_oauth::{
    exchange::StoredCode,
    id::{ClientId, GrantId},
    pkce::Challenge,
    program::Program,
    time::UnixTime,
    token::{Code, Digest},
};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::{Sql, from_json, name, time, to_json};

/// A code with what is known besides.
#[derive(Debug, Clone)]
pub struct Found {
    /// The code.
    pub code: StoredCode,
    /// The grant whose tokens it gives.
    pub grant: GrantId,
    /// Whether a refresh token comes with it.
    pub refreshes: bool,
    /// Who may redeem it; `None`: the program that waited for it could not be told.
    pub bound: Option<Bound>,
}

/// Who may redeem a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The program that waited for it.
    pub listener: Program,
    /// Where that program's pages come from, if it serves any, and the browser that the code went through.
    pub page: Option<(String, String)>,
}

/// Adds a code.
pub fn add(db: &Connection, digest: &Digest<Code>, Found { code, grant, refreshes, bound }: &Found) -> Sql<()> {
    db.prepare_cached(
        "INSERT INTO codes (digest, grant_id, client, challenge, redirect_uri, server, refreshes, ends_at, bound)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
        bound.as_ref().map(to_json).transpose()?,
    ))?;
    Ok(())
}

/// Finds a code.
pub fn find(db: &Connection, digest: &Digest<Code>) -> Sql<Option<Found>> {
    db.prepare_cached(
        "SELECT client, challenge, redirect_uri, server, ends_at, spent, failures, grant_id, refreshes, bound
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
        let bound = if row.get_ref(9)? == rusqlite::types::ValueRef::Null { None } else { Some(from_json(row, 9)?) };
        Ok(Found { code, grant: GrantId::from_text(row.get::<_, String>(7)?), refreshes: row.get(8)?, bound })
    })
    .optional()
}

/// Marks a code redeemed.
pub fn spend(db: &Connection, digest: &Digest<Code>) -> Sql<()> {
    db.prepare_cached("UPDATE codes SET spent = 1 WHERE digest = ?1")?.execute([digest.as_bytes()])?;
    Ok(())
}

/// Counts an attempt that had something wrong.
pub fn count_failure(db: &Connection, digest: &Digest<Code>) -> Sql<()> {
    db.prepare_cached("UPDATE codes SET failures = failures + 1 WHERE digest = ?1")?.execute([digest.as_bytes()])?;
    Ok(())
}

/// Forgets codes that ended before `before`. They are kept for a while after, so that a replay is recognised.
pub fn forget_ended(db: &Connection, before: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM codes WHERE ends_at < ?1")?.execute([before.as_secs()])
}
