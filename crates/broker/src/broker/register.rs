//! `register`: a program introduces itself (RFC 7591).

use std::time::Duration;

use doorward_oauth::{
    client::{Client, RegistrationRequest},
    grant::AppKey,
    id::{AppId, ClientId},
    program::Program,
};

use super::{Broker, Connection};
use crate::{
    refusal::Refusal,
    store::{apps, clients},
};

/// A client that was registered.
#[derive(Debug)]
pub struct Registered(pub Client);

impl Broker {
    /// Registers a client. Everything it says about itself is only ever shown; what it is comes from the operating
    /// system.
    ///
    /// # Errors
    /// [`Refusal::OAuth`] for metadata that cannot be used, [`Refusal::TooMany`], [`Refusal::Store`].
    pub async fn register(&self, body: &[u8], from: Connection) -> Result<Registered, Refusal> {
        let inner = &self.inner;
        let request = RegistrationRequest::parse(body)?;
        let registrant = self.look_up(move |peers| peers.behind(from.peer, from.ours)).await;
        let program = registrant.program().map(Program::identity);
        let too_many = |wait: Duration| Refusal::TooMany { retry_after: wait.as_secs().max(1) };
        inner.throttle.register(program.as_deref().unwrap_or("unknown")).map_err(too_many)?;
        let client = request.check(&inner.policy, ClientId::from_random(inner.world.random.draw()), self.now())?;

        let key = AppKey::of(&client, registrant.program());
        let app = apps::App {
            id: AppId::from_random(inner.world.random.draw()),
            name: client.name.as_ref().map(|name| name.as_str().to_owned()),
            program: program.map(|identity| identity.replace('\n', " ")),
            first_seen_at: client.issued_at,
        };
        let registrant = registrant.without_arguments();
        let (stored, most) = (client.clone(), inner.config.limits.unapproved_clients);
        let room = inner
            .store
            .run(move |tx| {
                // An approved client is never evicted to make room for a new one: the new one waits.
                if clients::unapproved(tx)? >= most {
                    return Ok(false);
                }
                let id = match apps::by_key(tx, &key)? {
                    Some(known) => known,
                    None => {
                        apps::add(tx, &app, &key)?;
                        app.id
                    }
                };
                clients::add(tx, &stored, &id, &registrant)?;
                Ok(true)
            })
            .await?;
        if !room {
            return Err(too_many(Duration::from_secs(60)));
        }
        tracing::info!(client = %client.id, "a client registered");
        inner.queue.expect_question();
        Ok(Registered(client))
    }
}
