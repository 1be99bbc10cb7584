//! `connection`: who is at the other end of a connection.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use doorward_oauth::program::Sighting;
use doorward_words::Said;
use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

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

/// How long somebody waits for the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// A person is about to be asked. What is not known in time is shown as "cannot tell", and corrected where it comes later: a question
    /// that comes late is worse.
    Question,
    /// Something is decided by the answer. It takes a few milliseconds; the bound is for a computer that is very busy, where a true
    /// answer is worth more than a quick one.
    Decision,
}

impl Patience {
    pub(super) const fn bound(self) -> Duration {
        match self {
            Self::Question => Duration::from_millis(100),
            Self::Decision => Duration::from_millis(500),
        }
    }
}

/// Asks the operating system off the async threads.
async fn within<T: Send + 'static>(
    patience: Patience,
    peers: Arc<dyn PeerLookup>,
    ask: impl FnOnce(&dyn PeerLookup) -> T + Send + 'static,
) -> Result<T, Late<T>> {
    let mut asking = tokio::task::spawn_blocking(move || ask(peers.as_ref()));
    match tokio::time::timeout(patience.bound(), &mut asking).await {
        Ok(Ok(seen)) => Ok(seen),
        Ok(Err(_)) => Err(Late(None)),
        Err(_) => Err(Late(Some(asking))),
    }
}

/// What the system did not say in time.
pub(super) struct Late<T>(Option<JoinHandle<T>>);

impl<T> Late<T> {
    /// Nothing is late.
    pub(super) const fn nothing() -> Self {
        Self(None)
    }

    /// What a task finds out.
    pub(super) fn spawn(finding: impl Future<Output = T> + Send + 'static) -> Self
    where
        T: Send + 'static,
    {
        Self(Some(tokio::spawn(finding)))
    }

    /// What came since then.
    pub(super) fn arrived(&mut self) -> Option<T> {
        let arrived = self.0.take_if(|asking| asking.is_finished())?;
        arrived.now_or_never()?.ok()
    }

    /// Whether something may come.
    pub(super) const fn is_awaited(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for it. Nothing when nothing comes.
    pub(super) async fn arrives(&mut self) -> Option<T> {
        let seen = self.0.as_mut()?.await;
        self.0 = None;
        seen.ok()
    }
}

impl Broker {
    /// Asks the operating system off the async threads.
    pub(super) async fn look_up<T: Send + 'static>(
        &self,
        patience: Patience,
        ask: impl FnOnce(&dyn PeerLookup) -> T + Send + 'static,
    ) -> Result<T, TookTooLong> {
        self.look_up_or_later(patience, ask).await.map_err(|_| TookTooLong)
    }

    /// The same; what is not said in time can be waited for.
    pub(super) async fn look_up_or_later<T: Send + 'static>(
        &self,
        patience: Patience,
        ask: impl FnOnce(&dyn PeerLookup) -> T + Send + 'static,
    ) -> Result<T, Late<T>> {
        within(patience, self.inner.world.peers.clone(), ask).await
    }

    /// The program at the other end of a connection.
    pub(super) async fn program_behind(&self, from: &Connection, patience: Patience) -> Sighting {
        let (peer, ours) = (from.peer, from.ours);
        match self.inner.world.peers.remembered_behind(peer, ours) {
            Some(seen) => seen,
            None => self.look_up(patience, move |peers| peers.behind(peer, ours)).await.unwrap_or_else(Sighting::from),
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
        let name = self.program_behind(from, Patience::Decision).await.program().map(|program| program.name.clone());
        *seen() = Some((Instant::now(), name.clone()));
        name
    }
}

/// The system did not say in time who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct TookTooLong;

impl From<TookTooLong> for Sighting {
    fn from(_: TookTooLong) -> Self {
        Self::cannot_tell(Said::plain("why-late"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use doorward_oauth::tool::Process;

    use super::*;
    use crate::peers::{OtherUser, User};

    /// A system that answers when it is told to.
    struct Slow(Mutex<mpsc::Receiver<()>>);

    impl PeerLookup for Slow {
        fn user_behind(&self, _: SocketAddr, _: SocketAddr) -> User {
            User::Same
        }

        fn behind(&self, _: SocketAddr, _: SocketAddr) -> Sighting {
            let _ = self.0.lock().expect("held by one").recv_timeout(Duration::from_secs(60));
            Sighting::Nobody
        }

        fn listening_on(&self, _: &str, _: u16) -> Result<Sighting, OtherUser> {
            Ok(Sighting::Nobody)
        }

        fn process(&self, _: u32) -> Sighting {
            Sighting::Nobody
        }

        fn runs(&self, _: Process) -> bool {
            false
        }

        fn has_terminal(&self, _: u32) -> bool {
            false
        }
    }

    const END: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

    #[tokio::test]
    async fn a_question_waits_a_tenth_of_a_second_for_the_system_and_then_says_so() {
        for (patience, bound) in [(Patience::Question, 100), (Patience::Decision, 500)] {
            let (go_on, waits) = mpsc::channel();
            let started = Instant::now();
            let seen = within(patience, Arc::new(Slow(Mutex::new(waits))), |peers| peers.behind(END, END)).await;
            let waited = started.elapsed();
            go_on.send(()).expect("it still looks");
            assert_eq!(seen.unwrap_or_else(|_| TookTooLong.into()), Sighting::cannot_tell(Said::plain("why-late")));
            assert!(waited >= Duration::from_millis(bound) && waited < Duration::from_secs(30), "{waited:?}");
            assert_eq!(patience.bound(), Duration::from_millis(bound));
        }
    }

    #[tokio::test]
    async fn a_system_that_answers_in_time_is_believed() {
        let (go_on, waits) = mpsc::channel();
        go_on.send(()).expect("it will look");
        let seen = within(Patience::Decision, Arc::new(Slow(Mutex::new(waits))), |peers| peers.behind(END, END)).await;
        assert_eq!(seen.unwrap_or_else(|_| TookTooLong.into()), Sighting::Nobody);
    }
}
