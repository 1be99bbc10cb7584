//! The walls of the house (ARCHITECTURE.md): who may import whom, and which outside thing is named in which room only.
//! Each check also proves that it would notice: it is run on a line that breaks the rule.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The files below a folder that are wanted, with their path from the workspace and their text.
fn files(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("lists").flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root()).expect("below").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&name) {
                found.push((name, std::fs::read_to_string(&path).expect("reads")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} is empty");
    found
}

/// Rust files below a folder, with their path from the workspace and their text without tests.
fn sources(folder: &str) -> Vec<(String, String)> {
    let code = |text: &str| {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    files(folder, |name| name.ends_with(".rs")).into_iter().map(|(name, text)| (name, code(&text))).collect()
}

/// A word that may stand in some rooms only.
struct Rule {
    word: &'static str,
    among: &'static [&'static str],
    only_in: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule { word: "rusqlite::", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/store/", "crates/broker/src/broker/"] },
    Rule { word: "Connection::open", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/store/"] },
    Rule { word: "prepare_cached", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/store/"] },
    Rule { word: "keyring_core", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/secrets.rs"] },
    Rule { word: "keyring_store", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/secrets.rs"] },
    Rule {
        word: "StatusCode",
        among: &["crates", "src-tauri/src"],
        only_in: &["crates/broker/src/server/", "crates/broker/src/gateway/", "crates/stdio/"],
    },
    Rule {
        word: "axum::",
        among: &["crates", "src-tauri/src"],
        only_in: &["crates/broker/src/server/", "crates/broker/src/gateway/", "crates/stdio/"],
    },
    Rule {
        word: "reqwest::",
        among: &["crates", "src-tauri/src"],
        only_in: &["crates/broker/src/gateway/", "crates/broker/src/documents.rs"],
    },
    Rule {
        word: "SystemTime::now",
        among: &["crates", "src-tauri/src"],
        only_in: &["crates/broker/src/world.rs", "crates/stdio/src/clock.rs"],
    },
    Rule {
        word: "getrandom::",
        among: &["crates", "src-tauri/src"],
        only_in: &["crates/broker/src/world.rs", "crates/stdio/src/session.rs"],
    },
    Rule {
        word: "process_wrap",
        among: &["crates", "src-tauri/src"],
        only_in: &["crates/stdio/src/process.rs", "crates/stdio/src/environment.rs"],
    },
    Rule { word: "tauri", among: &["crates", "tests/journeys"], only_in: &[] },
    Rule {
        word: "crate::store",
        among: &["crates/broker/src/server", "crates/broker/src/gateway"],
        only_in: &["crates/broker/src/server/error.rs"],
    },
    Rule {
        word: "crate::server",
        among: &["crates/broker/src/broker", "crates/broker/src/store", "crates/broker/src/consent"],
        only_in: &[],
    },
    Rule {
        word: "crate::control",
        among: &["crates/broker/src/server", "crates/broker/src/gateway", "crates/broker/src/broker"],
        only_in: &[],
    },
    Rule { word: "std::fs", among: &["crates/oauth/src", "crates/words/src"], only_in: &[] },
    Rule { word: "fs::", among: &["crates/stdio/src"], only_in: &["crates/stdio/src/environment.rs"] },
    Rule { word: "std::net", among: &["crates/oauth/src", "crates/words/src"], only_in: &[] },
    Rule { word: "tokio", among: &["crates/oauth/src"], only_in: &[] },
    Rule { word: "std::net", among: &["crates/clients/src"], only_in: &[] },
    Rule { word: "Command::new", among: &["crates/clients/src"], only_in: &[] },
    Rule { word: "jsonc_parser", among: &["crates"], only_in: &["crates/clients/src/jsonc.rs"] },
    Rule { word: "toml_edit", among: &["crates"], only_in: &["crates/clients/src/toml.rs", "crates/broker/src/config_file.rs"] },
    Rule { word: "unsafe ", among: &["crates"], only_in: &["crates/broker/src/peers/windows/", "crates/broker/src/peers/macos/"] },
    Rule { word: "innerHTML", among: &["src-tauri/src"], only_in: &[] },
];

impl Rule {
    fn broken_by(&self, file: &str, code: &str) -> bool {
        code.contains(self.word) && !self.only_in.iter().any(|room| file.starts_with(room))
    }
}

#[test]
fn each_outside_thing_is_named_in_its_room_only() {
    for rule in RULES {
        for folder in rule.among {
            for (file, code) in sources(folder) {
                assert!(!rule.broken_by(&file, &code), "{file} names `{}`, which belongs to {:?}", rule.word, rule.only_in);
            }
        }
        assert!(rule.broken_by("crates/somewhere/else.rs", &format!("use {};", rule.word)), "the rule for `{}` notices nothing", rule.word);
    }
}

/// Whether `package` depends on `dependency`, directly or not.
fn depends(package: &str, dependency: &str) -> bool {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--locked", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().any(|line| line.split(' ').next() == Some(dependency))
}

#[test]
fn crates_exist_because_they_forbid_something() {
    for (package, forbidden) in [
        ("doorward-words", &["doorward-oauth", "tokio", "axum", "rusqlite", "reqwest", "getrandom", "tauri"][..]),
        ("doorward-oauth", &["tokio", "axum", "rusqlite", "reqwest", "getrandom", "tauri"]),
        ("doorward-broker", &["tauri", "gtk", "clap"]),
        ("doorward-stdio", &["doorward-oauth", "doorward-broker", "rusqlite", "keyring-core", "reqwest", "tauri"]),
        ("doorward-clients", &["tokio", "axum", "reqwest", "rusqlite", "keyring-core", "tauri", "doorward-broker"]),
        ("doorward-cli", &["tauri", "gtk"]),
    ] {
        for dependency in forbidden {
            assert!(!depends(package, dependency), "{package} must not depend on {dependency}");
        }
    }
    assert!(depends("doorward-desktop", "tauri") && depends("doorward-broker", "rusqlite"), "the check sees what is there");
}

/// The scripts and pages of the windows, without those of others.
fn pages() -> Vec<(String, String)> {
    let mut found = files("ui", |name| name.ends_with(".js") || name.ends_with(".html"));
    found.retain(|(name, _)| !name.starts_with("ui/vendor/"));
    found
}

/// The names of the messages in the language of the sources, in order.
fn messages() -> Vec<String> {
    let file = std::fs::read_to_string(root().join("crates/words/locales/en.ftl")).expect("reads");
    let name = |line: &str| line.split_once(" =").map(|(name, _)| name.to_owned());
    let mut names: Vec<String> =
        file.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase())).filter_map(name).collect();
    names.sort();
    names
}

/// The pages' types know each message, so that one that does not exist is found before it is missing on the screen.
#[test]
fn the_types_of_the_pages_know_every_message() {
    let list: Vec<String> = messages().iter().map(|name| format!("  | \"{name}\"")).collect();
    let types = format!(
        "// Made from crates/words/locales/en.ftl: DOORWARD_WRITE_TYPES=1 cargo test --test boundaries\n\nexport type Message =\n{};\n",
        list.join("\n")
    );
    let file = root().join("ui/message-ids.d.ts");
    if std::env::var_os("DOORWARD_WRITE_TYPES").is_some() {
        std::fs::write(&file, &types).expect("writes");
    }
    assert_eq!(std::fs::read_to_string(file).expect("reads"), types, "see its first line");
}

#[test]
fn no_message_is_left_over() {
    let mut texts = pages();
    texts.extend(sources("crates"));
    texts.extend(sources("src-tauri/src"));
    let unused: Vec<String> =
        messages().into_iter().filter(|name| !texts.iter().any(|(_, text)| text.contains(&format!("\"{name}\"")))).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

#[test]
fn pages_speak_to_the_shell_through_one_file_and_make_no_markup_from_text() {
    for (name, text) in pages() {
        let code: Vec<&str> =
            text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.trim_start().starts_with('*')).collect();
        let code = code.join("\n");
        assert!(name == "ui/ipc.js" || !code.contains("__TAURI__"), "{name} goes around ipc.js");
        for forbidden in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", " style=\"", "onclick="]
        {
            assert!(!code.contains(forbidden), "{name} has {forbidden}");
        }
    }
}

#[test]
fn no_http_route_approves_anything() {
    let server = std::fs::read_to_string(root().join("crates/broker/src/server/mod.rs")).expect("reads");
    let routes: Vec<&str> = server.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")?.split('"').next()).collect();
    assert!(routes.len() > 8, "{routes:?}");
    for route in routes {
        assert!(!["approve", "deny", "answer", "consent", "decision", "control"].iter().any(|word| route.contains(word)), "{route}");
    }
    for (file, code) in sources("crates/broker/src/server").into_iter().chain(sources("crates/broker/src/gateway")) {
        assert!(!code.contains("ConsentDecision") && !code.contains(".answer("), "{file} could answer a question");
    }
}

/// The documents name the tests that show what they say: each name is one that exists.
#[test]
fn every_test_that_a_document_names_exists() {
    let code: String = ["crates", "src-tauri", "tests"]
        .into_iter()
        .flat_map(|folder| walk(&root().join(folder)))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| std::fs::read_to_string(path).expect("reads"))
        .collect();
    for document in ["SECURITY.md", "ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("reads");
        let is_test_name =
            |word: &str| word.matches('_').count() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|word| is_test_name(word)).collect();
        assert!(named.len() > 10, "{document} names {} tests", named.len());
        for name in named {
            assert!(code.contains(&format!("fn {name}(")), "{document} names `{name}`, which does not exist");
        }
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("lists").flatten().map(|entry| entry.path());
    entries.filter(|path| !path.ends_with("node_modules")).flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// A row of a table in docs/protocol.md that begins with a code: the code, and the names in its last cell.
fn mapped() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("docs/protocol.md")).expect("reads");
    let is_code = |cell: &str| {
        let known =
            CODES.iter().any(|(prefix, _)| cell.starts_with(prefix)) || ["RFC7592", "JWT"].contains(&cell) || cell.starts_with("GW-");
        known && cell.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    };
    text.lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
            let (first, last) = (cells.first()?, cells.last()?);
            is_code(first).then(|| ((*first).to_owned(), (*last).to_owned()))
        })
        .collect()
}

