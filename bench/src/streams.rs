//! Streaming: how much comes through in a second, in events of two sizes, directly, through a proxy and through Doorward.

use serde_json::{Value, json};

use crate::{
    goals::{Goal, Wanted, mib},
    results::{EventSize, ONE, Results, Way, What},
};

impl EventSize {
    /// The length of each event, in bytes.
    pub(crate) const fn bytes(self) -> u64 {
        match self {
            Self::Small => 1024,
            Self::Large => 64 * 1024,
        }
    }
}

/// What the rounds say about streams of one kind.
struct Row {
    size: EventSize,
    /// MiB a second: directly, through a proxy, through Doorward.
    rates: [f64; 3],
    /// Through Doorward in proportion to directly, and to a proxy.
    ratios: [f64; 2],
}

fn rows(results: &Results) -> [Row; 2] {
    EventSize::ALL.map(|size| {
        let of = |way| results.median(|round| Some(round.get(What::Stream(way, size), ONE)?.rate * mib(results.stream_bytes)));
        let to = |floor| {
            results.median(|round| {
                Some(round.get(What::Stream(Way::Guarded, size), ONE)?.rate / round.get(What::Stream(floor, size), ONE)?.rate)
            })
        };
        Row { size, rates: Way::ALL.map(of), ratios: [to(Way::Direct), to(Way::Proxied)] }
    })
}

/// The table.
pub(crate) fn print(results: &Results) {
    println!(
        "\nstreams of {:.0} MiB on one connection, MiB a second\n{:22}{:>10}{:>18}{:>18}{:>11}{:>11}",
        mib(results.stream_bytes),
        "",
        "direct",
        "through a proxy",
        "through Doorward",
        "/ direct",
        "/ proxy"
    );
    for Row { size, rates: [direct, proxied, guarded], ratios: [to_direct, to_proxied] } in rows(results) {
        let name = format!("events of {} KiB", size.bytes() / 1024);
        println!("  {name:20}{direct:>10.0}{proxied:>18.0}{guarded:>18.0}{to_direct:>9.2} ×{to_proxied:>9.2} ×");
    }
}

/// The same for programs.
pub(crate) fn document(results: &Results) -> Value {
    let rows = rows(results).map(|Row { size, rates: [direct, proxied, guarded], ratios: [to_direct, to_proxied] }| {
        json!({
            "event_bytes": size.bytes(),
            "mib_per_second": { "direct": direct, "proxied": proxied, "guarded": guarded },
            "guarded_to_direct": to_direct, "guarded_to_proxied": to_proxied,
        })
    });
    json!({ "stream_bytes": results.stream_bytes, "connections": ONE, "streams": rows })
}

/// What is wanted of streams.
pub(crate) fn goals(results: &Results) -> Vec<Goal> {
    let goal = |size: EventSize, floor: &str, measured| {
        let text = format!("stream of {} KiB events, guarded / {floor}", size.bytes() / 1024);
        Goal { text, wanted: Wanted::AtLeast(0.9), measured, unit: "×" }
    };
    let of = |Row { size, ratios: [direct, proxied], .. }: Row| [goal(size, "direct", direct), goal(size, "through a proxy", proxied)];
    rows(results).into_iter().flat_map(of).collect()
}
