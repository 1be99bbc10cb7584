//! `revoke`: a client gives a token back (RFC 7009).

use doorward_oauth::{
    error::{Code, OAuthError},
    grant::Grant,
    token::{Digest, Refresh, Token},
};
use doorward_words::Said;
use rusqlite::Transaction;

use super::Broker;
use crate::{
    refusal::Refusal,
    store::{Sql, grants, tokens, tokens::StoredAccess},
};

/// What a client gave back.
enum Returned {
    /// One access token of this grant.
    Access(Grant),
    /// The whole grant: a refresh token stands for it (RFC 7009 §2.1).
    Grant(Grant),
    /// Nothing that was its own, which is no error (RV-01, RV-02).
    Nothing,
}

impl Broker {
    /// Ends a token. A refresh token takes everything with it that came from the same "Allow".
    ///
    /// # Errors
    /// [`Refusal::OAuth`] for a request without a token or by an unknown client, [`Refusal::TooMany`], [`Refusal::Store`].
    pub async fn revoke(&self, body: &str, authorization: Option<&str>) -> Result<(), Refusal> {
        let (params, sender) = self.sender(body, authorization)?;
        params.each_at_most_once(&["token", "token_type_hint", "client_id", "client_secret"])?;
        let text = params.once("token").ok_or_else(|| OAuthError::new(Code::InvalidRequest, "token is required."))?;
        // The hint is not looked at: what a token is stands in front of it (RV-04).
        let access = self.access_digest(text).await;
        let refresh: Option<Digest<Refresh>> = Token::parse(text).map(|token| self.inner.key.digest(&token));
        let id = self.authenticated(sender).await?.client.id;
        let verb = move |tx: &Transaction<'_>| -> Sql<Returned> {
            if let Some(digest) = access
                && let Some(StoredAccess { grant, .. }) = tokens::find_access(tx, &digest)?
                && grant.client == id
            {
                tokens::end_access(tx, &digest)?;
                return Ok(Returned::Access(grant));
            }
            if let Some(digest) = refresh
                && let Some(stored) = tokens::find_refresh(tx, &digest)?
                && stored.grant.client == id
            {
                grants::revoke(tx, &stored.grant.id)?;
                return Ok(Returned::Grant(stored.grant));
            }
            Ok(Returned::Nothing)
        };
        let returned = self.inner.store.run(verb).await?;
        match returned {
            Returned::Nothing => {}
            Returned::Access(grant) => self.close_streams(std::slice::from_ref(&grant.id)),
            Returned::Grant(grant) => {
                self.close_streams(std::slice::from_ref(&grant.id));
                self.record(self.grant_event(&grant, "disconnected", Said::plain("event-signed-out"))).await;
            }
        }
        Ok(())
    }
}
