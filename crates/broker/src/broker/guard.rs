//! `guard`: which call may pass to a guarded server.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use doorward_oauth::{
    grant::{Grant, UNUSED_FOR},
    id::ServerName,
    issuer::LoopbackName,
    policy::{self, Call},
    scope::Scopes,
    token::{Access, Digest, Token},
};
use tokio_util::sync::CancellationToken;

use super::Broker;
use crate::{
    refusal::{Challenge, Refusal},
    store::{grants, servers, servers::Server, tokens},
};

/// How a request carries its token.
#[derive(Debug)]
pub enum UseToken {
    /// It carries none.
    None,
    /// It carries one that may be ours.
    Bearer(String),
}

/// A call that may pass.
#[derive(Debug)]
pub struct Guarded {
    /// Where it goes.
    pub server: Server,
    /// On whose word.
    pub grant: Grant,
    /// Ends when the grant is taken back: the call's stream ends with it.
    pub taken_back: CancellationToken,
}

impl Broker {
    /// Decides about a call to `/mcp/NAME`. The body of the request was not looked at yet.
    ///
    /// # Errors
    /// [`Refusal::UnknownServer`] before anything about tokens, so that probes below a server's address get a 404;
    /// [`Refusal::NoToken`], [`Refusal::BadToken`], [`Refusal::Paused`], [`Refusal::Store`].
    pub async fn guard(&self, name: &str, host: LoopbackName, token: UseToken) -> Result<Guarded, Refusal> {
        let name = ServerName::parse(name).map_err(|_| Refusal::UnknownServer)?;
        let digest = match token {
            UseToken::None => None,
            UseToken::Bearer(text) => Some(Token::<Access>::parse(&text).map(|token| token.digest())),
        };
        loop {
            let count = self.inner.taken_back.load(Ordering::SeqCst);
            let (server, grant) = self.decide(&name, host, digest.as_ref().map(Option::as_ref)).await?;
            let taken_back = self.inner.streams.lock().unwrap_or_else(PoisonError::into_inner).entry(grant.id.clone()).or_default().clone();
            // Something was taken back while this call was decided: it may have been this.
            if count == self.inner.taken_back.load(Ordering::SeqCst) {
                self.note_use(&grant).await?;
                return Ok(Guarded { server, grant, taken_back });
            }
        }
    }

    /// `sent` is `None` without a token and `Some(None)` for a text that is no token of ours.
    async fn decide(
        &self,
        name: &ServerName,
        host: LoopbackName,
        sent: Option<Option<&Digest<Access>>>,
    ) -> Result<(Server, Grant), Refusal> {
        let (asked, digest) = (name.clone(), sent.flatten().cloned());
        let (server, found) = self
            .inner
            .store
            .read(move |db| {
                let found = match &digest {
                    Some(digest) => tokens::find_access(db, digest)?,
                    None => None,
                };
                Ok((servers::find(db, &asked)?, found))
            })
            .await?;
        let server = server.ok_or(Refusal::UnknownServer)?;
        let challenge =
            Challenge { resource_metadata: self.issuer().resource_metadata(host, name), scope: Scopes::of_server(name).to_string() };
        if sent.is_none() {
            return Err(Refusal::NoToken(challenge));
        }
        let (grant, token_ends) = found.ok_or_else(|| Refusal::BadToken(challenge.clone()))?;
        match policy::call(&grant, token_ends, name, self.now(), self.is_paused()) {
            Call::Allow => Ok((server, grant)),
            Call::RefuseToken => Err(Refusal::BadToken(challenge)),
            Call::RefusePaused => Err(Refusal::Paused),
        }
    }

    /// Lets a grant live on. Written at most once a minute for each grant, so that a call costs no write.
    async fn note_use(&self, grant: &Grant) -> Result<(), Refusal> {
        const OFTEN_ENOUGH: Duration = Duration::from_secs(60);
        let now = self.now();
        if grant.last_used_at.is_some_and(|at| now.since(at) < OFTEN_ENOUGH) {
            return Ok(());
        }
        let id = grant.id.clone();
        self.inner.store.run(move |tx| grants::used(tx, &id, now, now.plus(UNUSED_FOR))).await?;
        self.changed();
        Ok(())
    }

    /// The servers' names, for metadata: whether `name` is one of them.
    ///
    /// # Errors
    /// [`Refusal::UnknownServer`], [`Refusal::Store`].
    pub async fn known_server(&self, name: &str) -> Result<ServerName, Refusal> {
        let name = ServerName::parse(name).map_err(|_| Refusal::UnknownServer)?;
        let asked = name.clone();
        let found = self.inner.store.read(move |db| servers::find(db, &asked)).await?;
        found.map(|server| server.name).ok_or(Refusal::UnknownServer)
    }

    /// The only server there is, if there is exactly one (PRM-01).
    ///
    /// # Errors
    /// [`Refusal::UnknownServer`], [`Refusal::Store`].
    pub async fn only_server(&self) -> Result<ServerName, Refusal> {
        let mut all = self.inner.store.read(servers::all).await?;
        match (all.pop(), all.pop()) {
            (Some(only), None) => Ok(only.name),
            _ => Err(Refusal::UnknownServer),
        }
    }
}
