//! `push`: an authorization request that the client sends itself, before a browser takes part (RFC 9126).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    authorize::{AuthorizeQuery, Unbound, request_uri},
    error::{Code, OAuthError},
    id::ClientId,
    time::UnixTime,
    token::{Digest, Pushed, Token},
};
use serde::Serialize;

use super::Broker;
use crate::refusal::Refusal;

/// How long a pushed request can be used.
const LIFETIME: Duration = Duration::from_secs(60);
/// How many there are at once; the oldest goes.
const MOST: usize = 500;
/// How many of them are of one client; its oldest goes, so that one client alone does not push the others out.
const OF_ONE_CLIENT: usize = 20;

/// The answer to a push (RFC 9126 §2.2).
#[derive(Debug, Serialize)]
pub struct PushedResponse {
    /// What stands for the request from now on.
    pub request_uri: String,
    /// For how many seconds.
    pub expires_in: u64,
}

/// The pushed requests that were not used yet.
#[derive(Default)]
pub(super) struct Pushes {
    by_name: Mutex<HashMap<Digest<Pushed>, (UnixTime, ClientId, AuthorizeQuery)>>,
}

impl Pushes {
    fn add(&self, name: Digest<Pushed>, client: ClientId, query: AuthorizeQuery, now: UnixTime) {
        let mut pushes = self.lock();
        let own = pushes.values().filter(|(_, pushed_by, _)| *pushed_by == client).count();
        if own >= OF_ONE_CLIENT || pushes.len() >= MOST {
            let may_leave = |pushed_by: &ClientId| own < OF_ONE_CLIENT || *pushed_by == client;
            let leaving = pushes.iter().filter(|(_, (_, pushed_by, _))| may_leave(pushed_by));
            if let Some(oldest) = leaving.min_by_key(|(_, (at, ..))| *at).map(|(name, _)| name.clone()) {
                pushes.remove(&oldest);
            }
        }
        pushes.insert(name, (now, client, query));
    }

    /// Takes a request that `client` pushed, once (PAR-03). One that another client names stays where it is.
    fn take(&self, name: &Digest<Pushed>, client: &ClientId, now: UnixTime) -> Option<AuthorizeQuery> {
        let mut pushes = self.lock();
        let (at, pushed_by, _) = pushes.get(name)?;
        if pushed_by != client || now >= at.plus(LIFETIME) {
            return None;
        }
        pushes.remove(name).map(|(_, _, query)| query)
    }

    pub(super) fn sweep(&self, now: UnixTime) {
        self.lock().retain(|_, (at, ..)| now < at.plus(LIFETIME));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest<Pushed>, (UnixTime, ClientId, AuthorizeQuery)>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// Takes an authorization request and gives it a name. It is checked as if it had come to the authorization endpoint,
    /// except that every error is told to the client here (RFC 9126 §2.1, §2.3).
    ///
    /// # Errors
    /// [`Refusal::OAuth`], [`Refusal::TooMany`], [`Refusal::Store`].
    pub async fn push(&self, body: &str, authorization: Option<&str>) -> Result<PushedResponse, Refusal> {
        let (params, sender) = self.sender(body, authorization)?;
        if params.once("request_uri").is_some() {
            return Err(OAuthError::new(Code::InvalidRequest, "request_uri cannot be pushed (RFC 9126 section 2.1).").into());
        }
        params.each_at_most_once(&["client_id"])?;
        self.know_sender(&sender.credentials.client).await?;
        let client = self.authenticated(sender).await?;
        let redirect = |_: Unbound| OAuthError::new(Code::InvalidRedirectUri, "redirect_uri is not one that the client registered.");
        let query = AuthorizeQuery::of_push(params, &client.client.id);
        self.bind(query.clone(), &client)
            .map_err(redirect)?
            .check(&client.client.id, self.issuer(), self.policy(), &self.resources_now())
            .map_err(|refused| Refusal::from(refused.error))?;
        let name = Token::<Pushed>::from_random(self.draw());
        self.inner.pushes.add(name.digest(), client.client.id, query, self.now());
        Ok(PushedResponse { request_uri: request_uri(&name), expires_in: LIFETIME.as_secs() })
    }

    /// The request that `query` stands for: itself, or one that was pushed before.
    pub(super) fn unpushed(&self, query: AuthorizeQuery) -> Result<AuthorizeQuery, Unbound> {
        let Some(name) = query.pushed() else { return Ok(query) };
        let client = query.client_id()?;
        let pushed = name.and_then(|name| self.inner.pushes.take(&name.digest(), &client, self.now()));
        pushed.ok_or(Unbound::UnknownRequest)
    }
}
