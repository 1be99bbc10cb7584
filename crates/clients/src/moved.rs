//! Doorward is at another port: its addresses in the clients' files follow. Nothing is written here; [`crate::backup`] does that.

use std::path::{Path, PathBuf};

use doorward_oauth::id::ServerName;
use serde::Serialize;

use crate::{
    backup::node_at,
    client::Client,
    document::{Document, Patch, Source, patched, quoted},
    door::{Door, port_for},
    file::{ReadError, Snapshot, Unprinted},
    node::Node,
    places::Home,
    plan::difference,
    read::{Config, Place, survey},
    record::Record,
    server::Why,
};

/// What would change so that the clients find Doorward at another port. It can be printed and made JSON: no secret is in that.
#[derive(Debug, Serialize)]
pub struct MovePlan {
    /// The files in which addresses change.
    pub files: Vec<MovedFile>,
    /// Files that stay as they are, whatever is in them.
    pub left: Vec<LeftFile>,
}

/// A file that stays as it is, although Doorward's addresses are or may be in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftFile {
    /// Which one.
    pub path: PathBuf,
    /// Why, in a sentence.
    pub why: String,
}

/// How one file would change: the port in addresses of Doorward's, and nothing else.
#[derive(Debug, Clone, Serialize)]
pub struct MovedFile {
    /// Whose file it is.
    pub client: Client,
    /// The file.
    pub path: PathBuf,
    /// The entries that lead to Doorward.
    pub entries: Vec<MovedEntry>,
    /// The difference, for people: secrets are covered.
    pub diff: String,
    #[serde(skip)]
    pub(crate) before: Snapshot,
    #[serde(skip)]
    pub(crate) after: Unprinted,
}

/// An entry that leads to Doorward.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedEntry {
    /// For which work it is there.
    pub place: Place,
    /// What the client calls it. Somebody else chose this text.
    pub name: String,
}

/// Looks into the files of all clients, below the home folder and in the folder of a project, for addresses of Doorward's where it
/// was, and says how they change when it is at another port.
pub fn plan(home: &Home, project: Option<&Path>, from: &Door, to: u16) -> MovePlan {
    let mut plan = MovePlan { files: Vec::new(), left: Vec::new() };
    let moved = Moved { then: from.clone(), now: to };
    for sighting in survey(home, project, from) {
        match sighting.config {
            Ok(config) => match moved_file(&config, &moved) {
                Some(file) => plan.files.push(file),
                None if config.servers().iter().any(|found| found.why_not == Some(Why::Ours)) => {
                    plan.left.push(LeftFile { path: sighting.file.path, why: Why::Unchangeable.to_string() });
                }
                None => {}
            },
            // It is changed under its other name.
            Err(ReadError::SameFile { .. }) => {}
            Err(why) => plan.left.push(LeftFile { path: sighting.file.path, why: why.to_string() }),
        }
    }
    plan
}

fn moved_file(config: &Config, moved: &Moved) -> Option<MovedFile> {
    let (client, text) = (config.client(), config.snapshot.text());
    let (after, entries) = moved.text(client, text)?;
    let shared = config.file.project.clone();
    let entries = entries.into_iter().map(|keys| {
        let place = match keys.as_slice() {
            [_, folder, _, _] if keys[0] == PROJECTS => Place::Project(PathBuf::from(folder)),
            _ => shared.clone().map_or(Place::Everywhere, Place::Shared),
        };
        MovedEntry { place, name: keys.last().cloned().unwrap_or_default() }
    });
    Some(MovedFile {
        client,
        path: config.path().to_owned(),
        entries: entries.collect(),
        diff: difference(config, &after),
        before: config.snapshot.clone(),
        after: Unprinted(after),
    })
}

/// Where Claude Code keeps what belongs to folders.
const PROJECTS: &str = "projects";

/// The keys of every place in a client's files where servers may be.
fn lists(client: Client, document: &Document<'_>) -> Vec<Vec<String>> {
    let fixed: &[&[&str]] = match client {
        Client::ClaudeCode | Client::ClaudeDesktop | Client::Cursor | Client::Gemini | Client::Windsurf => &[&["mcpServers"]],
        Client::VsCode => &[&["servers"], &["mcp", "servers"]],
        Client::Codex => &[&["mcp_servers"]],
        Client::Zed => &[&["context_servers"]],
    };
    let of_projects = match client {
        Client::ClaudeCode => document.names(&[PROJECTS]).unwrap_or_default(),
        _ => Vec::new(),
    };
    let of_projects = of_projects.into_iter().map(|folder| vec![PROJECTS.to_owned(), folder, "mcpServers".to_owned()]);
    fixed.iter().map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()).chain(of_projects).collect()
}

/// The servers that the addresses in a client's file lead to.
fn servers(client: Client, document: &Document<'_>, door: &Door) -> Vec<ServerName> {
    let mut servers = Vec::new();
    for list in lists(client, document) {
        let keys: Vec<&str> = list.iter().map(String::as_str).collect();
        servers.extend(document.texts(&keys).iter().filter_map(|(text, _)| door.server_at(text)));
    }
    servers
}

/// From one port to another.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    then: Door,
    now: u16,
}

impl Moved {
    /// Whether Doorward moved since an import, as far as the entries that it wrote say so.
    pub(crate) fn since(record: &Record, now: &Snapshot) -> Option<Self> {
        let then = record.port?;
        let source = now.source(record.client.format());
        let document = source.parse().ok()?;
        let port = record.entries.iter().find_map(|entry| {
            let texts = document.texts(&entry.keys.iter().map(String::as_str).collect::<Vec<_>>());
            texts.iter().find_map(|(text, _)| port_for(text, &entry.server))
        });
        let now = port.filter(|now| *now != then)?;
        // What is at the old port still was never Doorward's.
        Some(Self { then: Door::at(then).with_servers(servers(record.client, &document, &Door::at(now))), now })
    }

