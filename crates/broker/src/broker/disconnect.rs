//! `disconnect`: a person takes back what an App was allowed, and is told what that ended.

use doorward_oauth::id::{AppId, GrantId, ServerName};
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use super::{Broker, NoSuch};
use crate::store::{apps, events, events::Event, grants, rules};

/// What ended when access was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnected {
    /// How many logins.
    pub grants: usize,
    /// How many calls ran, and were cancelled; those that waited for an answer among them.
    pub calls_ended: usize,
    /// How many streams were open on which the App listened.
    pub streams_closed: usize,
}

impl Disconnected {
    /// What ended besides the access goes into a sentence.
    fn count(self, said: Said) -> Said {
        said.counting("calls", self.calls_ended).counting("streams", self.streams_closed)
    }
}

/// What ended besides the access, in sentences after another one; nothing when there was nothing.
impl Says for Disconnected {
    fn said(&self) -> Said {
        self.count(Said::plain("ended-with-it"))
    }
}

impl Broker {
    /// Takes back what an App was allowed, at one server or at all. It stops on the next call; running calls and open streams end.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn disconnect(&self, app: &str, server: Option<&str>) -> Result<Disconnected, NoSuch> {
        let id = AppId::from_text(app);
        let server = server.map(|name| ServerName::parse(name).map_err(|_| NoSuch::Server(name.to_owned()))).transpose()?;
        let now = self.now();
        let (this, app_id, at) = (self.clone(), id.clone(), server.clone());
        let ended = self
            .inner
            .store
            .run(move |tx| {
                // An App whose registrations are gone goes with its last grant.
                let (before, name) = (apps::access(tx, now)?, apps::name(tx, &id)?);
                let ended = grants::revoke_app(tx, &id, server.as_ref())?;
                rules::forget(tx, &id, server.as_ref())?;
                for access in before.into_iter().filter(|access| access.app == id && server.as_ref().is_none_or(|s| *s == access.server)) {
                    let here = this.open_on(ended.iter().filter(|(_, server)| *server == access.server).map(|(grant, _)| grant));
                    let detail = here.count(Said::plain("event-disconnected"));
                    let event = Event { client_name: name.clone(), ..Event::new(now, "disconnected", access.server, detail) };
                    events::add(tx, &event)?;
                }
                Ok(ended.into_iter().map(|(grant, _)| grant).collect::<Vec<GrantId>>())
            })
            .await?;
        if ended.is_empty() {
            return Err(NoSuch::App(app.to_owned()));
        }
        let disconnected = self.open_on(ended.iter());
        self.inner.permits.forget();
        self.end_calls(|same| same.app == app_id && at.as_ref().is_none_or(|server| same.server == *server));
        self.close_streams(&ended);
        tracing::info!(app, ?disconnected, "a person disconnected an app");
        self.changed();
        Ok(disconnected)
    }

    /// What ends with these grants.
    fn open_on<'g>(&self, grants: impl Iterator<Item = &'g GrantId>) -> Disconnected {
        grants.fold(Disconnected::default(), |sum, grant| {
            let (calls, streams) = self.inner.streams.counted(grant);
            Disconnected { grants: sum.grants + 1, calls_ended: sum.calls_ended + calls, streams_closed: sum.streams_closed + streams }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_told_in_sentences_and_nothing_is_not_told() {
        let told = |calls_ended, streams_closed| Disconnected { grants: 1, calls_ended, streams_closed }.said().to_string();
        assert_eq!(told(0, 0), "");
        assert_eq!(told(1, 0), " 1 running call was cancelled.");
        assert_eq!(told(2, 1), " 2 running calls were cancelled. 1 open stream was closed.");
        assert_eq!(told(0, 3), " 3 open streams were closed.");
    }
}
