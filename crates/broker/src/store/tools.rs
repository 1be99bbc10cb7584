//! The tools of the servers, as listed and as looked at.

use std::collections::HashMap;

use doorward_oauth::{
    id::ServerName,
    tool::{Group, Looked, Pin, Tool},
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Sql, from_json, to_json};

/// A tool as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTool {
    /// Its name.
    pub name: String,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// What the server says about it, in full.
    pub definition: Value,
    /// Recognises that.
    pub pin: Pin,
    /// Whether somebody looked at that.
    pub looked: Looked,
    /// What somebody looked at last.
    pub looked_at: Option<LookedAt>,
}

impl StoredTool {
    /// The names of its arguments, as its schema has them.
    pub fn argument_names(&self) -> Vec<String> {
        let properties = self.definition.pointer("/inputSchema/properties").and_then(Value::as_object);
        properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
    }
}

/// A description that somebody looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct LookedAt {
    /// Recognises it.
    pub pin: Pin,
    /// What the server said then.
    pub definition: Value,
}

/// What a list has that the one before had not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Tools that nobody looked at.
    pub added: Vec<String>,
    /// Tools that are not what somebody looked at, and were until now.
    pub changed: Vec<String>,
}

/// How many tools of one server are kept.
const MOST: usize = 1_000;

/// Keeps a list in place of the one before. `by_a_person`: who reads it looks at it, as when a server is added.
pub fn keep(db: &Connection, server: &ServerName, list: &[(Tool, Value)], by_a_person: bool) -> Sql<News> {
    let before = all(db, server)?;
    db.prepare_cached("UPDATE tools SET position = NULL WHERE server = ?1")?.execute([server.as_str()])?;
    // What is gone and was never looked at leaves nothing behind.
    db.prepare_cached("DELETE FROM tools WHERE server = ?1 AND position IS NULL AND looked_pin IS NULL")?.execute([server.as_str()])?;
    write(db, server, list, 0)?;
    if by_a_person {
        db.prepare_cached("UPDATE tools SET looked_at = definition, looked_pin = pin WHERE server = ?1")?.execute([server.as_str()])?;
    }
    news(db, server, &before)
}

/// Keeps what a part of a list says, beside what is known.
pub fn note(db: &Connection, server: &ServerName, list: &[(Tool, Value)]) -> Sql<News> {
    let before = all(db, server)?;
    // A server that makes up new tools again and again does not fill the disk.
    let known = |tool: &Tool| before.iter().any(|before| before.name == tool.name);
    let room = MOST.saturating_sub(before.len());
    let (old, new): (Vec<_>, Vec<_>) = list.iter().cloned().partition(|(tool, _)| known(tool));
    write(db, server, &old, 0)?;
    write(db, server, &new[..new.len().min(room)], before.len())?;
    news(db, server, &before)
}

fn write(db: &Connection, server: &ServerName, list: &[(Tool, Value)], from: usize) -> Sql<()> {
    let mut add = db.prepare_cached(
        "INSERT INTO tools (server, name, position, kind, definition, pin) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (server, name) DO UPDATE SET position = coalesce(position, ?3), kind = ?4, definition = ?5, pin = ?6",
    )?;
    for (position, (tool, definition)) in list.iter().enumerate() {
        let position = i64::try_from(from + position).unwrap_or(i64::MAX);
        add.execute((server.as_str(), &tool.name, position, tool.group.as_str(), to_json(definition)?, tool.pin.as_bytes()))?;
    }
    Ok(())
}

fn news(db: &Connection, server: &ServerName, before: &[StoredTool]) -> Sql<News> {
    let before: HashMap<&str, Looked> = before.iter().map(|tool| (tool.name.as_str(), tool.looked)).collect();
    let mut news = News::default();
    for tool in all(db, server)? {
        let was = before.get(tool.name.as_str()).copied();
        match (tool.looked, was) {
            (Looked::New, None) => news.added.push(tool.name),
            (Looked::Changed, Some(Looked::Known) | None) => news.changed.push(tool.name),
            (Looked::New | Looked::Known | Looked::Changed, _) => {}
        }
    }
    Ok(news)
}

/// Notes that somebody looked at what a server says about a tool. `false`, and nothing is noted, when it says something else by
/// now.
pub fn look(db: &Connection, server: &ServerName, tool: &str, shown: Pin) -> Sql<bool> {
    let noted = db
        .prepare_cached("UPDATE tools SET looked_at = definition, looked_pin = pin WHERE server = ?1 AND name = ?2 AND pin = ?3")?
        .execute((server.as_str(), tool, shown.as_bytes()))?;
    Ok(noted == 1)
}

/// How many tools a server lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All of them.
    pub all: u32,
    /// Those that nobody looked at: they are hidden.
    pub new: u32,
    /// Those that are not what somebody looked at: they are paused.
    pub changed: u32,
}

