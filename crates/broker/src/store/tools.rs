//! The tools of the servers, as listed and as looked at.

use doorward_oauth::{
    id::ServerName,
    tool::{Group, Pin, Tool},
};
use rusqlite::{Connection, Row};
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
    /// Whether somebody looked at that.
    pub standing: Standing,
}

/// Whether somebody looked at what a server says about a tool.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Nobody ever did.
    New,
    /// Yes.
    Known,
    /// At something else, which this is.
    Changed(Value),
}

/// What a list has that the one before had not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Tools that nobody looked at.
    pub added: Vec<String>,
    /// Tools that are not what somebody looked at, and were until now.
    pub changed: Vec<String>,
}

/// Keeps a list in place of the one before. `by_a_person`: who reads it looks at it, as when a server is added.
pub fn keep(db: &Connection, server: &ServerName, list: &[(Tool, Value)], by_a_person: bool) -> Sql<News> {
    let before = all(db, server)?;
    db.prepare_cached("UPDATE tools SET position = NULL WHERE server = ?1")?.execute([server.as_str()])?;
    let mut add = db.prepare_cached(
        "INSERT INTO tools (server, name, position, kind, definition, pin) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (server, name) DO UPDATE SET position = ?3, kind = ?4, definition = ?5, pin = ?6",
    )?;
    for (position, (tool, definition)) in list.iter().enumerate() {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        add.execute((server.as_str(), &tool.name, position, tool.group.as_str(), to_json(definition)?, tool.pin.as_bytes()))?;
    }
    if by_a_person {
        look(db, server, None)?;
    }
    let mut news = News::default();
    for tool in all(db, server)? {
        let was = before.iter().find(|before| before.name == tool.name).map(|before| &before.standing);
        match (&tool.standing, was) {
            (Standing::New, None) => news.added.push(tool.name),
            (Standing::Changed(_), Some(Standing::Known) | None) => news.changed.push(tool.name),
            (Standing::New | Standing::Known | Standing::Changed(_), _) => {}
        }
    }
    Ok(news)
}

/// Notes that somebody looked at what a server says about one of its tools, or about all.
pub fn look(db: &Connection, server: &ServerName, tool: Option<&str>) -> Sql<()> {
    db.prepare_cached("UPDATE tools SET looked_at = definition, looked_pin = pin WHERE server = ?1 AND (?2 IS NULL OR name = ?2)")?
        .execute((server.as_str(), tool))?;
    Ok(())
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
    let (pin, looked) = (Pin::from_bytes(row.get(3)?), row.get::<_, Option<[u8; 32]>>(5)?.map(Pin::from_bytes));
    let standing = match looked {
        None => Standing::New,
        Some(looked) if looked == pin => Standing::Known,
        Some(_) => Standing::Changed(from_json(row, 4)?),
    };
    let kind: String = row.get(1)?;
    Ok(StoredTool { name: row.get(0)?, group: Group::named(&kind).unwrap_or(Group::Change), definition: from_json(row, 2)?, standing })
}

#[cfg(test)]
mod tests {
    use doorward_oauth::time::UnixTime;
    use serde_json::json;

    use super::*;
    use crate::store::{
        Store,
        servers::{self, Server},
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
        let server = Server { name: files.clone(), url: "http://127.0.0.1:1/".into(), added_at: UnixTime::from_secs(1), validates: false };
        store.run(move |tx| servers::add(tx, &server)).await.expect("added");
        let kept = async |tools: &[(&str, &str)], by_a_person: bool| {
            let (list, files) = (list(tools), files.clone());
            let news = store.run(move |tx| keep(tx, &files, &list, by_a_person)).await.expect("kept");
            (news.added, news.changed)
        };
        let standings = || -> Vec<(String, Standing)> {
            let all = store.look_up(|db| all(db, &files)).expect("reads");
            all.into_iter().map(|tool| (tool.name, tool.standing)).collect()
        };
        let none = || (Vec::<String>::new(), Vec::<String>::new());
        assert_eq!(kept(&[("b", "1"), ("a", "1")], true).await, none(), "a person reads it");
        assert_eq!(standings(), [("b".into(), Standing::Known), ("a".into(), Standing::Known)], "in the server's order");
        assert_eq!(kept(&[("a", "1"), ("b", "1")], false).await, none());
        assert_eq!(kept(&[("a", "2"), ("c", "1")], false).await, (vec!["c".into()], vec!["a".into()]));
        let changed = Standing::Changed(json!({ "name": "a", "description": "1" }));
        assert_eq!(standings(), [("a".into(), changed), ("c".into(), Standing::New)]);
        assert_eq!(kept(&[("a", "3"), ("c", "1")], false).await, none(), "that is known already");
        assert_eq!(kept(&[("a", "1"), ("b", "1")], false).await, none(), "what was looked at is good when it is back");
        assert!(standings().iter().all(|(_, standing)| *standing == Standing::Known));
        assert_eq!(kept(&[("b", "9")], false).await.1, ["b"]);
        store
            .run({
                let files = files.clone();
                move |tx| look(tx, &files, Some("b"))
            })
            .await
            .expect("looked");
        assert_eq!(standings(), [("b".into(), Standing::Known)]);
    }
}
