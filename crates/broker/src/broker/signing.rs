//! `signing`: access tokens that a server reads itself (RFC 9068), and the keys they are signed with.
//!
//! The keys are in the keyring and nowhere else. They are made when the first such token is, so that a Doorward without such
//! servers has none; a new one takes over every [`ROTATE`], and the one before stays published until its last token ended.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_oauth::{
    introspection::{Claims, JWT_TYPE},
    metadata::{KeySet, PublicKey},
    time::UnixTime,
    token::{Access, Digest, Token},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Broker;
use crate::{
    refusal::Refusal,
    secrets::{SIGNING_KEYS_ITEM, SecretError},
};

/// How long a key signs.
const ROTATE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long it is published after that: far longer than any token it signed.
const RETIRE: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys in use, once they were needed.
#[derive(Default)]
pub(super) struct Signing {
    keys: Mutex<Option<Arc<Keys>>>,
    /// Held while they are made or read, which may wait for a person to unlock the keyring.
    making: tokio::sync::Mutex<()>,
}

/// The keys, the one that signs first.
struct Keys(Vec<Key>);

struct Key {
    name: String,
    made_at: UnixTime,
    pkcs8: Zeroizing<Vec<u8>>,
    pair: EcdsaKeyPair,
}

/// A key as it rests in the keyring.
#[derive(Serialize, Deserialize)]
struct Resting {
    made_at: UnixTime,
    pkcs8: String,
}

/// The keys cannot be used.
#[derive(Debug, thiserror::Error)]
enum KeysError {
    #[error(transparent)]
    Keyring(#[from] SecretError),
    #[error("the signing keys in the keyring cannot be read")]
    Damaged,
    #[error("no key could be made")]
    NotMade,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// The name of a token, from which nothing can be made that opens anything.
pub(super) fn token_name(digest: &Digest<Access>) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

impl Broker {
    /// Whether there is a server that validates tokens itself.
    pub fn signs_tokens(&self) -> bool {
        self.servers_now().iter().any(|server| server.validates)
    }

    /// The public keys.
    ///
    /// # Errors
    /// [`Refusal::NoKeys`].
    pub async fn public_keys(&self) -> Result<KeySet, Refusal> {
        let keys = self.keys().await?;
        Ok(KeySet { keys: keys.0.iter().map(Key::public).collect() })
    }

    /// Makes sure that the next token can be signed.
    pub(super) async fn ready_to_sign(&self) -> Result<(), Refusal> {
        self.keys().await.map(|_| ())
    }

    /// Signs an access token.
    pub(super) async fn sign(&self, claims: &Claims) -> Result<SecretString, Refusal> {
        let keys = self.keys().await?;
        keys.sign(claims).map(SecretString::from).map_err(|error| no_keys(&error))
    }

    /// What is kept of an access token, opaque or signed; `None` for a text that is neither.
    pub(super) async fn access_digest(&self, text: &str) -> Option<Digest<Access>> {
        match Token::<Access>::parse(text) {
            Some(token) => Some(token.digest()),
            None => self.signed_here(text).await,
        }
    }

    /// The token behind a text that was signed here; `None` for any other text.
    async fn signed_here(&self, text: &str) -> Option<Digest<Access>> {
        // Looked at before any key is asked for: most texts are no such token.
        if text.split('.').count() != 3 || !self.signs_tokens() {
            return None;
        }
        let claims = self.keys().await.ok()?.verify(text)?;
        let digest = URL_SAFE_NO_PAD.decode(claims.jti).ok()?;
        Some(Digest::from_bytes(digest.try_into().ok()?))
    }

    async fn keys(&self) -> Result<Arc<Keys>, Refusal> {
        let now = self.now();
        if let Some(keys) = self.inner.signing.current(now) {
            return Ok(keys);
        }
        let _one_at_a_time = self.inner.signing.making.lock().await;
        if let Some(keys) = self.inner.signing.current(now) {
            return Ok(keys);
        }
        let secrets = self.inner.world.secrets.clone();
        let making = tokio::task::spawn_blocking(move || -> Result<Keys, KeysError> {
            let kept = secrets.get(SIGNING_KEYS_ITEM)?.map(|text| Keys::read(&text)).transpose()?.unwrap_or(Keys(Vec::new()));
            if kept.is_good_at(now) {
                return Ok(kept);
            }
            let keys = kept.with_new(now)?;
            secrets.put(SIGNING_KEYS_ITEM, &keys.write()?)?;
            Ok(keys)
        });
        let keys = Arc::new(making.await.map_err(|_| no_keys(&KeysError::NotMade))?.map_err(|error| no_keys(&error))?);
        *self.inner.signing.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
        Ok(keys)
    }
}

fn no_keys(error: &KeysError) -> Refusal {
    tracing::error!(%error, "no token could be signed");
    Refusal::NoKeys
}

impl Signing {
    fn current(&self, now: UnixTime) -> Option<Arc<Keys>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        keys.filter(|keys| keys.is_good_at(now))
    }
}

impl Keys {
    fn is_good_at(&self, now: UnixTime) -> bool {
        self.0.first().is_some_and(|key| now < key.made_at.plus(ROTATE))
    }

