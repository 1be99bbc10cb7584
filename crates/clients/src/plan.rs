//! What would change so that chosen servers go through Doorward. Nothing is written here.

use std::path::PathBuf;

use doorward_oauth::id::ServerName;
use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    dialect::Dialect,
    diff,
    document::{Change, Document, Format, Patch, Setting, Source, patched},
    door::Door,
    file::{Checksum, Snapshot, Unprinted},
    mask,
    names::name_for,
    node::Node,
    read::{Config, Found, Place},
    server::{Server, Why},
    template::Secret,
};

/// A name that a server behind Doorward has already.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The name.
    pub name: ServerName,
    /// The server, if the caller knows all of it: an entry for the same one then leads to this name.
    pub server: Option<Server>,
}

/// What import would do. It can be printed and made JSON: no secret is in that.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// The servers to put behind Doorward. To be done, and their secrets kept, before a file is written.
    pub servers: Vec<NewServer>,
    /// The files to write.
    pub files: Vec<FileChange>,
    /// Chosen entries that stay as they are.
    pub left: Vec<Left>,
}

/// A server to put behind Doorward.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewServer {
    /// Its name there.
    pub name: ServerName,
    /// How it is started or reached, and its secrets.
    pub server: Server,
    /// The entries it was found in.
    pub from: Vec<Origin>,
}

/// Where a server was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// In which client.
    pub client: Client,
    /// In which file.
    pub file: PathBuf,
    /// For which work.
    pub place: Place,
    /// Under which name. Somebody else chose this text.
    pub entry: String,
}

/// A chosen entry that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Which one.
    pub entry: Origin,
    /// Why.
    pub why: Why,
}

/// How one file would change.
#[derive(Debug, Clone, Serialize)]
pub struct FileChange {
    /// Whose file it is.
    pub client: Client,
    /// The file.
    pub path: PathBuf,
    /// The entries that change.
    pub entries: Vec<EntryChange>,
    /// The difference, for people: secrets are covered.
    pub diff: String,
    /// Where Doorward is for the new entries.
    #[serde(skip)]
    pub(crate) port: u16,
    #[serde(skip)]
    pub(crate) format: Format,
    #[serde(skip)]
    pub(crate) before: Snapshot,
    #[serde(skip)]
    pub(crate) after: Unprinted,
}

/// An entry that leads to Doorward afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryChange {
    /// For which work it is there.
    pub place: Place,
    /// What the client calls it.
    pub name: String,
    /// What Doorward calls the server.
    pub server: ServerName,
    /// Where in the file it is.
    #[serde(skip)]
    pub(crate) keys: Vec<String>,
}

impl Found {
    /// Where it was found, which tells it from every other one.
    pub fn origin(&self) -> Origin {
        Origin { client: self.client, file: self.file.clone(), place: self.place.clone(), entry: self.name.clone() }
    }

    /// The keys that lead to the entry in its file.
    fn path(&self) -> Vec<&str> {
        self.keys.iter().map(String::as_str).chain([self.name.as_str()]).collect()
    }
}

/// An entry on its way into a plan.
struct Moving<'a> {
    found: &'a Found,
    name: ServerName,
    settings: Vec<(&'static str, Setting)>,
    patches: Vec<Patch>,
}

/// Plans the import of the `chosen` servers. The same server in several clients becomes one behind Doorward; different ones of
/// the same name get different names.
pub fn plan<'a>(configs: impl IntoIterator<Item = &'a Config>, door: &Door, taken: &[Taken], chosen: impl Fn(&Found) -> bool) -> Plan {
    let mut plan = Plan { servers: Vec::new(), files: Vec::new(), left: Vec::new() };
    for config in configs {
        let source = config.snapshot.source(config.file.client.format());
        // It was parsed when it was read.
        let Ok(document) = source.parse() else { continue };
        let mut moving = Vec::new();
        for found in config.servers().iter().filter(|found| chosen(found)) {
            match plan.take(config.file.dialect, &document, found, door, taken) {
                Ok(entry) => moving.push(entry),
                Err(why) => plan.left.push(Left { entry: found.origin(), why }),
            }
        }
        plan.change(config, &document, door, moving);
    }
    plan.servers.retain(|server| !server.from.is_empty());
    plan
}

impl Plan {
    /// A number of all that would be written, and of what it was made from: two plans with the same one do the same.
    pub fn mark(&self) -> String {
        let text: String = self
            .files
            .iter()
            .map(|file| format!("{:?}\n{}\n{}\n", file.path, file.before.checksum.to_hex(), Checksum::of(file.after.0.as_bytes()).to_hex()))
            .collect();
        Checksum::of(text.as_bytes()).to_hex()
    }

