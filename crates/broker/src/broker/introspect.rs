//! `introspect`: a server that validates tokens itself asks about one (RFC 7662).

use doorward_oauth::{
    credentials::{self, Fit},
    error::{Code, OAuthError},
    id::ServerName,
    introspection::{Claims, Introspection},
    token::Secret,
};

use super::{Broker, authenticate::Sender, signing::token_name};
use crate::{
    refusal::Refusal,
    store::{servers, tokens::StoredAccess},
};

impl Broker {
    /// What a token is good for at the server that asks. About anything else, other servers' tokens too, it says no more than
    /// that it is not active.
    ///
    /// # Errors
    /// [`Refusal::OAuth`]: the sender is no server with a credential (IN-01), or sent no token. [`Refusal::TooMany`],
    /// [`Refusal::Store`].
    pub async fn introspect(&self, body: &str, authorization: Option<&str>) -> Result<Introspection, Refusal> {
        let nobody = |refusal| match refusal {
            // Who does not say who it is may not ask either (RFC 7662 §2.1).
            Refusal::OAuth(error) if error.code == Code::InvalidRequest && authorization.is_none() => not_a_server().into(),
            other => other,
        };
        let (params, sender) = self.sender(body, authorization).map_err(nobody)?;
        let server = self.resource_server(&sender)?;
        let text = params.once("token").ok_or_else(|| OAuthError::new(Code::InvalidRequest, "token is required."))?;
        let Some(digest) = self.access_digest(text).await else { return Ok(Introspection::inactive()) };
        let now = self.now();
        let good = self.access_now(&digest)?.filter(|StoredAccess { grant, ends_at, app_paused, .. }| {
            let holds = grant.server == server.name && grant.holds_at(now) && now < *ends_at;
            holds && self.what_is_paused(*app_paused, &server).is_none()
        });
        Ok(good.map_or_else(Introspection::inactive, |StoredAccess { grant, issued_at, ends_at, .. }| {
            Introspection::active(Claims::of(&grant, &server.resource(), self.issuer(), token_name(&digest), issued_at, ends_at))
        }))
    }

    /// The server behind a credential.
    fn resource_server(&self, sender: &Sender) -> Result<servers::Server, Refusal> {
        let name = ServerName::parse(sender.credentials.client.as_str()).map_err(|_| not_a_server())?;
        let given = sender.credentials.secret().map(|secret| self.inner.key.digest::<Secret>(secret)).ok_or_else(not_a_server)?;
        match self.inner.store.look_up(|db| Ok((servers::find(db, &name)?, servers::credential(db, &name)?)))? {
            (Some(server), Some(kept)) if credentials::fit(&given, &kept, None) == Fit::Current => Ok(server),
            (Some(_), Some(_)) => {
                self.inner.failures.note(&sender.credentials.client, self.now());
                Err(not_a_server().into())
            }
            (None, _) | (_, None) => Err(not_a_server().into()),
        }
    }
}

fn not_a_server() -> OAuthError {
    OAuthError::new(Code::InvalidClient, "Only a server with a credential may ask (doorward server credential NAME).")
}