/// How many tools a server lists; `None`: they are not known yet.
pub fn counts(db: &Connection, server: &ServerName) -> Sql<Option<Counts>> {
    db.prepare_cached(
        "SELECT count(t.name), count(t.name) FILTER (WHERE t.looked_pin IS NULL), count(t.name) FILTER (WHERE t.looked_pin <> t.pin)
         FROM servers s LEFT JOIN tools t ON t.server = s.name AND t.position IS NOT NULL
         WHERE s.name = ?1 AND s.listed_at IS NOT NULL GROUP BY s.name",
    )?
    .query_row([server.as_str()], |row| Ok(Counts { all: row.get(0)?, new: row.get(1)?, changed: row.get(2)? }))
    .optional()
}

/// The tools that a server lists, in its order.
pub fn all(db: &Connection, server: &ServerName) -> Sql<Vec<StoredTool>> {
    db.prepare_cached(
        "SELECT name, kind, definition, pin, looked_at, looked_pin FROM tools WHERE server = ?1 AND position IS NOT NULL ORDER BY position",
    )?
    .query_map([server.as_str()], read)?
    .collect()
}

fn read(row: &Row<'_>) -> Sql<StoredTool> {
    let pin = Pin::from_bytes(row.get(3)?);
    let looked_at = match row.get::<_, Option<[u8; 32]>>(5)? {
        Some(looked) => Some(LookedAt { pin: Pin::from_bytes(looked), definition: from_json(row, 4)? }),
        None => None,
    };
    let looked = match &looked_at {
        None => Looked::New,
        Some(looked) if looked.pin == pin => Looked::Known,
        Some(_) => Looked::Changed,
    };
    let kind: String = row.get(1)?;
    let group = Group::named(&kind).unwrap_or(Group::Change);
    Ok(StoredTool { name: row.get(0)?, group, definition: from_json(row, 2)?, pin, looked, looked_at })
}

#[cfg(test)]
mod tests {
    use doorward_oauth::time::UnixTime;
    use serde_json::json;

    use super::*;
    use crate::store::{
        Store,
        servers::{self, Reach, Server},
    };

    fn list(tools: &[(&str, &str)]) -> Vec<(Tool, Value)> {
        let definition = |(name, description): &(&str, &str)| json!({ "name": name, "description": description });
        tools.iter().map(definition).map(|definition| (Tool::read(&definition).expect("a tool"), definition)).collect()
    }

    #[tokio::test]
    async fn a_list_says_what_is_new_and_what_is_not_what_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let files = ServerName::parse("files").expect("a name");
        let server = Server {
            name: files.clone(),
            reach: Reach::Address { url: "http://127.0.0.1:1/".into(), headers: vec![] },
            added_at: UnixTime::from_secs(1),
            validates: false,
            paused: false,
        };
        store.run(move |tx| servers::add(tx, &server)).await.expect("added");
        let kept = async |tools: &[(&str, &str)], by_a_person: bool| {
            let (list, files) = (list(tools), files.clone());
            let news = store.run(move |tx| keep(tx, &files, &list, by_a_person)).await.expect("kept");
            (news.added, news.changed)
        };
        let looked = || -> Vec<(String, Looked)> {
            let all = store.look_up(|db| all(db, &files)).expect("reads");
            all.into_iter().map(|tool| (tool.name, tool.looked)).collect()
        };
        let none = || (Vec::<String>::new(), Vec::<String>::new());
        assert_eq!(kept(&[("b", "1"), ("a", "1")], true).await, none(), "a person reads it");
        assert_eq!(looked(), [("b".into(), Looked::Known), ("a".into(), Looked::Known)], "in the server's order");
        assert_eq!(kept(&[("a", "1"), ("b", "1")], false).await, none());
        assert_eq!(kept(&[("a", "2"), ("c", "1")], false).await, (vec!["c".into()], vec!["a".into()]));
        assert_eq!(looked(), [("a".into(), Looked::Changed), ("c".into(), Looked::New)]);
        assert_eq!(kept(&[("a", "3"), ("c", "1")], false).await, none(), "that is known already");
        assert_eq!(kept(&[("a", "1"), ("b", "1")], false).await, none(), "what was looked at is good when it is back");
        assert!(looked().iter().all(|(_, looked)| *looked == Looked::Known));
        assert_eq!(kept(&[("b", "9")], false).await.1, ["b"]);
        let look = async |shown: &str| {
            let (pin, files) = (list(&[("b", shown)])[0].0.pin, files.clone());
            store.run(move |tx| look(tx, &files, "b", pin)).await.expect("asked")
        };
        assert!(!look("8").await, "that is not what it says now");
        assert_eq!(looked(), [("b".into(), Looked::Changed)]);
        assert!(look("9").await);
        assert_eq!(looked(), [("b".into(), Looked::Known)]);
        let page = list(&[("d", "1")]);
        let news = store.run({
            let files = files.clone();
            move |tx| note(tx, &files, &page)
        });
        assert_eq!(news.await.expect("noted").added, ["d"]);
        assert_eq!(looked(), [("b".into(), Looked::Known), ("d".into(), Looked::New)], "a page takes nothing away");
    }
}
