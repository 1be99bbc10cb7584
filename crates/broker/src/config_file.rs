//! `config.toml` as a file that people write, and that one setting at a time is changed in: comments and everything else stay.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use doorward_oauth::{client::AuthMethod, preset::Preset};
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike};
use url::Url;

use crate::config::{Config, ConfigError, Language, make_private};

/// Where the configuration is.
#[derive(Debug, Clone)]
pub struct ConfigFile(PathBuf);

/// One setting that people see and change. `config.toml` knows more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `port`
    Port,
    /// `policy`
    Policy,
    /// `registration.private_schemes`
    PrivateSchemes,
    /// `client_id_metadata_documents`
    Documents,
    /// `allow_containers`
    AllowContainers,
    /// `allowed_origins`
    AllowedOrigins,
    /// `sound`
    Sound,
    /// `notifications`
    Notifications,
    /// `language`
    Language,
    /// One value of the policy, by its name in the file.
    OfPolicy(&'static str, Kind),
}

/// The values of the policy, as `config.toml` has them, but for `registration.private_schemes`, which people change more often.
const OF_POLICY: [(&str, Kind); 18] = [
    ("registration.max_redirect_uris", Kind::Number),
    ("registration.loopback_hosts", Kind::List),
    ("registration.name_required", Kind::Switch),
    ("registration.auth_methods", Kind::List),
    ("registration.default_auth_method", Kind::Choice),
    ("registration.secret_seconds", Kind::Number),
    ("registration.grant_types", Kind::List),
    ("registration.default_grant_types", Kind::List),
    ("registration.forced_scope", Kind::Text),
    ("registration.default_scope", Kind::Text),
    ("registration.more_scopes", Kind::List),
    ("registration.answer_members", Kind::List),
    ("registration.needs_server", Kind::Switch),
    ("registration.more_paths", Kind::List),
    ("registration.daily_per_program", Kind::Number),
    ("registration.daily", Kind::Number),
    ("authorization.redirect_uri_required", Kind::Switch),
    ("authorization.state_required", Kind::Switch),
];

/// What a setting can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// True or false.
    Switch,
    /// A number.
    Number,
    /// One of several words.
    Choice,
    /// A text, which may be empty.
    Text,
    /// A list of texts.
    List,
}

/// Why a setting was not changed.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum SettingError {
    /// There is none of that name.
    Unknown(String),
    /// It cannot be set to that.
    Bad(Said),
    /// The file cannot be read or written, or is not what it should be.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Says for SettingError {
    fn said(&self) -> Said {
        match self {
            Self::Unknown(name) => Said::plain("no-such-setting").with("setting", name.clone()),
            Self::Bad(said) => said.clone(),
            Self::Config(error) => error.said(),
        }
    }
}

