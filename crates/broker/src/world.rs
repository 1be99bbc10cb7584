//! Time and chance, asked for by parameter so that tests can choose them. Nothing else in the tree reads a clock.

use std::time::{SystemTime, UNIX_EPOCH};

use doorward_oauth::time::UnixTime;

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The current moment.
    fn now(&self) -> UnixTime;

    /// The same as precise as the clock is, in milliseconds since 1970.
    fn milliseconds(&self) -> u64 {
        u64::try_from(self.now().as_secs()).unwrap_or_default().saturating_mul(1_000)
    }
}

/// Where 256 random bits come from.
pub trait RandomSource: Send + Sync + 'static {
    /// Fresh bits, never the same twice.
    fn draw(&self) -> [u8; 32];
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime::from_secs(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    fn milliseconds(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl RandomSource for OsRandom {
    /// # Panics
    /// When the operating system has no randomness to give: no token may be made then, and the request fails.
    fn draw(&self) -> [u8; 32] {
        let mut bits = [0; 32];
        #[expect(clippy::expect_used, reason = "without randomness the only safe answer is to stop this request")]
        getrandom::fill(&mut bits).expect("the operating system gives random bits");
        bits
    }
}
