//! Bearer secrets, and what is kept of them.
//!
//! A token is 256 random bits behind a prefix that says what it is. It cannot be printed, copied or serialised; what
//! rests on disk is a digest. Codes and access tokens rest as SHA-256 (nothing shorter than guessing 2^256 helps); what
//! lives longer rests as an HMAC under a key that lives in the OS keyring, so a stolen database verifies nothing.

use std::{fmt, marker::PhantomData};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::id::{GrantId, ServerName};

/// What kind of secret a token is. A code cannot stand in for an access token: the types differ, and so do the texts.
pub trait Kind {
    /// The four characters every token of this kind begins with.
    const PREFIX: &'static str;
    /// The kind's name, which is all that `Debug` prints.
    const NAME: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $prefix:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl Kind for $name {
            const PREFIX: &'static str = $prefix;
            const NAME: &'static str = stringify!($name);
        }
    )*};
}

kinds! {
    /// Opens a guarded server for a quarter of an hour.
    Access "dwa_",
    /// Is exchanged for new tokens.
    Refresh "dwr_",
    /// The authorization code of RFC 6749 §4.1.2.
    Code "dwc_",
    /// Names one waiting authorization request on the ticket page; opens nothing.
    Ticket "dwt_",
    /// The secret of a confidential client, or of a server that asks about tokens.
    Secret "dws_",
    /// The registration access token of RFC 7592 §3.
    Management "dwm_",
    /// The device code of RFC 8628 §3.2.
    Device "dwd_",
    /// Names an authorization request that was pushed (RFC 9126 §2.2).
    Pushed "dwp_",
}

/// A session that a server of an older MCP revision opened. Its id is the server's own, and no secret of ours.
#[derive(Debug)]
pub enum Session {}

impl Digest<Session> {
    /// What is kept of the id that `server` gave a session.
    pub fn of(server: &ServerName, id: &str) -> Self {
        // No name has a line break in it, so nothing else gives these bytes.
        Self::from_bytes(Sha256::new().chain_update(server.as_str()).chain_update("\n").chain_update(id).finalize().into())
    }
}

/// Secrets that live long: what rests of them is an HMAC under the keyring's key.
pub trait Kept: Kind {
    /// Keeps digests of different kinds apart.
    const PURPOSE: &'static [u8];
}

impl Kept for Refresh {
    const PURPOSE: &'static [u8] = b"doorward refresh digest v1";
}

impl Kept for Secret {
    const PURPOSE: &'static [u8] = b"doorward client secret digest v1";
}

impl Kept for Management {
    const PURPOSE: &'static [u8] = b"doorward registration access token digest v1";
}

/// A bearer secret of one kind.
pub struct Token<K> {
    text: SecretString,
    kind: PhantomData<K>,
}

/// The 43 characters of 256 bits in base64url.
const BODY: usize = 43;

impl<K: Kind> Token<K> {
    /// A new token from 256 bits that the caller drew.
    pub fn from_random(bits: [u8; 32]) -> Self {
        let mut text = String::with_capacity(K::PREFIX.len() + BODY);
        text.push_str(K::PREFIX);
        URL_SAFE_NO_PAD.encode_string(bits, &mut text);
        Self { text: text.into(), kind: PhantomData }
    }

    /// Reads a token that a program sent. `None` when it is not of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(K::PREFIX)?;
        let sound = body.len() == BODY && body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        sound.then(|| Self { text: text.to_owned().into(), kind: PhantomData })
    }

    /// The text itself. Each call says in a comment why it must be seen.
    pub fn reveal(&self) -> &str {
        self.text.expose_secret()
    }

    /// What is kept of a code, an access token or a ticket.
    pub fn digest(&self) -> Digest<K> {
        // REVEAL: hashing.
        Digest::from_bytes(Sha256::digest(self.reveal().as_bytes()).into())
    }
}

impl<K: Kind> fmt::Debug for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token<{}>(..)", K::NAME)
    }
}

/// What rests on disk instead of a token.
pub struct Digest<K> {
    bytes: [u8; 32],
    kind: PhantomData<K>,
}

