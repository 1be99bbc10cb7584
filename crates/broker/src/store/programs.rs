//! The programs that had a part in an App's logins.

use doorward_oauth::{
    id::AppId,
    program::{Program, Sighting},
    time::UnixTime,
};
use rusqlite::Connection;

use super::{Sql, from_json, time, to_json};

/// What a program did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It registered the client.
    Registered,
    /// It opened the request: nearly always a browser.
    Asked,
    /// It waited for the answer.
    Listened,
    /// It redeemed the answer.
    Redeemed,
    /// It tried to redeem an answer that another one waited for.
    Refused,
}

impl Part {
    const ALL: [Self; 5] = [Self::Registered, Self::Asked, Self::Listened, Self::Redeemed, Self::Refused];

    /// One word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Asked => "asked",
            Self::Listened => "listened",
            Self::Redeemed => "redeemed",
            Self::Refused => "refused",
        }
    }
}

/// A program that had a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// In what.
    pub part: Part,
    /// How it was seen the last time, without its command line.
    pub seen: Sighting,
    /// When it was seen first.
    pub first_at: UnixTime,
    /// When it was seen last.
    pub last_at: UnixTime,
    /// How often.
    pub times: u32,
}

/// How many programs are kept for each part that an App's logins have.
const MOST: u32 = 20;

/// Notes that a program had a part in a login; those that were seen longest ago make room.
pub fn note(db: &Connection, app: &AppId, part: Part, seen: &Sighting, now: UnixTime) -> Sql<()> {
    let identity = seen.program().map(Program::identity).unwrap_or_default();
    let without = seen.clone().without_arguments();
    let times: u32 = db
        .prepare_cached(
            "INSERT INTO programs (app, part, identity, seen, first_at, last_at, times) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)
         ON CONFLICT DO UPDATE SET seen = excluded.seen, last_at = excluded.last_at, times = times + 1
             RETURNING times",
        )?
        .query_row((app.as_str(), part.as_str(), &identity, to_json(&without)?, now.as_secs()), |row| row.get(0))?;
    if times > 1 {
        return Ok(());
    }
    db.prepare_cached(
        "DELETE FROM programs WHERE app = ?1 AND part = ?2 AND identity NOT IN
         (SELECT identity FROM programs WHERE app = ?1 AND part = ?2 ORDER BY last_at DESC LIMIT ?3)",
    )?
    .execute((app.as_str(), part.as_str(), MOST))?;
    Ok(())
}

/// The programs that had a part in an App's logins, by part, the newest first.
pub fn of_app(db: &Connection, app: &AppId) -> Sql<Vec<Noted>> {
    let mut all: Vec<Noted> = db
        .prepare_cached("SELECT part, seen, first_at, last_at, times FROM programs WHERE app = ?1 ORDER BY last_at DESC")?
        .query_map([app.as_str()], |row| {
            let word: String = row.get(0)?;
            let Some(part) = Part::ALL.into_iter().find(|part| part.as_str() == word) else { return Ok(None) };
            let seen = from_json(row, 1)?;
            Ok(Some(Noted { part, seen, first_at: time(row, 2)?, last_at: time(row, 3)?, times: row.get(4)? }))
        })?
        .filter_map(Result::transpose)
        .collect::<Sql<_>>()?;
    all.sort_by_key(|noted| Part::ALL.iter().position(|part| *part == noted.part));
    Ok(all)
}
