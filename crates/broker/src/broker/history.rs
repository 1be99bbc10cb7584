//! `history`: what happened, for people: how questions ended, and what was taken back.

use doorward_oauth::{id::ServerName, time::UnixTime};
use doorward_words::Said;
use serde::{Deserialize, Serialize};

use super::Broker;
use crate::store::{
    StoreError, events,
    events::{Event, Subject},
    search::Search,
};

pub use crate::store::events::Subject as EventSubject;

/// Something that happened, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// Its number, which counts up.
    pub number: i64,
    /// When, in Unix seconds.
    pub at: i64,
    /// How it ended.
    pub outcome: String,
    /// Whether it is about an App or about the server itself.
    #[serde(default)]
    pub subject: Subject,
    /// The name the program gave itself.
    pub client_name: Option<String>,
    /// The file of the program behind it, where it could be told.
    #[serde(default)]
    pub program: Option<String>,
    /// The server.
    pub server: String,
    /// One sentence.
    #[serde(flatten, with = "doorward_words::beside::detail")]
    pub detail: Said,
}

/// Which of it to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WhichEvents {
    /// That in which each of these words is somewhere: in outcome, App, server or sentence.
    pub text: Option<String>,
    /// Before the one with this number: the next page.
    pub before: Option<i64>,
    /// How many at the most.
    pub most: u32,
}

/// The newest so many.
impl From<u32> for WhichEvents {
    fn from(most: u32) -> Self {
        Self { most, ..Self::default() }
    }
}

impl From<(i64, Event)> for HistoryView {
    fn from((number, event): (i64, Event)) -> Self {
        Self {
            number,
            at: event.at.as_secs(),
            outcome: event.outcome,
            subject: event.subject,
            client_name: event.client_name,
            program: event.program,
            server: event.server.to_string(),
            detail: event.detail,
        }
    }
}

impl Broker {
    /// What happened, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, which: impl Into<WhichEvents>) -> Result<Vec<HistoryView>, StoreError> {
        let WhichEvents { text, before, most } = which.into();
        let search = Search::of(text.as_deref());
        let found = self.inner.store.read(move |db| events::newest(db, &search, before, most)).await?;
        Ok(found.into_iter().map(HistoryView::from).collect())
    }

    /// The server of each question that nobody answered in time since then, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lapsed_since(&self, since: UnixTime) -> Result<Vec<ServerName>, StoreError> {
        self.inner.store.read(move |db| events::lapsed_since(db, since)).await
    }
}
