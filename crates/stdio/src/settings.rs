//! How long is waited and how much is kept.

use std::time::Duration;

/// Times and bounds of one server. [`Settings::default`] is what Doorward runs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Without requests and open streams for this long, the process is ended.
    pub idle: Duration,
    /// How long a start may take: asking for the command, starting it, and the first messages.
    pub start: Duration,
    /// How long a process may be silent to the question that servers of before 2026-07-28 do not know.
    pub probe: Duration,
    /// After this long without a failure, failures are forgotten.
    pub healthy: Duration,
    /// The wait after the first failure. Each further one doubles it.
    pub first_wait: Duration,
    /// The longest wait after a failure.
    pub longest_wait: Duration,
    /// A request that comes while a restart waits is held for this long at most, and refused if that is not enough.
    pub held: Duration,
    /// How long a process has to end by itself once its standard input is closed.
    pub farewell: Duration,
    /// How long it has after that to heed SIGTERM, before it is killed.
    pub terminate: Duration,
    /// How long a message may wait for the process to read it.
    pub deaf: Duration,
    /// How often a quiet stream carries a comment, and after which silence an answer begins as a stream.
    pub keep_alive: Duration,
    /// How long a session of an older protocol revision lives without being used.
    pub session_idle: Duration,
    /// The longest line on standard output, in bytes.
    pub line: usize,
    /// So many lines in a row that are no messages end the process.
    pub garbage: u32,
    /// How much of the log is kept, in bytes.
    pub log: usize,
    /// The longest line of the log, in bytes. Longer ones are cut.
    pub log_line: usize,
    /// How many requests may be under way.
    pub requests: usize,
    /// How many of them may be of one caller.
    pub requests_per_caller: usize,
    /// How many sessions there may be. They belong to clients of protocol revisions before 2026-07-28.
    pub sessions: usize,
    /// How many of them one caller may have. The one that was not used for longest makes room.
    pub sessions_per_caller: usize,
    /// How many resources one session or subscription may be told about.
    pub resources: usize,
    /// How many subscriptions there may be that Doorward keeps for a server of before, and how many resources all of them and
    /// all sessions may name.
    pub subscriptions: usize,
    /// Room for what waits to be read by the process, in bytes.
    pub room_in: usize,
    /// Room for answers that wait to be read by clients, in bytes.
    pub room_out: usize,
    /// Room for all else that waits to be read by clients, in bytes: progress, messages of the log, changes.
    pub room_notes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        const KIB: usize = 1024;
        const MIB: usize = 1024 * KIB;
        Self {
            idle: Duration::from_secs(10 * 60),
            start: Duration::from_secs(30),
            probe: Duration::from_secs(5),
            healthy: Duration::from_secs(60),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            held: Duration::from_secs(2),
            farewell: Duration::from_secs(2),
            terminate: Duration::from_secs(3),
            deaf: Duration::from_secs(30),
            keep_alive: Duration::from_secs(15),
            session_idle: Duration::from_secs(24 * 60 * 60),
            line: 16 * MIB,
            garbage: 100,
            log: 256 * KIB,
            log_line: 4 * KIB,
            requests: 256,
            requests_per_caller: 64,
            sessions: 1024,
            sessions_per_caller: 64,
            resources: 64,
            subscriptions: 2048,
            room_in: 64 * MIB,
            room_out: 64 * MIB,
            room_notes: 16 * MIB,
        }
    }
}
