//! What a server is told that asks about a token (RFC 7662), and what a token says that a server reads itself (RFC 9068).

use serde::{Deserialize, Serialize};

use crate::{grant::Grant, issuer::Issuer, resource::Resource, time::UnixTime};

/// The person at this computer. One for all tokens, and no client's id (X-08).
pub const SUBJECT: &str = "urn:doorward:user";
/// The media type in the header of an access token (RFC 9068 §2.1).
pub const JWT_TYPE: &str = "at+jwt";

/// The claims of a JWT access token (RFC 9068 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it.
    pub iss: String,
    /// Whose it is.
    pub sub: String,
    /// The only resource it opens.
    pub aud: String,
    /// The client it was given to.
    pub client_id: String,
    /// What it opens there.
    pub scope: String,
    /// Its name.
    pub jti: String,
    /// When it was made, in Unix seconds.
    pub iat: i64,
    /// When it ends, in Unix seconds.
    pub exp: i64,
}

impl Claims {
    /// What is true of a token of `grant` called `jti`.
    pub fn of(grant: &Grant, resource: &Resource, issuer: &Issuer, jti: String, issued_at: UnixTime, ends_at: UnixTime) -> Self {
        Self {
            iss: issuer.as_str().to_owned(),
            sub: SUBJECT.to_owned(),
            aud: resource.audience(issuer),
            client_id: grant.client.to_string(),
            scope: grant.scopes.to_string(),
            jti,
            iat: issued_at.as_secs(),
            exp: ends_at.as_secs(),
        }
    }
}

/// The answer to an introspection request (RFC 7662 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    claims: Option<Claims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
}

impl Introspection {
    /// A token that opens the server that asks.
    pub const fn active(claims: Claims) -> Self {
        Self { active: true, claims: Some(claims), token_type: Some("Bearer") }
    }

    /// Anything else. It says no more, so that nobody learns which tokens there are (IN-02).
    pub const fn inactive() -> Self {
        Self { active: false, claims: None, token_type: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in02_what_is_not_active_says_nothing_else() {
        assert_eq!(serde_json::to_string(&Introspection::inactive()).expect("serialises"), r#"{"active":false}"#);
    }

    #[test]
    fn x08_the_person_is_no_client() {
        assert!(uuid::Uuid::parse_str(SUBJECT).is_err() && !SUBJECT.starts_with("https://"));
    }
}
