//! `doorward doctor`: what does not work is found, and said.

use std::process::Command;

use doorward_broker::health::{Condition, Finding};
use doorward_tests::{
    free_port,
    programs::{Process, bin, isolated},
    upstream::Upstream,
};

use crate::{
    cli::{at_a_terminal, serve},
    session::{Keyring, Session},
};

/// What it finds, and whether it is content.
fn doctor(session: &Session) -> (Vec<Finding>, bool) {
    let output = session.doorward(&["doctor", "--json"]);
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}")), output.status.success())
}

fn of<'f>(findings: &'f [Finding], about: &str) -> &'f Finding {
    findings.iter().find(|finding| finding.about.to_string() == about).unwrap_or_else(|| panic!("{about}: {findings:?}"))
}

/// Locks the keyring, as a person does who leaves.
fn lock(session: &Session) {
    let arguments = ["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"];
    let mut send = Command::new("dbus-send");
    send.args(arguments).args(["org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login"]);
    for (name, value) in session.program("doorward").get_envs().filter_map(|(name, value)| Some((name, value?))) {
        send.env(name, value);
    }
    let sent = send.output().expect("dbus-send is installed");
    assert!(sent.status.success(), "{sent:?}");
}

/// Gives the profile this `config.toml`.
fn configured(session: &Session, text: &str) {
    let folder = session.home().join(".config/doorward");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.toml"), text).expect("written");
}

#[test]
fn before_the_first_start_nothing_is_wrong_and_nothing_is_made() {
    let session = Session::with(Keyring::Unlocked);
    configured(&session, &format!("port = {}\n", free_port()));
    let (findings, content) = doctor(&session);
    assert!(content, "{findings:?}");
    assert!(of(&findings, "service").says.to_string().starts_with("Doorward is not running."));
    for about in ["configuration", "folders", "port", "data", "keyring"] {
        assert_eq!(of(&findings, about).state, Condition::Good, "{about}");
    }
    assert!(!session.home().join(".local/share/doorward").exists(), "it only looks");
    let output = session.doorward(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.lines().all(|line| line.starts_with("ok ") || line.starts_with("note ")), "{said}");
}

#[test]
fn moment_12_a_taken_port_and_a_broken_configuration_are_found() {
    let session = Session::with(Keyring::Unlocked);
    let squatter = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = squatter.local_addr().expect("bound").port();
    configured(&session, &format!("port = {port}\n"));
    let (findings, content) = doctor(&session);
    assert!(!content);
    let taken = of(&findings, "port");
    assert!(taken.state == Condition::Fault && taken.says.to_string().contains(&format!("Port {port} is held by")), "{taken:?}");
    assert!(taken.says.to_string().contains(&format!("pid {}", std::process::id())), "{taken:?}");
    configured(&session, "prot = 1\n");
    let broken = doctor(&session).0;
    let broken = of(&broken, "configuration");
    assert!(broken.state == Condition::Fault && broken.says.to_string().contains("prot"), "{broken:?}");
}

#[test]
fn moment_12_a_keyring_that_is_not_there_or_locked_and_a_lost_key_are_found() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = isolated(&bin("doorward"), home.path());
    let output = command.args(["doctor", "--json"]).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").output().expect("runs");
    let findings: Vec<Finding> = serde_json::from_slice(&output.stdout).expect("JSON");
    let keyring = of(&findings, "keyring");
    assert!(keyring.state == Condition::Fault && keyring.says.to_string().contains("No keyring answers"), "{keyring:?}");

    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    configured(&session, &format!("port = {port}\n"));
    drop(serve(&session, port));
    lock(&session);
    let locked = doctor(&session).0;
    let locked = of(&locked, "keyring");
    assert!(locked.state == Condition::Fault && locked.says.to_string().starts_with("Your keyring is locked"), "{locked:?}");
    for said in ["The keyring that was asked is the Secret Service", "no app can use anything"] {
        assert!(locked.says.to_string().contains(said), "{locked:?}");
    }
    let session = Session::with(Keyring::Unlocked);
    configured(&session, &format!("port = {port}\n"));
    drop(serve(&session, port));
    crate::keyring::secret_tool(&session, &["clear", "service", "doorward"]);
    let (findings, _) = doctor(&session);
    let lost = of(&findings, "keyring");
    assert!(lost.state == Condition::Fault && lost.says.to_string().contains("doorward reset --keep-servers"), "{lost:?}");
    assert_eq!(of(&findings, "data").state, Condition::Good);
    let data = session.home().join(".local/share/doorward");
    std::fs::remove_file(data.join("doorward.db-wal")).expect("what was written last");
    std::fs::write(data.join("doorward.db"), b"no database at all, but long enough to be one").expect("written");
    assert_eq!(of(&doctor(&session).0, "data").state, Condition::Fault);
}

