//! `block`: Apps that a person never wants to be asked about again. What would need a question is a no at once; what was allowed
//! before stays allowed until it is taken back.
//!
//! An App is what a person recognises: name, software id, redirects without their ports, and program. The same name from another
//! program, or another name from the same program, is another App, and asks. So is a client whose document says something else than
//! before.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    consent::{After, ConsentRequest, Denial, Unanswered},
    id::{AppId, ServerName},
    time::UnixTime,
};
use doorward_words::Said;

use super::{AppView, Broker, NoSuch, tickets::Outcome};
use crate::{
    consent::Asking,
    store::{StoreError, apps, clients, events::Event},
};

/// How often it is written down that an App was refused so.
const OFTEN_ENOUGH: Duration = Duration::from_secs(60 * 60);

/// When it was last written down that an App was refused so.
#[derive(Default)]
pub(super) struct Turned {
    at: Mutex<HashMap<AppId, UnixTime>>,
}

impl Turned {
    /// Whether it is to be written down again.
    fn is_due(&self, app: &AppId, now: UnixTime) -> bool {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.retain(|_, last| now.since(*last) < OFTEN_ENOUGH);
        let due = !at.contains_key(app);
        if due {
            at.insert(app.clone(), now);
        }
        due
    }
}

/// What the history says of a no.
pub(super) const fn said_no(denial: &Denial) -> Said {
    Said::plain(match denial.after {
        After::Nothing | After::Mute => "event-said-no",
        After::Never => "event-said-never",
    })
}

impl Broker {
    /// The Apps that nothing is asked about, with what they may use all the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn blocked(&self) -> Result<Vec<AppView>, StoreError> {
        self.app_views(apps::blocked).await
    }

    /// Lets an App ask again.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn unblock(&self, app: &str) -> Result<(), NoSuch> {
        let id = AppId::from_text(app);
        if !self.inner.store.run(move |tx| apps::unblock(tx, &id)).await? {
            return Err(NoSuch::Blocked(app.to_owned()));
        }
        tracing::info!(app, "a person lets an app ask again");
        self.changed();
        Ok(())
    }

    /// Keeps what a person said with a no about an App. What cannot be written down is a no all the same.
    pub(super) async fn heed(&self, app: &AppId, denial: &Denial) {
        if denial.after != After::Never {
            return;
        }
        let (this, app) = (self.clone(), app.clone());
        // A task of its own: the client that waits may go away at this very moment.
        let blocking = tokio::spawn(async move { this.block(&app).await });
        if let Ok(Err(error)) = blocking.await {
            tracing::error!(%error, "it could not be written down that an app may not ask again");
        }
    }

    /// From now on nothing is asked about an App. Its open questions end.
    async fn block(&self, app: &AppId) -> Result<(), StoreError> {
        let (id, now) = (app.clone(), self.now());
        let its_clients = self
            .inner
            .store
            .run(move |tx| {
                apps::block(tx, &id, now)?;
                clients::of_app(tx, &id)
            })
            .await?;
        let is_its = |request: &ConsentRequest| request.kind.asker().is_some_and(|asker| its_clients.contains(&asker.client));
        for question in self.inner.queue.open().into_iter().filter(|question| is_its(&question.request)) {
            // It may be answered at this very moment, which is as good.
            let _ = self.inner.queue.give_up(question.id, Unanswered::Blocked);
        }
        self.end_calls(|same| same.app == *app);
        tracing::info!(%app, "a person does not want to be asked about an app again");
        self.changed();
        Ok(())
    }

    /// Whether nothing is asked about an App. What cannot be read is not asked about.
    pub(super) fn is_blocked(&self, app: &AppId) -> bool {
        self.inner.store.look_up(|db| apps::is_blocked(db, app)).unwrap_or(true)
    }

    /// Puts a question about an App to the person and waits, unless nothing is asked about it.
    pub(super) async fn ask_unless_blocked(&self, app: &AppId, question: ConsentRequest) -> Outcome {
        self.put_unless_blocked(app, question)?.answer().await
    }

    /// Puts a question about an App to the person, unless nothing is asked about it.
    pub(super) fn put_unless_blocked(&self, app: &AppId, question: ConsentRequest) -> Result<Asking, Unanswered> {
        if self.is_blocked(app) {
            return Err(Unanswered::Blocked);
        }
        let asking = self.inner.queue.put(question, self.inner.config.patience())?;
        // Either the question was there when all of the App's were ended, or it is seen here that they were.
        if self.is_blocked(app) {
            return Err(Unanswered::Blocked);
        }
        Ok(asking)
    }

    /// Writes down that an App was refused without a question, once in a while.
    pub(super) async fn record_blocked(&self, app: &AppId, client_name: Option<String>, server: ServerName) {
        if self.inner.turned.is_due(app, self.now()) {
            let detail = Said::plain("event-asked-though-never");
            self.record(Event { client_name, ..Event::new(self.now(), "refused", server, detail) }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_an_app_is_turned_away_is_written_down_once_an_hour() {
        let (turned, app, at) = (Turned::default(), AppId::from_text("a"), UnixTime::from_secs);
        assert!(turned.is_due(&app, at(0)) && !turned.is_due(&app, at(3_599)) && turned.is_due(&app, at(3_600)));
        assert!(turned.is_due(&AppId::from_text("b"), at(3_601)), "each for itself");
    }
}
