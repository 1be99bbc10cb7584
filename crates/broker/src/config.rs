//! Where things lie, and what a person may set (`config.toml`).

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use doorward_oauth::{
    issuer::DEFAULT_PORT,
    preset::{Policy, Preset},
};
use doorward_words::{Said, Says};

use crate::config_file::ConfigFile;

/// The name of a separate set of data, keyring items and sockets. The default one belongs to the person's desktop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile(Option<String>);

impl Profile {
    /// A named profile: lower-case letters, digits and `-`. `None` for anything else.
    pub fn named(name: &str) -> Option<Self> {
        let plain = !name.is_empty() && name.len() <= 32 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        plain.then(|| Self(Some(name.to_owned())))
    }

    /// Whether this is the desktop's own.
    pub const fn is_default(&self) -> bool {
        self.0.is_none()
    }

    /// The keyring service its items are kept under.
    pub fn keyring_service(&self) -> String {
        match &self.0 {
            None => "doorward".to_owned(),
            Some(name) => format!("doorward-{name}"),
        }
    }

    /// How the profile is named in sentences.
    pub fn label(&self) -> &str {
        self.0.as_deref().unwrap_or("default")
    }

    fn below(&self, base: PathBuf) -> PathBuf {
        let base = base.join("doorward");
        match &self.0 {
            None => base,
            Some(name) => base.join(format!("profile-{name}")),
        }
    }
}

/// The folders of a profile, private to the user (0700).
#[derive(Debug, Clone)]
pub struct Places {
    /// The database and the lock.
    pub data: PathBuf,
    /// `config.toml`.
    pub config: PathBuf,
    /// The log.
    pub state: PathBuf,
    /// The control socket.
    pub runtime: PathBuf,
}

/// A folder or the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum ConfigError {
    /// The system does not say where a user's files belong.
    NoHome,
    /// A folder cannot be made or written to.
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file exists and cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is not what it should be.
    Invalid {
        /// The file.
        path: PathBuf,
        /// Which line, and why.
        cause: toml::de::Error,
    },
}

impl Says for ConfigError {
    fn said(&self) -> Said {
        match self {
            Self::NoHome => Said::plain("config-no-home"),
            Self::Folder { path, cause } => {
                Said::plain("config-folder").with("path", path.display().to_string()).with("cause", cause.to_string())
            }
            Self::Unreadable { path, cause } => {
                Said::plain("config-unreadable").with("path", path.display().to_string()).with("cause", cause.to_string())
            }
            Self::Invalid { path, cause } => {
                Said::plain("config-invalid").with("path", path.display().to_string()).with("cause", cause.to_string())
            }
        }
    }
}

impl Places {
    /// The folders of `profile`, which need not exist yet.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn of(profile: &Profile) -> Result<Self, ConfigError> {
        let data = profile.below(dirs::data_dir().ok_or(ConfigError::NoHome)?);
        let config = profile.below(dirs::config_dir().ok_or(ConfigError::NoHome)?);
        let state = dirs::state_dir().map_or_else(|| data.join("log"), |base| profile.below(base));
        let runtime = dirs::runtime_dir().map_or_else(|| state.join("run"), |base| profile.below(base));
        Ok(Self { data, config, state, runtime })
    }

    /// All folders below one, for tests.
    pub fn below(root: &Path) -> Self {
        let at = |name: &str| root.join(name);
        Self { data: at("data"), config: at("config"), state: at("state"), runtime: at("run") }
    }

    /// Makes the folders, private to this user.
    ///
    /// # Errors
    /// [`ConfigError::Folder`] when one cannot be made.
    pub fn make(&self) -> Result<(), ConfigError> {
        for path in [&self.data, &self.state, &self.runtime] {
            make_private(path).map_err(|cause| ConfigError::Folder { path: path.clone(), cause })?;
        }
        Ok(())
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.join("doorward.db")
    }

    /// Where imports of other programs' configuration are remembered.
    pub fn imports(&self) -> PathBuf {
        self.data.join("imports")
    }

    /// The file that a person sets things in.
    pub fn config_file(&self) -> ConfigFile {
        ConfigFile::below(&self.config)
    }

    /// The control socket.
    pub fn control_socket(&self) -> PathBuf {
        self.runtime.join("control.sock")
    }

    /// The log file.
    pub fn log(&self) -> PathBuf {
        self.state.join("doorward.log")
    }
}

