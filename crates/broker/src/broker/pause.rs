//! `pause`: nothing passes for a while, or until a person resumes. Everything can be paused, one App, or one server.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use doorward_oauth::{
    id::{AppId, ServerName},
    policy::Paused,
    time::UnixTime,
};

use super::{Broker, Guarded, NoSuch};
use crate::{
    refusal::Refusal,
    store::{StoreError, apps, grants, servers, servers::Server, settings},
};

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
        if until != NONE {
            self.close_all_streams();
        }
        tracing::info!(paused = until != NONE, "a person paused or resumed everything");
        self.changed();
        Ok(())
    }

    /// Pauses one App, or lets it go on: remembered until its access ends.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn set_app_paused(&self, app: &str, paused: bool) -> Result<(), NoSuch> {
        let id = AppId::from_text(app);
        let set = move |tx: &rusqlite::Transaction<'_>| {
            if !apps::set_paused(tx, &id, paused)? {
                return Ok(None);
            }
            grants::of_app(tx, &id).map(Some)
        };
        let grants = self.inner.store.run(set).await?.ok_or_else(|| NoSuch::App(app.to_owned()))?;
        self.decide_anew();
        if paused {
            self.close_streams(&grants);
        }
        tracing::info!(app, paused, "a person paused or resumed an app");
        self.changed();
        Ok(())
    }

    /// Pauses one server, or lets it go on: remembered as long as it is there.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn set_server_paused(&self, server: &str, paused: bool) -> Result<(), NoSuch> {
        let name = ServerName::parse(server).map_err(|_| NoSuch::Server(server.to_owned()))?;
        let _turn = self.inner.adding.lock().await;
        let set = move |tx: &rusqlite::Transaction<'_>| {
            if !servers::set_paused(tx, &name, paused)? {
                return Ok(None);
            }
            grants::at_server(tx, &name).map(Some)
        };
        let grants = self.inner.store.run(set).await?.ok_or_else(|| NoSuch::Server(server.to_owned()))?;
        self.reread_servers().await?;
        self.decide_anew();
        if paused {
            self.close_streams(&grants);
        }
        tracing::info!(server, paused, "a person paused or resumed a server");
        self.changed();
        Ok(())
    }

    /// What of it a person paused.
    pub(super) fn what_is_paused(&self, app_paused: bool, server: &Server) -> Option<Paused> {
        if self.is_paused() {
            return Some(Paused::Everything);
        }
        if app_paused {
            return Some(Paused::App);
        }
        server.paused.then(|| Paused::Server(server.name.clone()))
    }

    /// The same for an App that has no token in hand. What cannot be read is paused.
    pub(super) fn paused_for(&self, app: &AppId, server: &ServerName) -> Option<Paused> {
        let app_paused = self.inner.store.look_up(|db| apps::is_paused(db, app)).unwrap_or(true);
        let server = self.server_now(server)?;
        self.what_is_paused(app_paused, &server)
    }

    /// Why a call was cut: a pause cuts it like taking back does.
    pub(crate) fn why_cut(&self, guarded: &Guarded, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::TakenBack => self.paused_for(&guarded.grant.app, &guarded.server.name).map_or(refusal, Refusal::Paused),
            other => other,
        }
    }
}
