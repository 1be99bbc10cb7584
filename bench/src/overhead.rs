//! What a call through Doorward takes longer than one that goes to its server directly, and than one through a proxy.

use serde_json::{Value, json};

use crate::results::{MANY, Measured, ONE, Results, Way, What};

/// One percentile on so many connections, in microseconds.
struct Row {
    connections: usize,
    percentile: &'static str,
    /// Directly, through a proxy, through Doorward.
    times: [f64; 3],
    /// What is added to a direct call: by a proxy, by Doorward. Each is the median of the rounds' differences.
    added: [f64; 2],
}

/// What a percentile is called, and where it stands.
type Percentile = (&'static str, fn(&Measured) -> f64);

fn rows(results: &Results) -> Vec<Row> {
    let percentiles: [Percentile; 2] = [("p50", |measured| measured.p50), ("p99", |measured| measured.p99)];
    let row = |connections: usize, (percentile, of): Percentile| {
        let time = |what: Way| results.median(|round| Some(of(round.get(What::call(what), connections)?) * 1e6));
        let added = |way: Way| {
            results.median(|round| {
                Some((of(round.get(What::call(way), connections)?) - of(round.get(What::call(Way::Direct), connections)?)) * 1e6)
            })
        };
        Row { connections, percentile, times: Way::ALL.map(time), added: [added(Way::Proxied), added(Way::Guarded)] }
    };
    [ONE, MANY].into_iter().flat_map(|connections| percentiles.map(|percentile| row(connections, percentile))).collect()
}

/// The table.
pub(crate) fn print(results: &Results) {
    println!(
        "\nan allowed tools/call, µs\n{:22}{:>10}{:>18}{:>18}{:>16}{:>18}",
        "", "direct", "through a proxy", "through Doorward", "proxy - direct", "guarded - direct"
    );
    for Row { connections, percentile, times: [direct, proxied, guarded], added: [by_proxy, by_guard] } in rows(results) {
        let name = format!("{percentile}, {connections} connection{}", if connections == ONE { "" } else { "s" });
        println!("  {name:20}{direct:>10.0}{proxied:>18.0}{guarded:>18.0}{by_proxy:>+16.0}{by_guard:>+18.0}");
    }
}

/// The same for programs.
pub(crate) fn document(results: &Results) -> Value {
    let row = |Row { connections, percentile, times: [direct, proxied, guarded], added: [by_proxy, by_guard] }: Row| {
        json!({
            "connections": connections, "percentile": percentile,
            "microseconds": { "direct": direct, "proxied": proxied, "guarded": guarded },
            "proxied_minus_direct": by_proxy, "guarded_minus_direct": by_guard,
        })
    };
    rows(results).into_iter().map(row).collect()
}
