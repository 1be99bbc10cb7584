//! `register`: a program introduces itself (RFC 7591).

use std::time::Duration;

use doorward_oauth::{
    client::{AuthMethod, Client, Issued, RegistrationRequest},
    grant::AppKey,
    id::{AppId, ClientId},
    program::{Program, Sighting},
    scope::ScopeNames,
    token::Token,
};
use rusqlite::Transaction;
use serde_json::Value;

use super::{Broker, Connection, connection::Patience};
use crate::{
    refusal::Refusal,
    store::{Sql, apps, clients, clients::Digests},
};

/// How long a registration beyond the limits waits for its refusal: a program that goes on regardless takes little of the processor from
/// the others.
const HELD_BACK: Duration = Duration::from_millis(20);

/// What one transaction made of a registration.
enum Registration {
    /// A new client.
    New,
    /// A program that registered before, in the same words: it has its client already.
    Again(Client),
    /// Too many of them.
    TooMany(Duration),
}

impl Broker {
    /// Whether programs can register at all.
    pub fn takes_registrations(&self) -> bool {
        !self.policy().registration.needs_server || !self.servers_now().is_empty()
    }

    /// Registers a client and gives the answer for it. Everything it says about itself is only ever shown; what it is comes
    /// from the operating system.
    ///
    /// # Errors
    /// [`Refusal::OAuth`] for metadata that cannot be used, [`Refusal::TooMany`], [`Refusal::Store`], and
    /// [`Refusal::UnknownPath`] while nothing can be registered.
    pub async fn register(&self, body: &[u8], from: Connection) -> Result<Value, Refusal> {
        if !self.takes_registrations() {
            return Err(Refusal::UnknownPath);
        }
        let policy = &self.policy().registration;
        let client = self.understand(RegistrationRequest::parse(body)?, ClientId::new(self.milliseconds(), self.draw()))?;
        let registrant = self.program_behind(&from, Patience::Decision).await;
        let manageable = policy.answer_members.is_empty();
        let (issued, digests) = self.issue(&client, manageable);
        let registration = self.store_client(client.clone(), registrant, digests).await?;
        self.inner.queue.expect_question();
        match registration {
            Registration::New => {
                tracing::info!(client = %client.id, "a client registered");
                Ok(client.answer(&issued, &policy.answer_members))
            }
            Registration::Again(known) => {
                tracing::info!(client = %known.id, "a client registered again");
                let client = Client { id: known.id, issued_at: known.issued_at, ..client };
                Ok(client.answer(&Issued::default(), &policy.answer_members))
            }
            Registration::TooMany(wait) => {
                tokio::time::sleep(HELD_BACK).await;
                Err(Refusal::too_many(wait))
            }
        }
    }

    /// What can be believed of a registration.
    pub(super) fn understand(&self, request: RegistrationRequest, id: ClientId) -> Result<Client, Refusal> {
        Ok(request.check(&self.policy().registration, &ScopeNames::of(&self.server_names()), id, self.now())?)
    }

    /// Draws the secrets of a registration: shown once, kept as digests.
    pub(super) fn issue(&self, client: &Client, manageable: bool) -> (Issued, Digests) {
        let (mut issued, mut digests) = (Issued::default(), Digests::default());
        if client.auth_method != AuthMethod::None {
            let secret = Token::from_random(self.draw());
            let lifetime = self.policy().registration.secret_seconds;
            let ends_at = (lifetime > 0).then(|| self.now().plus(Duration::from_secs(lifetime)));
            digests.secret = Some((self.inner.key.digest(&secret), ends_at));
            issued.secret = Some((secret, ends_at));
        }
        if manageable {
            let token = Token::from_random(self.draw());
            digests.management = Some(self.inner.key.digest(&token));
            issued.management = Some((self.issuer().at(&format!("/oauth/register/{}", client.id)), token));
        }
        (issued, digests)
    }

    async fn store_client(&self, client: Client, registrant: Sighting, digests: Digests) -> Result<Registration, Refusal> {
        let (most, now) = (self.inner.config.limits.unapproved_clients, self.now());
        let program = registrant.program().map(Program::identity);
        let app = self.app_of(&client, program.clone());
        let key = AppKey::of(&client, registrant.program());
        let registrant = registrant.without_arguments();
        // Only what is new is counted, and before it costs the others a turn at writing.
        if self.inner.store.look_up(|db| alike(db, &key, &client))?.is_none()
            && let Err(wait) = self.inner.throttle.register(program.as_deref().unwrap_or("unknown"))
        {
            return Ok(Registration::TooMany(wait));
        }
        let verb = move |tx: &Transaction<'_>| {
            if let Some(alike) = alike(tx, &key, &client)? {
                let elsewhere = alike.redirect_uris != client.redirect_uris;
                clients::seen_again(tx, &alike.id, &registrant, elsewhere, now)?;
                return Ok(Registration::Again(alike));
            }
            clients::make_room(tx, most)?;
            let app = known_or_new(tx, &app, &key)?;
            clients::add(tx, &client, &app, &registrant, &digests)?;
            Ok(Registration::New)
        };
        Ok(self.inner.store.run(verb).await?)
    }

    /// What a person will recognise, should this client be the first of it.
    pub(super) fn app_of(&self, client: &Client, program: Option<String>) -> apps::App {
        apps::App {
            id: AppId::new(self.milliseconds(), self.draw()),
            name: client.name.as_ref().map(|name| name.as_str().to_owned()),
            program: program.map(|identity| identity.replace('\n', " ")),
            first_seen_at: self.now(),
            blocked_at: None,
            paused: false,
            made_by_rule: false,
        }
    }
}

/// A registration of the same App in the same words.
fn alike(db: &rusqlite::Connection, key: &AppKey, client: &Client) -> Sql<Option<Client>> {
    match apps::by_key(db, key)? {
        Some(app) => clients::alike(db, &app, client),
        None => Ok(None),
    }
}

/// The App with that key; a new one if there is none.
pub(super) fn known_or_new(tx: &Transaction<'_>, new: &apps::App, key: &AppKey) -> Sql<AppId> {
    match apps::by_key(tx, key)? {
        Some(known) => Ok(known),
        None => apps::add(tx, new, key).map(|()| new.id.clone()),
    }
}
