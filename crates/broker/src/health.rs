//! Whether everything that Doorward needs is there and works: for `doorward doctor` and the page Health. Nothing in it is secret, so
//! that it can be shown to whoever helps.

use std::{future::Future, path::Path, pin::Pin, sync::Arc, time::Duration};

use doorward_stdio::environment;
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use crate::{
    config::{Config, ConfigError, Places},
    peers::OsPeers,
    secrets::{self, KeyError, SecretError, SecretStore},
    server,
    store::{Store, StoreError, settings},
};

/// What was found out about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// One word for it: `folders`, `configuration`, `port`, `data`, `keyring`, `screen`, `path`, `service`, `server NAME`.
    #[serde(flatten, with = "doorward_words::beside::about")]
    pub about: Said,
    /// How it is.
    pub state: Condition,
    /// One sentence.
    #[serde(flatten, with = "doorward_words::beside::says")]
    pub says: Said,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// As it should be.
    Good,
    /// Worth knowing; Doorward works.
    Note,
    /// Something does not work.
    Fault,
}

/// What a front end finds out about what is around it: the desktop about its tray, for example.
pub type Look = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Vec<Finding>> + Send>> + Send + Sync>;

/// How long a keyring may take, which may ask a person.
const KEYRING: Duration = Duration::from_secs(15);
/// Programs that start most servers, as the sentence about them says too.
const STARTERS: [&str; 2] = ["npx", "uvx"];

impl Finding {
    /// What was found out, in one sentence. `about` is the name of a message.
    pub fn new(about: &'static str, state: Condition, says: &impl Says) -> Self {
        Self { about: Said::plain(about), state, says: says.said() }
    }

    /// It is as it should be.
    pub fn good(about: &'static str, says: &impl Says) -> Self {
        Self::new(about, Condition::Good, says)
    }

    /// It is worth knowing.
    pub fn note(about: &'static str, says: &impl Says) -> Self {
        Self::new(about, Condition::Note, says)
    }

    /// It does not work.
    pub fn fault(about: &'static str, says: &impl Says) -> Self {
        Self::new(about, Condition::Fault, says)
    }
}

/// What can be found out while no Doorward runs with these folders. Nothing is changed.
pub async fn at_rest(places: &Places, keyring: Arc<dyn SecretStore>) -> Vec<Finding> {
    let (config, mut findings) = match Config::read(places) {
        Ok(config) => {
            let says = with_path("health-configuration", &places.config.join("config.toml"));
            (config, vec![Finding::good("about-configuration", &says)])
        }
        Err(error) => (Config::default(), vec![Finding::fault("about-configuration", &error)]),
    };
    findings.insert(0, folders(places));
    findings.push(port(config.port).await);
    let (data, known) = data(&places.database()).await;
    findings.push(data);
    findings.push(key(keyring, known, "health-keyring-rest").await);
    findings.extend(around().await);
    findings
}

/// A sentence about a file or a folder.
fn with_path(id: &'static str, path: &Path) -> Said {
    Said::plain(id).with("path", path.display().to_string())
}

fn folders(places: &Places) -> Finding {
    let unusable = [&places.data, &places.state, &places.runtime].into_iter().find_map(|folder| {
        let present = folder.ancestors().find(|folder| folder.exists())?;
        let cause = writable(present).err()?;
        Some(ConfigError::Folder { path: folder.clone(), cause })
    });
    match unusable {
        None => Finding::good("about-folders", &with_path("health-folders", &places.data)),
        Some(error) => Finding::fault("about-folders", &error),
    }
}

/// Whether a file can be made there. It is gone again.
fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".doorward-{}", std::process::id()));
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe))
}

async fn port(port: u16) -> Finding {
    match server::bind(port, &OsPeers::default()).await {
        Ok(_) => Finding::good("about-port", &Said::plain("health-port").with("port", port.to_string())),
        Err(error) => Finding::fault("about-port", &error),
    }
}

/// The data, and which key it was written with.
async fn data(path: &Path) -> (Finding, Option<String>) {
    if !path.exists() {
        return (Finding::good("about-data", &Said::plain("health-no-data")), None);
    }
    let asked = path.to_owned();
    let looked = tokio::task::spawn_blocking(move || Store::inspect(&asked, |db| settings::get(db, settings::KEY_FINGERPRINT))).await;
    match looked.unwrap_or_else(|error| Err(StoreError::Other { detail: Said::verbatim(error.to_string()) })) {
        Ok(known) => (Finding::good("about-data", &with_path("health-sound", path)), known),
        Err(error) => (Finding::fault("about-data", &error), None),
    }
}

/// Whether the keyring has the key. `without` says what still works when it cannot be used.
pub(crate) async fn key(keyring: Arc<dyn SecretStore>, known: Option<String>, without: &'static str) -> Finding {
    let place = keyring.place();
    let asking = tokio::task::spawn_blocking(move || secrets::has_verifier_key(keyring.as_ref(), known.as_deref()));
    let late = || KeyError::Keyring(SecretError::TimedOut { seconds: KEYRING.as_secs() });
    let found = tokio::time::timeout(KEYRING, asking).await.map_err(|_| late()).and_then(|asked| asked.unwrap_or_else(|_| Err(late())));
    match found {
        Ok(true) => Finding::good("about-keyring", &Said::plain("health-key").with_said("place", place)),
        Ok(false) => Finding::good("about-keyring", &Said::plain("health-no-key").with_said("place", place)),
        Err(error) => {
            let says = Said::plain(without).with_said("why", error.said()).with_said("place", place);
            Finding::fault("about-keyring", &says)
        }
    }
}

/// What is around Doorward, running or not.
pub async fn around() -> Vec<Finding> {
    let path = environment::login_path().await.text;
    let missing: Vec<&str> = STARTERS.into_iter().filter(|program| environment::resolve(program, &path, Path::new("/")).is_err()).collect();
    let searched = |said: Said| said.with("path", path.clone());
    let starters = match missing.as_slice() {
        [] => Finding::good("about-path", &searched(Said::plain("health-starters"))),
        [one] => Finding::note("about-path", &searched(Said::plain("health-one-starter").with("program", *one))),
        _ => Finding::note("about-path", &searched(Said::plain("health-no-starters"))),
    };
    vec![screen(), starters]
}

fn screen() -> Finding {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !cfg!(target_os = "linux") || set("WAYLAND_DISPLAY") || set("DISPLAY") {
        return Finding::good("about-screen", &Said::plain("health-screen"));
    }
    Finding::note("about-screen", &Said::plain("health-no-screen"))
}
