//! The numbers, for people and for programs.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    goals::{Goal, NOT_HERE, Wanted, mib},
    idle, overhead, plot,
    results::{Flood, MANY, Measured, ONE, Results, Round, What, median},
    rounds::target,
    streams,
};

/// Prints tables.
pub(crate) fn print(results: &Results, goals: &[Goal]) {
    println!("\n{:24}{:^30}   {:^30}", "", "one connection", format!("{MANY} connections"));
    println!("{:24}{HEADS}   {HEADS}", "");
    println!("floors");
    What::FLOORS.iter().for_each(|what| row(results, *what));
    println!("Doorward");
    What::DOORWARD.iter().for_each(|what| row(results, *what));
    println!("the MCP TypeScript SDK's authorization server, in memory");
    What::SDK.iter().for_each(|what| row(results, *what));
    println!("\nEach number is the median of {} rounds. \"authorize and wait\" is two requests.", results.rounds.len());
    println!("A guarded call is a tools/call that a rule allows, and that is written down; a refused one is of a tool that is not known.");
    let spread = results.spread(What::Bare, MANY);
    if spread > STEADY {
        println!("This computer was busy with something else: the bare handler's rounds differ by a factor of {spread:.1}.");
    }
    println!("* Done fewer than {FEW} times in a round: a hint, not a measurement.");
    let (starts, milliseconds) = (&results.starts, |seconds: f64| format!("{:.1} ms", seconds * 1e3));
    let worst = starts.iter().copied().fold(f64::NAN, f64::max);
    println!(
        "Start of the process to its first answer, with data, keyring in memory: {} (the longest of {}: {}).",
        milliseconds(median(starts.clone())),
        starts.len(),
        milliseconds(worst)
    );
    if let (Some(idle), Some(later)) = (results.idle_memory, results.later_memory) {
        println!("Memory (proportional set size) after the start: {:.1} MiB; after all rounds: {:.1} MiB.", mib(idle), mib(later));
    }
    if let Some(Flood { registrations, seconds, quiet, meanwhile, .. }) = &results.flood {
        println!(
            "A flood of {registrations} registrations, {:.0} a second: no client is lost, and a refresh on one connection takes {} instead of {} (p50), {} instead of {} (p99).",
            *registrations as f64 / seconds,
            short(meanwhile.p50),
            short(quiet.p50),
            short(meanwhile.p99),
            short(quiet.p99)
        );
    }
    overhead::print(results);
    streams::print(results);
    idle::print(results);
    print_growth(results);
    println!("\n{:66}{:>12}{:>12}", "goals", "wanted", "measured");
    for goal in goals {
        let wanted = match goal.wanted {
            Wanted::AtLeast(least) => format!("≥ {least:.2} {}", goal.unit),
            Wanted::AtMost(most) => format!("≤ {most:.2} {}", goal.unit),
        };
        let verdict = if goal.is_met() { "met" } else { "MISSED" };
        println!("  {:64}{wanted:>12}{:>12}  {verdict}", goal.text, format!("{:.2} {}", goal.measured, goal.unit));
    }
    println!("{NOT_HERE}");
}

fn print_growth(results: &Results) {
    let heads: String = What::GROWING.iter().map(|what| format!("{:>20}", what.name())).collect();
    println!("\np50 on one connection among so many registered clients\n{:>12}{heads}{:>14}{:>14}", "clients", "memory", "database");
    for grown in &results.growth {
        let cell = |what: &What| format!("{:>20}", grown.round.get(*what, ONE).map_or_else(String::new, |measured| short(measured.p50)));
        let cells: String = What::GROWING.iter().map(cell).collect();
        let memory = grown.memory.map_or(f64::NAN, mib);
        println!("{:>12}{cells}{:>14}{:>14}", grown.clients, format!("{memory:.1} MiB"), format!("{:.0} MiB", mib(grown.disk)));
    }
}

/// Rounds on a quiet computer differ by less.
const STEADY: f64 = 1.25;
/// Below this many laps a p99 is the word of one or two of them.
const FEW: f64 = 200.0;

const HEADS: &str = "      /s        p50       p99 ";

fn row(results: &Results, what: What) {
    let cells = |connections: usize| {
        let number = |of: fn(&Measured) -> f64| results.median(|round| round.get(what, connections).map(of));
        let rate = number(|measured| measured.rate);
        if rate.is_nan() {
            return " ".repeat(HEADS.len());
        }
        let mark = if number(|measured| measured.laps as f64) < FEW { '*' } else { ' ' };
        format!("{rate:8.0}{mark} {:>9} {:>9} ", short(number(|measured| measured.p50)), short(number(|measured| measured.p99)))
    };
    println!("  {:22}{}   {}", what.name(), cells(ONE), cells(MANY));
}

/// A time in the unit that suits it.
fn short(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// Writes `bench.json`, and `bench.svg` beside it; says where.
pub(crate) fn write(results: &Results, goals: &[Goal]) -> Result<PathBuf> {
    if let Some(svg) = plot::svg(results) {
        std::fs::write(target().join("bench.svg"), svg)?;
    }
    let path = target().join("bench.json");
    std::fs::write(&path, format!("{:#}\n", document(results, goals)))?;
    Ok(path)
}

fn document(results: &Results, goals: &[Goal]) -> Value {
    let rounds: Vec<Value> = results.rounds.iter().map(round).collect();
    let growth: Vec<Value> = results
        .growth
        .iter()
        .map(|grown| json!({ "clients": grown.clients, "memory_bytes": grown.memory, "database_bytes": grown.disk, "measured": round(&grown.round) }))
        .collect();
    let goals: Vec<Value> = goals
        .iter()
        .map(|goal| {
            let (kind, value) = match goal.wanted {
                Wanted::AtLeast(least) => ("at_least", least),
                Wanted::AtMost(most) => ("at_most", most),
            };
            json!({ "goal": goal.text, kind: value, "measured": goal.measured, "unit": goal.unit, "met": goal.is_met() })
        })
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "goals": goals,
        "start_seconds": results.starts,
        "memory_bytes": { "idle": results.idle_memory, "after_all_rounds": results.later_memory },
        "flood": results.flood.map(|Flood { registrations, seconds, quiet, meanwhile, memory }| json!({
            "registrations": registrations, "seconds": seconds, "memory_bytes_before_and_after": memory,
            "refresh_p50_seconds": [quiet.p50, meanwhile.p50], "refresh_p99_seconds": [quiet.p99, meanwhile.p99],
        })),
        "overhead": overhead::document(results),
        "streaming": streams::document(results),
        "idle_streams": idle::document(results),
        "rounds": rounds,
        "growth": growth,
    })
}

fn round(round: &Round) -> Value {
    let all =
        What::FLOORS.into_iter().chain(What::DOORWARD).chain(What::SDK).chain(What::streams()).flat_map(|what| [(what, ONE), (what, MANY)]);
    all.filter_map(|(what, connections)| {
        let Measured { laps, rate, p50, p99 } = *round.get(what, connections)?;
        Some(json!({ "what": what.name(), "connections": connections, "laps": laps, "per_second": rate, "p50_seconds": p50, "p99_seconds": p99 }))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!([short(12e-6), short(1.5e-3), short(2.0)], ["12 µs", "1.50 ms", "2.00 s"]);
    }
}
