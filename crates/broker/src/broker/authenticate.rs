//! `authenticate`: which client posts to us, at every endpoint that clients post to.

use doorward_oauth::{
    credentials::{Credentials, Proof},
    error::{Code, OAuthError},
    params::Params,
    time::UnixTime,
    token::VerifierKey,
};
use rusqlite::Connection as Db;

use super::Broker;
use crate::{
    refusal::Refusal,
    store::{Sql, clients, clients::StoredClient},
};

/// A client that posted a form, before it was told apart.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) credentials: Credentials,
    key: VerifierKey,
    now: UnixTime,
    /// Whether it named a client of ours and sent the wrong secret for it.
    wrong: bool,
}

impl Broker {
    /// Reads a form and who sent it. `authorization` is the header of that name.
    pub(super) fn sender(&self, body: &str, authorization: Option<&str>) -> Result<(Params, Sender), Refusal> {
        let unreadable = |error| OAuthError::new(Code::InvalidRequest, format!("The request body cannot be read: {error}."));
        let params = Params::parse(body).map_err(unreadable)?;
        let credentials = Credentials::read(authorization, &params)?;
        let now = self.now();
        if credentials.has_secret()
            && let Err(wait) = self.inner.failures.check(&credentials.client, now)
        {
            return Err(Refusal::too_many(wait));
        }
        Ok((params, Sender { credentials, key: self.inner.key.clone(), now, wrong: false }))
    }

    /// The client that sent a form, told apart in a transaction of its own.
    pub(super) async fn authenticated(&self, mut sender: Sender) -> Result<StoredClient, Refusal> {
        let (sender, outcome) = self
            .inner
            .store
            .run(move |tx| {
                let outcome = sender.authenticate(tx)?;
                Ok((sender, outcome))
            })
            .await?;
        self.note_failure(&sender);
        Ok(outcome?)
    }

    /// Counts a wrong secret. Only for clients there are: what else is named is no secret, and would fill the memory.
    pub(super) fn note_failure(&self, sender: &Sender) {
        if sender.wrong {
            self.inner.failures.note(&sender.credentials.client, self.now());
        }
    }
}

impl Sender {
    /// Tells the client apart, inside the transaction that acts for it.
    ///
    /// The inner error is `invalid_client`, also for a registration that is gone: clients then register anew (TK-04).
    pub(super) fn authenticate(&mut self, db: &Db) -> Sql<Result<StoredClient, OAuthError>> {
        let Some(stored) = clients::find(db, &self.credentials.client)? else {
            let gone = "The client is not registered here, or not any more. Register again.";
            return Ok(Err(OAuthError::new(Code::InvalidClient, gone)));
        };
        match self.credentials.prove(&stored.client, stored.secret.as_ref(), &self.key, self.now) {
            Err(error) => {
                self.wrong = self.credentials.has_secret();
                return Ok(Err(error));
            }
            Ok(Proof::Current) if stored.secret.as_ref().is_some_and(|secret| secret.before.is_some()) => {
                clients::forget_secret_before(db, &stored.client.id)?;
            }
            Ok(Proof::Public | Proof::Current | Proof::Before) => {}
        }
        Ok(Ok(stored))
    }
}
