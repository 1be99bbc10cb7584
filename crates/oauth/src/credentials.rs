//! How a client says who it is at the endpoints it posts to, and whether that is proven (RFC 6749 §2.3, OAuth 2.1 §2.4).

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

use crate::{
    client::{AuthMethod, Client},
    error::{Code, OAuthError},
    id::ClientId,
    params::Params,
    time::UnixTime,
    token::{Digest, Secret, Token, VerifierKey},
};

/// Who a client says it is.
#[derive(Debug)]
pub struct Credentials {
    /// The client it names.
    pub client: ClientId,
    /// The secret it sent; `Some(None)` for a text that is none of ours.
    secret: Option<Option<Token<Secret>>>,
}

/// What is kept of a client's secret.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// The current one.
    pub current: Digest<Secret>,
    /// The one before, while the current one was not used yet: an answer may have been lost.
    pub before: Option<Digest<Secret>>,
    /// When the current one ends; `None`: never.
    pub ends_at: Option<UnixTime>,
}

/// How a secret fits what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is the current one.
    Current,
    /// It is the one before.
    Before,
    /// It is neither.
    Neither,
}

/// Compares the digest of a secret with what is kept, in constant time.
pub fn fit<K>(given: &Digest<K>, current: &Digest<K>, before: Option<&Digest<K>>) -> Fit {
    match (given == current, before.is_some_and(|before| given == before)) {
        (true, _) => Fit::Current,
        (false, true) => Fit::Before,
        (false, false) => Fit::Neither,
    }
}

/// A client that was told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A public client: its id is all there is.
    Public,
    /// It has the current secret, and the one before need not be kept any longer.
    Current,
    /// It has the secret before.
    Before,
}

fn invalid(text: &'static str) -> OAuthError {
    OAuthError::new(Code::InvalidClient, text)
}

impl Credentials {
    /// Reads them from an `Authorization` header, if one was sent, and the parameters of the body.
    ///
    /// Both ways are taken from any client, whichever it registered: many libraries use the one and register the other.
    ///
    /// # Errors
    /// `invalid_request` when there are two of them or none, `invalid_client` for a header that cannot be read.
    pub fn read(authorization: Option<&str>, params: &Params) -> Result<Self, OAuthError> {
        let named = params.once("client_id");
        let posted = params.once("client_secret");
        let Some((id, secret)) = authorization.map(basic).transpose()? else {
            let id = named.ok_or_else(|| OAuthError::new(Code::InvalidRequest, "client_id is required."))?;
            return Ok(Self { client: ClientId::from_text(id), secret: posted.map(Token::parse) });
        };
        if named.is_some_and(|named| named != id) {
            return Err(OAuthError::new(Code::InvalidRequest, "client_id and the Authorization header name different clients."));
        }
        // Public clients of some libraries send the header all the same, with nothing in the place of the secret.
        let in_header = (!secret.is_empty()).then(|| Token::parse(&secret));
        if in_header.is_some() && posted.is_some() {
            return Err(OAuthError::new(Code::InvalidRequest, "The client authenticates in two ways at once."));
        }
        Ok(Self { client: ClientId::from_text(id), secret: in_header.or_else(|| posted.map(Token::parse)) })
    }

    /// The secret that was sent, if it can be one of ours.
    pub fn secret(&self) -> Option<&Token<Secret>> {
        self.secret.as_ref()?.as_ref()
    }

    /// Whether a secret was sent.
    pub const fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether the client is the one it says it is. What a public client sends as a secret proves nothing and is not looked
    /// at (TK-11).
    ///
    /// # Errors
    /// `invalid_client`.
    pub fn prove(&self, client: &Client, stored: Option<&StoredSecret>, key: &VerifierKey, now: UnixTime) -> Result<Proof, OAuthError> {
        if client.auth_method == AuthMethod::None {
            return Ok(Proof::Public);
        }
        let stored = stored.ok_or_else(|| invalid("The client has no secret here."))?;
        let given = match &self.secret {
            None => return Err(invalid("The client registered a secret and must send it.")),
            Some(given) => given.as_ref().ok_or_else(|| invalid("The client secret is wrong."))?,
        };
        let proof = match fit(&key.digest(given), &stored.current, stored.before.as_ref()) {
            Fit::Current => Proof::Current,
            Fit::Before => Proof::Before,
            Fit::Neither => return Err(invalid("The client secret is wrong.")),
        };
        match stored.ends_at {
            Some(ends_at) if now >= ends_at => Err(invalid("The client secret has ended. Get a new one where the client was registered.")),
            _ => Ok(proof),
        }
    }
}

