//! What is wanted, and whether it is so.

use crate::{
    results::{Lookups, MANY, Measured, ONE, Results, Round, Step, What, median},
    streams,
};

/// One goal with what was measured.
#[derive(Debug)]
pub(crate) struct Goal {
    /// What is compared with what.
    pub(crate) text: String,
    pub(crate) wanted: Wanted,
    pub(crate) measured: f64,
    /// What the numbers count: `×`, `ms`, `MiB`.
    pub(crate) unit: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    /// Whether it is reached. What could not be measured is not.
    pub(crate) fn is_met(&self) -> bool {
        match self.wanted {
            Wanted::AtLeast(least) => self.measured >= least,
            Wanted::AtMost(most) => self.measured <= most,
        }
    }
}

/// Goals that another measurement is needed for, so that nobody believes them met.
pub(crate) const NOT_HERE: &str = "\
Not measured here: windows.";

/// Every goal that this run can judge.
pub(crate) fn judge(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut rate = |what: What, floor: What, least: f64| {
        let ratio = |round: &Round| Some(round.get(what, MANY)?.rate / round.get(floor, MANY)?.rate);
        goals.push(Goal {
            text: format!("{} / {}, {MANY} connections", what.name(), floor.name()),
            wanted: Wanted::AtLeast(least),
            measured: results.median(ratio),
            unit: "×",
        });
    };
    rate(What::ServerMetadata, What::Bare, 0.90);
    rate(What::ResourceMetadata, What::Bare, 0.90);
    rate(What::Validation, What::Bare, 0.55);
    for what in [What::Register, What::Authorize, What::Token, What::Refresh] {
        rate(what, What::SkeletonInsert, 0.70);
    }
    // An exchange is more than one insert; this says how much of the distance is that.
    for what in [What::Token, What::Refresh] {
        rate(what, What::SkeletonExchange, 0.70);
    }
    for (what, step) in
        [(What::Register, Step::Register), (What::Authorize, Step::Authorize), (What::Token, Step::Token), (What::Refresh, Step::Refresh)]
    {
        rate(what, What::Sdk(step), 1.2);
    }
    rate(What::Guarded, What::Direct, 0.60);
    // A call that passes through anything is two calls; this says how much of the distance is that.
    rate(What::Guarded, What::Proxied, 0.60);
    goals.push(slowest(results));
    for what in [What::Register, What::Token] {
        let ratio = |round: &Round| Some(round.get(what, ONE)?.p50 / round.get(What::InsertAlone, ONE)?.p50);
        let text = format!("{} / one insert, p50, one connection", what.name());
        goals.push(Goal { text, wanted: Wanted::AtMost(2.0), measured: results.median(ratio), unit: "×" });
    }
    let mut added = |name: &str, of: fn(&Measured) -> f64, most: f64| {
        let difference = |round: &Round| Some((of(round.get(What::Guarded, ONE)?) - of(round.get(What::Direct, ONE)?)) * 1e3);
        let text = format!("guarded call - direct call, {name}, one connection");
        goals.push(Goal { text, wanted: Wanted::AtMost(most), measured: results.median(difference), unit: "ms" });
    };
    added("p50", |measured| measured.p50, 0.25);
    added("p99", |measured| measured.p99, 1.0);
    goals.extend(streams::goals(results));
    growth(results, &mut goals);
    flood(results, &mut goals);
    let lookup = |of: fn(&Lookups) -> &Measured| results.lookups.as_ref().map_or(f64::NAN, |lookups| of(lookups).p99 * 1e3);
    for (text, of, most) in [
        ("whose connection it is, p99", (|lookups| &lookups.user) as fn(&Lookups) -> &Measured, 1.0),
        ("which program it is, with its parents, p99", |lookups| &lookups.program, 40.0),
    ] {
        goals.push(Goal { text: text.to_owned(), wanted: Wanted::AtMost(most), measured: lookup(of), unit: "ms" });
    }
    let start = median(results.starts.clone()) * 1e3;
    goals.push(Goal { text: "start to first answer, no window".to_owned(), wanted: Wanted::AtMost(80.0), measured: start, unit: "ms" });
    let memory = results.idle_memory.map_or(f64::NAN, mib);
    goals.push(Goal { text: "memory after start, no window".to_owned(), wanted: Wanted::AtMost(20.0), measured: memory, unit: "MiB" });
    goals
}

/// The most clients against the fewest: the work that grew most, and the memory.
fn growth(results: &Results, goals: &mut Vec<Goal>) {
    let (Some(few), Some(many)) = (results.growth.first(), results.growth.last()) else { return };
    let grew = |what: What| Some((what, many.round.get(what, ONE)?.p50 / few.round.get(what, ONE)?.p50));
    let worst = What::GROWING.into_iter().filter_map(grew).max_by(|one, other| one.1.total_cmp(&other.1));
    let (name, measured) = worst.map_or(("none", f64::NAN), |(what, grew)| (what.name(), grew));
    let text = format!("{} clients / {}, p50, worst of all ({name})", many.clients, few.clients);
    goals.push(Goal { text, wanted: Wanted::AtMost(1.3), measured, unit: "×" });
    let memory = many.memory.zip(few.memory).map_or(f64::NAN, |(many, few)| mib(many) - mib(few));
    let text = format!("memory with {} clients - with {}", many.clients, few.clients);
    goals.push(Goal { text, wanted: Wanted::AtMost(32.0), measured: memory, unit: "MiB" });
}

/// A program that registers without end.
fn flood(results: &Results, goals: &mut Vec<Goal>) {
    let slower = results.flood.map_or(f64::NAN, |flood| flood.meanwhile.p99 / flood.quiet.p99);
    let grown = results.flood.and_then(|flood| flood.memory).map_or(f64::NAN, |(before, after)| mib(after) - mib(before));
    let text = "refresh in a flood / before it, p99, one connection".to_owned();
    goals.push(Goal { text, wanted: Wanted::AtMost(2.0), measured: slower, unit: "×" });
    goals.push(Goal { text: "memory after a flood - before it".to_owned(), wanted: Wanted::AtMost(8.0), measured: grown, unit: "MiB" });
}

/// The worst p99 in proportion to its p50.
fn slowest(results: &Results) -> Goal {
    let ratio = |what: What| results.median(|round| round.get(what, MANY).map(|measured| measured.p99 / measured.p50));
    let all = What::DOORWARD.map(|what| (what.name(), ratio(what)));
    // What could not be measured counts as the worst.
    let (name, measured) = all.into_iter().max_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or(("none", f64::NAN));
    let text = format!("p99 / p50, {MANY} connections, worst of all ({name})");
    Goal { text, wanted: Wanted::AtMost(4.0), measured, unit: "×" }
}

/// Bytes as people read them.
pub(crate) fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_that_could_not_be_measured_is_missed() {
        let goal = |wanted, measured| Goal { text: String::new(), wanted, measured, unit: "" };
        assert!(goal(Wanted::AtLeast(0.9), 0.9).is_met() && goal(Wanted::AtMost(4.0), 4.0).is_met());
        assert!(!goal(Wanted::AtLeast(0.9), 0.89).is_met() && !goal(Wanted::AtMost(4.0), 4.01).is_met());
        assert!(!goal(Wanted::AtLeast(0.9), f64::NAN).is_met() && !goal(Wanted::AtMost(4.0), f64::NAN).is_met());
    }

    #[test]
    fn an_empty_run_meets_nothing() {
        assert!(judge(&Results::default()).iter().all(|goal| !goal.is_met()));
    }
}