impl Setting {
    /// All of them, in the order they are shown in: first those that people change, then the values of the policy.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OFTEN.into_iter().chain(OF_POLICY.map(|(name, kind)| Self::OfPolicy(name, kind)))
    }

    const OFTEN: [Self; 9] = [
        Self::Language,
        Self::Notifications,
        Self::Sound,
        Self::Port,
        Self::Policy,
        Self::PrivateSchemes,
        Self::AllowContainers,
        Self::AllowedOrigins,
        Self::Documents,
    ];

    /// Its name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Policy => "policy",
            Self::PrivateSchemes => "registration.private_schemes",
            Self::Documents => "client_id_metadata_documents",
            Self::AllowContainers => "allow_containers",
            Self::AllowedOrigins => "allowed_origins",
            Self::Sound => "sound",
            Self::Notifications => "notifications",
            Self::Language => "language",
            Self::OfPolicy(name, _) => name,
        }
    }

    /// Whether it is a value of the policy, which other policies may have otherwise.
    pub const fn is_of_policy(self) -> bool {
        matches!(self, Self::PrivateSchemes | Self::OfPolicy(..))
    }

    /// The setting with that name.
    ///
    /// # Errors
    /// [`SettingError::Unknown`].
    pub fn named(name: &str) -> Result<Self, SettingError> {
        Self::all().find(|setting| setting.name() == name).ok_or_else(|| SettingError::Unknown(name.to_owned()))
    }

    /// What it can be set to.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Port => Kind::Number,
            Self::Policy | Self::Language => Kind::Choice,
            Self::PrivateSchemes | Self::AllowedOrigins => Kind::List,
            Self::Documents | Self::AllowContainers | Self::Sound | Self::Notifications => Kind::Switch,
            Self::OfPolicy(_, kind) => kind,
        }
    }

    /// The words to choose from.
    pub fn choices(self) -> Vec<&'static str> {
        match self {
            Self::Policy => Preset::ALL.map(Preset::as_str).to_vec(),
            Self::Language => Language::ALL.map(Language::as_str).to_vec(),
            Self::OfPolicy(_, Kind::Choice) => AuthMethod::ALL.map(AuthMethod::as_str).to_vec(),
            _ => Vec::new(),
        }
    }

    /// Whether a change takes effect at once. What says who may come in waits for a restart, which a person sees.
    pub const fn at_once(self) -> bool {
        matches!(self, Self::Sound | Self::Notifications | Self::Language)
    }

    /// What a configuration says.
    pub fn of(self, config: &Config) -> Value {
        match self {
            Self::Port => json!(config.port),
            Self::Policy => json!(config.policy.as_str()),
            Self::PrivateSchemes => json!(config.rules.registration.private_schemes),
            Self::Documents => json!(config.client_id_metadata_documents),
            Self::AllowContainers => json!(config.allow_containers),
            Self::AllowedOrigins => json!(config.allowed_origins),
            Self::Sound => json!(config.sound),
            Self::Notifications => json!(config.notifications),
            Self::Language => json!(config.language.as_str()),
            Self::OfPolicy(name, _) => config.rules.value(name),
        }
    }

    /// Reads what somebody wants it to be: as JSON, or as it is typed, where a list has commas between its items.
    fn read(self, wanted: &Value) -> Result<toml_edit::Value, SettingError> {
        let name = self.name();
        let bad = |id: &'static str| Said::plain(id).with("setting", name);
        match self.kind() {
            Kind::Switch => match (wanted, wanted.as_str()) {
                (Value::Bool(on), _) => Ok((*on).into()),
                (_, Some("true" | "on" | "yes")) => Ok(true.into()),
                (_, Some("false" | "off" | "no")) => Ok(false.into()),
                _ => Err(SettingError::Bad(bad("setting-is-switch"))),
            },
            Kind::Number => {
                let (within, otherwise) = match self {
                    Self::Port => (1..=u64::from(u16::MAX), "setting-is-port"),
                    _ => (0..=u64::from(u32::MAX), "setting-is-number"),
                };
                let number = wanted.as_u64().or_else(|| wanted.as_str()?.trim().parse().ok());
                let number = number.filter(|number| within.contains(number)).ok_or_else(|| SettingError::Bad(bad(otherwise)))?;
                Ok(number.cast_signed().into())
            }
            Kind::Choice => {
                let choices = self.choices();
                let chosen = wanted.as_str().filter(|word| choices.contains(word));
                chosen.map(Into::into).ok_or_else(|| SettingError::Bad(bad("setting-is-choice").listing("choices", choices)))
            }
            Kind::Text => wanted.as_str().map(|text| text.trim().into()).ok_or_else(|| SettingError::Bad(bad("setting-is-text"))),
            Kind::List => {
                let items = items(wanted).ok_or_else(|| SettingError::Bad(bad("setting-is-list")))?;
                if let Some(wrong) = items.iter().find(|item| !self.may_have(item)) {
                    let why = match self {
                        Self::AllowedOrigins => "setting-no-origin",
                        _ => "setting-no-scheme",
                    };
                    return Err(SettingError::Bad(Said::plain(why).with("text", wrong.clone())));
                }
                Ok(items.into_iter().collect::<Array>().into())
            }
        }
    }

    /// Whether something can be in the list.
    fn may_have(self, item: &str) -> bool {
        const OF_OTHERS: [&str; 9] = ["http", "https", "javascript", "data", "file", "blob", "intent", "about", "ws"];
        match self {
            Self::AllowedOrigins => {
                Url::parse(item).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == item)
            }
            // What it cannot be is found out when all of the file is read.
            Self::OfPolicy(..) => true,
            _ => {
                let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
                item.starts_with(|c: char| c.is_ascii_lowercase()) && item.chars().all(is_plain) && !OF_OTHERS.contains(&item)
            }
        }
    }
}

