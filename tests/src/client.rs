//! A client as its registration made it: any metadata, any redirect, with a secret or without.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    doorward::Doorward,
    flow::{VERIFIER, challenge, form, param},
    http::Answer,
};

/// Where a client puts its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// Nowhere: it only names itself.
    Nowhere,
    /// In the `Authorization` header (`client_secret_basic`).
    Header,
    /// In the form (`client_secret_post`).
    Form,
}

/// A registered client.
#[derive(Debug, Clone)]
pub struct Client {
    /// The answer to its registration.
    pub answer: Value,
    /// The redirect it uses.
    pub redirect: String,
}

impl Client {
    /// Registers one; it uses the first redirect it sent.
    pub async fn register(doorward: &Doorward, body: &Value) -> Self {
        let answer = doorward.post_json("/oauth/register", &body.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let redirect = body["redirect_uris"][0].as_str().unwrap_or_default().to_owned();
        Self { answer: answer.json(), redirect }
    }

    /// A text of the answer.
    pub fn text(&self, member: &str) -> &str {
        self.answer[member].as_str().unwrap_or_else(|| panic!("no {member}: {}", self.answer))
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.text("client_id")
    }

    /// Its secret.
    pub fn secret(&self) -> &str {
        self.text("client_secret")
    }

    /// The answer to an authorization request that differs from a sound one in one parameter.
    pub async fn asked_with(&self, doorward: &Doorward, name: &str, value: Option<&str>) -> Answer {
        let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
        let mut pairs = doorward.ask_pairs(self.id(), &resource, "state-1", &challenge);
        pairs.iter_mut().filter(|(name, _)| *name == "redirect_uri").for_each(|pair| pair.1 = &self.redirect);
        pairs.retain(|(known, _)| *known != name);
        let changed = value.map(|value| form(&[(name, value)])).into_iter();
        let query: Vec<String> = std::iter::once(form(&pairs)).chain(changed).collect();
        doorward.get(&format!("/oauth/authorize?{}", query.join("&"))).await
    }

    /// Asks and waits; the person decides. Gives where the client is sent.
    pub async fn ask(&self, doorward: &Doorward) -> String {
        let asked = self.asked_with(doorward, "", None).await;
        let ticket = asked.header("location").unwrap_or_else(|| panic!("no ticket: {asked:?}"));
        let answer = doorward.get(ticket).await;
        answer.header("location").unwrap_or_else(|| panic!("no redirect: {answer:?}")).to_owned()
    }

    /// Asks, is allowed, and gives the code.
    pub async fn code(&self, doorward: &Doorward) -> String {
        let to = self.ask(doorward).await;
        param(&to, "code").unwrap_or_else(|| panic!("no code: {to}"))
    }

    /// Posts a form.
    pub async fn post(&self, doorward: &Doorward, target: &str, pairs: &[(&str, &str)], secret: Secret) -> Answer {
        let of_client: &[(&str, &str)] = match secret {
            Secret::Nowhere => &[("client_id", self.id())],
            Secret::Header => &[],
            Secret::Form => &[("client_id", self.id()), ("client_secret", self.secret())],
        };
        let body = form(&[pairs, of_client].concat());
        let header = if secret == Secret::Header { Some(in_header(self.id(), self.secret())) } else { None };
        let headers: Vec<&str> = std::iter::once("Content-Type: application/x-www-form-urlencoded").chain(header.as_deref()).collect();
        doorward.send("POST", target, &headers, &body).await
    }

    /// Redeems a code.
    pub async fn redeem(&self, doorward: &Doorward, code: &str, secret: Secret) -> Answer {
        let pairs =
            [("grant_type", "authorization_code"), ("code", code), ("code_verifier", VERIFIER), ("redirect_uri", self.redirect.as_str())];
        self.post(doorward, "/oauth/token", &pairs, secret).await
    }

    /// Refreshes.
    pub async fn refresh(&self, doorward: &Doorward, token: &str, secret: Secret) -> Answer {
        self.post(doorward, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)], secret).await
    }
}

/// The header of `client_secret_basic`.
pub fn in_header(id: &str, secret: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}
