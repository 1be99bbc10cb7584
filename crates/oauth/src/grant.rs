//! What stays: one "Allow", and the App that it was given to.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    client::Client,
    id::{AppId, ClientId, GrantId, ServerName},
    program::Program,
    scope::Scopes,
    time::UnixTime,
};

/// A grant ends after this long without use.
pub const UNUSED_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// An access token opens a server for this long.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// An authorization code can be redeemed for this long (AZ-13).
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// A refresh token that was rotated gives the same successor for this long.
pub const REFRESH_GRACE: Duration = Duration::from_secs(60);

/// One "Allow": tokens are valid exactly as long as their grant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Whom the person recognised.
    pub app: AppId,
    /// The registration that asked.
    pub client: ClientId,
    /// What it opens.
    pub server: ServerName,
    /// The label on the wire.
    pub scopes: Scopes,
    /// When the person said yes.
    pub created_at: UnixTime,
    /// When it was last used.
    pub last_used_at: Option<UnixTime>,
    /// When it ends unless it is used before.
    pub ends_at: UnixTime,
}

impl Grant {
    /// Whether it still holds.
    pub fn holds_at(&self, now: UnixTime) -> bool {
        now < self.ends_at
    }
}

/// What makes registrations one App: name, software id, redirect shape and program. A digest, because it is only ever
/// compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AppKey(String);

impl AppKey {
    /// The key of a registration that `program` made (`None`: it could not be told).
    pub fn of(client: &Client, program: Option<&Program>) -> Self {
        let mut shapes: Vec<String> = client.redirect_uris.iter().map(|uri| uri.shape()).collect();
        shapes.sort();
        shapes.dedup();
        let name = client.name.as_ref().map(|name| name.folded()).unwrap_or_default();
        let software = client.software_id.clone().unwrap_or_default();
        let program = program.map(Program::identity).unwrap_or_default();
        Self::hash(&[&name, &software, &shapes.join("\n"), &program])
    }

    /// The key of a client that its document describes: its address, and what the document says now. A document that changes
    /// makes another App, so that a person is asked anew (CIMD-04).
    pub fn of_document(client: &Client) -> Self {
        let name = client.name.as_ref().map(|name| name.folded()).unwrap_or_default();
        let redirects: Vec<&str> = client.redirect_uris.iter().map(|uri| uri.as_str()).collect();
        Self::hash(&["document", client.id.as_str(), &name, &redirects.join("\n")])
    }

    /// The key of an App that a rule makes, which is like no other.
    pub fn of_rule(client: &ClientId) -> Self {
        Self::hash(&["rule", client.as_str()])
    }

    fn hash(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
