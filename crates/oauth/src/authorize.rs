//! The authorization request, in three steps that each consume the last (OAuth 2.1 §4.1.1).
//!
//! [`AuthorizeQuery`] is what was sent. [`Bound`] is proof that we know who asks and where an answer may go: only from
//! here on can a redirect exist. [`AuthorizationRequest`] is sound in every part. The last two cannot be copied.

use crate::{
    client::{Client, GrantType},
    error::{Code, OAuthError},
    id::{ClientId, ServerName},
    issuer::Issuer,
    params::{Param, Params, append_query},
    pkce::Challenge,
    preset::Policy,
    redirect::RedirectUri,
    resource::Resource,
    scope::Scopes,
    token::{self, Pushed, Token},
};
use doorward_words::{Said, Says};

/// The parameters this endpoint understands; any of them sent twice is an error (AZ-02).
const KNOWN: [&str; 12] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "prompt",
    "response_mode",
    "request",
    "request_uri",
];

/// What every pushed request is named with (RFC 9126 §2.2).
const PUSHED: &str = "urn:ietf:params:oauth:request_uri:";

/// An authorization request as it was sent.
#[derive(Debug, Clone)]
pub struct AuthorizeQuery(Params);

/// The `request_uri` of a pushed request.
pub fn request_uri(pushed: &Token<Pushed>) -> String {
    // REVEAL: the name goes to the client that pushed the request.
    format!("{PUSHED}{}", pushed.reveal())
}

/// The request cannot be answered by a redirect: the person sees a page instead (AZ-03).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum Unbound {
    /// The query is not even a list of parameters.
    Unreadable,
    /// `client_id` is missing or repeated.
    NoClient,
    /// No such client is registered, or not any more.
    UnknownClient,
    /// `redirect_uri` is repeated, missing where several are registered, or not registered.
    UnknownRedirect,
    /// `request_uri` names no request that this client pushed, or one that was used or is too old (RFC 9126 §4).
    UnknownRequest,
    /// The request has a mistake, and its answer would go to a place on the web that no person ever allowed: whoever registers
    /// could send people anywhere (OAuth 2.1 §7.12.2, M-AS-15).
    Untrusted(OAuthError),
}

impl Says for Unbound {
    fn said(&self) -> Said {
        match self {
            Self::Unreadable => Said::plain("unbound-unreadable"),
            Self::NoClient => Said::plain("unbound-no-client"),
            Self::UnknownClient => Said::plain("unbound-client"),
            Self::UnknownRedirect => Said::plain("unbound-redirect"),
            Self::UnknownRequest => Said::plain("unbound-request"),
            Self::Untrusted(error) => Said::plain("unbound-untrusted").with("why", error.description.as_ref()),
        }
    }
}

/// A request whose client and redirect are known.
#[derive(Debug)]
pub struct Bound {
    params: Params,
    return_to: ReturnTo,
    may_ask: bool,
    refreshes: bool,
}

/// A request that is sound in every part.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: ClientId,
    /// Where the answer goes.
    pub return_to: ReturnTo,
    /// What the code will be bound to.
    pub challenge: Challenge,
    /// What was asked for, already narrowed to what can be granted.
    pub scopes: Scopes,
    /// The server asked for.
    pub server: ServerName,
    /// `prompt=none`: answer without asking, which Doorward never does.
    pub silent: bool,
    /// Whether a refresh token comes with the access token.
    pub refreshes: bool,
}

/// The only thing that can make a redirect: a matched redirect URI with the state to give back and our name.
#[derive(Debug)]
pub struct ReturnTo {
    redirect: RedirectUri,
    state: Option<String>,
    issuer: String,
}

impl AuthorizeQuery {
    /// Reads a query string or a form body.
    ///
    /// # Errors
    /// [`Unbound::Unreadable`].
    pub fn parse(text: &str) -> Result<Self, Unbound> {
        Params::parse(text).map(Self).map_err(|_| Unbound::Unreadable)
    }

    /// What `client` pushed (RFC 9126 §2.1): its secret is no part of the request, and a header may have named it instead.
    pub fn of_push(params: Params, client: &ClientId) -> Self {
        Self(params.without("client_secret").with("client_id", client.as_str()))
    }

    /// The client it names.
    ///
    /// # Errors
    /// [`Unbound::NoClient`] when it names none, or several.
    pub fn client_id(&self) -> Result<ClientId, Unbound> {
        self.0.once("client_id").map(ClientId::from_text).ok_or(Unbound::NoClient)
    }

