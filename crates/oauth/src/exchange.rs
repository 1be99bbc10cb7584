//! The token endpoint's rules: redeeming a code, rotating a refresh token (OAuth 2.1 §4.1.3, §4.3).

use crate::{
    client::GrantType,
    error::{Code, OAuthError},
    grant::REFRESH_GRACE,
    id::{ClientId, ServerName},
    issuer::Issuer,
    params::Params,
    pkce::{Challenge, Verifier},
    resource::Resource,
    scope::Scopes,
    time::UnixTime,
    token::{self, Device, Refresh, Token},
};

/// A token request that is complete; whether it is right is decided against what is stored.
#[derive(Debug)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`.
    Code(CodeRequest),
    /// `grant_type=refresh_token`.
    Refresh(RefreshRequest),
    /// `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4). `None`: the text is no device code.
    Device(Option<Token<Device>>),
}

/// What a client sends to redeem a code.
#[derive(Debug)]
pub struct CodeRequest {
    /// The code; `None` when the text is no code at all, which is answered like an unknown one.
    pub code: Option<Token<token::Code>>,
    /// The proof.
    pub verifier: Verifier,
    /// The redirect URI again (RFC 6749 §4.1.3; OAuth 2.1 clients leave it out).
    pub redirect_uri: Option<String>,
    /// The server it is for (RFC 8707 §2.2).
    pub resource: Option<String>,
}

/// What a client sends to refresh.
#[derive(Debug)]
pub struct RefreshRequest {
    /// The refresh token; `None` when the text is none at all.
    pub token: Option<Token<Refresh>>,
    /// A narrower scope, or nothing.
    pub scope: Scopes,
    /// The server it is for.
    pub resource: Option<String>,
}

const KNOWN: [&str; 10] = [
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "redirect_uri",
    "refresh_token",
    "resource",
    "scope",
];

fn refuse(code: Code, text: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(code, text)
}

fn missing(name: &str) -> OAuthError {
    refuse(Code::InvalidRequest, format!("{name} is required."))
}

impl TokenRequest {
    /// Reads the parameters of a form body; who sent them is in [`crate::credentials`].
    ///
    /// # Errors
    /// The OAuth error to answer with.
    pub fn read(params: &Params) -> Result<Self, OAuthError> {
        params.each_at_most_once(&KNOWN)?;
        let grant_type = params.once("grant_type").ok_or_else(|| missing("grant_type"))?;
        let unsupported =
            || refuse(Code::UnsupportedGrantType, "grant_type must be 'authorization_code', 'refresh_token' or that of RFC 8628.");
        let grant_type = GrantType::parse(grant_type).ok_or_else(unsupported)?;
        let resource = params.once("resource").map(str::to_owned);
        Ok(match grant_type {
            GrantType::AuthorizationCode => {
                let verifier = params.once("code_verifier").ok_or_else(|| missing("code_verifier"))?;
                Self::Code(CodeRequest {
                    code: Token::parse(params.once("code").ok_or_else(|| missing("code"))?),
                    verifier: Verifier::parse(verifier)
                        .ok_or_else(|| refuse(Code::InvalidGrant, "code_verifier must be 43 to 128 unreserved characters (RFC 7636)."))?,
                    redirect_uri: params.once("redirect_uri").map(str::to_owned),
                    resource,
                })
            }
            GrantType::RefreshToken => Self::Refresh(RefreshRequest {
                token: Token::parse(params.once("refresh_token").ok_or_else(|| missing("refresh_token"))?),
                scope: Scopes::parse(params.once("scope").unwrap_or_default()).map_err(|e| refuse(Code::InvalidScope, e.to_string()))?,
                resource,
            }),
            GrantType::DeviceCode => Self::Device(Token::parse(params.once("device_code").ok_or_else(|| missing("device_code"))?)),
        })
    }

    /// The grant type it uses.
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::Code(_) => GrantType::AuthorizationCode,
            Self::Refresh(_) => GrantType::RefreshToken,
            Self::Device(_) => GrantType::DeviceCode,
        }
    }
}

/// A code as it is stored.
#[derive(Debug, Clone)]
pub struct StoredCode {
    /// Who asked for it.
    pub client: ClientId,
    /// What the verifier must meet.
    pub challenge: Challenge,
    /// Where it was sent. A token request that names a redirect must name this one; OAuth 2.1 clients name none.
    pub redirect_uri: String,
    /// What it opens.
    pub server: ServerName,
    /// When it ends.
    pub ends_at: UnixTime,
    /// Whether it was redeemed.
    pub spent: bool,
    /// How many wrong verifiers were tried.
    pub failures: u32,
}

