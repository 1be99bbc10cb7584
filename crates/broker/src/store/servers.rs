//! The guarded servers.

use std::collections::BTreeMap;

use doorward_oauth::{
    arguments::visible_line,
    id::ServerName,
    resource::Resource,
    time::UnixTime,
    token::{Digest, Secret},
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::{Sql, from_json, time, to_json};

/// A server behind Doorward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name.
    pub name: ServerName,
    /// How it is reached.
    pub reach: Reach,
    /// When a person added it.
    pub added_at: UnixTime,
    /// Whether it validates tokens itself, at its own address, instead of being guarded.
    pub validates: bool,
    /// Whether it is paused.
    pub paused: bool,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// At an address.
    Address {
        /// Which one.
        url: String,
        /// The names of headers that it is sent; their values are in the keyring.
        headers: Vec<String>,
    },
    /// Doorward starts it and speaks with it over its standard streams.
    Command(CommandLine),
}

/// What starts a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandLine {
    /// The program, as an absolute path.
    pub program: String,
    /// Its arguments, each as it is: no shell reads them.
    pub arguments: Vec<String>,
    /// The folder it runs in.
    pub folder: String,
    /// Where it finds other programs: the search path of the person's shell when the server was added.
    pub path: String,
    /// Variables that it gets besides; `None`: the value is in the keyring.
    pub environment: BTreeMap<String, Option<String>>,
    /// Whether each App gets a process of its own.
    #[serde(default)]
    pub per_app: bool,
}

impl CommandLine {
    /// The whole command as it could be typed, with everything in it visible.
    pub fn shown(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        words.map(|word| visible_line(&quoted(word))).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell would have to be given it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,~".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

impl Server {
    /// What tokens for it are about.
    pub fn resource(&self) -> Resource {
        Resource { name: self.name.clone(), own_address: self.own_address().filter(|_| self.validates) }
    }

    fn own_address(&self) -> Option<String> {
        match &self.reach {
            Reach::Address { url, .. } => Some(url.clone()),
            Reach::Command(_) => None,
        }
    }
}

const COLUMNS: &str = "name, url, added_at, validates, command, headers, paused";

fn read(row: &Row<'_>) -> Sql<Server> {
    let reach = match row.get::<_, Option<String>>(4)? {
        Some(_) => Reach::Command(from_json(row, 4)?),
        None => Reach::Address { url: row.get(1)?, headers: from_json(row, 5)? },
    };
    Ok(Server { name: super::name(row, 0)?, reach, added_at: time(row, 2)?, validates: row.get(3)?, paused: row.get(6)? })
}

/// All servers, by name.
pub fn all(db: &Connection) -> Sql<Vec<Server>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM servers ORDER BY name"))?.query_map([], read)?.collect()
}

/// One server.
pub fn find(db: &Connection, name: &ServerName) -> Sql<Option<Server>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM servers WHERE name = ?1"))?.query_row([name.as_str()], read).optional()
}

/// Adds a server; `false` when the name is taken.
pub fn add(db: &Connection, server: &Server) -> Sql<bool> {
    let (url, command, headers) = match &server.reach {
        Reach::Address { url, headers } => (url.as_str(), None, to_json(headers)?),
        Reach::Command(command) => ("", Some(to_json(command)?), "[]".to_owned()),
    };
    let added = db
        .prepare_cached(
            "INSERT INTO servers (name, url, added_at, validates, command, headers) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute((server.name.as_str(), url, server.added_at.as_secs(), server.validates, command, headers))?;
    Ok(added == 1)
}

/// Removes a server and everything that was allowed at it; `false` when there is none.
pub fn remove(db: &Connection, name: &ServerName) -> Sql<bool> {
    Ok(db.prepare_cached("DELETE FROM servers WHERE name = ?1")?.execute([name.as_str()])? == 1)
}

/// What a server said about itself when it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Whether its tools are known.
    pub known: bool,
    /// Whether it has prompts.
    pub prompts: bool,
    /// Whether it has resources.
    pub resources: bool,
}

/// What a server said about itself.
pub fn listed(db: &Connection, name: &ServerName) -> Sql<Option<Listed>> {
    db.prepare_cached("SELECT listed_at IS NOT NULL, has_prompts, has_resources FROM servers WHERE name = ?1")?
        .query_row([name.as_str()], |row| Ok(Listed { known: row.get(0)?, prompts: row.get(1)?, resources: row.get(2)? }))
        .optional()
}

/// Notes that a server was asked, and what it has besides tools.
pub fn set_listed(db: &Connection, name: &ServerName, prompts: bool, resources: bool, now: UnixTime) -> Sql<()> {
    db.prepare_cached("UPDATE servers SET listed_at = ?2, has_prompts = ?3, has_resources = ?4 WHERE name = ?1")?.execute((
        name.as_str(),
        now.as_secs(),
        prompts,
        resources,
    ))?;
    Ok(())
}

/// Whether the values of calls at a server are written down.
pub fn keeps_arguments(db: &Connection, name: &ServerName) -> Sql<bool> {
    let keeps = db
        .prepare_cached("SELECT keeps_arguments FROM servers WHERE name = ?1")?
        .query_row([name.as_str()], |row| row.get(0))
        .optional()?;
    Ok(keeps.unwrap_or(false))
}

/// Says whether they are; `false` when there is no such server.
pub fn set_keeps_arguments(db: &Connection, name: &ServerName, keeps: bool) -> Sql<bool> {
    Ok(db.prepare_cached("UPDATE servers SET keeps_arguments = ?2 WHERE name = ?1")?.execute((name.as_str(), keeps))? == 1)
}

/// Pauses a server, or lets it go on; `false` when there is none.
pub fn set_paused(db: &Connection, name: &ServerName, paused: bool) -> Sql<bool> {
    Ok(db.prepare_cached("UPDATE servers SET paused = ?2 WHERE name = ?1")?.execute((name.as_str(), paused))? == 1)
}

/// Replaces what a server shows when it asks about tokens; `false` when there is no such server.
pub fn set_credential(db: &Connection, name: &ServerName, credential: &Digest<Secret>) -> Sql<bool> {
    let set = db.prepare_cached("UPDATE servers SET credential = ?2 WHERE name = ?1")?.execute((name.as_str(), credential.as_bytes()))?;
    Ok(set == 1)
}

/// What a server shows when it asks about tokens.
pub fn credential(db: &Connection, name: &ServerName) -> Sql<Option<Digest<Secret>>> {
    let found = db
        .prepare_cached("SELECT credential FROM servers WHERE name = ?1")?
        .query_row([name.as_str()], |row| row.get::<_, Option<[u8; 32]>>(0))
        .optional()?;
    Ok(found.flatten().map(Digest::from_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_could_be_typed_and_hides_nothing() {
        let command = CommandLine {
            program: "/usr/bin/npx".into(),
            arguments: ["-y", "a b", "it's", "", "x\u{202e}y", "$(rm)"].map(str::to_owned).into(),
            folder: "/".into(),
            path: String::new(),
            environment: BTreeMap::new(),
            per_app: false,
        };
        assert_eq!(command.shown(), "/usr/bin/npx -y 'a b' 'it'\\''s' '' 'x\u{27e6}U+202E\u{27e7}y' '$(rm)'");
    }
}
