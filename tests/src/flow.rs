//! The path of a client: register, ask, wait, redeem.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{doorward::Doorward, http::Answer};

/// The verifier every flow here uses, unless it says otherwise.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk-some-more";
/// Where nobody listens, and nobody has to.
pub const REDIRECT: &str = "http://127.0.0.1:51000/callback";

/// A message that any server may be sent.
pub const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
/// What a client of an older revision begins with.
pub const INITIALIZE: &str =
    r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}"#;

/// The challenge of a verifier.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A form or query out of pairs.
pub fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect::<Vec<_>>().join("&")
}

/// A parameter of an address.
pub fn param(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// The tokens of a client.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub client: String,
}

impl Doorward {
    /// Registers a client and gives its id.
    pub async fn register(&self, name: &str) -> String {
        let body = json!({ "client_name": name, "redirect_uris": [REDIRECT] });
        let answer = self.post_json("/oauth/register", &body.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["client_id"].as_str().expect("an id").to_owned()
    }

    /// The parameters of a sound request.
    pub fn ask_pairs<'a>(&self, client: &'a str, resource: &'a str, state: &'a str, challenge: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("resource", resource),
        ]
    }

    /// Sends a sound request and gives the path of its ticket.
    pub async fn ticket(&self, client: &str) -> String {
        self.ticket_with_state(client, "state-1").await
    }

    /// Where a sound request is sent to.
    pub fn ask_target(&self, client: &str) -> String {
        self.ask_target_with_state(client, "state-1")
    }

    fn ask_target_with_state(&self, client: &str, state: &str) -> String {
        let (resource, challenge) = (self.url("/mcp/everything"), challenge(VERIFIER));
        format!("/oauth/authorize?{}", form(&self.ask_pairs(client, &resource, state, &challenge)))
    }

    /// The same with another state, so that it is another question.
    pub async fn ticket_with_state(&self, client: &str, state: &str) -> String {
        let answer = self.get(&self.ask_target_with_state(client, state)).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location").expect("a ticket").to_owned()
    }

    /// Asks and waits; the person decides. Gives where the client is sent.
    pub async fn ask(&self, client: &str) -> String {
        let ticket = self.ticket(client).await;
        let answer = self.get(&ticket).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location").expect("a redirect").to_owned()
    }

    /// Asks, is allowed, and gives the code.
    pub async fn code(&self, client: &str) -> String {
        let to = self.ask(client).await;
        param(&to, "code").unwrap_or_else(|| panic!("no code: {to}"))
    }

    /// Redeems a code.
    pub async fn redeem(&self, client: &str, code: &str) -> Answer {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT),
        ];
        self.post_form("/oauth/token", &form(&pairs)).await
    }

    /// Refreshes.
    pub async fn refresh(&self, tokens: &Tokens) -> Answer {
        let pairs = [("grant_type", "refresh_token"), ("client_id", tokens.client.as_str()), ("refresh_token", &tokens.refresh)];
        self.post_form("/oauth/token", &form(&pairs)).await
    }

    /// The whole path.
    pub async fn tokens(&self, name: &str) -> Tokens {
        let client = self.register(name).await;
        let code = self.code(&client).await;
        tokens_of(&client, &self.redeem(&client, &code).await)
    }

    /// Calls the guarded server.
    pub async fn call(&self, token: &str, body: &str) -> Answer {
        let authorization = format!("Authorization: Bearer {token}");
        self.send("POST", "/mcp/everything", &["Content-Type: application/json", &authorization], body).await
    }
}

/// The tokens in an answer.
pub fn tokens_of(client: &str, answer: &Answer) -> Tokens {
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name}: {json}")).to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token"), client: client.to_owned() }
}
