//! `ends`: which program asks for a connection, and which one will receive the answer, as far as that is known by now; and what a person
//! knows by that name.

use std::time::Duration;

use doorward_oauth::{consent::Unanswered, id::AppId, policy, program::Sighting, redirect::Destination};
use doorward_words::Said;

use super::{
    Broker, Connection,
    connection::{Late, Patience, TookTooLong},
};
use crate::{
    peers::{Account, OtherUser, PeerLookup, lacks_signature, with_signature},
    store::{StoreError, apps},
};

/// When the signatures of programs are asked for again that were not known in time, each after the one before.
const LOOKS_AGAIN: [Duration; 6] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(20),
];

/// Who asks, and who will receive the answer. A program of another user of this computer never does.
#[derive(Clone)]
pub(super) struct Ends {
    pub(super) requester: Sighting,
    pub(super) listener: Result<Sighting, Unanswered>,
    /// Whether signatures that are still missing were waited for long enough.
    pub(super) given_up: bool,
}

impl Ends {
    fn lack_signatures(&self) -> bool {
        !self.given_up && (lacks_signature(&self.requester) || self.listener.as_ref().is_ok_and(lacks_signature))
    }

    fn with_signatures(self, peers: &dyn PeerLookup) -> Self {
        let look = |seen| with_signature(peers, seen);
        Self { requester: look(self.requester), listener: self.listener.map(look), ..self }
    }
}

/// What a person knows by an App's name.
#[derive(Debug, Default)]
pub(super) struct Namesakes {
    /// Another program.
    pub(super) known_as: Option<String>,
    /// Another name that it looks like.
    pub(super) looks_like: Option<String>,
}

impl Broker {
    /// The programs at both ends, in one look at the system: as far as they are known in time, and what comes later.
    pub(super) async fn both_ends(&self, from: Connection, destination: Destination) -> (Ends, Late<Ends>) {
        let allow_containers = self.inner.config.allow_containers;
        let look = move |peers: &dyn PeerLookup| Ends {
            given_up: false,
            requester: peers.behind(from.peer, from.ours),
            listener: match destination {
                Destination::Loopback { host, port } => {
                    peers.listening_on(&host, port.unwrap_or(80)).or_else(|OtherUser { account }| match account {
                        Account::System if allow_containers => Ok(Sighting::cannot_tell(Said::plain("why-root"))),
                        Account::System | Account::Named(_) | Account::Hidden => Err(Unanswered::ForeignListener),
                    })
                }
                Destination::PrivateScheme { .. } => Ok(Sighting::cannot_tell(Said::plain("why-link"))),
                Destination::Web { .. } | Destination::Fetched => Ok(Sighting::cannot_tell(Said::plain("why-leaves"))),
            },
        };
        match self.look_up_or_later(Patience::Question, look).await {
            Ok(ends) => (ends, Late::nothing()),
            Err(late) => (Ends { requester: TookTooLong.into(), listener: Ok(TookTooLong.into()), given_up: false }, late),
        }
    }

    /// The same programs with their signatures, where somebody still looks at one: it takes seconds to read a large program.
    pub(super) fn signatures_of(&self, ends: &Ends) -> Late<Ends> {
        if !ends.lack_signatures() {
            return Late::nothing();
        }
        let (peers, mut ends) = (self.inner.world.peers.clone(), ends.clone());
        Late::spawn(async move {
            for pause in LOOKS_AGAIN {
                tokio::time::sleep(pause).await;
                let (peers, before) = (peers.clone(), ends.clone());
                let Ok(now) = tokio::task::spawn_blocking(move || before.with_signatures(peers.as_ref())).await else { break };
                ends = now;
                if !ends.lack_signatures() {
                    break;
                }
            }
            Ends { given_up: true, ..ends }
        })
    }

    /// What a person knows by the name of an App which was never allowed anything itself: another program, and a name that looks like it.
    pub(super) fn namesakes(&self, app: &AppId) -> Result<Namesakes, StoreError> {
        let names = self.inner.store.look_up(|db| {
            let own = if apps::is_allowed(db, app)? { None } else { apps::named(db, app)? };
            own.map(|own| apps::known_like(db, &own.name).map(|known| (own, known))).transpose()
        })?;
        let Some((own, known)) = names else { return Ok(Namesakes::default()) };
        Ok(Namesakes { known_as: policy::known_as(&own, &known), looks_like: policy::looks_like(&own, &known) })
    }
}
