//! The MCP conformance suite, as npm has it. Its exit code says little: it is 0 also when scenarios were skipped. So its
//! results are read, and it is asked which scenarios there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use serde_json::Value;

use crate::door::Door;

/// What the suite has for servers of a revision.
#[derive(Debug)]
pub struct Scenarios {
    /// Those that count.
    pub scored: BTreeSet<String>,
    /// Those that are run as well: they are newer than the revision, belong to an extension, or are still worked on.
    pub unscored: BTreeSet<String>,
    /// Those of either kind that the suite says are about this revision.
    pub of_revision: BTreeSet<String>,
}

impl Scenarios {
    /// Asks the suite.
    pub async fn of(door: &Door, revision: &str) -> Self {
        let required = said(door, &["list", "--requirements", revision]).await;
        let servers = required.split("\n\n").find(|part| part.starts_with("Server scenarios")).expect("server scenarios");
        let names = |lines: &str, indent: &str| lines.lines().filter_map(|line| line.strip_prefix(indent)).map(first_word).collect();
        let unscored = required.lines().filter(|line| line.ends_with(" [server]")).filter_map(|line| line.strip_prefix("    - "));
        let listed = said(door, &["list", "--server", "--spec-version", revision]).await;
        Self { scored: names(servers, "  - "), unscored: unscored.map(first_word).collect(), of_revision: names(&listed, "  - ") }
    }

    /// Everything that is run.
    pub fn all(&self) -> BTreeSet<String> {
        &self.scored | &self.unscored
    }
}

/// A check of a scenario. The suite has more to say about it, which differs between any two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub id: String,
    pub name: String,
    pub status: String,
    /// What was wrong, where something was.
    pub error: String,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({}) {}", self.status, self.id, self.name, self.error)
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// The checks of each scenario, in their order.
    pub checks: BTreeMap<String, Vec<Check>>,
    /// The lines of the suite's summary.
    pub summary: Vec<String>,
    /// Whether the suite ended as if all was well.
    pub ok: bool,
}

impl Run {
    /// Runs all scenarios of a revision, in one process.
    pub async fn of(door: &Door, revision: &str, url: &str) -> Self {
        let results = tempfile::tempdir().expect("a folder");
        let mut suite = door.command("conformance");
        suite.args(["server", "--url", url, "--requirements", revision, "--output-dir"]).arg(results.path());
        let output = suite.output().await.expect("runs");
        let shown = String::from_utf8_lossy(&output.stdout);
        let (_, summary) = shown.split_once("=== SUMMARY ===").unwrap_or_else(|| panic!("no summary: {output:?}"));
        let summary = summary.lines().map(str::to_owned).collect();
        Self { checks: read(results.path()), summary, ok: output.status.success() }
    }
}

/// Reads what the suite left behind: a folder for each scenario, with the moment in its name.
fn read(results: &Path) -> BTreeMap<String, Vec<Check>> {
    const MOMENT: usize = "-2026-01-01T00-00-00-000Z".len();
    let folders = std::fs::read_dir(results).expect("results").map(|entry| entry.expect("an entry").path());
    folders
        .map(|folder| {
            let name = folder.file_name().and_then(|name| name.to_str()).expect("a name");
            let scenario = name.strip_prefix("server-").and_then(|name| name.get(..name.len() - MOMENT)).expect("a scenario");
            let checks: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("checks.json")).expect("checks")).expect("JSON");
            (scenario.to_owned(), checks.iter().map(check).collect())
        })
        .collect()
}

fn check(read: &Value) -> Check {
    let text = |member: &str| read[member].as_str().unwrap_or_default().to_owned();
    Check { id: text("id"), name: text("name"), status: text("status"), error: text("errorMessage") }
}

async fn said(door: &Door, arguments: &[&str]) -> String {
    let output = door.command("conformance").args(arguments).output().await.expect("runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn first_word(line: &str) -> String {
    line.split(' ').next().unwrap_or_default().to_owned()
}
