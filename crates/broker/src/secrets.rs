//! The operating system's keyring, and the keys Doorward keeps in it.
//!
//! What the database holds is only good together with the verifier key: what lives long rests as HMACs under it. There is no
//! file to fall back to. Without a keyring Doorward does not start, and says what to do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_oauth::token::VerifierKey;
use doorward_words::{Said, Says};
use keyring_core::{CredentialStore, Error as KeyringError};
use zeroize::Zeroizing;

use crate::world::RandomSource;

/// A place for secrets that must be used again. Every call may block, even on a dialog that asks a person to unlock it:
/// call it from a blocking thread only.
pub trait SecretStore: Send + Sync + 'static {
    /// The secret, or `None` when there is none.
    ///
    /// # Errors
    /// [`SecretError`] when the keyring cannot be asked.
    fn get(&self, item: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError>;
    /// Stores the secret in place of an older one.
    ///
    /// # Errors
    /// [`SecretError`] when the keyring does not take it.
    fn put(&self, item: &str, secret: &[u8]) -> Result<(), SecretError>;
    /// Removes the secret; nothing to remove is fine.
    ///
    /// # Errors
    /// [`SecretError`] when the keyring cannot be asked.
    fn delete(&self, item: &str) -> Result<(), SecretError>;
    /// Which keyring it is, for a person.
    fn place(&self) -> Said;
}

/// Why the keyring could not be used. The two a person can mend are told apart by what happened, never by its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum SecretError {
    /// Nothing answers.
    NoService {
        /// What the system said.
        cause: String,
    },
    /// It is there, and locked.
    Locked {
        /// What the system said.
        cause: String,
    },
    /// It gave something that is not ours.
    Damaged {
        /// What was wrong.
        cause: String,
    },
    /// An unlock dialog was not answered.
    TimedOut {
        /// How long Doorward waited.
        seconds: u64,
    },
}

impl Says for SecretError {
    fn said(&self) -> Said {
        match self {
            Self::NoService { cause } => Said::plain("keyring-none").with("cause", cause.clone()),
            Self::Locked { cause } => Said::plain("keyring-locked").with("cause", cause.clone()),
            Self::Damaged { cause } => Said::plain("keyring-damaged").with("cause", cause.clone()),
            Self::TimedOut { seconds } => Said::plain("keyring-late").with("seconds", seconds.to_string()),
        }
    }
}

/// Which keyring of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// Secret Service, Keychain or Credential Manager.
    #[default]
    System,
    /// Linux only: the kernel's keyring, which forgets everything at the next restart of this computer.
    Kernel,
}

/// The keyring of the operating system, opened when first needed and opened anew once when it went away.
pub struct OsKeyring {
    service: String,
    backend: Backend,
    open: RwLock<Option<Arc<CredentialStore>>>,
}

impl OsKeyring {
    /// Items are kept under `service`.
    pub fn new(service: String, backend: Backend) -> Self {
        Self { service, backend, open: RwLock::new(None) }
    }

    fn store(&self) -> Result<Arc<CredentialStore>, KeyringError> {
        if let Some(store) = self.open.read().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(store);
        }
        let store = open_native(self.backend)?;
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = Some(store.clone());
        Ok(store)
    }

    /// Runs `work` on the item; a keyring daemon that was restarted meanwhile gets one second chance.
    fn with<T>(&self, item: &str, work: impl Fn(&keyring_core::Entry) -> Result<T, KeyringError>) -> Result<T, KeyringError> {
        let attempt = || work(&self.store()?.build(&self.service, item, None)?);
        match attempt() {
            Err(KeyringError::PlatformFailure(_)) => {
                *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
                attempt()
            }
            other => other,
        }
    }
}

#[cfg(target_os = "linux")]
fn open_native(backend: Backend) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(match backend {
        Backend::System => zbus_secret_service_keyring_store::Store::new()?,
        Backend::Kernel => linux_keyutils_keyring_store::Store::new()?,
    })
}

