//! What the tests share: a home folder with configurations in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use doorward_clients::{
    backup::{Backups, Written},
    client::Client,
    door::Door,
    places::{Home, System},
    plan::{Plan, Taken, plan},
    read::{Config, Found, Sighting, survey},
    seal::Seal,
};

/// A home folder, a project in it, and a folder for backups beside it.
pub(crate) struct Desk {
    _root: tempfile::TempDir,
    pub(crate) home: PathBuf,
    pub(crate) backups: PathBuf,
}

/// Entries that the tests leave alone in every file.
const FOREIGN: [&str; 4] = ["context7", "playwright", "postgres", "mcp-server-context7"];

pub(crate) fn is_foreign(found: &Found) -> bool {
    FOREIGN.contains(&found.name.as_str())
}

impl Desk {
    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let desk = Self { home: root.path().join("home"), backups: root.path().join("backups"), _root: root };
        fs::create_dir(&desk.home).expect("makes");
        desk
    }

    /// With the configurations of all clients.
    pub(crate) fn furnished() -> Self {
        let desk = Self::empty();
        for (path, bytes) in tree(&fixtures("before")) {
            desk.put(&path, bytes);
        }
        desk
    }

    /// With one file.
    pub(crate) fn with(path: &str, text: &str) -> Self {
        let desk = Self::empty();
        desk.put(path, text);
        desk
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.home.join(path)
    }

    pub(crate) fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        fs::write(path, bytes).expect("writes");
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).expect("reads")
    }

    pub(crate) fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        tree(&self.home)
    }

    pub(crate) fn survey(&self) -> Vec<Sighting> {
        survey(&Home::new(System::Linux, &self.home), Some(&self.at("shop")), &door())
    }

    /// The files that could be read.
    pub(crate) fn configs(&self) -> Vec<Config> {
        self.survey().into_iter().filter_map(|sighting| sighting.config.ok()).collect()
    }

    pub(crate) fn plan(&self, chosen: impl Fn(&Found) -> bool) -> Plan {
        self.plan_beside(&[], chosen)
    }

    pub(crate) fn plan_beside(&self, taken: &[Taken], chosen: impl Fn(&Found) -> bool) -> Plan {
        plan(&self.configs(), &door(), taken, chosen)
    }

    pub(crate) fn backups(&self) -> Backups {
        Backups::new(self.backups.clone(), Seal::Open)
    }

    /// Imports everything but the entries that the tests leave alone.
    pub(crate) fn import(&self) -> Written {
        self.backups().write(&self.plan(|found| !is_foreign(found)).files, 1_700_000_000).expect("writes")
    }

    /// The one file of a desk that has one.
    pub(crate) fn only_error(&self) -> String {
        let sightings = self.survey();
        assert_eq!(sightings.len(), 1, "{sightings:?}");
        sightings.into_iter().next().and_then(|sighting| sighting.config.err()).expect("an error").to_string()
    }
}

pub(crate) fn door() -> Door {
    Door::at(8765)
}

pub(crate) fn fixtures(which: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(which)
}

/// Every file below a folder, by its path from there.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("lists").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).expect("reads"));
            }
        }
    }
    found
}

/// A file of each client, as the fixtures have it.
pub(crate) const FILES: [(Client, &str); 11] = [
    (Client::ClaudeCode, ".claude.json"),
    (Client::ClaudeCode, "shop/.mcp.json"),
    (Client::ClaudeDesktop, ".config/Claude/claude_desktop_config.json"),
    (Client::Cursor, ".cursor/mcp.json"),
    (Client::VsCode, ".config/Code/User/mcp.json"),
    (Client::VsCode, ".config/Code/User/settings.json"),
    (Client::Codex, ".codex/config.toml"),
    (Client::Gemini, ".gemini/settings.json"),
    (Client::Windsurf, ".codeium/windsurf/mcp_config.json"),
    (Client::Windsurf, ".config/devin/mcp_config.json"),
    (Client::Zed, ".config/zed/settings.json"),
];
