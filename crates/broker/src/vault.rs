//! What servers need to be let in: values of headers and of environment variables. They rest in the keyring, one item for each
//! server, and go to that server only.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use doorward_oauth::id::ServerName;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::secrets::{SecretError, SecretStore};

/// The secrets of one server, by the name of the header or the variable.
pub type Secrets = Arc<BTreeMap<String, SecretString>>;

/// The secrets of servers. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    store: Arc<dyn SecretStore>,
    /// What was fetched: the keyring is asked once.
    known: Arc<Mutex<HashMap<ServerName, Secrets>>>,
}

impl Vault {
    /// A vault in this keyring.
    pub fn new(store: Arc<dyn SecretStore>) -> Self {
        Self { store, known: Arc::default() }
    }

    /// The secrets of a server.
    ///
    /// # Errors
    /// [`SecretError`] when the keyring cannot be asked.
    pub async fn of(&self, server: &ServerName) -> Result<Secrets, SecretError> {
        if let Some(known) = self.lock().get(server) {
            return Ok(known.clone());
        }
        let (store, item) = (self.store.clone(), item(server));
        let found = on_a_thread(move || store.get(&item)).await?;
        let secrets: Secrets = Arc::new(found.map(|bytes| read(&bytes)).transpose()?.unwrap_or_default());
        self.lock().insert(server.clone(), secrets.clone());
        Ok(secrets)
    }

    /// Puts the secrets of a server in place of older ones.
    ///
    /// # Errors
    /// [`SecretError`]; nothing has changed then.
    pub async fn set(&self, server: &ServerName, secrets: BTreeMap<String, SecretString>) -> Result<(), SecretError> {
        let (store, item) = (self.store.clone(), item(server));
        if secrets.is_empty() {
            on_a_thread(move || store.delete(&item)).await?;
        } else {
            let written = write(&secrets);
            on_a_thread(move || store.put(&item, &written)).await?;
        }
        self.lock().insert(server.clone(), Arc::new(secrets));
        Ok(())
    }

    /// Whatever is known of any server, for masking it where people and logs would see it.
    pub fn known(&self) -> Vec<SecretString> {
        self.lock().values().flat_map(|secrets| secrets.values().cloned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerName, Secrets>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The item of a server in the keyring.
pub(crate) fn item(server: &ServerName) -> String {
    format!("server-{server}")
}

/// Keyrings block, and some ask a person.
async fn on_a_thread<T: Send + 'static>(ask: impl FnOnce() -> Result<T, SecretError> + Send + 'static) -> Result<T, SecretError> {
    tokio::task::spawn_blocking(ask).await.unwrap_or_else(|error| Err(SecretError::NoService { cause: error.to_string() }))
}

fn read(bytes: &[u8]) -> Result<BTreeMap<String, SecretString>, SecretError> {
    let read: Result<BTreeMap<String, String>, _> = serde_json::from_slice(bytes);
    // Without what the parser says: it can quote what it read.
    let read = read.map_err(|_| SecretError::Damaged { cause: "the secrets of a server".to_owned() })?;
    Ok(read.into_iter().map(|(name, value)| (name, value.into())).collect())
}

fn write(secrets: &BTreeMap<String, SecretString>) -> Zeroizing<Vec<u8>> {
    // REVEAL: on its way into the keyring.
    let plain: BTreeMap<&str, &str> = secrets.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    Zeroizing::new(serde_json::to_vec(&plain).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::MemoryKeyring;

    #[tokio::test]
    async fn what_is_kept_for_a_server_is_there_after_a_restart_and_for_no_other() {
        let keyring = Arc::new(MemoryKeyring::default());
        let (files, git) = (ServerName::parse("files").expect("a name"), ServerName::parse("git").expect("a name"));
        let secrets = BTreeMap::from([("TOKEN".to_owned(), SecretString::from("s3cret"))]);
        Vault::new(keyring.clone()).set(&files, secrets).await.expect("kept");
        let again = Vault::new(keyring.clone());
        assert_eq!(again.of(&files).await.expect("asked")["TOKEN"].expose_secret(), "s3cret");
        assert!(again.of(&git).await.expect("asked").is_empty());
        assert_eq!(again.known().len(), 1);
        again.set(&files, BTreeMap::new()).await.expect("removed");
        assert!(Vault::new(keyring).of(&files).await.expect("asked").is_empty());
    }
}
