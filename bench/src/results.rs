//! What was measured.

use std::{collections::BTreeMap, time::Duration};

use crate::idle::STREAMS;

/// What was done, lap by lap.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How long each lap took.
    pub(crate) times: Vec<Duration>,
    /// How long all of them took together.
    pub(crate) all: Duration,
}

impl Tally {
    /// The same thing, done again.
    pub(crate) fn add(&mut self, more: Self) {
        self.times.extend(more.times);
        self.all += more.all;
    }
}

/// One thing in one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    /// How often it was done.
    pub(crate) laps: usize,
    /// How often in a second.
    pub(crate) rate: f64,
    /// Half of them took no longer, in seconds.
    pub(crate) p50: f64,
    /// 99 of 100 took no longer, in seconds.
    pub(crate) p99: f64,
}

impl From<Tally> for Measured {
    fn from(Tally { mut times, all }: Tally) -> Self {
        times.sort_unstable();
        let seconds = all.as_secs_f64().max(f64::MIN_POSITIVE);
        Self { laps: times.len(), rate: times.len() as f64 / seconds, p50: percentile(&times, 50), p99: percentile(&times, 99) }
    }
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(at).map_or(f64::NAN, Duration::as_secs_f64)
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Bare,
    InsertAlone,
    SkeletonInsert,
    SkeletonExchange,
    Direct,
    Proxied,
    ServerMetadata,
    ResourceMetadata,
    Register,
    RegisterAnew,
    Authorize,
    Token,
    Refresh,
    Introspect,
    Validation,
    Refused,
    Guarded,
    Stream(Way, EventSize),
    /// At the authorization server of the MCP TypeScript SDK.
    Sdk(Step),
}

/// What an authorization server does for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Register,
    Authorize,
    Token,
    Refresh,
}

/// How a request comes to the server that is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// It is sent there.
    Direct,
    /// Through a proxy that asks nobody.
    Proxied,
    /// Through Doorward.
    Guarded,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Direct, Self::Proxied, Self::Guarded];
}

/// How large the events of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventSize {
    Small,
    Large,
}

impl EventSize {
    pub(crate) const ALL: [Self; 2] = [Self::Small, Self::Large];
}

impl What {
    pub(crate) const FLOORS: [Self; 6] =
        [Self::Bare, Self::InsertAlone, Self::SkeletonInsert, Self::SkeletonExchange, Self::Direct, Self::Proxied];
    pub(crate) const DOORWARD: [Self; 11] = [
        Self::ServerMetadata,
        Self::ResourceMetadata,
        Self::Register,
        Self::RegisterAnew,
        Self::Authorize,
        Self::Token,
        Self::Refresh,
        Self::Introspect,
        Self::Validation,
        Self::Refused,
        Self::Guarded,
    ];
    pub(crate) const SDK: [Self; 4] =
        [Self::Sdk(Step::Register), Self::Sdk(Step::Authorize), Self::Sdk(Step::Token), Self::Sdk(Step::Refresh)];
    /// What may depend on how many clients are registered.
    pub(crate) const GROWING: [Self; 7] =
        [Self::Register, Self::Authorize, Self::Token, Self::Refresh, Self::Introspect, Self::Validation, Self::Guarded];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare handler",
            Self::InsertAlone => "one insert, no HTTP",
            Self::SkeletonInsert => "skeleton: one insert",
            Self::SkeletonExchange => "skeleton: exchange",
            Self::Direct => "direct call",
            Self::Proxied => "call through a proxy",
            Self::ServerMetadata => "metadata of the server",
            Self::ResourceMetadata => "metadata of a resource",
            Self::Register => "register",
            Self::RegisterAnew => "  on new connections",
            Self::Authorize => "authorize and wait",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Introspect => "introspect",
            Self::Validation => "token validation",
            Self::Refused => "refused call",
            Self::Guarded => "guarded call",
            Self::Stream(Way::Direct, EventSize::Small) => "direct stream, small events",
            Self::Stream(Way::Direct, EventSize::Large) => "direct stream, large events",
            Self::Stream(Way::Proxied, EventSize::Small) => "stream through a proxy, small events",
            Self::Stream(Way::Proxied, EventSize::Large) => "stream through a proxy, large events",
            Self::Stream(Way::Guarded, EventSize::Small) => "guarded stream, small events",
            Self::Stream(Way::Guarded, EventSize::Large) => "guarded stream, large events",
            Self::Sdk(Step::Register) => "SDK: register",
            Self::Sdk(Step::Authorize) => "SDK: authorize",
            Self::Sdk(Step::Token) => "SDK: token",
            Self::Sdk(Step::Refresh) => "SDK: refresh",
        }
    }

    /// A call of a tool that is allowed, on one way or another.
    pub(crate) const fn call(way: Way) -> Self {
        match way {
            Way::Direct => Self::Direct,
            Way::Proxied => Self::Proxied,
            Way::Guarded => Self::Guarded,
        }
    }

    /// Every kind of stream.
    pub(crate) fn streams() -> impl Iterator<Item = Self> {
        EventSize::ALL.into_iter().flat_map(|size| Way::ALL.map(|way| Self::Stream(way, size)))
    }
}