    fn reversed(&self) -> Self {
        Self { then: self.then.moved_to(self.now), now: self.then.port() }
    }

    /// A text as it was before Doorward moved.
    pub(crate) fn back(&self, client: Client, text: &str) -> String {
        self.reversed().text(client, text).map_or_else(|| text.to_owned(), |(text, _)| text)
    }

    /// An entry as it was before Doorward moved.
    pub(crate) fn node_back(&self, entry: &Node) -> Node {
        self.reversed().node(entry)
    }

    /// The bytes of a file of before, as they are since Doorward moved.
    pub(crate) fn forth(&self, client: Client, bytes: Vec<u8>) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
        let (mark, text) = text.strip_prefix('\u{feff}').map_or(("", text), |text| ("\u{feff}", text));
        match self.text(client, text) {
            Some((moved, _)) => [mark, &moved].concat().into_bytes(),
            None => bytes,
        }
    }

    fn node(&self, node: &Node) -> Node {
        node.with_texts(&|text| self.then.moved(text, self.now))
    }

    /// A text in which the addresses have the other port, and the keys of the entries that they are in. `None` when there are none,
    /// or when they are written in a way that cannot be changed.
    fn text(&self, client: Client, text: &str) -> Option<(String, Vec<Vec<String>>)> {
        let source = Source::new(client.format(), text);
        let document = source.parse().ok()?;
        let (mut patches, mut entries) = (Vec::new(), Vec::new());
        for list in lists(client, &document) {
            let keys: Vec<&str> = list.iter().map(String::as_str).collect();
            for name in document.names(&keys).unwrap_or_default() {
                let found = document.texts(&[&keys, &[name.as_str()][..]].concat());
                let found: Vec<Patch> = found.into_iter().filter_map(|(value, place)| self.patch(text, &value, place)).collect();
                if !found.is_empty() {
                    patches.extend(found);
                    entries.push(list.iter().cloned().chain([name]).collect());
                }
            }
        }
        let after = patched(text, patches).filter(|_| !entries.is_empty())?;
        self.made(client, &document, &after).then_some((after, entries))
    }

    /// What changes where a value is written: only digits, if it is written as it is read.
    fn patch(&self, text: &str, value: &str, place: std::ops::Range<usize>) -> Option<Patch> {
        let moved = self.then.moved(value, self.now)?;
        let written = text.get(place.clone())?;
        let with = match written.split_once(value) {
            Some((before, after)) => [before, &moved, after].concat(),
            None => quoted(&moved),
        };
        Some(Patch { range: place, with })
    }

    /// A last look before a text is believed: every server says what it said, with the other port.
    fn made(&self, client: Client, was: &Document<'_>, after: &str) -> bool {
        let source = Source::new(client.format(), after);
        let Ok(is) = source.parse() else { return false };
        lists(client, was).iter().all(|keys| node_at(was, keys).map(|node| self.node(&node)) == node_at(&is, keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::{System, config_files};

    #[test]
    fn every_place_where_a_client_has_servers_is_looked_at() {
        let home = Home::new(System::Linux, "/home/me");
        for file in config_files(&home, Some(Path::new("/home/me/shop"))) {
            let source = Source::new(file.client.format(), if file.client == Client::Codex { "" } else { "{}" });
            let lists = lists(file.client, &source.parse().expect("sound"));
            assert!(lists.iter().any(|keys| keys == file.keys), "{}", file.path.display());
        }
    }

    #[test]
    fn only_the_port_changes_however_an_address_is_written() {
        let moved = Moved { then: Door::at(8765), now: 9000 };
        let before = concat!(
            "{ \"history\": [\"http://127.0.0.1:8765/mcp/a\"], // http://127.0.0.1:8765/mcp/a\n",
            "  \"mcpServers\": { \"a\" : {\"url\":\"http:\\/\\/127.0.0.1:8765\\/mcp\\/a\", \"x\": 1.0},\n",
            "    \"b\": {\"args\": [\"-y\", \"mcp-remote\", \"http://localhost:8765/mcp/b\"]}, \"c\": {\"url\": \"http://127.0.0.1:8766/mcp/c\"} } }\n",
        );
        let (after, entries) = moved.text(Client::Cursor, before).expect("there are two");
        let expected = before
            .replace("http:\\/\\/127.0.0.1:8765\\/mcp\\/a", "http://127.0.0.1:9000/mcp/a")
            .replace("localhost:8765", "localhost:9000");
        assert_eq!(
            (after.as_str(), entries),
            (expected.as_str(), vec![vec!["mcpServers".into(), "a".into()], vec!["mcpServers".into(), "b".into()]])
        );
        let toml = "mcp_servers.a.url = 'http://[::1]:8765/mcp/a' # mine\r\n[mcp_servers.b]\r\nargs = [ \"\"\"http://127.0.0.1:8765/mcp/b\"\"\" ]\r\n";
        assert_eq!(moved.text(Client::Codex, toml).expect("there are two").0, toml.replace("8765", "9000"));
        for none in ["{}", "", "{", "{\"mcpServers\": []}", "{\"mcpServers\": {\"a\": {\"url\": \"http://127.0.0.1:8765/other\"}}}"] {
            assert!(moved.text(Client::Zed, none).is_none() && moved.text(Client::Cursor, none).is_none(), "{none}");
        }
    }
}
