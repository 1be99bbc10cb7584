//! The server scenarios of the conformance suite, at a server and then at the same server through Doorward: a client must not
//! notice the difference.

use std::collections::BTreeSet;

use doorward_test_upstream::Upstream;
use doorward_tests::{caller::Caller, flow::param};

use crate::{
    door::Door,
    shim::Shim,
    suite::{Check, Run, Scenarios},
};

/// How many scenarios there are at least, in suite 0.2.0-alpha.12: those of the revision, those that count, all that are run.
/// A newer suite may have more. One that has fewer tests less than it seems.
const AT_LEAST: [(&str, [usize; 3]); 2] = [("2025-11-25", [33, 30, 33]), ("2026-07-28", [40, 37, 50])];

/// Does nothing but say that it is skipped, whatever the server is like: the suite has yet to write it. It does not count.
const UNWRITTEN: &str = "tasks-status-notifications";

/// What the suite notes down while it tests. Anything else that is only noted is something that was not tested.
const NOTES: [&str; 4] = ["outgoing-request", "incoming-response", "incoming-sse-event", "stream-closed"];

const APP: &str = "Conformance suite";

#[tokio::test]
async fn the_scenarios_for_servers_end_the_same_through_doorward() {
    let (upstream, shim) = (Upstream::start().await.expect("starts"), Shim::bind().await);
    // One scenario plays a web page of the server's own address, which must be let in. Doorward lets none in until the user
    // names it.
    let settings = format!("allowed_origins = [\"{}\"]\n", shim.origin());
    let door = Door::allowing_to(upstream.url(), &settings).await;
    let through = format!("{}/mcp/everything", shim.origin());
    let _shim = shim.pass_to(door.port(), token(&door).await);

    for (revision, at_least) in AT_LEAST {
        let scenarios = Scenarios::of(&door, revision).await;
        let counts = [scenarios.of_revision.len(), scenarios.scored.len(), scenarios.all().len()];
        assert!(counts.iter().zip(at_least).all(|(there, least)| *there >= least), "{revision}: only {counts:?} of {at_least:?}");

        let direct = Run::of(&door, revision, upstream.url()).await;
        all_pass(revision, &scenarios, &direct);
        let guarded = Run::of(&door, revision, &through).await;
        let differences = differences(&direct, &guarded);
        assert!(differences.is_empty(), "{revision} through Doorward:\n{}", differences.join("\n"));
        let total = direct.summary.iter().find(|line| line.starts_with("Total: ")).expect("a total");
        println!("{revision}: {counts:?} scenarios (of the revision, scored, run). {total}. The same through Doorward.");
    }
    door.is_used_by(APP).await;
}

/// The token of an app that was let in.
async fn token(door: &Door) -> String {
    let app = Caller::register(door.port(), APP).await;
    let sent_to = app.ask().await.sent_to().await;
    let code = param(&sent_to, "code").unwrap_or_else(|| panic!("no code: {sent_to}"));
    app.redeem(&code).await
}

/// Fails unless each scenario that there is was run, and passed.
fn all_pass(revision: &str, scenarios: &Scenarios, run: &Run) {
    assert_eq!(run.checks.keys().cloned().collect::<BTreeSet<_>>(), scenarios.all(), "{revision}");
    assert!(scenarios.of_revision.is_subset(&scenarios.all()), "{revision}: {scenarios:?}");
    assert!(!scenarios.scored.contains(UNWRITTEN));
    let is_unwritten = |name: &str, checks: &[Check]| name == UNWRITTEN && checks.iter().all(|check| check.status == "SKIPPED");
    for (name, checks) in run.checks.iter().filter(|(name, checks)| !is_unwritten(name, checks)) {
        // A warning is something that the server should do better; a skip is nothing that was tested.
        let (notes, tests): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(|check| NOTES.contains(&check.id.as_str()));
        let passed = !tests.is_empty() && tests.iter().all(|check| check.status == "SUCCESS");
        assert!(passed && notes.iter().all(|note| note.status == "INFO"), "{revision} {name} without Doorward: {checks:#?}");
    }
    assert!(run.ok, "{revision}: {:#?}", run.summary);
}

/// What differs, a line for each.
fn differences(direct: &Run, guarded: &Run) -> Vec<String> {
    let mut found = Vec::new();
    for (name, checks) in &direct.checks {
        let of_guarded = guarded.checks.get(name).map(Vec::as_slice).unwrap_or_default();
        if checks.as_slice() == of_guarded {
            continue;
        }
        found.push(format!("{name}:"));
        found.extend(checks.iter().filter(|check| !of_guarded.contains(check)).map(|check| format!("  without it: {check}")));
        found.extend(of_guarded.iter().filter(|check| !checks.contains(check)).map(|check| format!("  through it: {check}")));
    }
    found.extend(guarded.checks.keys().filter(|name| !direct.checks.contains_key(*name)).map(|name| format!("{name}: only through it")));
    if found.is_empty() && (&direct.summary, direct.ok) != (&guarded.summary, guarded.ok) {
        found.push(format!("the summary: {:#?} and {:#?}", direct.summary, guarded.summary));
    }
    found
}