/// On how many connections: one that waits for each answer, and as many as keep a computer busy.
pub(crate) const ONE: usize = 1;
pub(crate) const MANY: usize = 32;

/// Everything once, in one go: what is compared was measured within seconds of each other.
#[derive(Debug, Default)]
pub(crate) struct Round {
    measured: BTreeMap<(What, usize), Measured>,
}

impl Round {
    pub(crate) fn of(tallies: BTreeMap<(What, usize), Tally>) -> Self {
        Self { measured: tallies.into_iter().map(|(what, tally)| (what, tally.into())).collect() }
    }

    pub(crate) fn get(&self, what: What, connections: usize) -> Option<&Measured> {
        self.measured.get(&(what, connections))
    }
}

/// A whole run.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) rounds: Vec<Round>,
    /// From the start of the process to its first answer, in seconds.
    pub(crate) starts: Vec<f64>,
    /// Bytes after the first answer.
    pub(crate) idle_memory: Option<u64>,
    /// Bytes after all rounds.
    pub(crate) later_memory: Option<u64>,
    /// The same work among more and more registered clients.
    pub(crate) growth: Vec<Grown>,
    /// What a program that registers without end does to others.
    pub(crate) flood: Option<Flood>,
    /// How long it takes to say which program is behind a connection.
    pub(crate) lookups: Option<Lookups>,
    /// How long each stream is, in bytes, without the answer at its end.
    pub(crate) stream_bytes: u64,
    /// Resident memory in bytes with as many idle streams as [`STREAMS`] says, process by process.
    pub(crate) idle: Vec<[u64; STREAMS.len()]>,
}

/// What is asked about a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookups {
    /// Whose it is.
    pub(crate) user: Measured,
    /// Which program, with its parents, its script and its file, when nothing is known of it yet.
    pub(crate) program: Measured,
}

/// A flood of registrations, and a client that a person allowed something meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flood {
    /// How many registrations were sent.
    pub(crate) registrations: usize,
    /// How long they took together, in seconds.
    pub(crate) seconds: f64,
    /// A refresh before, and meanwhile.
    pub(crate) quiet: Measured,
    pub(crate) meanwhile: Measured,
    /// Bytes before and after.
    pub(crate) memory: Option<(u64, u64)>,
}

/// How it goes with so many registered clients.
#[derive(Debug)]
pub(crate) struct Grown {
    /// How many.
    pub(crate) clients: u32,
    /// What was measured, on one connection and on many.
    pub(crate) round: Round,
    /// Bytes after that.
    pub(crate) memory: Option<u64>,
    /// The size of the database, in bytes.
    pub(crate) disk: u64,
}

impl Results {
    /// The median of what the rounds say.
    pub(crate) fn median(&self, of: impl Fn(&Round) -> Option<f64>) -> f64 {
        median(self.rounds.iter().filter_map(of).collect())
    }

    /// How many times faster the fastest round was than the slowest.
    pub(crate) fn spread(&self, what: What, connections: usize) -> f64 {
        let rates = || self.rounds.iter().filter_map(|round| Some(round.get(what, connections)?.rate));
        rates().fold(f64::NAN, f64::max) / rates().fold(f64::NAN, f64::min)
    }
}

/// The middle one; of an even number the higher of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_secs).collect();
        let measured = Measured::from(Tally { times, all: Duration::from_secs(100) });
        assert_eq!((measured.laps, measured.rate, measured.p50, measured.p99), (200, 2.0, 100.0, 198.0));
        let once = Measured::from(Tally { times: vec![Duration::from_secs(3)], all: Duration::from_secs(3) });
        assert_eq!((once.p50, once.p99), (3.0, 3.0));
    }

    #[test]
    fn the_median_is_one_of_the_values() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert!(median(Vec::new()).is_nan());
    }
}