/// How many wrong verifiers a code survives (TK-07): a mistake costs nothing, guessing does.
pub const MAX_FAILURES: u32 = 5;

/// What to do with an attempt to redeem a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redemption {
    /// Mark it spent and give tokens.
    Redeem,
    /// No; count a wrong verifier.
    WrongVerifier(OAuthError),
    /// No.
    Refuse(OAuthError),
    /// No, and everything this code gave is taken back: it was used before, by someone who knows the verifier (TK-08).
    Replayed(OAuthError),
}

/// Decides about an attempt of `client` to redeem `stored`, which opens `resource`.
pub fn redeem(
    stored: &StoredCode,
    client: &ClientId,
    request: &CodeRequest,
    resource: &Resource,
    issuer: &Issuer,
    now: UnixTime,
) -> Redemption {
    let no = |text: &'static str| OAuthError::new(Code::InvalidGrant, text);
    if stored.client != *client {
        return Redemption::Refuse(no("The code was given to another client."));
    }
    if stored.failures >= MAX_FAILURES {
        return Redemption::Refuse(no("The code is not valid any more: too many wrong verifiers were tried."));
    }
    if !stored.challenge.is_met_by(&request.verifier) {
        return Redemption::WrongVerifier(no("code_verifier does not fit the code_challenge."));
    }
    if stored.spent {
        return Redemption::Replayed(no("The code was used before."));
    }
    if now >= stored.ends_at {
        return Redemption::Refuse(no("The code has expired."));
    }
    match &request.redirect_uri {
        Some(uri) if *uri != stored.redirect_uri => return Redemption::Refuse(no("redirect_uri is not the one the code was sent to.")),
        _ => {}
    }
    if let Some(error) = wrong_target(request.resource.as_deref(), resource, issuer) {
        return Redemption::Refuse(error);
    }
    Redemption::Redeem
}

/// TK-09: a `resource` at the token endpoint must be the granted one; a missing one means it.
pub fn wrong_target(asked: Option<&str>, granted: &Resource, issuer: &Issuer) -> Option<OAuthError> {
    let meant = granted.is_meant_by(asked?, issuer);
    (!meant).then(|| OAuthError::new(Code::InvalidTarget, "resource is not the one that was granted."))
}

/// What is known about a refresh token that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshState {
    /// When it was exchanged for its successor; `None` while it is the current one.
    pub rotated_at: Option<UnixTime>,
    /// Whether its successor was exchanged too: then the answer that carried it did arrive.
    pub successor_used: bool,
    /// Whether the program that sends it is proven to be the one the grant was given to.
    pub same_program: bool,
}

/// What to do with a refresh token that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Give the next one and a new access token.
    Rotate,
    /// It was rotated a moment ago: give the same successor again and a new access token. A lost answer and sessions of
    /// one program that refresh at once do not log anybody out.
    SameSuccessor,
    /// Too late, but from the same program: no, and nothing else happens.
    Late,
    /// Too late, from another program or one that cannot be told: no, and the whole family dies.
    Replayed,
}

