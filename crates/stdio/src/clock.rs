//! The computer's clock, for times that are shown to people. What waits does so by tokio's clock.

use std::time::SystemTime;

/// The current moment.
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
