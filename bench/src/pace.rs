//! How much is measured: enough to rely on, or just enough to see that it works.

use std::time::Duration;

/// How long a run takes.
pub(crate) struct Pace {
    /// How often everything is measured.
    pub(crate) rounds: u32,
    /// How often Doorward is started.
    pub(crate) starts: u32,
    /// How long each thing is done on so many connections.
    pub(crate) each: Duration,
    /// Among how many registered clients the same work is measured again.
    pub(crate) clients: &'static [u32],
    /// How many registrations are a flood.
    pub(crate) flood: u32,
    /// How long each stream is, in bytes.
    pub(crate) stream: u64,
    /// In how many processes the memory of idle streams is measured.
    pub(crate) idle: u32,
}

impl Pace {
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        starts: 7,
        each: Duration::from_millis(800),
        clients: &[1_000, 10_000, 100_000, 1_000_000],
        flood: 100_000,
        stream: 64 * 1024 * 1024,
        idle: 5,
    };
    pub(crate) const QUICK: Self = Self {
        rounds: 1,
        starts: 3,
        each: Duration::from_millis(450),
        clients: &[1_000, 10_000],
        flood: 5_000,
        stream: 1024 * 1024,
        idle: 1,
    };
}
