//! What the tests share: a Doorward to talk to, a person who answers, a server behind it, and plain bytes on sockets.

pub mod assistive;
pub mod caller;
pub mod client;
pub mod desk;
pub mod doorward;
pub mod endpoints;
pub mod flow;
pub mod hostile;
pub mod http;
pub mod model;
pub mod outside;
pub mod person;
pub mod programs;
pub mod rust_client;
pub mod screen;
pub mod session;
pub mod upstream;
pub mod webdriver;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// Waits until `look` finds something, for at most 20 seconds.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A text of a window without the marks that keep names apart from the direction of the sentence around them (FSI … PDI).
pub fn without_isolation(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}

/// A port that is free on both loopback addresses, below the range from which the system picks ports for others, and
/// never the same twice in this process.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(97);
    loop {
        let port = 10_000 + ((begin + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000) as u16;
        let is_free = |host: &str| match std::net::TcpListener::bind((host, port)) {
            Ok(_) => true,
            Err(error) => error.kind() != std::io::ErrorKind::AddrInUse,
        };
        if is_free("127.0.0.1") && is_free("::1") {
            return port;
        }
    }
}
