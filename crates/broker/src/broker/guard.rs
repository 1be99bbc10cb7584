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
    store::{grants, servers::Server, tokens},
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
        let server = self.guarded_server(name)?;
        let scope = Scopes::of_server(name, &self.policy().registration).to_string();
        let challenge = Challenge { resource_metadata: self.issuer().resource_metadata(host, name), scope };
        let digest = match sent {
            None => return Err(Refusal::NoToken(challenge)),
            Some(None) => return Err(Refusal::BadToken(challenge)),
            Some(Some(digest)) => digest.clone(),
        };
        let found = self.inner.store.read(move |db| tokens::find_access(db, &digest)).await?;
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

    /// A server that is behind Doorward. One that validates tokens itself is not: it speaks for itself, at its own address.
    fn guarded_server(&self, name: &ServerName) -> Result<Server, Refusal> {
        self.server_now(name).filter(|server| !server.validates).ok_or(Refusal::UnknownServer)
    }

    /// The servers' names, for metadata: whether `name` is one of them.
    ///
    /// # Errors
    /// [`Refusal::UnknownServer`].
    pub fn known_server(&self, name: &str) -> Result<ServerName, Refusal> {
        let name = ServerName::parse(name).map_err(|_| Refusal::UnknownServer)?;
        self.guarded_server(&name).map(|server| server.name)
    }

    /// The only server there is, if there is exactly one (PRM-01).
    ///
    /// # Errors
    /// [`Refusal::UnknownServer`].
    pub fn only_server(&self) -> Result<ServerName, Refusal> {
        let servers = self.servers_now();
        let mut guarded = servers.iter().filter(|server| !server.validates);
        match (guarded.next(), guarded.next()) {
            (Some(only), None) => Ok(only.name.clone()),
            _ => Err(Refusal::UnknownServer),
        }
    }
}
