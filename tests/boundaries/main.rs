//! The walls of the house (ARCHITECTURE.md): who may import whom, and which outside thing is named in which room only.
//! Each check also proves that it would notice: it is run on a line that breaks the rule.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Rust files below a folder, with their path from the workspace and their text without tests.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("lists").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("reads");
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let name = path.strip_prefix(root()).expect("below").to_string_lossy().into_owned();
                found.push((name, code.join("\n")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} is empty");
    found
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
    Rule { word: "StatusCode", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/server/", "crates/broker/src/gateway/"] },
    Rule { word: "axum::", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/server/", "crates/broker/src/gateway/"] },
    Rule {
        word: "reqwest::",
        among: &["crates", "src-tauri/src"],
        only_in: &["crates/broker/src/gateway/", "crates/broker/src/documents.rs"],
    },
    Rule { word: "SystemTime::now", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/world.rs"] },
    Rule { word: "getrandom::", among: &["crates", "src-tauri/src"], only_in: &["crates/broker/src/world.rs"] },
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
    Rule { word: "std::fs", among: &["crates/oauth/src"], only_in: &[] },
    Rule { word: "std::net", among: &["crates/oauth/src"], only_in: &[] },
    Rule { word: "tokio", among: &["crates/oauth/src"], only_in: &[] },
    Rule { word: "unsafe ", among: &["crates"], only_in: &[] },
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
        ("doorward-oauth", &["tokio", "axum", "rusqlite", "reqwest", "getrandom", "tauri"][..]),
        ("doorward-broker", &["tauri", "gtk", "clap"]),
        ("doorward-cli", &["tauri", "gtk"]),
    ] {
        for dependency in forbidden {
            assert!(!depends(package, dependency), "{package} must not depend on {dependency}");
        }
    }
    assert!(depends("doorward-desktop", "tauri") && depends("doorward-broker", "rusqlite"), "the check sees what is there");
}

#[test]
fn pages_speak_to_the_shell_through_one_file_and_make_no_markup_from_text() {
    for entry in std::fs::read_dir(root().join("ui")).expect("lists").flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if !name.ends_with(".js") && !name.ends_with(".html") {
            continue;
        }
        let text = std::fs::read_to_string(path).expect("reads");
        let code: Vec<&str> =
            text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.trim_start().starts_with('*')).collect();
        let code = code.join("\n");
        assert!(name == "ipc.js" || !code.contains("__TAURI__"), "{name} goes around ipc.js");
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
