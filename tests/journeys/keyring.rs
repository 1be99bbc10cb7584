//! The real Secret Service: present, absent, locked, restarted.

use std::{
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use doorward_tests::{
    free_port,
    programs::{bin, isolated},
};

use crate::session::{Keyring, Session};

#[test]
fn the_key_is_made_at_the_first_start_and_found_at_the_next() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    for _ in 0..2 {
        let mut broker = session.serve_scripted(port);
        broker.kill();
    }
    let found = secret_tool(&session, &["search", "--all", "service", "doorward-ci"]);
    assert!(found.contains("verifier-key"), "{found}");
    assert_eq!(found.matches("secret = ").count(), 1, "one item: {found}");
    let secret = found.lines().find_map(|line| line.strip_prefix("secret = ")).expect("its value").to_owned();
    assert!(!doorward_tests::doorward::any_file_contains(&session.data(), secret.as_bytes()), "the key is in no file of ours");
}

/// Runs `secret-tool` in a session.
pub fn secret_tool(session: &Session, arguments: &[&str]) -> String {
    let environment: Vec<(std::ffi::OsString, std::ffi::OsString)> =
        session.program("doorward").get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    let output = Command::new("secret-tool").args(arguments).envs(environment).output().expect("secret-tool is installed");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn sec_f5_without_a_keyring_nothing_starts_and_a_sentence_says_what_to_do() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = isolated(&bin("doorward"), home.path());
    let port = free_port().to_string();
    command.args(["serve", "--no-gui", "--port", &port]).env_remove("DISPLAY").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let output = in_a_second(|| command.output().expect("runs"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("No keyring answers on this computer") && said.contains("apt install gnome-keyring"), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("doorward: ")).count(), 1, "{said}");
    nothing_in_clear(home.path());
}

#[test]
fn sec_f5_a_locked_keyring_is_said_and_unlocking_it_is_enough() {
    let session = Session::with(Keyring::Locked);
    let port = free_port().to_string();
    let output = in_a_second(|| session.doorward(&["serve", "--no-gui", "--port", &port]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("Your keyring is locked") && said.contains("Unlock it"), "{said}");
    nothing_in_clear(session.home());
}

/// What fails, fails at once: the best of three, since the computer may be busy with something else.
fn in_a_second(mut run: impl FnMut() -> Output) -> Output {
    let mut took = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        let output = run();
        took.push(begun.elapsed());
        if begun.elapsed() < Duration::from_secs(1) {
            return output;
        }
    }
    panic!("{took:?}");
}

/// No key was written to any file of ours: there is no fingerprint, so no key was ever believed.
fn nothing_in_clear(home: &std::path::Path) {
    let database = home.join(".local/share/doorward/doorward.db");
    let db = rusqlite::Connection::open(database).expect("opens");
    let settings: i64 = db.query_row("SELECT count(*) FROM settings WHERE name = 'key-fingerprint'", [], |row| row.get(0)).expect("counts");
    assert_eq!(settings, 0);
}

#[test]
fn a_lost_key_is_said_and_reset_starts_anew_with_the_servers() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    let mut broker = session.serve_scripted(port);
    let added = session.doorward(&["--profile", "ci", "add", "everything", "http://127.0.0.1:1/mcp", "--yes"]);
    assert!(added.status.success(), "{added:?}");
    broker.kill();
    secret_tool(&session, &["clear", "service", "doorward-ci"]);
    let start = ["--profile", "ci", "serve", "--no-gui", "--scripted-approval", "--port", &port.to_string()];
    let said = String::from_utf8_lossy(&session.doorward(&start).stderr).into_owned();
    assert!(said.contains("is not in your keyring any more") && said.contains("doorward reset --keep-servers"), "{said}");
    let refused = session.doorward(&["--profile", "ci", "reset", "--keep-servers"]);
    assert_eq!(refused.status.code(), Some(4), "resetting needs a person");
    let reset = crate::cli::at_a_terminal(&session, &["--profile", "ci", "reset", "--keep-servers"], "reset\n");
    assert!(reset.contains("Forgotten."), "{reset}");
    let _broker = session.serve_scripted(port);
    let servers = session.doorward(&["--profile", "ci", "servers", "--json"]);
    assert!(String::from_utf8_lossy(&servers.stdout).contains("everything"));
}

#[test]
fn without_a_screen_the_desktop_app_says_what_to_run_instead() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = isolated(&bin("doorward-desktop"), home.path());
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdout(Stdio::null());
    let output = in_a_second(|| command.output().expect("runs"));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("doorward serve --no-gui") && said.lines().count() == 1, "{said}");
}
