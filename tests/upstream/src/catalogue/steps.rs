//! What tools say while they work.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{feed::Feed, message};

/// Between two things that a tool says.
const PAUSE: Duration = Duration::from_millis(50);

/// Levels of the log, the least important first (RFC 5424).
const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// Whether there is such a level.
pub(crate) fn is_level(level: &str) -> bool {
    LEVELS.contains(&level)
}

/// Whether who asked for what is at least `least` is told what is `info`.
pub(crate) fn tells_info(least: &str) -> bool {
    LEVELS.iter().take(2).any(|level| *level == least)
}

/// Half-way, and there. Who gave no token is not told.
pub(crate) async fn progress(feed: &Feed, token: Option<&Value>) {
    for done in [0, 50, 100] {
        if done > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        if let Some(token) = token {
            let params = json!({ "progressToken": token, "progress": done, "total": 100 });
            feed.send(&message::notification("notifications/progress", &params));
        }
    }
}

/// What goes on, for the log.
pub(crate) async fn log(feed: &Feed) {
    for said in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        feed.send(&message::notification("notifications/message", &json!({ "level": "info", "data": said })));
        tokio::time::sleep(PAUSE).await;
    }
}
