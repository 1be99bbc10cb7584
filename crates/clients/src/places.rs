//! Where each client keeps its configuration.
//!
//! Sources, read in November 2026: code.claude.com/docs/en/mcp; modelcontextprotocol.io (Claude Desktop) and
//! anthropics/claude-code#26073 (its Windows package); cursor.com/docs/mcp; code.visualstudio.com, "MCP configuration
//! reference"; developers.openai.com/codex/mcp; geminicli.com, "Configuration"; docs.windsurf.com, "Cascade MCP", and
//! docs.devin.ai, "MCP Configuration" (the same program since June 2026); zed.dev/docs/ai/mcp and its `paths` crate.
//! What the documents leave open was tried with Claude Code 2.1.330, Codex 0.169.0 and Gemini CLI 0.61.0.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{client::Client, dialect::Dialect};

/// The operating system, which decides where programs put their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux and what is like it.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl System {
    /// The one this program was built for.
    pub const fn here() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// Environment variables that move a client's configuration.
const VARIABLES: [&str; 8] = [
    "XDG_CONFIG_HOME",
    "FLATPAK_XDG_CONFIG_HOME",
    "APPDATA",
    "LOCALAPPDATA",
    "CLAUDE_CONFIG_DIR",
    "CODEX_HOME",
    "GEMINI_CLI_HOME",
    "VSCODE_PORTABLE",
];

/// More folders of one kind (profiles, packages) than anybody has are not looked into.
const MOST_FOLDERS: usize = 64;

/// A person's home folder, and what the environment says about places in it.
#[derive(Debug, Clone)]
pub struct Home {
    system: System,
    folder: PathBuf,
    variables: BTreeMap<&'static str, PathBuf>,
}

impl Home {
    /// The home folder of the person who runs this program, with the variables of its environment. `None` when the system
    /// does not say where it is.
    pub fn of_this_user() -> Option<Self> {
        let home = Self::new(System::here(), std::env::home_dir().filter(|folder| folder.is_absolute())?);
        let set = VARIABLES.into_iter().filter_map(|name| Some((name, PathBuf::from(std::env::var_os(name)?))));
        Some(set.fold(home, |home, (name, value)| home.with(name, value)))
    }

    /// A home folder without any variable.
    pub fn new(system: System, folder: impl Into<PathBuf>) -> Self {
        Self { system, folder: folder.into(), variables: BTreeMap::new() }
    }

    /// The same with a variable of the environment. Names that move nothing, and values that are no absolute path, are left out:
    /// what they would mean depends on where a program was started.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<PathBuf>) -> Self {
        let value = value.into();
        if let Some(known) = VARIABLES.into_iter().find(|known| *known == name)
            && value.is_absolute()
        {
            self.variables.insert(known, value);
        }
        self
    }

    /// The home folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn variable(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).cloned()
    }

    fn in_home(&self, parts: &[&str]) -> PathBuf {
        parts.iter().fold(self.folder.clone(), |path, part| path.join(part))
    }

    fn roaming(&self) -> PathBuf {
        self.variable("APPDATA").unwrap_or_else(|| self.in_home(&["AppData", "Roaming"]))
    }

    fn local(&self) -> PathBuf {
        self.variable("LOCALAPPDATA").unwrap_or_else(|| self.in_home(&["AppData", "Local"]))
    }

    /// Where programs that follow the system's customs put their configuration.
    fn customary(&self) -> PathBuf {
        match self.system {
            System::Linux => self.variable("XDG_CONFIG_HOME").unwrap_or_else(|| self.in_home(&[".config"])),
            System::MacOs => self.in_home(&["Library", "Application Support"]),
            System::Windows => self.roaming(),
        }
    }
}

/// A file in which a client looks for servers. It need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// Whose it is.
    pub client: Client,
    /// Where it is.
    pub path: PathBuf,
    /// How it is written.
    pub(crate) dialect: Dialect,
    /// Where in it the servers are.
    pub(crate) keys: &'static [&'static str],
    /// Whether more of them are below `projects`, by folder.
    pub(crate) per_project: bool,
    /// The project in which the file lies.
    pub(crate) project: Option<PathBuf>,
}

impl ConfigFile {
    const fn new(client: Client, dialect: Dialect, path: PathBuf, keys: &'static [&'static str]) -> Self {
        Self { client, path, dialect, keys, per_project: false, project: None }
    }
}

