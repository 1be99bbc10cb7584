//! `manage`: a program reads, replaces or removes its registration (RFC 7592).

use doorward_oauth::{
    client::{Client, Issued, RegistrationRequest},
    credentials::{self, Fit},
    error::{Code, OAuthError},
    grant::AppKey,
    id::{ClientId, GrantId},
    program::Program,
    token::{Management, Token},
};
use rusqlite::Transaction;
use serde_json::Value;

use super::{Broker, Connection, connection::Patience, register::known_or_new};
use crate::{
    refusal::Refusal,
    store::{Sql, clients, grants},
};

/// What a registration must not say about itself (RFC 7592 §2.2): these come from the server.
const OURS: [&str; 4] = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

fn metadata(text: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    OAuthError::new(Code::InvalidClientMetadata, text).into()
}

impl Broker {
    /// What is registered now (RFC 7592 §2.1). A secret is not told again.
    ///
    /// # Errors
    /// [`Refusal::NotYours`] when the token does not open this registration, [`Refusal::Store`].
    pub async fn read_registration(&self, id: &str, token: Option<Token<Management>>) -> Result<Value, Refusal> {
        let token = token.ok_or(Refusal::NotYours)?;
        let client = self.opened(ClientId::from_text(id), &token).await?;
        let uri = self.issuer().at(&format!("/oauth/register/{}", client.id));
        Ok(client.answer(&Issued { secret: None, management: Some((uri, token)) }, &[]))
    }

    /// Replaces what is registered, as a whole, and gives new secrets for it (RFC 7592 §2.2). A new name, redirect or program
    /// makes it another App: what was allowed before stays with the one that was asked about.
    ///
    /// # Errors
    /// [`Refusal::NotYours`], [`Refusal::OAuth`] for metadata that cannot be used, [`Refusal::Store`].
    pub async fn replace_registration(
        &self,
        id: &str,
        token: Option<Token<Management>>,
        body: &[u8],
        from: Connection,
    ) -> Result<Value, Refusal> {
        let before = self.opened(ClientId::from_text(id), &token.ok_or(Refusal::NotYours)?).await?;
        let request = RegistrationRequest::parse(body)?;
        if request.member("client_id").and_then(Value::as_str) != Some(id) {
            return Err(metadata("client_id must be that of the registration."));
        }
        if let Some(ours) = OURS.into_iter().find(|member| request.member(member).is_some()) {
            return Err(metadata(format!("{ours} is set by the server and must be left out.")));
        }
        if let Some(secret) = request.member("client_secret")
            && !self.is_secret_of(&before.id, secret.as_str().unwrap_or_default()).await?
        {
            return Err(metadata("client_secret is not the current one; leave it out."));
        }
        let client = Client { issued_at: before.issued_at, ..self.understand(request, before.id)? };
        let (issued, digests) = self.issue(&client, true);
        let program = self.program_behind(&from, Patience::Decision).await;
        let key = AppKey::of(&client, program.program());
        let app = self.app_of(&client, program.program().map(Program::identity));
        let (stored, now) = (client.clone(), self.now());
        let verb = move |tx: &Transaction<'_>| {
            let app = known_or_new(tx, &app, &key)?;
            clients::replace(tx, &stored, &app, &digests, now)
        };
        self.inner.store.run(verb).await?;
        tracing::info!(client = %client.id, "a client replaced its registration");
        self.changed();
        Ok(client.answer(&issued, &[]))
    }

    /// Removes a registration with everything that was allowed to it (RFC 7592 §2.3).
    ///
    /// # Errors
    /// [`Refusal::NotYours`], [`Refusal::Store`].
    pub async fn remove_registration(&self, id: &str, token: Option<Token<Management>>) -> Result<(), Refusal> {
        let client = self.opened(ClientId::from_text(id), &token.ok_or(Refusal::NotYours)?).await?;
        let removed = client.id.clone();
        let ended: Vec<GrantId> = self
            .inner
            .store
            .run(move |tx| {
                let ended = grants::of_client(tx, &removed)?;
                clients::remove(tx, &removed)?;
                Ok(ended)
            })
            .await?;
        self.close_streams(&ended);
        tracing::info!(client = %client.id, grants = ended.len(), "a client removed its registration");
        self.changed();
        Ok(())
    }

    /// The registration that a token opens. Using the current token ends the one before.
    async fn opened(&self, id: ClientId, token: &Token<Management>) -> Result<Client, Refusal> {
        let digest = self.inner.key.digest(token);
        let verb = move |tx: &Transaction<'_>| -> Sql<Option<Client>> {
            let (Some((current, before)), Some(stored)) = (clients::management(tx, &id)?, clients::find(tx, &id)?) else { return Ok(None) };
            match credentials::fit(&digest, &current, before.as_ref()) {
                Fit::Current if before.is_some() => clients::forget_management_before(tx, &id)?,
                Fit::Current | Fit::Before => {}
                Fit::Neither => return Ok(None),
            }
            Ok(Some(stored.client))
        };
        self.inner.store.run(verb).await?.ok_or(Refusal::NotYours)
    }

    async fn is_secret_of(&self, id: &ClientId, text: &str) -> Result<bool, Refusal> {
        let Some(given) = Token::parse(text).map(|secret| self.inner.key.digest(&secret)) else { return Ok(false) };
        let id = id.clone();
        let stored = self.inner.store.look_up(|db| clients::find(db, &id))?.and_then(|stored| stored.secret);
        Ok(stored.is_some_and(|stored| credentials::fit(&given, &stored.current, stored.before.as_ref()) != Fit::Neither))
    }
}