    /// Names the server and finds out what its entry becomes.
    fn take<'a>(
        &mut self,
        dialect: Dialect,
        document: &Document<'_>,
        found: &'a Found,
        door: &Door,
        taken: &[Taken],
    ) -> Result<Moving<'a>, Why> {
        if let Some(why) = &found.why_not {
            return Err(why.clone());
        }
        let server = found.server.as_ref().ok_or(Why::Nothing)?;
        let known = taken.iter().find(|taken| taken.server.as_ref() == Some(server)).map(|taken| &taken.name);
        let known = known.or_else(|| self.servers.iter().find(|new| new.server == *server).map(|new| &new.name)).cloned();
        let in_use = |name: &ServerName| taken.iter().any(|taken| taken.name == *name) || self.servers.iter().any(|new| new.name == *name);
        let name = known.or_else(|| name_for(&found.name, in_use)).ok_or(Why::Unchangeable)?;
        let settings = dialect.connection(door, door.address(&name)).ok_or(Why::NoBridge(found.client))?;
        let change = Change { set: &settings, drop: dialect.superseded() };
        let patches = document.patches(&found.path(), &change).ok_or(Why::Unchangeable)?;
        if !in_use(&name) {
            self.servers.push(NewServer { name: name.clone(), server: server.clone(), from: Vec::new() });
        }
        Ok(Moving { found, name, settings, patches })
    }

    /// Puts the entries of one file together.
    fn change(&mut self, config: &Config, document: &Document<'_>, door: &Door, moving: Vec<Moving<'_>>) {
        if moving.is_empty() {
            return;
        }
        let format = config.file.client.format();
        let text = config.snapshot.text();
        let patches = moving.iter().flat_map(|entry| entry.patches.iter().cloned()).collect();
        let Some(after) = patched(text, patches).filter(|after| only_these_changed(config, document, after, &moving)) else {
            self.left.extend(moving.into_iter().map(|entry| Left { entry: entry.found.origin(), why: Why::Unchangeable }));
            return;
        };
        for entry in &moving {
            let new = self.servers.iter_mut().filter(|new| new.name == entry.name);
            new.for_each(|new| new.from.push(entry.found.origin()));
        }
        let diff = difference(config, &after);
        let entries = moving.into_iter().map(|Moving { found, name, .. }| EntryChange {
            place: found.place.clone(),
            name: found.name.clone(),
            server: name,
            keys: found.keys.clone(),
        });
        self.files.push(FileChange {
            client: config.client(),
            path: config.path().to_owned(),
            entries: entries.collect(),
            diff,
            port: door.port(),
            format,
            before: config.snapshot.clone(),
            after: Unprinted(after),
        });
    }
}

/// What is different in a text that comes into the place of a file's, for people: secrets are covered.
pub(crate) fn difference(config: &Config, after: &str) -> String {
    let format = config.file.client.format();
    let secrets: Vec<&Secret> =
        config.servers().iter().filter_map(|found| found.server.as_ref()).flat_map(|server| &server.secrets).collect();
    let path = config.path().to_string_lossy();
    diff::unified(&path, &mask::covered(config.snapshot.text(), format, &secrets), &mask::covered(after, format, &secrets))
}

/// A last look before a text is believed: each changed entry says what it should, and every other one says what it said.
fn only_these_changed(config: &Config, was: &Document<'_>, after: &str, moving: &[Moving<'_>]) -> bool {
    let source = Source::new(config.file.client.format(), after);
    let Ok(is) = source.parse() else { return false };
    let mut keys: Vec<&[String]> = config.servers().iter().map(|found| found.keys.as_slice()).collect();
    keys.dedup();
    keys.into_iter().all(|keys| {
        let path: Vec<&str> = keys.iter().map(String::as_str).collect();
        let (Ok(Some(Node::Map(was))), Ok(Some(Node::Map(is)))) = (was.at(&path), is.at(&path)) else { return false };
        was.len() == is.len()
            && was.iter().zip(&is).all(|((name, was), (same, is))| {
                let moved = moving.iter().find(|entry| entry.found.keys == keys && entry.found.name == *name);
                name == same && moved.map_or(was == is, |entry| says(is, &entry.settings))
            })
    })
}

fn says(entry: &Node, settings: &[(&'static str, Setting)]) -> bool {
    settings.iter().all(|(name, value)| {
        let wanted = match value {
            Setting::Text(text) => Node::Text(text.clone()),
            Setting::List(texts) => Node::List(texts.iter().cloned().map(Node::Text).collect()),
        };
        entry.member(name) == Ok(Some(&wanted))
    })
}
