//! Closes backups with a key, so that no secret rests in a file.

use std::fmt;

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

/// A key for backups: 256 random bits that the caller keeps in the keyring.
pub struct BackupKey(Zeroizing<[u8; 32]>);

impl BackupKey {
    /// A key from its bits.
    pub fn from_bytes(bits: [u8; 32]) -> Self {
        Self(Zeroizing::new(bits))
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, self.0.as_slice()).ok().map(LessSafeKey::new)
    }
}

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupKey(..)")
    }
}

/// Whether backups are closed.
#[derive(Debug)]
pub enum Seal {
    /// They are copies that whoever can read the user's files can read, as the files themselves are.
    Open,
    /// They are closed with this key (ChaCha20-Poly1305, RFC 8439), and cannot be undone without it.
    With(BackupKey),
}

impl Seal {
    pub(crate) const fn closes(&self) -> bool {
        match self {
            Self::Open => false,
            Self::With(_) => true,
        }
    }

    /// What is written. `about` is needed again to open it. `None` when the system gives no random bits.
    pub(crate) fn close(&self, bytes: &[u8], about: &str) -> Option<Vec<u8>> {
        let Self::With(key) = self else { return Some(bytes.to_vec()) };
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut sealed = bytes.to_vec();
        key.cipher()?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut sealed).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// What was closed. `None` with another key, about something else, or when it was changed.
    pub(crate) fn open(&self, bytes: Vec<u8>, about: &str, closed: bool) -> Option<Vec<u8>> {
        if !closed {
            return Some(bytes);
        }
        let Self::With(key) = self else { return None };
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let length = key.cipher()?.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(about), &mut sealed).ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(bits: u8) -> Seal {
        Seal::With(BackupKey::from_bytes([bits; 32]))
    }

    #[test]
    fn what_is_closed_opens_with_its_key_and_for_what_it_is_about() {
        let closed = key(1).close(b"hunter2", "a").expect("closes");
        assert!(!closed.windows(7).any(|part| part == b"hunter2"));
        assert_ne!(closed, key(1).close(b"hunter2", "a").expect("closes"));
        assert_eq!(key(1).open(closed.clone(), "a", true).as_deref(), Some(b"hunter2".as_slice()));
        let mut other = closed.clone();
        other[20] ^= 1;
        for (seal, bytes, about) in
            [(key(2), &closed, "a"), (key(1), &closed, "b"), (Seal::Open, &closed, "a"), (key(1), &other, "a"), (key(1), &vec![0; 5], "a")]
        {
            assert_eq!(seal.open(bytes.clone(), about, true), None);
        }
        assert_eq!(format!("{:?}", key(7)), "With(BackupKey(..))");
    }

    #[test]
    fn what_is_not_closed_is_a_copy() {
        assert_eq!(Seal::Open.close(b"x", "a").as_deref(), Some(b"x".as_slice()));
        assert_eq!(key(1).open(b"x".to_vec(), "a", false).as_deref(), Some(b"x".as_slice()));
    }
}