fn items(wanted: &Value) -> Option<Vec<String>> {
    match wanted {
        Value::Array(items) => items.iter().map(|item| Some(item.as_str()?.trim().to_owned())).collect(),
        Value::String(typed) => Some(typed.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()),
        _ => None,
    }
}

impl ConfigFile {
    /// The file in a folder.
    pub fn below(folder: &Path) -> Self {
        Self(folder.join("config.toml"))
    }

    /// What it says; a missing file means the defaults.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(&self) -> Result<Config, ConfigError> {
        self.understood(&self.text()?)
    }

    /// Changes one setting, and gives what the file says then.
    ///
    /// # Errors
    /// [`SettingError`]; nothing was changed then.
    pub fn set(&self, setting: Setting, wanted: &Value) -> Result<Config, SettingError> {
        let value = setting.read(wanted)?;
        let text = self.text()?;
        self.understood(&text)?;
        let changed = with(&text, setting.name(), value).ok_or_else(|| SettingError::Bad(Said::plain("setting-unchangeable")))?;
        let config = Config::parse(&changed).map_err(|error| {
            let why = error.message().lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
            SettingError::Bad(Said::plain("setting-impossible").with("why", why))
        })?;
        self.write(&changed).map_err(|cause| ConfigError::Folder { path: self.0.clone(), cause })?;
        Ok(config)
    }

    fn text(&self) -> Result<String, ConfigError> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(text),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(cause) => Err(ConfigError::Unreadable { path: self.0.clone(), cause }),
        }
    }

    fn understood(&self, text: &str) -> Result<Config, ConfigError> {
        Config::parse(text).map_err(|cause| ConfigError::Invalid { path: self.0.clone(), cause })
    }

    /// The old file or the new one, whatever happens; private. A link stays one.
    fn write(&self, text: &str) -> io::Result<()> {
        let path = fs::canonicalize(&self.0).unwrap_or_else(|_| self.0.clone());
        if let Some(folder) = path.parent() {
            make_private(folder)?;
        }
        let beside = path.with_extension("toml.new");
        let mut options = fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    }
}