#[cfg(unix)]
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    // The user's profile folder is private by its inherited access list.
    fs::create_dir_all(path)
}

/// What `config.toml` may say. Every value has a default; an unknown one is an error, so that a typo is not a silent no.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The port, which is a part of every client's configuration.
    pub port: u16,
    /// The named policy that the next two build on.
    pub policy: Preset,
    /// Other values than the preset's about what may be registered.
    registration: toml::Table,
    /// Other values than the preset's about authorization requests.
    authorization: toml::Table,
    /// Whether a client id may be the address of a document that describes the client, which is then fetched.
    pub client_id_metadata_documents: bool,
    /// Whether relays of containers that run as root are served (Docker's, WSL's): then it cannot be told which program asks.
    pub allow_containers: bool,
    /// Origins of web pages that may talk to Doorward (`http://localhost:6274`), as the browser names them. None at first.
    pub allowed_origins: Vec<String>,
    /// Whether a question makes a sound.
    pub sound: bool,
    /// Whether there are notifications.
    pub notifications: bool,
    /// Which language windows speak. What the command prints is English.
    pub language: Language,
    /// How much is accepted at once.
    pub limits: Limits,
    /// The policy in force: the preset with the other values.
    #[serde(skip)]
    pub rules: Policy,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: DEFAULT_PORT,
            policy: Preset::default(),
            registration: toml::Table::new(),
            authorization: toml::Table::new(),
            client_id_metadata_documents: false,
            allow_containers: false,
            allowed_origins: vec![],
            sound: false,
            notifications: true,
            language: Language::System,
            limits: Limits::default(),
            rules: Policy::default(),
        }
    }
}

/// A language of the windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// The one of the desktop, if there is a translation.
    #[default]
    System,
    /// English.
    En,
    /// German.
    De,
}

impl Language {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::System, Self::En, Self::De];

    /// The word for it in `config.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::En => "en",
            Self::De => "de",
        }
    }
}

/// Bounds. Times are in seconds, sizes in bytes.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest body at the OAuth endpoints.
    pub oauth_body: usize,
    /// The largest body of one MCP message.
    pub mcp_body: usize,
    /// Connections at once.
    pub connections: usize,
    /// How long a client may take to send its headers, from the last answer on its connection.
    pub header_seconds: u64,
    /// How long a client may take to send a body to the OAuth endpoints.
    pub body_seconds: u64,
    /// Open questions at once.
    pub questions: usize,
    /// Open questions of one program at once.
    pub questions_per_program: usize,
    /// How many times within ten minutes a program is told no before it is muted.
    pub denials: u32,
    /// How many questions of a program may go unanswered within ten minutes before it is muted.
    pub unanswered: u32,
    /// How long a question waits for an answer.
    pub answer_seconds: u64,
    /// How long a call is held while a person is asked about it.
    pub call_seconds: u64,
    /// The same for a client that is told how it goes on.
    pub call_with_progress_seconds: u64,
    /// Registrations a minute from one program.
    pub registrations_per_program: u32,
    /// Registrations a minute in all.
    pub registrations: u32,
    /// Registrations kept that nobody approved.
    pub unapproved_clients: u32,
    /// How long those are kept.
    pub unapproved_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            oauth_body: 64 * 1024,
            mcp_body: 16 * 1024 * 1024,
            connections: 256,
            // Longer than clients keep a connection that does nothing (5 seconds, many of them): else both ends give it up at once.
            header_seconds: 8,
            body_seconds: 10,
            questions: 50,
            questions_per_program: 5,
            denials: 3,
            unanswered: 2,
            answer_seconds: 5 * 60,
            call_seconds: 50,
            call_with_progress_seconds: 240,
            registrations_per_program: 10,
            registrations: 60,
            unapproved_clients: 200,
            unapproved_seconds: 60 * 60,
        }
    }
}