/// The files of all clients that there may be below a home folder, and the one in a project's folder that Claude Code shares
/// with everybody who works on the project.
pub fn config_files(home: &Home, project: Option<&Path>) -> Vec<ConfigFile> {
    let mut files = vec![claude_code(home)];
    files.extend(project.map(|folder| ConfigFile {
        project: Some(folder.to_owned()),
        ..ConfigFile::new(Client::ClaudeCode, Dialect::ClaudeCode, folder.join(".mcp.json"), &["mcpServers"])
    }));
    files.extend(claude_desktop(home));
    files.push(ConfigFile::new(Client::Cursor, Dialect::Cursor, home.in_home(&[".cursor", "mcp.json"]), &["mcpServers"]));
    files.extend(vscode(home));
    let codex = home.variable("CODEX_HOME").unwrap_or_else(|| home.in_home(&[".codex"]));
    files.push(ConfigFile::new(Client::Codex, Dialect::Codex, codex.join("config.toml"), &["mcp_servers"]));
    let gemini = home.variable("GEMINI_CLI_HOME").unwrap_or_else(|| home.folder.clone());
    let gemini = gemini.join(".gemini").join("settings.json");
    files.push(ConfigFile::new(Client::Gemini, Dialect::Gemini, gemini, &["mcpServers"]));
    files.extend(windsurf(home));
    files.push(ConfigFile::new(Client::Zed, Dialect::Zed, zed(home), &["context_servers"]));
    files
}

/// `.claude.json`, in the home folder or where `CLAUDE_CONFIG_DIR` says. A `.config.json` of old versions wins where it exists.
fn claude_code(home: &Home) -> ConfigFile {
    let moved = home.variable("CLAUDE_CONFIG_DIR");
    let old = moved.clone().unwrap_or_else(|| home.in_home(&[".claude"])).join(".config.json");
    let path = if old.exists() { old } else { moved.unwrap_or_else(|| home.folder.clone()).join(".claude.json") };
    ConfigFile { per_project: true, ..ConfigFile::new(Client::ClaudeCode, Dialect::ClaudeCode, path, &["mcpServers"]) }
}

/// On Windows there are two: Claude Desktop as a package of the Store kind reads its file at a place of its own.
fn claude_desktop(home: &Home) -> Vec<ConfigFile> {
    let at = |folder: PathBuf| {
        let path = folder.join("Claude").join("claude_desktop_config.json");
        ConfigFile::new(Client::ClaudeDesktop, Dialect::ClaudeDesktop, path, &["mcpServers"])
    };
    let mut files = vec![at(home.customary())];
    if home.system == System::Windows {
        let packages = folders_in(&home.local().join("Packages"), |name| name.starts_with("Claude_"));
        files.extend(packages.into_iter().map(|package| at(package.join("LocalCache").join("Roaming"))));
    }
    files
}

/// `mcp.json` of the default profile and of others, and the settings, which held the servers before `mcp.json` did.
fn vscode(home: &Home) -> Vec<ConfigFile> {
    let mut users: Vec<PathBuf> =
        ["Code", "Code - Insiders"].into_iter().map(|edition| home.customary().join(edition).join("User")).collect();
    users.extend(home.variable("VSCODE_PORTABLE").map(|folder| folder.join("user-data").join("User")));
    let mut files = Vec::new();
    for user in users {
        let profiles = folders_in(&user.join("profiles"), |_| true);
        for folder in std::iter::once(user).chain(profiles) {
            let at = |file: &str, keys| ConfigFile::new(Client::VsCode, Dialect::VsCode, folder.join(file), keys);
            files.extend([at("mcp.json", &["servers"]), at("settings.json", &["mcp", "servers"])]);
        }
    }
    files
}

/// Before and after the program was renamed.
fn windsurf(home: &Home) -> [ConfigFile; 2] {
    let devin = match home.system {
        System::Linux | System::MacOs => home.in_home(&[".config"]),
        System::Windows => home.roaming(),
    };
    let file = |dialect, path| ConfigFile::new(Client::Windsurf, dialect, path, &["mcpServers"]);
    [
        file(Dialect::Windsurf, home.in_home(&[".codeium", "windsurf", "mcp_config.json"])),
        file(Dialect::Devin, devin.join("devin").join("mcp_config.json")),
    ]
}

fn zed(home: &Home) -> PathBuf {
    let folder = match home.system {
        System::Linux => home.variable("FLATPAK_XDG_CONFIG_HOME").unwrap_or_else(|| home.customary()).join("zed"),
        System::MacOs => home.in_home(&[".config", "zed"]),
        System::Windows => home.roaming().join("Zed"),
    };
    folder.join("settings.json")
}