/// Every code there is: what it begins with, and its numbers.
const CODES: &[(&str, &[std::ops::RangeInclusive<u32>])] = &[
    ("META-", &[1..=11]),
    ("PRM-", &[1..=4]),
    ("DCR-", &[1..=16]),
    ("AZ-", &[1..=19]),
    ("TK-", &[1..=12]),
    ("RT-", &[1..=7]),
    ("RV-", &[1..=6]),
    ("IN-", &[1..=3]),
    ("RES-", &[1..=7]),
    ("CIMD-", &[1..=6]),
    ("PAR-", &[1..=4]),
    ("DP-", &[1..=5]),
    ("DEV-", &[1..=4]),
    ("X-", &[1..=9]),
    ("M-AS-", &[1..=28, 30..=34]),
    ("M-RS-", &[1..=22]),
    ("D1-C", &[1..=6]),
    ("S0-", &[1..=10]),
    ("S1-", &[1..=6]),
    ("S2-", &[1..=8]),
    ("S3-", &[1..=9]),
    ("S4-", &[1..=6]),
    ("SEC-B", &[1..=7]),
    ("SEC-R", &[1..=3]),
    ("SEC-P", &[1..=1]),
    ("SEC-X", &[1..=6]),
    ("SEC-K", &[1..=1]),
    ("SEC-T-A", &[1..=4]),
    ("SEC-C", &[1..=4]),
    ("SEC-D", &[1..=5]),
    ("SEC-U", &[1..=5]),
    ("SEC-F", &[1..=6]),
];