/// Decides about a refresh token that exists (OAuth 2.1 §4.3.1; decisions: refresh replay).
pub fn rotate(state: RefreshState, now: UnixTime) -> Rotation {
    match state.rotated_at {
        None => Rotation::Rotate,
        Some(at) if now < at.plus(REFRESH_GRACE) && !state.successor_used => Rotation::SameSuccessor,
        Some(_) if state.same_program => Rotation::Late,
        Some(_) => Rotation::Replayed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const NOW: UnixTime = UnixTime::from_secs(100);

    fn stored() -> StoredCode {
        StoredCode {
            client: ClientId::from_text("cid"),
            challenge: Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").expect("sound"),
            redirect_uri: "http://127.0.0.1:1/cb".into(),
            server: ServerName::parse("files").expect("a name"),
            ends_at: UnixTime::from_secs(160),
            spent: false,
            failures: 0,
        }
    }

    fn request(extra: &str) -> CodeRequest {
        let code = Token::<token::Code>::from_random([1; 32]);
        let body = format!("grant_type=authorization_code&client_id=cid&code={}&code_verifier={VERIFIER}{extra}", code.reveal());
        match read(&body) {
            Ok(TokenRequest::Code(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn read(body: &str) -> Result<TokenRequest, OAuthError> {
        TokenRequest::read(&Params::parse(body).expect("params"))
    }

    fn decide(stored: &StoredCode, request: &CodeRequest) -> Redemption {
        let files = Resource { name: ServerName::parse("files").expect("a name"), own_address: None };
        redeem(stored, &ClientId::from_text("cid"), request, &files, &issuer(), NOW)
    }

    fn issuer() -> Issuer {
        Issuer::on_port(8765)
    }

    #[test]
    fn tk05_a_code_is_bound_to_client_redirect_and_time() {
        let good = request("&redirect_uri=http://127.0.0.1:1/cb&resource=http://localhost:8765/mcp/files/");
        assert_eq!(decide(&stored(), &good), Redemption::Redeem);
        assert_eq!(decide(&stored(), &request("")), Redemption::Redeem, "OAuth 2.1 clients leave redirect_uri out");
        let other_client = StoredCode { client: ClientId::from_text("x"), ..stored() };
        let expired = StoredCode { ends_at: NOW, ..stored() };
        for (code, request) in [
            (&other_client, request("")),
            (&expired, request("")),
            (&stored(), request("&redirect_uri=http://127.0.0.1:2/cb")),
            (&stored(), request("&redirect_uri=http://127.0.0.1:1/cb/")),
        ] {
            assert!(matches!(decide(code, &request), Redemption::Refuse(e) if e.code == Code::InvalidGrant));
        }
    }

    #[test]
    fn tk06_tk07_a_wrong_verifier_is_counted_and_capped() {
        let other = StoredCode { challenge: Challenge::from_bytes([0; 32]), ..stored() };
        assert!(matches!(decide(&other, &request("")), Redemption::WrongVerifier(_)));
        let guessed = StoredCode { failures: MAX_FAILURES, ..stored() };
        assert!(matches!(decide(&guessed, &request("")), Redemption::Refuse(_)), "even the right one");
    }

    #[test]
    fn tk08_only_a_replay_that_proves_itself_takes_back() {
        let spent = StoredCode { spent: true, ..stored() };
        assert!(matches!(decide(&spent, &request("")), Redemption::Replayed(_)));
        let without_proof = StoredCode { challenge: Challenge::from_bytes([0; 32]), ..spent };
        assert!(matches!(decide(&without_proof, &request("")), Redemption::WrongVerifier(_)));
    }

    #[test]
    fn tk09_the_resource_is_the_granted_one() {
        let other = request("&resource=http://127.0.0.1:8765/mcp/git");
        assert!(matches!(decide(&stored(), &other), Redemption::Refuse(e) if e.code == Code::InvalidTarget));
    }

    #[test]
    fn tk03_requests_are_complete_or_refused() {
        let code = |body: &str| read(body).expect_err(body).code.as_str();
        assert_eq!(code(""), "invalid_request");
        assert_eq!(code("grant_type=password"), "unsupported_grant_type");
        assert_eq!(code("grant_type=authorization_code"), "invalid_request");
        assert_eq!(code("grant_type=authorization_code&client_id=a"), "invalid_request");
        assert_eq!(code("grant_type=refresh_token&client_id=a"), "invalid_request");
        assert_eq!(code("grant_type=refresh_token&client_id=a&client_id=b&refresh_token=x"), "invalid_request");
        assert_eq!(code("grant_type=urn:ietf:params:oauth:grant-type:device_code"), "invalid_request");
        assert_eq!(code("grant_type=authorization_code&client_id=a&code=x&code_verifier=short"), "invalid_grant");
        assert_eq!(code("grant_type=refresh_token&client_id=a&refresh_token=x&scope=%22"), "invalid_scope");
    }

    #[test]
    fn rt02_a_rotated_token_has_a_grace_and_then_the_program_decides() {
        let rotated = |ago: i64| Some(UnixTime::from_secs(100 - ago));
        let state =
            |ago: Option<i64>, same_program| RefreshState { rotated_at: ago.and_then(rotated), successor_used: false, same_program };
        for same in [true, false] {
            assert_eq!(rotate(state(None, same), NOW), Rotation::Rotate);
            assert_eq!(rotate(state(Some(0), same), NOW), Rotation::SameSuccessor);
            assert_eq!(rotate(state(Some(59), same), NOW), Rotation::SameSuccessor);
        }
        assert_eq!(rotate(state(Some(60), true), NOW), Rotation::Late);
        assert_eq!(rotate(state(Some(60), false), NOW), Rotation::Replayed);
        let arrived = |same_program| RefreshState { successor_used: true, ..state(Some(1), same_program) };
        assert_eq!(rotate(arrived(true), NOW), Rotation::Late, "the grace ends when the successor is used");
        assert_eq!(rotate(arrived(false), NOW), Rotation::Replayed);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(body in ".{0,300}|grant_type=[a-z_]{0,20}(&[a-z_]{1,14}=[!-~]{0,60}){0,8}") {
            let _ = Params::parse(&body).map(|params| TokenRequest::read(&params));
        }
    }
}