#[test]
fn moment_12_programs_that_start_servers_are_missing_and_where_they_were_looked_for_is_shown() {
    let session = Session::with(Keyring::Unlocked);
    configured(&session, &format!("port = {}\n", free_port()));
    let (empty, one) = (session.home().join("empty"), session.home().join("one"));
    for folder in [&empty, &one] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    std::fs::write(one.join("npx"), "#!/bin/sh\n").expect("written");
    std::fs::set_permissions(one.join("npx"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    for (path, missing) in [(&empty, "npx and uvx cannot be found"), (&one, "uvx cannot be found")] {
        // A shell that says nothing, so that this path counts.
        let mut doctor = session.program("doorward");
        let output = doctor.args(["doctor", "--json"]).env("SHELL", "/nonexistent").env("PATH", path).output().expect("runs");
        let findings: Vec<Finding> = serde_json::from_slice(&output.stdout).expect("JSON");
        let found = of(&findings, "path");
        let said = found.says.to_string();
        assert!(found.state == Condition::Note && said.starts_with(missing), "{found:?}");
        assert!(said.contains("Other servers work.") && said.contains(&path.display().to_string()), "{found:?}");
        assert!(output.status.success(), "servers with a path of their own work");
    }
}

#[test]
fn moment_12_folders_that_cannot_be_written_are_found() {
    let session = Session::with(Keyring::Unlocked);
    std::fs::create_dir_all(session.home().join(".local/share")).expect("a folder");
    std::fs::write(session.home().join(".local/share/doorward"), b"in the way").expect("written");
    let (findings, content) = doctor(&session);
    let folders = of(&findings, "folders");
    assert!(
        !content && folders.state == Condition::Fault && folders.says.to_string().starts_with("Doorward cannot write to "),
        "{folders:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_doorward_is_asked_how_it_and_its_servers_are() {
    let (session, upstream, port) = (Session::with(Keyring::Unlocked), Upstream::start().await, free_port());
    let _broker: Process = serve(&session, port);
    assert_eq!(of(&doctor(&session).0, "servers").state, Condition::Note, "none is guarded yet");
    for (name, url) in [("here", upstream.url.as_str()), ("gone", "http://127.0.0.1:9/mcp")] {
        at_a_terminal(&session, &["add", name, url], "y\n");
    }
    let (findings, content) = doctor(&session);
    assert!(!content);
    assert!(of(&findings, "service").says.to_string().contains(&format!("127.0.0.1:{port}")));
    for (about, state) in
        [("server here", Condition::Good), ("server gone", Condition::Fault), ("keyring", Condition::Good), ("data", Condition::Good)]
    {
        assert_eq!(of(&findings, about).state, state, "{about}: {findings:?}");
    }
    assert!(session.doorward(&["pause", "--for", "15m"]).status.success(), "anybody may stop things");
    assert!(of(&doctor(&session).0, "service").says.to_string().contains("paused"));
    assert_eq!(session.doorward(&["resume"]).status.code(), Some(4), "going on is a person's");
    assert!(at_a_terminal(&session, &["resume"], "").contains("Resumed"));
    assert_eq!(of(&doctor(&session).0, "service").state, Condition::Good);
    assert_eq!(session.doorward(&["pause", "--for", "soon"]).status.code(), Some(2));
    assert_eq!(session.doorward(&["unmute", "nobody"]).status.code(), Some(5));
}

#[test]
fn shells_complete_the_commands_and_manual_pages_name_them() {
    let session = Session::with(Keyring::Locked);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = session.doorward(&["completions", shell]);
        assert!(script.status.success() && String::from_utf8_lossy(&script.stdout).contains("approve"), "{shell}");
    }
    let pages = session.home().join("man");
    assert!(session.doorward(&["man", pages.to_str().expect("text")]).status.success());
    let page = std::fs::read_to_string(pages.join("doorward.1")).expect("a page");
    assert!(page.contains("doctor") && page.contains("requests"), "{page}");
    assert!(pages.join("doorward-approve.1").exists());
}