/// The folders in a folder, by name. None where it cannot be read: then no client reads it either.
fn folders_in(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(&wanted))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .take(MOST_FOLDERS)
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(home: &Home) -> Vec<String> {
        config_files(home, None).iter().map(|file| format!("{} {}", file.client.id(), plain(&file.path))).collect()
    }

    /// A path as this system would have it if it were absolute here.
    fn at(path: &str) -> String {
        if cfg!(windows) { format!("C:{path}") } else { path.to_owned() }
    }

    /// The same for every system.
    fn plain(path: &Path) -> String {
        path.display().to_string().replace('\\', "/").replace("C:/", "/")
    }

    #[test]
    fn on_linux_each_client_has_its_place() {
        assert_eq!(
            paths(&Home::new(System::Linux, at("/home/me"))),
            [
                "claude-code /home/me/.claude.json",
                "claude-desktop /home/me/.config/Claude/claude_desktop_config.json",
                "cursor /home/me/.cursor/mcp.json",
                "vscode /home/me/.config/Code/User/mcp.json",
                "vscode /home/me/.config/Code/User/settings.json",
                "vscode /home/me/.config/Code - Insiders/User/mcp.json",
                "vscode /home/me/.config/Code - Insiders/User/settings.json",
                "codex /home/me/.codex/config.toml",
                "gemini /home/me/.gemini/settings.json",
                "windsurf /home/me/.codeium/windsurf/mcp_config.json",
                "windsurf /home/me/.config/devin/mcp_config.json",
                "zed /home/me/.config/zed/settings.json",
            ]
        );
    }

    #[test]
    fn on_macos_and_windows_the_places_are_those_of_the_system() {
        let mac = paths(&Home::new(System::MacOs, at("/Users/me")));
        for place in [
            "claude-desktop /Users/me/Library/Application Support/Claude/claude_desktop_config.json",
            "vscode /Users/me/Library/Application Support/Code/User/mcp.json",
            "windsurf /Users/me/.config/devin/mcp_config.json",
            "zed /Users/me/.config/zed/settings.json",
        ] {
            assert!(mac.iter().any(|path| path == place), "{place} is not among {mac:?}");
        }
        // Joined with this system's separator, which is all that differs from the real thing.
        let windows = paths(&Home::new(System::Windows, at("/C/me")).with("APPDATA", at("/D/roaming")));
        for place in [
            "claude-desktop /D/roaming/Claude/claude_desktop_config.json",
            "vscode /D/roaming/Code/User/mcp.json",
            "windsurf /C/me/.codeium/windsurf/mcp_config.json",
            "windsurf /D/roaming/devin/mcp_config.json",
            "zed /D/roaming/Zed/settings.json",
            "codex /C/me/.codex/config.toml",
        ] {
            assert!(windows.iter().any(|path| path == place), "{place} is not among {windows:?}");
        }
    }

    #[test]
    fn variables_move_what_they_are_for_and_nothing_else() {
        let home = Home::new(System::Linux, at("/home/me"))
            .with("XDG_CONFIG_HOME", at("/x"))
            .with("CODEX_HOME", at("/codex"))
            .with("CLAUDE_CONFIG_DIR", at("/claude"))
            .with("GEMINI_CLI_HOME", at("/gemini"))
            .with("VSCODE_PORTABLE", at("/portable"))
            .with("HOME", at("/elsewhere"));
        let moved = paths(&home);
        for place in [
            "claude-code /claude/.claude.json",
            "claude-desktop /x/Claude/claude_desktop_config.json",
            "cursor /home/me/.cursor/mcp.json",
            "vscode /x/Code/User/mcp.json",
            "vscode /portable/user-data/User/mcp.json",
            "codex /codex/config.toml",
            "gemini /gemini/.gemini/settings.json",
            "windsurf /home/me/.config/devin/mcp_config.json",
            "zed /x/zed/settings.json",
        ] {
            assert!(moved.iter().any(|path| path == place), "{place} is not among {moved:?}");
        }
        let ignored = Home::new(System::Linux, at("/home/me")).with("CODEX_HOME", "here").with("XDG_CONFIG_HOME", "");
        assert_eq!(paths(&ignored), paths(&Home::new(System::Linux, at("/home/me"))));
    }

    #[test]
    fn profiles_packages_old_files_and_projects_are_found_where_they_exist() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for path in [".config/Code/User/profiles/-5f2", "AppData/Local/Packages/Claude_pzs8", "AppData/Local/Packages/Other", ".claude"] {
            fs::create_dir_all(root.join(path)).expect("makes");
        }
        let linux = paths(&Home::new(System::Linux, root));
        let profile = format!("vscode {}/.config/Code/User/profiles/-5f2/mcp.json", plain(root));
        assert!(linux.contains(&profile), "{linux:?}");
        let windows = paths(&Home::new(System::Windows, root));
        let packaged: Vec<&String> = windows.iter().filter(|path| path.contains("LocalCache")).collect();
        assert_eq!(packaged.len(), 1, "{windows:?}");
        assert!(packaged[0].ends_with("Packages/Claude_pzs8/LocalCache/Roaming/Claude/claude_desktop_config.json"));

        assert_eq!(linux[0], format!("claude-code {}/.claude.json", plain(root)));
        fs::write(root.join(".claude/.config.json"), "{}").expect("writes");
        assert_eq!(paths(&Home::new(System::Linux, root))[0], format!("claude-code {}/.claude/.config.json", plain(root)));

        let files = config_files(&Home::new(System::Linux, root), Some(Path::new("/work/shop")));
        assert_eq!((files[1].client, files[1].path.as_path()), (Client::ClaudeCode, Path::new("/work/shop/.mcp.json")));
    }
}