impl<K> Digest<K> {
    /// A digest read back from where it was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The bytes to store and to look up by.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl<K> PartialEq for Digest<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

impl<K> Eq for Digest<K> {}

impl<K> Clone for Digest<K> {
    fn clone(&self) -> Self {
        Self::from_bytes(self.bytes)
    }
}

impl<K> std::hash::Hash for Digest<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl<K: Kind> fmt::Debug for Digest<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest<{}>(..)", K::NAME)
    }
}

/// The key that authenticates stored verifiers. Made at the first start and kept in the OS keyring only.
#[derive(Clone)]
pub struct VerifierKey(Zeroizing<[u8; 32]>);

impl VerifierKey {
    /// A key from 256 bits, drawn or read from the keyring.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the keyring only.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }

    /// What is kept of a secret that lives long.
    pub fn digest<K: Kept>(&self, token: &Token<K>) -> Digest<K> {
        // REVEAL: hashing.
        Digest::from_bytes(self.mac(K::PURPOSE, &[token.reveal().as_bytes()]))
    }

    /// The refresh token of a grant's `generation`-th rotation. It is derived, not drawn, so that a client whose answer
    /// was lost and that asks again gets the same successor, even after a crash.
    pub fn refresh_token(&self, grant: &GrantId, generation: u32) -> Token<Refresh> {
        Token::from_random(self.mac(b"doorward refresh token v1", &[grant.as_str().as_bytes(), &generation.to_be_bytes()]))
    }

    /// A short mark by which a database knows its key again. It says nothing about the key.
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.mac(b"doorward key fingerprint v1", &[])[..12])
    }

    fn mac(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        // An HMAC takes a key of any length (RFC 2104 §2), so this cannot fail; the empty key would only verify nothing.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_slice()) else { return [0; 32] };
        mac.update(purpose);
        for part in parts {
            mac.update(&[0]);
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifierKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn x03_tokens_and_keys_never_print() {
        let token = Token::<Access>::from_random([1; 32]);
        let printed = format!("{token:?} {:?} {:?}", token.digest(), VerifierKey::from_bytes([2; 32]));
        assert_eq!(printed, "Token<Access>(..) Digest<Access>(..) VerifierKey(..)");
    }

    #[test]
    fn sec_x5_a_token_of_one_kind_is_not_read_as_another() {
        let code = Token::<Code>::from_random([1; 32]);
        assert!(Token::<Code>::parse(code.reveal()).is_some());
        assert!(Token::<Access>::parse(code.reveal()).is_none());
        assert!(Token::<Refresh>::parse(code.reveal()).is_none());
        assert!(Token::<Code>::parse(&format!("{}x", code.reveal())).is_none());
    }

    #[test]
    fn a_successor_is_the_same_each_time_and_different_for_each_grant_generation_and_key() {
        let key = VerifierKey::from_bytes([3; 32]);
        let (a, b) = (GrantId::from_text("a"), GrantId::from_text("b"));
        let first = key.refresh_token(&a, 1);
        assert_eq!(first.reveal(), key.refresh_token(&a, 1).reveal());
        assert_ne!(first.reveal(), key.refresh_token(&a, 2).reveal());
        assert_ne!(first.reveal(), key.refresh_token(&b, 1).reveal());
        assert_ne!(first.reveal(), VerifierKey::from_bytes([4; 32]).refresh_token(&a, 1).reveal());
    }

    #[test]
    fn a_refresh_digest_needs_the_key() {
        let token = Token::<Refresh>::from_random([5; 32]);
        assert_ne!(VerifierKey::from_bytes([1; 32]).digest(&token), VerifierKey::from_bytes([2; 32]).digest(&token));
        assert_ne!(VerifierKey::from_bytes([1; 32]).digest(&token), token.digest());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,100}|dw[arct]_[A-Za-z0-9_-]{0,60}") {
            let _ = Token::<Access>::parse(&text);
            let _ = Token::<Refresh>::parse(&text);
        }

        #[test]
        fn every_token_reads_back(bits in any::<[u8; 32]>()) {
            let token = Token::<Access>::from_random(bits);
            let back = Token::<Access>::parse(token.reveal()).expect("reads back");
            prop_assert_eq!(back.digest(), token.digest());
        }
    }
}
