//! `pause`: nothing passes for a while, or until a person resumes.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use doorward_oauth::time::UnixTime;

use super::Broker;
use crate::store::{StoreError, settings};

/// Until when everything is paused, in Unix seconds; [`OPEN`] until a person resumes.
#[derive(Debug)]
pub(super) struct Pause(AtomicI64);

const NONE: i64 = i64::MIN;
const OPEN: i64 = i64::MAX;

impl Pause {
    /// As it was written down.
    pub(super) fn stored(value: Option<&str>) -> Self {
        Self(AtomicI64::new(match value {
            None | Some("no") => NONE,
            // Whatever else stands there: somebody paused.
            Some(value) => value.parse().unwrap_or(OPEN),
        }))
    }
}

impl Broker {
    /// Whether a person paused everything.
    pub fn is_paused(&self) -> bool {
        self.now().as_secs() < self.inner.pause.0.load(Ordering::Relaxed)
    }

    /// When a pause ends by itself.
    pub fn paused_until(&self) -> Option<UnixTime> {
        let until = self.inner.pause.0.load(Ordering::Relaxed);
        (self.is_paused() && until != OPEN).then_some(UnixTime::from_secs(until))
    }

    /// Pauses everything, or resumes; remembered across restarts, so that a crash does not resume by itself.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then.
    pub async fn set_paused(&self, paused: bool) -> Result<(), StoreError> {
        self.pause_until(if paused { OPEN } else { NONE }).await
    }

    /// Pauses everything for so long.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then.
    pub async fn pause_for(&self, long: Duration) -> Result<(), StoreError> {
        self.pause_until(self.now().plus(long).as_secs()).await?;
        let this = self.clone();
        // Who looks at it is told when it ends.
        tokio::spawn(async move {
            tokio::time::sleep(long).await;
            this.changed();
        });
        Ok(())
    }

    async fn pause_until(&self, until: i64) -> Result<(), StoreError> {
        let value = match until {
            NONE => "no".to_owned(),
            OPEN => "yes".to_owned(),
            until => until.to_string(),
        };
        self.inner.store.run(move |tx| settings::set(tx, settings::PAUSED, &value)).await?;
        self.inner.pause.0.store(until, Ordering::Relaxed);
        tracing::info!(paused = until != NONE, "a person paused or resumed everything");
        self.changed();
        Ok(())
    }
}
