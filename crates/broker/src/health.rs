//! Whether everything that Doorward needs is there and works: for `doorward doctor` and the page Health. Nothing in it is secret, so
//! that it can be shown to whoever helps.

use std::{path::Path, sync::Arc, time::Duration};

use doorward_stdio::environment;
use serde::{Deserialize, Serialize};

use crate::{
    config::{Config, Places},
    peers::OsPeers,
    secrets::{self, KeyError, SecretError, SecretStore},
    server,
    store::{Store, StoreError, settings},
};

/// What was found out about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// One word for it: `folders`, `configuration`, `port`, `data`, `keyring`, `screen`, `path`, `service`, `server NAME`.
    pub about: String,
    /// How it is.
    pub state: Condition,
    /// One sentence.
    pub says: String,
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

/// How long a keyring may take, which may ask a person.
const KEYRING: Duration = Duration::from_secs(15);
/// Programs that start most servers.
const STARTERS: [&str; 2] = ["npx", "uvx"];

impl Finding {
    /// What was found out, in one sentence.
    pub fn new(about: impl Into<String>, state: Condition, says: impl Into<String>) -> Self {
        Self { about: about.into(), state, says: says.into() }
    }

    /// It is as it should be.
    pub fn good(about: &str, says: impl Into<String>) -> Self {
        Self::new(about, Condition::Good, says)
    }

    /// It does not work.
    pub fn fault(about: &str, says: impl ToString) -> Self {
        Self::new(about, Condition::Fault, says.to_string())
    }
}

/// What can be found out while no Doorward runs with these folders. Nothing is changed.
pub async fn at_rest(places: &Places, keyring: Arc<dyn SecretStore>) -> Vec<Finding> {
    let (config, mut findings) = match Config::read(places) {
        Ok(config) => {
            let says = format!("{} can be read.", places.config.join("config.toml").display());
            (config, vec![Finding::good("configuration", says)])
        }
        Err(error) => (Config::default(), vec![Finding::fault("configuration", error)]),
    };
    findings.insert(0, folders(places));
    findings.push(port(config.port).await);
    let (data, known) = data(&places.database()).await;
    findings.push(data);
    findings.push(key(keyring, known).await);
    findings.extend(around().await);
    findings
}

fn folders(places: &Places) -> Finding {
    let unusable = [&places.data, &places.state, &places.runtime].into_iter().find_map(|folder| {
        let present = folder.ancestors().find(|folder| folder.exists())?;
        let cause = writable(present).err()?;
        Some(format!("Doorward cannot write to {}: {cause}.", folder.display()))
    });
    match unusable {
        None => Finding::good("folders", format!("Doorward can write to {}.", places.data.display())),
        Some(says) => Finding::fault("folders", says),
    }
}

/// Whether a file can be made there. It is gone again.
fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".doorward-{}", std::process::id()));
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe))
}

async fn port(port: u16) -> Finding {
    match server::bind(port, &OsPeers::default()).await {
        Ok(_) => Finding::good("port", format!("Port {port} is free.")),
        Err(error) => Finding::fault("port", error),
    }
}

/// The data, and which key it was written with.
async fn data(path: &Path) -> (Finding, Option<String>) {
    if !path.exists() {
        return (Finding::good("data", "There is no data yet: it is made at the first start."), None);
    }
    let asked = path.to_owned();
    let looked = tokio::task::spawn_blocking(move || Store::inspect(&asked, |db| settings::get(db, settings::KEY_FINGERPRINT))).await;
    match looked.unwrap_or_else(|error| Err(StoreError::Other { detail: doorward_words::Said::verbatim(error.to_string()) })) {
        Ok(known) => (Finding::good("data", format!("{} is sound.", path.display())), known),
        Err(error) => (Finding::fault("data", error), None),
    }
}

pub(crate) async fn key(keyring: Arc<dyn SecretStore>, known: Option<String>) -> Finding {
    let asking = tokio::task::spawn_blocking(move || secrets::has_verifier_key(keyring.as_ref(), known.as_deref()));
    let late = || KeyError::Keyring(SecretError::TimedOut { seconds: KEYRING.as_secs() });
    let found = tokio::time::timeout(KEYRING, asking).await.map_err(|_| late()).and_then(|asked| asked.unwrap_or_else(|_| Err(late())));
    match found {
        Ok(true) => Finding::good("keyring", "The keyring has the key of the data."),
        Ok(false) => Finding::good("keyring", "The keyring answers. It has no key yet: one is made at the first start."),
        Err(error) => Finding::fault("keyring", error),
    }
}

/// What is around Doorward, running or not.
pub async fn around() -> Vec<Finding> {
    let path = environment::login_path().await.text;
    let missing: Vec<&str> = STARTERS.into_iter().filter(|program| environment::resolve(program, &path, Path::new("/")).is_err()).collect();
    let starters = match missing.as_slice() {
        [] => Finding::good("path", format!("{} are found. Searched: {path}", STARTERS.join(" and "))),
        missing => {
            let says = format!("{} cannot be found, which many servers are started with. Searched: {path}", missing.join(" and "));
            Finding::new("path", Condition::Note, says)
        }
    };
    vec![screen(), starters]
}

fn screen() -> Finding {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !cfg!(target_os = "linux") || set("WAYLAND_DISPLAY") || set("DISPLAY") {
        return Finding::good("screen", "There is a screen for the window.");
    }
    let says = "There is no screen here (DISPLAY and WAYLAND_DISPLAY are not set): doorward serve --no-gui asks on a terminal.";
    Finding::new("screen", Condition::Note, says)
}