#[cfg(target_os = "macos")]
fn open_native(_: Backend) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn open_native(_: Backend) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(windows_native_keyring_store::Store::new()?)
}

fn explain(error: KeyringError) -> SecretError {
    match error {
        KeyringError::NoStorageAccess(cause) => SecretError::Locked { cause: cause.to_string() },
        KeyringError::PlatformFailure(cause) => SecretError::NoService { cause: cause.to_string() },
        KeyringError::NoDefaultStore => SecretError::NoService { cause: "no keyring".to_owned() },
        // The rest never says "no entry" here and never carries the secret in its text.
        other => SecretError::Damaged { cause: other.to_string() },
    }
}

impl SecretStore for OsKeyring {
    fn get(&self, item: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        // Base64, because some keyrings keep nothing but UTF-8.
        match self.with(item, keyring_core::Entry::get_password).map(Zeroizing::new) {
            Ok(text) => match STANDARD.decode(text.as_bytes()) {
                Ok(secret) => Ok(Some(Zeroizing::new(secret))),
                Err(_) => Err(SecretError::Damaged { cause: "it is not base64".to_owned() }),
            },
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    fn put(&self, item: &str, secret: &[u8]) -> Result<(), SecretError> {
        let text = Zeroizing::new(STANDARD.encode(secret));
        self.with(item, |entry| entry.set_password(&text)).map_err(explain)
    }

    fn delete(&self, item: &str) -> Result<(), SecretError> {
        match self.with(item, keyring_core::Entry::delete_credential) {
            Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
            Err(error) => Err(explain(error)),
        }
    }

    fn place(&self) -> Said {
        Said::plain(match self.backend {
            Backend::Kernel => "keyring-kernel",
            Backend::System if cfg!(target_os = "macos") => "keyring-keychain",
            Backend::System if cfg!(windows) => "keyring-credentials",
            Backend::System => "keyring-secret-service",
        })
    }
}

/// A keyring in memory, for tests: it can be told to fail.
#[derive(Default)]
pub struct MemoryKeyring {
    items: Mutex<HashMap<String, Vec<u8>>>,
    failure: Mutex<Option<SecretError>>,
}

impl MemoryKeyring {
    /// From now on every call fails like this; `None` mends it.
    pub fn fail_with(&self, failure: Option<SecretError>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    fn check(&self) -> Result<(), SecretError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(()), Err)
    }
}

impl SecretStore for MemoryKeyring {
    fn get(&self, item: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        self.check()?;
        Ok(self.items.lock().unwrap_or_else(PoisonError::into_inner).get(item).cloned().map(Zeroizing::new))
    }

    fn put(&self, item: &str, secret: &[u8]) -> Result<(), SecretError> {
        self.check()?;
        self.items.lock().unwrap_or_else(PoisonError::into_inner).insert(item.to_owned(), secret.to_owned());
        Ok(())
    }

    fn delete(&self, item: &str) -> Result<(), SecretError> {
        self.check()?;
        self.items.lock().unwrap_or_else(PoisonError::into_inner).remove(item);
        Ok(())
    }