/// Prefixes of codes whose tests need not carry them in their names: they are promises that many tests show.
const NAMED_FREELY: [&str; 2] = ["SEC-", "GW-"];
/// What the project leaves out, by decision. Anything else has a test, or says that it is not built yet.
const LEFT_OUT: [&str; 9] = ["PRM-04", "PAR-04", "M-AS-33", "M-AS-34", "DP-01", "DP-02", "DP-03", "DP-04", "DP-05"];
/// What may say "not yet".
const UNDER_WAY: [&str; 1] = ["SEC-F2"];

fn padded(prefix: &str, number: u32) -> String {
    let single = ["D1-C", "S0-", "S1-", "S2-", "S3-", "S4-"].contains(&prefix) || prefix.starts_with("SEC-");
    if single { format!("{prefix}{number}") } else { format!("{prefix}{number:02}") }
}

/// How a code is written in the name of a test: `AZ-18` is `az18`, `M-AS-05` is `m_as_05`.
fn in_a_name(code: &str) -> String {
    let parts: Vec<&str> = code.split('-').collect();
    let text = match parts.as_slice() {
        [word, number] if !word.ends_with(|c: char| c.is_ascii_digit()) => format!("{word}{number}"),
        _ => parts.join("_"),
    };
    text.to_lowercase()
}