    /// The pushed request that stands for this one, if one does (RFC 9126 §4). `Some(None)`: a name of no such request.
    pub fn pushed(&self) -> Option<Option<Token<Pushed>>> {
        let name = self.0.once("request_uri").and_then(|uri| uri.strip_prefix(PUSHED))?;
        Some(Token::parse(name))
    }

    /// Matches the redirect against what `client` registered. `required`: the request must name it.
    ///
    /// # Errors
    /// [`Unbound`]; nothing may be sent to any address the request named.
    pub fn bind(self, client: &Client, required: bool, issuer: &Issuer) -> Result<Bound, Unbound> {
        if self.client_id()? != client.id {
            return Err(Unbound::UnknownClient);
        }
        let requested = match self.0.get("redirect_uri") {
            Param::Absent if required => return Err(Unbound::UnknownRedirect),
            Param::Absent => None,
            Param::Once(uri) => Some(uri),
            Param::Repeated => return Err(Unbound::UnknownRedirect),
        };
        let redirect = client.redirect_uris.find(requested).ok_or(Unbound::UnknownRedirect)?;
        let return_to = ReturnTo { redirect, state: self.0.once("state").map(str::to_owned), issuer: issuer.as_str().to_owned() };
        let has = |grant| client.grant_types.contains(&grant);
        Ok(Bound { params: self.0, return_to, may_ask: has(GrantType::AuthorizationCode), refreshes: has(GrantType::RefreshToken) })
    }
}

/// A refusal that travels by redirect.
#[derive(Debug)]
pub struct Refused {
    /// Where it goes.
    pub return_to: ReturnTo,
    /// What it says.
    pub error: OAuthError,
}

impl Bound {
    /// Checks everything else. `resources` are all there are.
    ///
    /// # Errors
    /// [`Refused`], to be sent to the client by redirect.
    // The error carries the redirect it travels by, which is the point of the type.
    #[expect(clippy::result_large_err, reason = "one request, one value; boxing would hide what it is")]
    pub fn check(
        self,
        client: &ClientId,
        issuer: &Issuer,
        policy: &Policy,
        resources: &[Resource],
    ) -> Result<AuthorizationRequest, Refused> {
        match self.understand(issuer, policy, resources) {
            Ok((challenge, scopes, server, silent)) => Ok(AuthorizationRequest {
                client: client.clone(),
                return_to: self.return_to,
                challenge,
                scopes,
                server,
                silent,
                refreshes: self.refreshes,
            }),
            Err(error) => Err(Refused { return_to: self.return_to, error }),
        }
    }

    fn understand(
        &self,
        issuer: &Issuer,
        policy: &Policy,
        resources: &[Resource],
    ) -> Result<(Challenge, Scopes, ServerName, bool), OAuthError> {
        let invalid = |text: String| OAuthError::new(Code::InvalidRequest, text);
        let params = &self.params;
        if let Some(name) = params.first_repeated(&KNOWN) {
            // RFC 8707 §2 lets `resource` repeat, for several resources at once; we grant one (AZ-09).
            let code = if name == "resource" { Code::InvalidTarget } else { Code::InvalidRequest };
            return Err(OAuthError::new(code, format!("{name} was sent more than once.")));
        }
        if !self.may_ask {
            return Err(OAuthError::new(Code::UnauthorizedClient, "The client did not register for authorization_code."));
        }
        if params.once("request").is_some() {
            return Err(OAuthError::new(Code::RequestNotSupported, "Request objects are not supported."));
        }
        if params.once("request_uri").is_some() {
            return Err(OAuthError::new(Code::RequestUriNotSupported, "request_uri is not supported."));
        }
        if policy.authorization.state_required && params.once("state").is_none() {
            return Err(invalid("state is required.".into()));
        }
        match params.once("response_type") {
            Some("code") => {}
            Some(_) => return Err(OAuthError::new(Code::UnsupportedResponseType, "response_type must be 'code'.")),
            None => return Err(invalid("response_type is required and must be 'code'.".into())),
        }
        if params.once("response_mode").is_some_and(|mode| mode != "query") {
            return Err(invalid("response_mode must be 'query'.".into()));
        }
        let challenge = params.once("code_challenge").ok_or_else(|| invalid("code_challenge is required (RFC 7636).".into()))?;
        if params.once("code_challenge_method") != Some("S256") {
            return Err(invalid("code_challenge_method must be 'S256'.".into()));
        }
        let challenge =
            Challenge::parse(challenge).ok_or_else(|| invalid("code_challenge must be 43 base64url characters (RFC 7636).".into()))?;
        let asked =
            Scopes::parse(params.once("scope").unwrap_or_default()).map_err(|e| OAuthError::new(Code::InvalidScope, e.to_string()))?;
        let server = resource_asked_for(params.once("resource"), &asked, issuer, resources)?;
        let silent = params.once("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "none"));
        Ok((challenge, asked.grantable_at(&server, &policy.registration), server, silent))
    }
}

/// Which server a request means: the one `resource` names, else one whose scope it names, else the only one there is
/// (clients of the 2025-03-26 revision send no `resource`).
///
/// # Errors
/// `invalid_target`.
pub fn resource_asked_for(
    resource: Option<&str>,
    asked: &Scopes,
    issuer: &Issuer,
    resources: &[Resource],
) -> Result<ServerName, OAuthError> {
    if let Some(text) = resource {
        let named = resources.iter().find(|resource| resource.is_meant_by(text, issuer));
        return named
            .map(|resource| resource.name.clone())
            .ok_or_else(|| OAuthError::new(Code::InvalidTarget, "resource does not name a server that Doorward guards."));
    }
    let mut by_scope = resources.iter().filter(|resource| asked.names(&resource.name));
    match (by_scope.next(), by_scope.next(), resources) {
        (Some(resource), None, _) | (None, None, [resource]) => Ok(resource.name.clone()),
        _ => Err(OAuthError::new(Code::InvalidTarget, "Say which server is meant, with the resource parameter (RFC 8707).")),
    }
}

impl ReturnTo {
    /// The redirect itself, to be shown and to be bound to the code.
    pub const fn redirect(&self) -> &RedirectUri {
        &self.redirect
    }

