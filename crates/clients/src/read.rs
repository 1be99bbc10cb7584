//! What is in the clients' files: every server, and whether Doorward can take it over.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    dialect::Dialect,
    document::{Document, Fault},
    door::Door,
    entry::{self, Context},
    file::{ReadError, Snapshot},
    node::Node,
    places::{ConfigFile, Home, config_files},
    server::{Server, Why},
};

/// Nobody has more servers in one place. A file that comes with a project may have been written by anybody.
const MOST_SERVERS: usize = 200;
/// Nobody works in more folders.
const MOST_PROJECTS: usize = 5000;

/// For which work a server is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// For all.
    Everywhere,
    /// For the person's own work in this folder.
    Project(PathBuf),
    /// For everybody's work in this folder: the file is in it, and usually under version control.
    Shared(PathBuf),
}

/// "everywhere", "in /home/me/shop".
impl Says for Place {
    fn said(&self) -> Said {
        let of = |id, folder: &Path| Said::plain(id).with("folder", folder.display().to_string());
        match self {
            Self::Everywhere => Said::plain("place-everywhere"),
            Self::Project(folder) => of("place-project", folder),
            Self::Shared(folder) => of("place-shared", folder),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

/// An entry of a file. It can be printed and made JSON: the secrets in it do not print themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// Whose file it is.
    pub client: Client,
    /// The file.
    pub file: PathBuf,
    /// For which work it is there.
    pub place: Place,
    /// What the client calls it. Somebody else chose this text.
    pub name: String,
    /// The server, as far as it could be read.
    pub server: Option<Server>,
    /// Why Doorward cannot take it over; `None` when it can.
    pub why_not: Option<Why>,
    /// Where in the file it is.
    #[serde(skip)]
    pub(crate) keys: Vec<String>,
}

/// A file of a client that could be read.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) file: ConfigFile,
    pub(crate) snapshot: Snapshot,
    servers: Vec<Found>,
}

impl Config {
    /// Whose it is.
    pub const fn client(&self) -> Client {
        self.file.client
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// The servers in it, in their order.
    pub fn servers(&self) -> &[Found] {
        &self.servers
    }
}

/// A file of a client that exists.
#[derive(Debug)]
pub struct Sighting {
    /// Which one.
    pub file: ConfigFile,
    /// What is in it, or why that is not known. Such a file is left alone.
    pub config: Result<Config, ReadError>,
}

/// Looks into every file of every client that exists: below the home folder, and `.mcp.json` in the folder of a project, which
/// is given as an absolute path.
pub fn survey(home: &Home, project: Option<&Path>, door: &Door) -> Vec<Sighting> {
    let mut sightings: Vec<Sighting> = Vec::new();
    for file in config_files(home, project) {
        let config = match read(&file, home, door) {
            Ok(None) => continue,
            Ok(Some(config)) => {
                let earlier = sightings.iter().filter_map(|sighting| sighting.config.as_ref().ok());
                let same = earlier.into_iter().find(|earlier| earlier.snapshot.target == config.snapshot.target);
                let client = same.map(Config::client);
                client.map_or(Ok(config), |client| Err(ReadError::SameFile { path: file.path.clone(), client }))
            }
            Err(why) => Err(why),
        };
        sightings.push(Sighting { file, config });
    }
    sightings
}

/// Reads one file. `None` when it does not exist.
///
/// # Errors
/// [`ReadError`].
pub fn read(file: &ConfigFile, home: &Home, door: &Door) -> Result<Option<Config>, ReadError> {
    let Some(snapshot) = Snapshot::read(&file.path)? else { return Ok(None) };
    let source = snapshot.source(file.client.format());
    let servers = source.parse().and_then(|document| servers(&document, file, home, door));
    let servers = servers.map_err(|fault| ReadError::of_fault(&file.path, fault))?;
    Ok(Some(Config { file: file.clone(), servers, snapshot }))
}

fn servers(document: &Document<'_>, file: &ConfigFile, home: &Home, door: &Door) -> Result<Vec<Found>, Fault> {
    let place = file.project.clone().map_or(Place::Everywhere, Place::Shared);
    let mut found = servers_at(document, file, home, door, file.keys, &place)?;
    if file.per_project {
        let projects = document.names(&["projects"])?;
        if projects.len() > MOST_PROJECTS {
            return Err(Fault::TooMany("projects".to_owned()));
        }
        for project in projects {
            let keys = ["projects", &project, "mcpServers"];
            found.extend(servers_at(document, file, home, door, &keys, &Place::Project(PathBuf::from(&project)))?);
        }
    }
    Ok(found)
}

fn servers_at(
    document: &Document<'_>,
    file: &ConfigFile,
    home: &Home,
    door: &Door,
    keys: &[&str],
    place: &Place,
) -> Result<Vec<Found>, Fault> {
    let entries = match document.at(keys)? {
        None | Some(Node::Null) => return Ok(Vec::new()),
        Some(Node::Map(entries)) => entries,
        Some(_) => return Err(Fault::NotAnObject(keys.last().copied().unwrap_or_default().to_owned())),
    };
    if entries.len() > MOST_SERVERS {
        return Err(Fault::TooMany("servers".to_owned()));
    }
    let off = SwitchedOff::read(document, file.dialect, keys)?;
    let folder = match place {
        Place::Everywhere => None,
        Place::Project(folder) | Place::Shared(folder) => Some(folder.as_path()),
    };
    let mut found = Vec::new();
    for (name, entry) in &entries {
        let context = Context { dialect: file.dialect, home, door, folder, off: off.names(name) };
        let (server, why) = entry::read(entry, context);
        let twice = entries.iter().filter(|(other, _)| other == name).count() > 1;
        found.push(Found {
            client: file.client,
            file: file.path.clone(),
            place: place.clone(),
            name: name.clone(),
            server,
            why_not: if twice { Some(Why::Twice(name.clone())) } else { why },
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        });
    }
    Ok(found)
}

/// Lists elsewhere in a file that say which servers the client leaves out.
struct SwitchedOff {
    off: Vec<String>,
    /// When there is such a list, nothing else is on.
    on: Option<Vec<String>>,
}

impl SwitchedOff {
    fn read(document: &Document<'_>, dialect: Dialect, keys: &[&str]) -> Result<Self, Fault> {
        let list = |keys: &[&str]| -> Result<Option<Vec<String>>, Fault> {
            let Some(Node::List(names)) = document.at(keys)? else { return Ok(None) };
            Ok(Some(names.into_iter().filter_map(|name| if let Node::Text(name) = name { Some(name) } else { None }).collect()))
        };
        let (off, on): (Vec<&str>, Option<&[&str]>) = match dialect {
            Dialect::Gemini => (vec!["mcp", "excluded"], Some(&["mcp", "allowed"])),
            Dialect::ClaudeCode => match keys {
                ["projects", project, _] => (vec!["projects", project, "disabledMcpServers"], None),
                _ => (Vec::new(), None),
            },
            Dialect::ClaudeDesktop
            | Dialect::Cursor
            | Dialect::VsCode
            | Dialect::Codex
            | Dialect::Windsurf
            | Dialect::Devin
            | Dialect::Zed => (Vec::new(), None),
        };
        let on = on.map(list).transpose()?.flatten().filter(|names| !names.is_empty());
        Ok(Self { off: list(&off)?.unwrap_or_default(), on })
    }

    fn names(&self, name: &str) -> bool {
        let listed = |names: &[String]| names.iter().any(|listed| listed == name);
        listed(&self.off) || self.on.as_deref().is_some_and(|on| !listed(on))
    }
}
