//! The endpoints that clients post forms to, for clients of every kind.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    doorward::Doorward,
    flow::{Tokens, VERIFIER, challenge, form, param, tokens_of},
    http::Answer,
};

/// The grant type of RFC 8628.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An `Authorization` header with a user and a password, as a whole line.
pub fn basic(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

impl Doorward {
    /// Registers a client with this metadata and gives the whole answer.
    pub async fn registered(&self, metadata: &Value) -> Value {
        let answer = self.post_json("/oauth/register", &metadata.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// POSTs a form with one more header.
    pub async fn post_form_with(&self, target: &str, header: &str, pairs: &[(&str, &str)]) -> Answer {
        self.send("POST", target, &["Content-Type: application/x-www-form-urlencoded", header], &form(pairs)).await
    }

    /// POSTs these pairs as a form.
    pub async fn post_pairs(&self, target: &str, pairs: &[(&str, &str)]) -> Answer {
        self.post_form(target, &form(pairs)).await
    }

    /// Asks for one server, is allowed, and gives the code.
    pub async fn code_for(&self, client: &str, resource: &str) -> String {
        let challenge = challenge(VERIFIER);
        let asked = self.get(&format!("/oauth/authorize?{}", form(&self.ask_pairs(client, resource, "s", &challenge)))).await;
        let ticket = asked.header("location").unwrap_or_else(|| panic!("no ticket: {asked:?}")).to_owned();
        let answered = self.get(&ticket).await;
        let to = answered.header("location").unwrap_or_else(|| panic!("no redirect: {answered:?}"));
        param(to, "code").unwrap_or_else(|| panic!("no code: {to}"))
    }

    /// The whole path of a new client to one server.
    pub async fn tokens_for(&self, name: &str, resource: &str) -> Tokens {
        let client = self.register(name).await;
        let code = self.code_for(&client, resource).await;
        tokens_of(&client, &self.redeem(&client, &code).await)
    }
}
