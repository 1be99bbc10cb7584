//! Sessions of clients that speak a protocol revision before 2026-07-28 (MCP 2025-11-25, "Session Management"). Each belongs
//! to the caller who opened it; for anybody else there is none of that name.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::{caller::CallerKey, hearers::Sink, level::Level, settings::Settings};

/// What a client says about itself is kept for servers of today, up to this length in bytes.
const LONGEST_CLIENT: usize = 4 * 1024;

/// The name of a session: 256 random bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(Arc<str>);

impl SessionId {
    fn draw() -> Option<Self> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bits).into()))
    }

    /// One that a client named.
    pub(crate) fn named(text: &str) -> Self {
        Self(text.into())
    }

    /// As it stands in the header.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// A protocol revision of before 2026-07-28 that has this transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    March2025,
    June2025,
    November2025,
}

impl Version {
    /// All of them, the latest first.
    pub(crate) const ALL: [Self; 3] = [Self::November2025, Self::June2025, Self::March2025];
    /// The one that Doorward speaks to servers.
    pub(crate) const LATEST: Self = Self::November2025;

    /// What it is called in messages.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::March2025 => "2025-03-26",
            Self::June2025 => "2025-06-18",
            Self::November2025 => "2025-11-25",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.text() == text)
    }

    /// What a client that asks for one version and a server that speaks another one agree on: what the client asks for, and
    /// no later one than the server speaks. There is none before [`Self::March2025`] that has this transport.
    pub(crate) fn agreed(asked: &str, server: &str) -> Self {
        let asked = Self::read(asked).unwrap_or(Self::LATEST);
        let server = Self::ALL.into_iter().find(|version| version.text() <= server).unwrap_or(Self::March2025);
        asked.min(server)
    }
}

/// A session.
pub(crate) struct Session {
    pub(crate) caller: CallerKey,
    /// What the client said about itself.
    pub(crate) client: Option<Box<RawValue>>,
    /// How much it wants to hear of the log, once it said so.
    pub(crate) level: Option<Level>,
    /// The resources it wants to hear of.
    pub(crate) uris: HashSet<String>,
    /// Where it hears.
    pub(crate) stream: Option<Sink>,
    used: Instant,
}

/// All sessions of a server.
#[derive(Default)]
pub(crate) struct Sessions(HashMap<SessionId, Session>);

impl Sessions {
    /// Opens one. What was not used for long, or for longest, makes room for it. `None` without randomness.
    pub(crate) fn open(&mut self, caller: CallerKey, client: Option<Box<RawValue>>, settings: &Settings) -> Option<SessionId> {
        self.forget_unused(settings.session_idle);
        let own = self.0.values().filter(|session| session.caller == caller).count();
        if own >= settings.sessions_per_caller {
            self.forget_oldest(|session| session.caller == caller);
        }
        if self.0.len() >= settings.sessions {
            self.forget_oldest(|_| true);
        }
        let id = SessionId::draw()?;
        let client = client.filter(|client| client.get().len() <= LONGEST_CLIENT);
        let session = Session { caller, client, level: None, uris: HashSet::new(), stream: None, used: Instant::now() };
        self.0.insert(id.clone(), session);
        Some(id)
    }

    /// The session of that name, if it is of that caller. It counts as used.
    pub(crate) fn get(&mut self, caller: &CallerKey, id: &SessionId, idle: Duration) -> Option<&mut Session> {
        let session = self.0.get_mut(id).filter(|session| session.caller == *caller)?;
        if session.stream.is_none() && session.used.elapsed() >= idle {
            self.0.remove(id);
            return None;
        }
        // Looked up again: the borrow of above would last until the caller is done with it.
        let session = self.0.get_mut(id)?;
        session.used = Instant::now();
        Some(session)
    }

    /// Without asking whose it is.
    pub(crate) fn get_mut(&mut self, id: &SessionId) -> Option<&mut Session> {
        self.0.get_mut(id)
    }

    pub(crate) fn remove(&mut self, id: &SessionId) {
        self.0.remove(id);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Session> {
        self.0.values()
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.0.values_mut()
    }

    fn forget_unused(&mut self, idle: Duration) {
        self.0.retain(|_, session| session.stream.is_some() || session.used.elapsed() < idle);
    }

    /// Those with a stream go last: their client is there.
    fn forget_oldest(&mut self, among: impl Fn(&Session) -> bool) {
        let candidates = self.0.iter().filter(|(_, session)| among(session));
        let oldest = candidates.min_by_key(|(_, session)| (session.stream.is_some(), session.used)).map(|(id, _)| id.clone());
        if let Some(id) = oldest {
            self.0.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { sessions: 4, sessions_per_caller: 2, session_idle: Duration::from_secs(100), ..Settings::default() }
    }

    fn opened(sessions: &mut Sessions, caller: &str) -> SessionId {
        sessions.open(CallerKey::new(caller), None, &settings()).expect("random bits")
    }

    fn is_there(sessions: &mut Sessions, caller: &str, id: &SessionId) -> bool {
        sessions.get(&CallerKey::new(caller), id, settings().session_idle).is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_there_for_its_caller_only() {
        let mut sessions = Sessions::default();
        let (first, second) = (opened(&mut sessions, "a"), opened(&mut sessions, "a"));
        assert_ne!(first, second);
        assert!(first.text().len() >= 43 && first.text().bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(is_there(&mut sessions, "a", &first) && !is_there(&mut sessions, "b", &first));
        assert!(is_there(&mut sessions, "a", &SessionId::named(second.text())));
        sessions.remove(&first);
        assert!(!is_there(&mut sessions, "a", &first));
    }

    #[tokio::test(start_paused = true)]
    async fn the_session_that_was_not_used_for_longest_makes_room() {
        let mut sessions = Sessions::default();
        let first = opened(&mut sessions, "a");
        tokio::time::advance(Duration::from_secs(1)).await;
        let second = opened(&mut sessions, "a");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(is_there(&mut sessions, "a", &first));
        opened(&mut sessions, "a");
        assert!(is_there(&mut sessions, "a", &first) && !is_there(&mut sessions, "a", &second));
        for caller in ["b", "c", "d", "e", "f"] {
            opened(&mut sessions, caller);
        }
        assert_eq!(sessions.0.len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unused_session_is_gone_after_its_time() {
        let mut sessions = Sessions::default();
        let (first, second) = (opened(&mut sessions, "a"), opened(&mut sessions, "b"));
        tokio::time::advance(Duration::from_secs(99)).await;
        assert!(is_there(&mut sessions, "a", &first));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(is_there(&mut sessions, "a", &first) && !is_there(&mut sessions, "b", &second));
        tokio::time::advance(Duration::from_secs(101)).await;
        opened(&mut sessions, "c");
        assert_eq!(sessions.0.len(), 1, "they are cleared away");
    }

    #[test]
    fn a_version_is_agreed_on_that_both_speak() {
        for (asked, server, agreed) in [
            ("2025-06-18", "2025-11-25", "2025-06-18"),
            ("2025-11-25", "2025-06-18", "2025-06-18"),
            ("2025-11-25", "2024-11-05", "2025-03-26"),
            ("2024-11-05", "2025-11-25", "2025-11-25"),
            ("2099-01-01", "2026-07-28", "2025-11-25"),
            ("2025-03-26", "2026-07-28", "2025-03-26"),
        ] {
            assert_eq!(Version::agreed(asked, server).text(), agreed, "{asked} and {server}");
        }
    }
}
