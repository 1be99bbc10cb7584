//! Seconds since 1970, the only time the protocol knows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, in whole seconds since the Unix epoch (the unit of RFC 7591 §3.2.1 and RFC 7662 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The moment that many seconds after the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs)
    }

    /// Whole seconds since the epoch.
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// This moment plus `span`; stays at the end of time instead of overflowing.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_secs()).unwrap_or(i64::MAX)))
    }

    /// This moment minus `span`.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_secs()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; zero when the clock went backwards.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x09_time_never_overflows_or_runs_negative() {
        assert_eq!(UnixTime::from_secs(i64::MAX).plus(Duration::from_secs(9)).as_secs(), i64::MAX);
        assert_eq!(UnixTime::from_secs(5).since(UnixTime::from_secs(9)), Duration::ZERO);
    }
}