    /// The state, as a part of what makes two requests the same question (AZ-19).
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The answer "yes": `code`, `state` if one was sent, `iss` (RFC 9207).
    pub fn with_code(&self, code: &Token<token::Code>) -> String {
        // REVEAL: the code travels to the client in this redirect and nowhere else.
        self.with(&[("code", code.reveal())])
    }

    /// The answer "no": `error`, `error_description`, `state` if one was sent, `iss`.
    pub fn with_error(&self, error: &OAuthError) -> String {
        self.with(&[("error", error.code.as_str()), ("error_description", &error.description)])
    }

    fn with(&self, answer: &[(&str, &str)]) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        let pairs: Vec<(&str, &str)> = answer.iter().copied().chain(state).chain([("iss", self.issuer.as_str())]).collect();
        append_query(self.redirect.as_str(), &pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::RegistrationRequest, preset::RegistrationPolicy, scope::ScopeNames, time::UnixTime};
    use proptest::prelude::*;
    use serde_json::json;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client() -> Client {
        let body = json!({ "redirect_uris": ["http://127.0.0.1:51000/callback"] }).to_string();
        RegistrationRequest::parse(body.as_bytes())
            .expect("json")
            .check(&RegistrationPolicy::default(), &ScopeNames::of(&[]), ClientId::from_text("cid"), UnixTime::from_secs(0))
            .expect("registers")
    }

    fn guarded(name: &str) -> Resource {
        Resource { name: ServerName::parse(name).expect("a name"), own_address: None }
    }

    fn issuer() -> Issuer {
        Issuer::on_port(8765)
    }