/// The text with one value changed. `None` when there is no place for it.
fn with(text: &str, name: &str, value: toml_edit::Value) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let (table, name): (&mut dyn TableLike, &str) = match name.split_once('.') {
        None => (document.as_table_mut(), name),
        Some((section, name)) => (document.entry(section).or_insert(Item::Table(Table::new())).as_table_like_mut()?, name),
    };
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            // A comment behind it stays.
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, ConfigFile) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("config.toml"), text).expect("written");
        let file = ConfigFile::below(folder.path());
        (folder, file)
    }

    #[test]
    fn a_change_leaves_comments_order_and_everything_else_as_it_was() {
        let before = "# mine\nport = 9000 # not 8765\nallowed_origins = [ \"http://localhost:6274\" ]\n\n# bounds\n[limits]\nquestions = 2\n\n                      [registration]\n# of links\nprivate_schemes = [\"cursor\"]\n";
        let (_folder, file) = file(before);
        let mut expected = before.to_owned();
        for (setting, wanted, old, new) in [
            (Setting::Port, json!(9001), "port = 9000 #", "port = 9001 #"),
            (Setting::AllowedOrigins, json!([]), "[ \"http://localhost:6274\" ]", "[]"),
            (Setting::PrivateSchemes, json!("cursor, zed"), "[\"cursor\"]", "[\"cursor\", \"zed\"]"),
            (Setting::Sound, json!("on"), "allowed_origins = []\n", "allowed_origins = []\nsound = true\n"),
        ] {
            let config = file.set(setting, &wanted).expect("set");
            expected = expected.replacen(old, new, 1);
            assert_eq!(fs::read_to_string(&file.0).expect("reads"), expected, "{}", setting.name());
            assert_eq!(config, file.read().expect("valid"));
        }
        let config = file.read().expect("valid");
        assert_eq!((config.port, config.sound, config.limits.questions), (9001, true, 2));
        assert_eq!(config.rules.registration.private_schemes, ["cursor", "zed"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_one_sentence_and_nothing_is_written() {
        let (_folder, file) = file("policy = \"provider\"\n[registration]\ndefault_auth_method = \"client_secret_post\"\n");
        let before = fs::read_to_string(&file.0).expect("reads");
        for (setting, wanted, says) in [
            (Setting::Port, json!(0), "from 1 to 65535"),
            (Setting::Port, json!("70000"), "from 1 to 65535"),
            (Setting::Sound, json!("loud"), "true or false"),
            (Setting::Language, json!("fr"), "system, en, de"),
            (Setting::Policy, json!("other"), "doorward, finradar"),
            (Setting::Policy, json!("finradar"), "default_auth_method"),
            (Setting::AllowedOrigins, json!("http://localhost:6274/"), "no origin"),
            (Setting::AllowedOrigins, json!("null"), "no origin"),
            (Setting::AllowedOrigins, json!(7), "list of texts"),
            (Setting::PrivateSchemes, json!(["javascript"]), "no scheme"),
            (Setting::PrivateSchemes, json!(["my scheme"]), "no scheme"),
        ] {
            let sentence = file.set(setting, &wanted).expect_err("refused").to_string();
            assert!(sentence.contains(says) && sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        }
        assert_eq!(fs::read_to_string(&file.0).expect("reads"), before);
        assert!(Setting::named("prot").expect_err("a typo").to_string().contains("prot"));
        fs::write(&file.0, "prot = 1\n").expect("written");
        assert!(file.set(Setting::Sound, &json!(true)).expect_err("broken already").to_string().contains("prot"));
    }

    #[test]
    #[cfg(unix)]
    fn a_new_file_is_private_and_a_link_stays_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let file = ConfigFile::below(&folder.path().join("doorward"));
        file.set(Setting::Notifications, &json!(false)).expect("set");
        assert_eq!(fs::read_to_string(&file.0).expect("reads"), "notifications = false\n");
        assert_eq!(fs::metadata(&file.0).expect("there").permissions().mode() & 0o777, 0o600);
        let elsewhere = folder.path().join("dotfiles.toml");
        fs::rename(&file.0, &elsewhere).expect("moved");
        std::os::unix::fs::symlink(&elsewhere, &file.0).expect("linked");
        file.set(Setting::Notifications, &json!(true)).expect("set");
        assert!(fs::symlink_metadata(&file.0).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(&elsewhere).expect("reads"), "notifications = true\n");
    }

    #[test]
    fn every_value_of_the_policy_can_be_set_and_what_contradicts_the_rest_is_refused() {
        let policy = serde_json::to_value(doorward_oauth::preset::Policy::default()).expect("JSON");
        let sections = policy.as_object().expect("sections").iter();
        let there: std::collections::BTreeSet<String> = sections
            .flat_map(|(section, values)| values.as_object().expect("values").keys().map(move |name| format!("{section}.{name}")))
            .collect();
        let known = Setting::all().filter(|setting| setting.is_of_policy()).map(|setting| setting.name().to_owned());
        assert_eq!(known.collect::<std::collections::BTreeSet<_>>(), there);
        let (_folder, file) = file("");
        let set = |name: &str, wanted: Value| file.set(Setting::named(name).expect("known"), &wanted);
        set("registration.daily", json!("500")).expect("a number");
        set("registration.grant_types", json!(["authorization_code", "refresh_token"])).expect("a list");
        set("registration.forced_scope", json!("mcp")).expect("a text");
        set("authorization.state_required", json!(true)).expect("a switch");
        let rules = file.read().expect("valid").rules;
        assert_eq!((rules.registration.daily, rules.registration.forced_scope.as_str()), (500, "mcp"));
        assert!(rules.authorization.state_required && rules.registration.grant_types.len() == 2);
        for (name, wanted) in [
            ("registration.daily", json!(-1)),
            ("registration.default_auth_method", json!("password")),
            ("registration.auth_methods", json!(["client_secret_basic"])),
            ("registration.max_redirect_uris", json!(0)),
            ("registration.loopback_hosts", json!(["example.com"])),
            ("registration.forced_scope", json!("a\"b")),
        ] {
            let sentence = set(name, wanted).expect_err(name).to_string();
            assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        }
        assert_eq!(file.read().expect("valid").rules, rules);
    }

    #[test]
    fn every_setting_has_a_name_and_its_default_can_be_set() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = ConfigFile::below(folder.path());
        for setting in Setting::all() {
            assert_eq!(Setting::named(setting.name()).expect("known"), setting);
            file.set(setting, &setting.of(&Config::default())).expect("sound");
        }
        let config = file.read().expect("valid");
        assert!(Setting::all().all(|setting| setting.of(&config) == setting.of(&Config::default())));
    }
}