impl Config {
    /// Reads `config.toml`; a missing file means the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] when it is there and cannot be used: guessing what a person meant would be worse.
    pub fn read(places: &Places) -> Result<Self, ConfigError> {
        places.config_file().read()
    }

    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        let mut rules = toml::Table::try_from(config.policy.policy()).map_err(serde::de::Error::custom)?;
        for (section, values) in [("registration", &config.registration), ("authorization", &config.authorization)] {
            if let Some(toml::Value::Table(preset)) = rules.get_mut(section) {
                preset.extend(values.clone());
            }
        }
        config.rules = rules.try_into()?;
        config.rules.check().map_err(serde::de::Error::custom)?;
        Ok(config)
    }

    /// How long a question waits for an answer.
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.limits.answer_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_an_error_and_a_missing_file_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places::below(folder.path());
        assert_eq!(Config::read(&places).expect("defaults"), Config::default());
        fs::create_dir_all(&places.config).expect("a folder");
        fs::write(places.config.join("config.toml"), "port = 9000\n[limits]\nquestions = 2\n").expect("written");
        let config = Config::read(&places).expect("reads");
        assert_eq!((config.port, config.limits.questions, config.limits.connections), (9000, 2, 256));
        fs::write(places.config.join("config.toml"), "prot = 9000\n").expect("written");
        assert!(Config::read(&places).expect_err("a typo").to_string().contains("prot"));
    }

    #[test]
    fn a_policy_is_a_preset_with_other_values_and_nothing_else() {
        let config = Config::parse("policy = \"finradar\"\n[registration]\nmax_redirect_uris = 7\n").expect("reads");
        assert_eq!((config.rules.registration.max_redirect_uris, config.rules.registration.forced_scope.as_str()), (7, "mcp"));
        assert!(config.rules.authorization.state_required);
        for bad in ["policy = \"other\"", "[registration]\nmax = 1", "[authorization]\nstate_required = \"yes\""] {
            assert!(Config::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_policy_that_nobody_could_satisfy_is_an_error_that_names_the_setting() {
        for (bad, named) in [
            ("max_redirect_uris = 0", "max_redirect_uris"),
            ("auth_methods = [\"client_secret_basic\"]", "default_auth_method"),
            ("grant_types = [\"refresh_token\"]", "default_grant_types"),
            ("default_grant_types = []", "default_grant_types"),
            ("more_scopes = [\"a\\\"b\"]", "more_scopes"),
            ("answer_members = [\"client_name\"]", "client_id"),
            ("more_paths = [\"register\"]", "more_paths"),
            ("more_paths = [\"/register?x\"]", "more_paths"),
        ] {
            let error = Config::parse(&format!("[registration]\n{bad}\n")).expect_err(bad).to_string();
            assert!(error.contains(named), "{bad}: {error}");
        }
        for preset in Preset::ALL {
            assert_eq!(preset.policy().check(), Ok(()), "{}", preset.as_str());
        }
    }

    #[test]
    #[cfg(unix)]
    fn sec_t_a3_folders_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places::below(folder.path());
        places.make().expect("made");
        for path in [&places.data, &places.state, &places.runtime] {
            assert_eq!(fs::metadata(path).expect("there").permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn profiles_have_plain_names_and_their_own_keyring_items() {
        assert_eq!(Profile::default().keyring_service(), "doorward");
        assert_eq!(Profile::named("ci-1").expect("plain").keyring_service(), "doorward-ci-1");
        for bad in ["", "A", "a/b", "..", "a b"] {
            assert_eq!(Profile::named(bad), None, "{bad}");
        }
    }
}
