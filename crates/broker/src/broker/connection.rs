//! `connection`: who is at the other end of a connection.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use doorward_oauth::program::Sighting;

use super::Broker;
use crate::peers::PeerLookup;

/// Both ends of a connection that we accepted.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The client's end.
    pub(super) peer: SocketAddr,
    /// Our end.
    pub(super) ours: SocketAddr,
    /// The name of the program at the other end, and when it was looked for.
    seen: Arc<Mutex<Option<Seen>>>,
}

type Seen = (Instant, Option<String>);

impl Connection {
    /// A new one.
    pub fn new(peer: SocketAddr, ours: SocketAddr) -> Self {
        Self { peer, ours, seen: Arc::default() }
    }
}

impl Broker {
    /// Asks the operating system off the async threads. It takes a few milliseconds; the bound is for a computer that is
    /// very busy, where a true answer is still worth more than a quick one.
    pub(super) async fn look_up<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn PeerLookup) -> T + Send + 'static,
    ) -> Result<T, TookTooLong> {
        const PATIENCE: Duration = Duration::from_millis(500);
        let peers = self.inner.world.peers.clone();
        let asking = tokio::task::spawn_blocking(move || ask(peers.as_ref()));
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(seen)) => Ok(seen),
            Ok(Err(_)) | Err(_) => Err(TookTooLong),
        }
    }

    /// The program at the other end of a connection.
    pub(super) async fn program_behind(&self, from: &Connection) -> Sighting {
        let (peer, ours) = (from.peer, from.ours);
        match self.inner.world.peers.remembered_behind(peer, ours) {
            Some(seen) => seen,
            None => self.look_up(move |peers| peers.behind(peer, ours)).await.unwrap_or_else(Sighting::from),
        }
    }

    /// The name of that program, to be written down. A connection that is in use is looked at once a second: it hardly ever changes
    /// hands.
    pub(super) async fn name_behind(&self, from: &Connection) -> Option<String> {
        const FRESH: Duration = Duration::from_secs(1);
        let seen = || from.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, name)) = seen().as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return name.clone();
        }
        let name = self.program_behind(from).await.program().map(|program| program.name.clone());
        *seen() = Some((Instant::now(), name.clone()));
        name
    }
}

/// The system did not say in time who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct TookTooLong;

impl From<TookTooLong> for Sighting {
    fn from(_: TookTooLong) -> Self {
        Self::cannot_tell("the system took too long to answer")
    }
}