    fn place(&self) -> Said {
        Said::verbatim("memory")
    }
}

/// The keyring item that holds the verifier key.
const KEY_ITEM: &str = "verifier-key";
/// The keyring item that holds the keys for signed tokens, if there are any.
pub const SIGNING_KEYS_ITEM: &str = "signing-keys";
/// The key that closes backups of configuration files.
pub const BACKUP_KEY_ITEM: &str = "backup-key";

/// Why there is no verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum KeyError {
    /// The keyring could not be used.
    #[error(transparent)]
    Keyring(#[from] SecretError),
    /// The keyring has no key, or another one, but the database was written with one.
    Lost,
}

impl Says for KeyError {
    fn said(&self) -> Said {
        match self {
            Self::Keyring(error) => error.said(),
            Self::Lost => Said::plain("key-lost"),
        }
    }
}

/// The key that belongs to a database whose fingerprint is `known`, or a new one for a new database.
///
/// A new key is read back before it is believed: a locked collection can take a secret and lose it. And the keyring has
/// the key before the database has its fingerprint, so that a crash in between costs nothing.
///
/// # Errors
/// [`KeyError`].
pub fn verifier_key(store: &dyn SecretStore, known: Option<&str>, random: &dyn RandomSource) -> Result<VerifierKey, KeyError> {
    let kept = read_key(store)?;
    match (kept, known) {
        (Some(key), Some(known)) if key.fingerprint() == known => Ok(key),
        (Some(_) | None, Some(_)) => Err(KeyError::Lost),
        (Some(key), None) => Ok(key),
        (None, None) => {
            let key = VerifierKey::from_bytes(random.draw());
            store.put(KEY_ITEM, key.reveal())?;
            match read_key(store)? {
                Some(back) if back.fingerprint() == key.fingerprint() => Ok(key),
                _ => Err(SecretError::Locked { cause: "what was stored could not be read back".to_owned() }.into()),
            }
        }
    }
}

/// Whether the keyring has the key that belongs to a database whose fingerprint is `known`. Nothing is made.
///
/// # Errors
/// [`KeyError`].
pub fn has_verifier_key(store: &dyn SecretStore, known: Option<&str>) -> Result<bool, KeyError> {
    match (read_key(store)?, known) {
        (Some(key), Some(known)) if key.fingerprint() == known => Ok(true),
        (_, Some(_)) => Err(KeyError::Lost),
        (Some(_), None) => Ok(true),
        (None, None) => Ok(false),
    }
}

/// Forgets all keys: everything that was allowed is then void.
///
/// # Errors
/// [`SecretError`].
pub fn forget_keys(store: &dyn SecretStore) -> Result<(), SecretError> {
    store.delete(SIGNING_KEYS_ITEM)?;
    store.delete(BACKUP_KEY_ITEM)?;
    store.delete(KEY_ITEM)
}

fn read_key(store: &dyn SecretStore) -> Result<Option<VerifierKey>, SecretError> {
    let Some(bytes) = store.get(KEY_ITEM)? else { return Ok(None) };
    match <[u8; 32]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Ok(Some(VerifierKey::from_bytes(bytes))),
        Err(_) => Err(SecretError::Damaged { cause: "the key has the wrong length".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::OsRandom;

    #[test]
    fn the_first_start_makes_a_key_and_later_starts_find_it() {
        let keyring = MemoryKeyring::default();
        let first = verifier_key(&keyring, None, &OsRandom).expect("made");
        let again = verifier_key(&keyring, Some(&first.fingerprint()), &OsRandom).expect("found");
        assert_eq!(first.fingerprint(), again.fingerprint());
        let after_a_crash = verifier_key(&keyring, None, &OsRandom).expect("kept");
        assert_eq!(first.fingerprint(), after_a_crash.fingerprint());
    }

    #[test]
    fn a_lost_key_is_said_and_never_replaced() {
        let keyring = MemoryKeyring::default();
        let first = verifier_key(&keyring, None, &OsRandom).expect("made");
        forget_keys(&keyring).expect("forgotten");
        assert_eq!(verifier_key(&keyring, Some(&first.fingerprint()), &OsRandom).expect_err("lost"), KeyError::Lost);
        verifier_key(&keyring, None, &OsRandom).expect("another");
        assert_eq!(verifier_key(&keyring, Some(&first.fingerprint()), &OsRandom).expect_err("another one"), KeyError::Lost);
    }

    #[test]
    fn sec_f5_a_locked_or_absent_keyring_is_a_sentence() {
        let keyring = MemoryKeyring::default();
        for failure in [SecretError::Locked { cause: "x".into() }, SecretError::NoService { cause: "x".into() }] {
            keyring.fail_with(Some(failure.clone()));
            assert_eq!(verifier_key(&keyring, None, &OsRandom).expect_err("no key"), KeyError::Keyring(failure));
        }
    }
}