    fn sound() -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".into()),
            ("client_id", "cid".into()),
            ("redirect_uri", "http%3A%2F%2F127.0.0.1%3A4711%2Fcallback".into()),
            ("state", "x%2By".into()),
            ("code_challenge", CHALLENGE.into()),
            ("code_challenge_method", "S256".into()),
            ("resource", "http%3A%2F%2F127.0.0.1%3A8765%2Fmcp%2Ffiles".into()),
        ]
    }

    fn query(pairs: &[(&'static str, String)]) -> String {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    fn with(name: &'static str, value: Option<&str>) -> Result<AuthorizationRequest, String> {
        let mut pairs = sound();
        pairs.retain(|(n, _)| *n != name);
        if let Some(value) = value {
            pairs.push((name, value.to_owned()));
        }
        run(&query(&pairs))
    }

    fn run(query: &str) -> Result<AuthorizationRequest, String> {
        let bound = AuthorizeQuery::parse(query).and_then(|q| q.bind(&client(), false, &issuer())).map_err(|e| format!("page: {e}"))?;
        bound
            .check(&ClientId::from_text("cid"), &issuer(), &Policy::default(), &[guarded("files"), guarded("git")])
            .map_err(|refused| format!("{} -> {}", refused.error.code.as_str(), refused.return_to.with_error(&refused.error)))
    }

    #[test]
    fn az11_an_answer_carries_code_state_and_iss_and_nothing_else() {
        let request = run(&query(&sound())).expect("sound");
        let code = Token::from_random([1; 32]);
        assert_eq!(
            request.return_to.with_code(&code),
            format!("http://127.0.0.1:4711/callback?code={}&state=x%2By&iss=http%3A%2F%2F127.0.0.1%3A8765", code.reveal())
        );
        assert_eq!(request.server.as_str(), "files");
        assert_eq!(request.scopes.to_string(), "files:look");
    }

    #[test]
    fn az11_where_no_state_was_sent_none_comes_back() {
        let code = Token::from_random([1; 32]);
        for state in [None, Some("")] {
            let to = with("state", state).expect("sound").return_to.with_code(&code);
            let iss = "iss=http%3A%2F%2F127.0.0.1%3A8765";
            assert_eq!(to, format!("http://127.0.0.1:4711/callback?code={}&{iss}", code.reveal()), "{state:?}");
        }
        let mut pairs = sound();
        pairs.retain(|(name, _)| !["state", "response_type"].contains(name));
        let refused = run(&query(&pairs)).expect_err("no response type");
        assert!(refused.contains("error=invalid_request") && !refused.contains("state="), "{refused}");
    }

    #[test]
    fn az03_what_cannot_be_bound_makes_a_page_and_never_a_redirect() {
        for (name, value) in [
            ("client_id", None),
            ("client_id", Some("other")),
            ("redirect_uri", Some("http://evil.test/")),
            ("redirect_uri", Some("http://127.0.0.1:4711/other")),
            ("redirect_uri", Some("a&redirect_uri=b")),
        ] {
            assert!(with(name, value).expect_err(name).starts_with("page: "), "{name} {value:?}");
        }
        assert!(run("client_id=cid&client_id=cid").expect_err("twice").starts_with("page: "));
        assert!(run("client_id=%ff").expect_err("not UTF-8").starts_with("page: "));
    }

    #[test]
    fn az06_pkce_is_required_and_s256() {
        for (name, value) in [
            ("code_challenge", None),
            ("code_challenge", Some("short")),
            ("code_challenge_method", None),
            ("code_challenge_method", Some("plain")),
            ("code_challenge_method", Some("s256")),
        ] {
            assert!(with(name, value).expect_err(name).starts_with("invalid_request"), "{name} {value:?}");
        }
    }

    #[test]
    fn az07_only_code_is_a_response_type() {
        assert!(with("response_type", None).expect_err("missing").starts_with("invalid_request"));
        assert!(with("response_type", Some("token")).expect_err("implicit").starts_with("unsupported_response_type"));
    }

    #[test]
    fn az02_a_repeated_parameter_is_refused_by_redirect() {
        assert!(with("scope", Some("a&scope=b")).expect_err("twice").starts_with("invalid_request"));
        let twice = with("state", Some("a&state=b")).expect_err("twice");
        assert!(twice.starts_with("invalid_request") && !twice.contains("state="), "a repeated state is not given back: {twice}");
    }

    #[test]
    fn az09_the_resource_names_one_guarded_server() {
        for bad in ["http://127.0.0.1:8765/mcp/other", "files", "http://evil.test/mcp/files", "http://127.0.0.1:8765/mcp/files%23x"] {
            assert!(with("resource", Some(bad)).expect_err(bad).starts_with("invalid_target"), "{bad}");
        }
        assert!(with("resource", None).expect_err("two servers").starts_with("invalid_target"));
        let two = "http://127.0.0.1:8765/mcp/files&resource=http://127.0.0.1:8765/mcp/git";
        assert!(with("resource", Some(two)).expect_err("two").starts_with("invalid_target"));
        let mut by_scope = sound();
        by_scope.retain(|(n, _)| *n != "resource");
        by_scope.push(("scope", "git".into()));
        assert_eq!(run(&query(&by_scope)).expect("one server by its scope").server.as_str(), "git");
    }

    #[test]
    fn az10_request_objects_are_refused() {
        assert!(with("request", Some("x")).expect_err("refused").starts_with("request_not_supported"));
        assert!(with("request_uri", Some("x")).expect_err("refused").starts_with("request_uri_not_supported"));
    }

    #[test]
    fn az14_prompt_none_is_understood() {
        assert!(with("prompt", Some("none")).expect("sound").silent);
        assert!(!with("prompt", Some("consent")).expect("sound").silent);
    }

    proptest! {
        #[test]
        fn no_query_makes_a_redirect_to_an_unregistered_place(text in ".{0,200}|[a-z_]{1,20}=[!-~]{0,40}(&[a-z_]{1,20}=[!-~]{0,40}){0,6}") {
            let spiked = format!("client_id=cid&{text}");
            if let Ok(bound) = AuthorizeQuery::parse(&spiked).and_then(|q| q.bind(&client(), false, &issuer())) {
                prop_assert_eq!(bound.return_to.redirect().shape(), "http://127.0.0.1/callback");
            }
        }
    }
}