fn names_in(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The test functions of the whole tree.
fn tests() -> Vec<String> {
    let files = ["crates", "src-tauri", "tests"].into_iter().flat_map(|folder| walk(&root().join(folder)));
    let rust = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut found = Vec::new();
    for path in rust {
        let mut marked = false;
        for line in std::fs::read_to_string(path).expect("reads").lines().map(str::trim) {
            marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
                found.push(rest.split('(').next().unwrap_or_default().to_owned());
                marked = false;
            }
        }
    }
    found
}

/// What is wrong with a row; nothing when its tests are there and carry the code.
fn wrong_with(code: &str, cell: &str, tests: &[String]) -> Option<String> {
    if cell.starts_with("does not apply: ") {
        return (!LEFT_OUT.contains(&code)).then(|| format!("{code} was never left out"));
    }
    if cell.starts_with("not yet: ") {
        return (!UNDER_WAY.contains(&code)).then(|| format!("{code} must have a test by now"));
    }
    let names = names_in(cell);
    let exists = |name: &str| match name.strip_suffix('…') {
        Some(prefix) => tests.iter().any(|test| test.starts_with(prefix)),
        None => tests.iter().any(|test| test == name),
    };
    if let Some(missing) = names.iter().find(|name| !exists(name)) {
        return Some(format!("{code} names `{missing}`, which is no test"));
    }
    let written = in_a_name(code);
    let carries = |name: &&str| format!("_{name}_").contains(&format!("_{written}_"));
    let named =
        NAMED_FREELY.iter().any(|prefix| code.starts_with(prefix)) || names.iter().any(|name| carries(&name.trim_end_matches(['_', '…'])));
    (names.is_empty() || !named).then(|| format!("{code} has no test with {written} in its name"))
}

#[test]
fn m_as_26_every_line_of_the_protocol_has_its_test() {
    let (rows, tests) = (mapped(), tests());
    let all = CODES.iter().flat_map(|(prefix, ranges)| ranges.iter().cloned().flatten().map(|number| padded(prefix, number)));
    let mut wrong: Vec<String> =
        all.filter(|code| !rows.iter().any(|(row, _)| row == code)).map(|code| format!("{code} has no row")).collect();
    wrong.extend(rows.iter().filter_map(|(code, cell)| wrong_with(code, cell, &tests)));
    wrong.extend(
        rows.iter()
            .enumerate()
            .filter(|(at, (code, _))| rows[..*at].iter().any(|(row, _)| row == code))
            .map(|(_, (code, _))| format!("{code} has two rows")),
    );
    assert!(wrong.is_empty(), "docs/protocol.md:\n{}", wrong.join("\n"));
    // It would notice.
    let there = vec!["az18_works".to_owned()];
    assert_eq!(wrong_with("AZ-18", "`az18_works`", &there), None);
    assert_eq!(wrong_with("AZ-18", "`az18_…`", &there), None);
    for (code, cell) in [
        ("AZ-18", "`az18_gone`"),
        ("AZ-18", "`az19_…`"),
        ("AZ-1", "`az18_works`"),
        ("AZ-18", ""),
        ("AZ-18", "not yet: later"),
        ("AZ-18", "does not apply: no"),
    ] {
        assert!(wrong_with(code, cell, &there).is_some(), "{code} {cell}");
    }
}

#[test]
fn d1_c6_the_one_deviation_is_named_with_its_rules() {
    for document in ["docs/protocol.md", "SECURITY.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("reads");
        let missing: Vec<String> = (1..=6).map(|n| format!("| D1-C{n} |")).filter(|rule| !text.contains(rule.as_str())).collect();
        assert!(missing.is_empty() && text.contains("deviation") && text.contains("http://127.0.0.1:8765"), "{document}: {missing:?}");
    }
}
