//! `guard`: which call may pass to a guarded server.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use doorward_oauth::{
    grant::{Grant, UNUSED_FOR},
    id::ServerName,
    issuer::LoopbackName,
    policy::{self, Call},
    scope::Scopes,
    token::{Access, Digest, Token},
    tool::Group,
};
use tokio_util::sync::CancellationToken;

use super::{
    Broker,
    open::{Counted, Open},
};
use crate::{
    refusal::{Challenge, Refusal},
    store::{StoreError, grants, servers::Server, tokens, tokens::StoredAccess},
};

/// How a request carries its token.
#[derive(Debug)]
pub enum UseToken {
    /// It carries none.
    None,
    /// It carries one that may be ours.
    Bearer(String),
}

/// The tokens that were used lately, with what the store says about them. A call then costs no look-up; it is judged anew all
/// the same. Whatever is taken back makes everything in here void.
#[derive(Default)]
pub(super) struct UsedTokens {
    by_digest: Mutex<HashMap<Digest<Access>, Used>>,
}

struct Used {
    /// How much had been taken back when the store was asked.
    count: u64,
    access: StoredAccess,
}

/// How many tokens are remembered.
const MOST: usize = 4_096;

impl UsedTokens {
    fn find(&self, digest: &Digest<Access>, count: u64) -> Option<StoredAccess> {
        self.lock().get(digest).filter(|used| used.count == count).map(|used| used.access.clone())
    }

    fn keep(&self, digest: Digest<Access>, count: u64, access: StoredAccess) {
        let mut used = self.lock();
        if used.len() >= MOST {
            used.clear();
        }
        used.insert(digest, Used { count, access });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest<Access>, Used>> {
        self.by_digest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that may pass.
#[derive(Debug, Clone)]
pub struct Guarded {
    /// Where it goes.
    pub server: Server,
    /// On whose word.
    pub grant: Grant,
    /// Ends when the grant is taken back: the call's stream ends with it.
    pub taken_back: CancellationToken,
    /// Where it is counted as long as it is open.
    open: Open,
}

impl Guarded {
    /// Counts it as a call that runs, or as a stream on which its client listens.
    pub(crate) fn count(&self, is_call: bool) -> Counted {
        self.open.count(is_call)
    }
}

impl Broker {
    /// Whether a server of this name is behind Doorward.
    pub fn is_guarded(&self, name: &str) -> bool {
        ServerName::parse(name).is_ok_and(|name| self.server_now(&name).is_some_and(|server| !server.validates))
    }

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
            let (server, access) = self.decide(&name, host, digest.as_ref().map(Option::as_ref), count)?;
            let open = self.inner.streams.of(&access.grant.id);
            // Something was taken back while this call was decided: it may have been this.
            if count == self.inner.taken_back.load(Ordering::SeqCst) {
                if let Some(Some(digest)) = digest
                    && let Some(used) = self.note_use(&access.grant).await?
                {
                    self.inner.used.keep(digest, count, StoredAccess { grant: used, ..access.clone() });
                }
                return Ok(Guarded { server, grant: access.grant, taken_back: open.ends.clone(), open });
            }
        }
    }

    /// `sent` is `None` without a token and `Some(None)` for a text that is no token of ours.
    fn decide(
        &self,
        name: &ServerName,
        host: LoopbackName,
        sent: Option<Option<&Digest<Access>>>,
        count: u64,
    ) -> Result<(Server, StoredAccess), Refusal> {
        let server = self.guarded_server(name)?;
        let challenge = || {
            let scope = Scopes::of_server(name, &self.policy().registration).to_string();
            Challenge { resource_metadata: self.issuer().resource_metadata(host, name), scope }
        };
        let digest = match sent {
            None => return Err(Refusal::NoToken(challenge())),
            Some(None) => return Err(Refusal::BadToken(challenge())),
            Some(Some(digest)) => digest,
        };
        let Some(access) = self.access(digest, count)? else { return Err(Refusal::BadToken(challenge())) };
        let paused = self.what_is_paused(access.app_paused, &server);
        match policy::call(&access.grant, access.ends_at, name, self.now(), paused) {
            Call::Allow => Ok((server, access)),
            Call::RefuseToken => Err(Refusal::BadToken(challenge())),
            Call::RefusePaused(paused) => Err(paused.into()),
        }
    }

    /// What a client is told that could ask for more, for a tool of that kind; `None` when it has that scope already.
    pub(crate) fn step_up(&self, guarded: &Guarded, host: LoopbackName, group: Group) -> Option<Refusal> {
        let name = &guarded.server.name;
        let scope = Scopes::of_group(name, group, &self.policy().registration);
        if scope.within(&guarded.grant.scopes) {
            return None;
        }
        let challenge = Challenge { resource_metadata: self.issuer().resource_metadata(host, name), scope: scope.to_string() };
        Some(Refusal::InsufficientScope(challenge))
    }

    /// What an access token stands for. `count` is how much had been taken back just before.
    fn access(&self, digest: &Digest<Access>, count: u64) -> Result<Option<StoredAccess>, StoreError> {
        if let Some(used) = self.inner.used.find(digest, count) {
            return Ok(Some(used));
        }
        let found = self.inner.store.look_up(|db| tokens::find_access(db, digest))?;
        if let Some(access) = &found {
            self.inner.used.keep(digest.clone(), count, access.clone());
        }
        Ok(found)
    }

    /// The same, as it is now.
    pub(super) fn access_now(&self, digest: &Digest<Access>) -> Result<Option<StoredAccess>, StoreError> {
        self.access(digest, self.inner.taken_back.load(Ordering::SeqCst))
    }

    /// Lets a grant live on, and gives it as it is then. Written at most once a minute for each grant, so that a call costs no
    /// write.
    async fn note_use(&self, grant: &Grant) -> Result<Option<Grant>, Refusal> {
        const OFTEN_ENOUGH: Duration = Duration::from_secs(60);
        let now = self.now();
        if grant.last_used_at.is_some_and(|at| now.since(at) < OFTEN_ENOUGH) {
            return Ok(None);
        }
        let (id, ends_at) = (grant.id.clone(), now.plus(UNUSED_FOR));
        let ends_at = self.inner.store.run(move |tx| grants::used(tx, &id, now, ends_at)).await?;
        self.changed();
        Ok(ends_at.map(|ends_at| Grant { last_used_at: Some(now), ends_at, ..grant.clone() }))
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
