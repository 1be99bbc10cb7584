//! `settings`: what a person set, and changes. The file is `config.toml`; some of it holds at once, the rest after a restart.

use doorward_oauth::preset::elsewhere;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Broker;
use crate::{
    config::{Config, ConfigError, Language},
    config_file::{Kind, Setting, SettingError},
};

/// One setting, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingView {
    /// Its name, as `config.toml` has it.
    pub key: String,
    /// What it can be set to.
    pub kind: Kind,
    /// The words to choose from.
    pub choices: Vec<String>,
    /// What it is without a word in the file.
    pub default: Value,
    /// What the file says.
    pub value: Value,
    /// What holds now; `None`: Doorward does not run.
    pub in_force: Option<Value>,
    /// Whether it is a value of the policy.
    #[serde(default)]
    pub of_policy: bool,
    /// What named policies have in its place, where that is another value.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
    /// Whether a change of it takes effect at once.
    pub at_once: bool,
    /// Whether the file says something that holds after a restart only.
    pub after_restart: bool,
}

/// What named policies have in the place of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The value.
    pub value: Value,
    /// The policies that have it, by name.
    pub policies: Vec<String>,
}

impl SettingView {
    /// A setting in a file, and what of it is in force.
    pub fn of(setting: Setting, file: &Config, in_force: Option<&Config>) -> Self {
        let (value, in_force) = (setting.of(file), in_force.map(|config| setting.of(config)));
        let mut default = Config::default();
        default.rules = file.policy.policy();
        let elsewhere = if setting.is_of_policy() { elsewhere(setting.name(), &value) } else { Vec::new() };
        let named = |(value, by): (Value, Vec<&str>)| Elsewhere { value, policies: by.into_iter().map(str::to_owned).collect() };
        Self {
            key: setting.name().to_owned(),
            of_policy: setting.is_of_policy(),
            elsewhere: elsewhere.into_iter().map(named).collect(),
            kind: setting.kind(),
            choices: setting.choices().into_iter().map(str::to_owned).collect(),
            default: setting.of(&default),
            at_once: setting.at_once(),
            after_restart: in_force.as_ref().is_some_and(|now| *now != value),
            value,
            in_force,
        }
    }
}

/// What the front end asks about whenever it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Whether a question makes a sound.
    pub sound: bool,
    /// Whether there are notifications.
    pub notifications: bool,
    /// Which language windows speak.
    pub language: Language,
}

impl From<&Config> for Preferences {
    fn from(config: &Config) -> Self {
        Self { sound: config.sound, notifications: config.notifications, language: config.language }
    }
}

impl Broker {
    /// What a person prefers now.
    pub fn preferences(&self) -> Preferences {
        *self.inner.preferences.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The settings.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be used any more.
    pub async fn settings(&self) -> Result<Vec<SettingView>, ConfigError> {
        let _turn = self.inner.setting.lock().await;
        let file = self.inner.world.config_file.clone();
        let file = tokio::task::spawn_blocking(move || file.read()).await.map_err(not_done)??;
        let in_force = self.in_force();
        Ok(Setting::all().map(|setting| SettingView::of(setting, &file, Some(&in_force))).collect())
    }

    /// Changes one setting in the file, and gives how it is then.
    ///
    /// # Errors
    /// [`SettingError`]; nothing was changed then.
    pub async fn set_setting(&self, key: &str, value: Value) -> Result<SettingView, SettingError> {
        let setting = Setting::named(key)?;
        let _turn = self.inner.setting.lock().await;
        let file = self.inner.world.config_file.clone();
        let file =
            tokio::task::spawn_blocking(move || file.set(setting, &value)).await.map_err(|error| SettingError::from(not_done(error)))??;
        let before = self.preferences();
        let now = match setting {
            Setting::Sound => Preferences { sound: file.sound, ..before },
            Setting::Notifications => Preferences { notifications: file.notifications, ..before },
            Setting::Language => Preferences { language: file.language, ..before },
            _ => before,
        };
        *self.inner.preferences.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = now;
        tracing::info!(key, "a person changed a setting");
        self.changed();
        Ok(SettingView::of(setting, &file, Some(&self.in_force())))
    }

    /// The configuration that holds now.
    fn in_force(&self) -> Config {
        let Preferences { sound, notifications, language } = self.preferences();
        let mut config = self.inner.config.clone();
        config.port = self.issuer().port();
        (config.sound, config.notifications, config.language) = (sound, notifications, language);
        config
    }
}

fn not_done(error: tokio::task::JoinError) -> ConfigError {
    ConfigError::Unreadable { path: "config.toml".into(), cause: std::io::Error::other(error) }
}