/// The user and the password of a Basic header (RFC 7617). OAuth has both form-encoded (RFC 6749 §2.3.1), which many clients
/// leave out; ids and secrets of ours read the same either way.
fn basic(header: &str) -> Result<(String, String), OAuthError> {
    let unreadable = || invalid("The Authorization header cannot be read.");
    let (scheme, credentials) = header.split_once(' ').ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let text = STANDARD.decode(credentials.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unreadable)?;
    let (user, password) = text.split_once(':').ok_or_else(unreadable)?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8().map(|text| text.into_owned()).map_err(|_| unreadable());
    Ok((decode(user)?, decode(password)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{client::RegistrationRequest, preset::RegistrationPolicy, scope::ScopeNames};

    const NOW: UnixTime = UnixTime::from_secs(1_000);

    fn key() -> VerifierKey {
        VerifierKey::from_bytes([7; 32])
    }

    fn secret(n: u8) -> Token<Secret> {
        Token::from_random([n; 32])
    }

    fn client(method: &str) -> Client {
        let body = format!(r#"{{"redirect_uris":["http://127.0.0.1:1/"],"token_endpoint_auth_method":"{method}"}}"#);
        let request = RegistrationRequest::parse(body.as_bytes()).expect("JSON");
        request.check(&RegistrationPolicy::default(), &ScopeNames::of(&[]), ClientId::from_text("cid"), NOW).expect("sound")
    }

    fn read(header: Option<&str>, body: &str) -> Result<Credentials, OAuthError> {
        Credentials::read(header, &Params::parse(body).expect("params"))
    }

    fn in_header(user: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }

    fn stored() -> StoredSecret {
        StoredSecret { current: key().digest(&secret(1)), before: Some(key().digest(&secret(0))), ends_at: None }
    }

    fn prove(credentials: &Credentials, stored: &StoredSecret) -> Result<Proof, Code> {
        credentials.prove(&client("client_secret_post"), Some(stored), &key(), NOW).map_err(|error| error.code)
    }

    #[test]
    fn tk10_a_secret_counts_in_the_header_and_in_the_body() {
        let text = secret(1);
        // REVEAL: what a client sends.
        let sent =
            [read(Some(&in_header("cid", text.reveal())), ""), read(None, &format!("client_id=cid&client_secret={}", text.reveal()))];
        for credentials in sent {
            assert_eq!(prove(&credentials.expect("read"), &stored()), Ok(Proof::Current));
        }
        let encoded = in_header("c%69d", &secret(0).reveal().replace('_', "%5F"));
        assert_eq!(prove(&read(Some(&encoded), "client_id=cid").expect("read"), &stored()), Ok(Proof::Before));
    }

    #[test]
    fn tk04_wrong_missing_and_ended_secrets_are_invalid_client() {
        let wrong = secret(9);
        for body in [
            "client_id=cid".to_owned(),
            "client_id=cid&client_secret=x".to_owned(),
            format!("client_id=cid&client_secret={}", wrong.reveal()),
        ] {
            assert_eq!(prove(&read(None, &body).expect("read"), &stored()), Err(Code::InvalidClient), "{body}");
        }
        let right = read(None, &format!("client_id=cid&client_secret={}", secret(1).reveal())).expect("read");
        assert_eq!(prove(&right, &StoredSecret { ends_at: Some(NOW), ..stored() }), Err(Code::InvalidClient));
        assert_eq!(prove(&right, &StoredSecret { ends_at: Some(UnixTime::from_secs(1_001)), ..stored() }), Ok(Proof::Current));
        assert_eq!(right.prove(&client("client_secret_basic"), None, &key(), NOW).expect_err("no").code, Code::InvalidClient);
    }

    #[test]
    fn tk11_two_ways_at_once_are_refused_and_a_public_client_proves_nothing() {
        let header = in_header("cid", secret(1).reveal());
        let two = read(Some(&header), &format!("client_secret={}", secret(1).reveal())).expect_err("two");
        assert_eq!(two.code, Code::InvalidRequest);
        assert_eq!(read(Some(&header), "client_id=other").expect_err("two names").code, Code::InvalidRequest);
        let public = read(None, "client_id=cid&client_secret=whatever").expect("read");
        assert_eq!(public.prove(&client("none"), None, &key(), NOW), Ok(Proof::Public));
        assert!(!read(Some(&in_header("cid", "")), "").expect("read").has_secret());
        assert_eq!(read(None, "").expect_err("nobody").code, Code::InvalidRequest);
    }

    #[test]
    fn a_header_that_cannot_be_read_is_invalid_client() {
        for header in ["", "Basic", "Bearer x", "Basic !!!", "Basic Y2lk", &format!("Basic {}", STANDARD.encode([0xff, b':']))] {
            assert_eq!(read(Some(header), "client_id=cid").expect_err(header).code, Code::InvalidClient, "{header}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_header_never_panics(header in ".{0,120}|Basic [A-Za-z0-9+/=%]{0,80}") {
            let _ = read(Some(&header), "client_id=cid");
        }
    }
}