    /// These with a new one in front, and without those whose tokens have all ended.
    fn with_new(self, now: UnixTime) -> Result<Self, KeysError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).map_err(|_| KeysError::NotMade)?;
        let new = Key::of(now, Zeroizing::new(pkcs8.as_ref().to_vec()))?;
        let still_published = self.0.into_iter().filter(|key| now < key.made_at.plus(ROTATE + RETIRE));
        Ok(Self(std::iter::once(new).chain(still_published).collect()))
    }

    fn read(text: &[u8]) -> Result<Self, KeysError> {
        let resting: Vec<Resting> = serde_json::from_slice(text).map_err(|_| KeysError::Damaged)?;
        let key = |resting: Resting| {
            let pkcs8 = URL_SAFE_NO_PAD.decode(resting.pkcs8).map_err(|_| KeysError::Damaged)?;
            Key::of(resting.made_at, Zeroizing::new(pkcs8))
        };
        resting.into_iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    fn write(&self) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let resting: Vec<Resting> =
            self.0.iter().map(|key| Resting { made_at: key.made_at, pkcs8: URL_SAFE_NO_PAD.encode(&key.pkcs8) }).collect();
        serde_json::to_vec(&resting).map(Zeroizing::new).map_err(|_| KeysError::NotMade)
    }

    /// A token in compact form (RFC 7515 §3.1).
    fn sign(&self, claims: &Claims) -> Result<String, KeysError> {
        let key = self.0.first().ok_or(KeysError::NotMade)?;
        let header = Header { alg: "ES256".to_owned(), typ: JWT_TYPE.to_owned(), kid: key.name.clone() };
        let part = |json: Result<Vec<u8>, serde_json::Error>| json.map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| KeysError::NotMade);
        let signed = format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(claims))?);
        let signature = key.pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| KeysError::NotMade)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a token that one of these keys signed, ended or not.
    fn verify(&self, text: &str) -> Option<Claims> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let key = self.0.iter().find(|key| key.name == header.kid && header.alg == "ES256" && header.typ == JWT_TYPE)?;
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.pair.public_key().as_ref());
        public.verify(signed.as_bytes(), &decode(signature)?).ok()?;
        serde_json::from_slice(&decode(claims)?).ok()
    }
}

impl Key {
    fn of(made_at: UnixTime, pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, KeysError> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new()).map_err(|_| KeysError::Damaged)?;
        let digest = ring::digest::digest(&ring::digest::SHA256, pair.public_key().as_ref());
        let name = URL_SAFE_NO_PAD.encode(&digest.as_ref()[..12]);
        Ok(Self { name, made_at, pkcs8, pair })
    }

    fn public(&self) -> PublicKey {
        // 0x04, then both coordinates (SEC 1 §2.3.3).
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        PublicKey::es256(self.name.clone(), URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        let text = |text: &str| text.to_owned();
        Claims {
            iss: text("http://127.0.0.1:8765"),
            sub: text("urn:doorward:user"),
            aud: text("http://127.0.0.1:9000/mcp"),
            client_id: text("c"),
            scope: text("files"),
            jti: text("j"),
            iat: 0,
            exp: 900,
        }
    }

    #[test]
    fn a_token_is_verified_by_the_key_that_signed_it_and_no_other() {
        let at = UnixTime::from_secs;
        let keys = Keys(Vec::new()).with_new(at(0)).expect("made");
        let token = keys.sign(&claims()).expect("signed");
        assert_eq!(keys.verify(&token), Some(claims()));
        let other = Keys(Vec::new()).with_new(at(0)).expect("made");
        assert_eq!(other.verify(&token), None);
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt","kid":""}"#);
        let payload = signed.split_once('.').expect("two parts").1;
        for forged in
            [format!("{signed}.AAAA"), format!("{none}.{payload}."), format!("{signed}x.{signature}"), String::new(), "a.b.c".to_owned()]
        {
            assert_eq!(keys.verify(&forged), None, "{forged}");
        }
    }

    #[test]
    fn keys_rotate_and_the_old_one_verifies_until_its_tokens_have_ended() {
        let day = |n: i64| UnixTime::from_secs(n * 24 * 60 * 60);
        let first = Keys(Vec::new()).with_new(day(0)).expect("made");
        assert!(first.is_good_at(day(29)) && !first.is_good_at(day(30)));
        let token = first.sign(&claims()).expect("signed");
        let second = Keys::read(&first.write().expect("written")).expect("read").with_new(day(30)).expect("made");
        assert_eq!(second.verify(&token), Some(claims()));
        assert_ne!(second.sign(&claims()).expect("signed").split('.').next(), token.split('.').next(), "another key signs");
        let third = second.with_new(day(60)).expect("made");
        assert_eq!((third.0.len(), third.verify(&token)), (2, None));
    }
}
