//! Secrets leave the files, and come out nowhere else.

#[cfg(unix)]
use std::fs;

use doorward_clients::{
    backup::Backups,
    client::Client,
    import::{Addition, Findings, NotFilled},
    places::{Home, System},
    plan::Taken,
    seal::{BackupKey, Seal},
    server::{Kind, Server, Why},
    template::Secret,
    undo::How,
};

use secrecy::ExposeSecret;

use crate::desk::{Desk, door, is_foreign, tree};

/// What is secret in the fixtures.
const SECRETS: [&str; 9] = [
    "ghp_0000Fixture0000Fixture0000Fixture00",
    "ghp_1111Fixture1111Fixture1111Fixture11",
    "ctx7sk-0000fixture",
    "fixture-search-key",
    "fixture-pw",
    "BSA-fixture-0000",
    "lin_api_0000Fixture0000",
    "fixture-notes",
    "fixture-of-an-extension",
];

fn assert_secret_free(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} has {secret}");
    }
}

#[test]
fn no_secret_is_in_what_is_printed_or_in_a_difference_or_in_a_record() {
    let desk = Desk::furnished();
    let survey = desk.survey();
    assert_secret_free("the survey", &format!("{survey:?}"));
    let plan = desk.plan(|found| !is_foreign(found));
    assert_secret_free("the plan", &format!("{plan:?}"));
    assert_secret_free("the plan as JSON", &serde_json::to_string(&plan).expect("JSON"));
    let found: Vec<_> = survey.iter().filter_map(|sighting| sighting.config.as_ref().ok()).flat_map(|config| config.servers()).collect();
    let json = serde_json::to_string(&found).expect("JSON");
    assert_secret_free("the survey as JSON", &json);
    assert!(json.contains(r#""secrets":["GITHUB_PERSONAL_ACCESS_TOKEN"]"#) && json.contains("It speaks the old SSE transport"), "{json}");
    for file in &plan.files {
        assert_secret_free("a difference", &file.diff);
        assert!(file.diff.contains("http://127.0.0.1:8765/mcp/"), "{}", file.diff);
    }
    for server in &plan.servers {
        assert_secret_free("a definition", &serde_json::to_string(&server.server.kind).expect("JSON"));
    }
    assert_secret_free("what was written", &format!("{:?}", desk.import()));
    for (path, bytes) in tree(&desk.backups).into_iter().filter(|(path, _)| path.ends_with(".json")) {
        assert_secret_free(&path, &String::from_utf8_lossy(&bytes));
    }
    assert_secret_free("the list", &format!("{:?}", desk.backups().imports().expect("lists")));
    for client in Client::ALL {
        assert_secret_free("an undo", &format!("{:?}", desk.backups().undo(client, How::Whole)));
    }
}

#[test]
fn the_secrets_of_imported_servers_are_not_in_the_files_any_more_and_are_all_handed_over() {
    let desk = Desk::furnished();
    let plan = desk.plan(|found| !is_foreign(found));
    // REVEAL: a test looks at what was handed over.
    let handed: Vec<&str> = plan.servers.iter().flat_map(|new| &new.server.secrets).map(Secret::reveal).collect();
    desk.import();
    let left: String = desk.tree().values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    for secret in
        ["ghp_0000Fixture0000Fixture0000Fixture00", "fixture-search-key", "BSA-fixture-0000", "lin_api_0000Fixture0000", "fixture-notes"]
    {
        assert!(handed.contains(&secret) && !left.contains(secret), "{secret}");
    }
    assert!(left.contains("ctx7sk-0000fixture"), "what was not chosen stays");
}

#[test]
fn a_closed_backup_has_no_secret_in_it_and_opens_with_its_key_only() {
    let desk = Desk::furnished();
    let before = desk.tree();
    let backups = |bits: u8| Backups::new(desk.backups.clone(), Seal::With(BackupKey::from_bytes([bits; 32])));
    backups(1).write(&desk.plan(|found| !is_foreign(found)).files, 1).expect("writes");
    for (path, bytes) in tree(&desk.backups) {
        assert_secret_free(&path, &String::from_utf8_lossy(&bytes));
    }
    let written = desk.tree();
    for other in [backups(2), desk.backups()] {
        let refused = other.undo(Client::Cursor, How::Whole).expect_err("has another key").to_string();
        assert!(refused.contains("cannot be opened"), "{refused}");
    }
    assert_eq!(desk.tree(), written);
    for client in Client::ALL {
        backups(1).undo(client, How::Whole).expect("undoes");
    }
    assert_eq!(desk.tree(), before);
}

#[cfg(unix)]
#[test]
fn backups_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::furnished();
    fs::create_dir(&desk.backups).expect("makes");
    fs::set_permissions(&desk.backups, fs::Permissions::from_mode(0o755)).expect("sets");
    desk.import();
    let mode = |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&desk.backups), 0o700);
    for path in tree(&desk.backups).keys() {
        assert_eq!(mode(&desk.backups.join(path)), 0o600, "{path}");
    }
}

#[test]
fn the_secret_decides_with_the_command_whether_two_servers_are_the_same() {
    let desk = Desk::with(".cursor/mcp.json", r#"{"mcpServers": {"a": {"command": "x", "env": {"API_KEY": "one-key"}}}}"#);
    let known = |key: &str| {
        let found = desk.configs().remove(0).servers()[0].server.clone().expect("a server");
        Taken {
            name: doorward_oauth::id::ServerName::parse("known").expect("a name"),
            server: Some(Server { kind: found.kind, secrets: vec![Secret::new("API_KEY", key)] }),
        }
    };
    let same = desk.plan_beside(&[known("one-key")], |_| true);
    assert_eq!(same.servers, vec![]);
    assert_eq!(same.files[0].entries[0].server.as_str(), "known");
    let other = desk.plan_beside(&[known("another-key")], |_| true);
    assert_eq!(other.servers.len(), 1);
    assert!(matches!(&other.servers[0].server.kind, Kind::Stdio { .. }));
    assert_eq!(other.servers[0].name.as_str(), "a");
}

/// A server of Cursor's, as it is put behind Doorward where the environment has these variables.
fn filled_in(entry: &str, environment: &[(&str, &str)]) -> Result<Addition, NotFilled> {
    let desk = Desk::with(".cursor/mcp.json", &format!(r#"{{"mcpServers": {{"a": {entry}}}}}"#));
    let findings = Findings::look(Home::new(System::Linux, &desk.home), None, door(), |_| true);
    let plan = findings.plan(&[], |_| true);
    let variable = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    findings.addition(&plan.servers[0], variable)
}

#[test]
fn what_comes_from_a_variable_of_the_environment_goes_into_the_keyring_unless_it_is_plainly_no_secret() {
    for (entry, name, value) in [
        ("GITHUB_TOKEN", "GITHUB_TOKEN", "hunter"),
        ("LOGIN", "GITHUB_TOKEN", "hunter"),
        ("GITHUB_TOKEN", "LOGIN", "hunter"),
        ("DATABASE_URL", "DATABASE_URL", "postgres://me:pw@db/x"),
        ("LOGIN", "LOGIN", "hunter-2"),
        ("LOGIN", "LOGIN", "ghp_0000Fixture0000Fixture0000Fixture00"),
    ] {
        let server = format!(r#"{{"command": "x", "env": {{"{entry}": "${{env:{name}}}"}}}}"#);
        let addition = filled_in(&server, &[(name, value)]).expect("filled");
        assert!(!format!("{addition:?}").contains(value), "{addition:?}");
        let Addition::Command { environment, secrets, .. } = addition else { panic!("a command") };
        assert!(environment.is_empty(), "{entry} from {name}");
        // REVEAL: a test looks at it.
        assert_eq!(secrets.get(entry).map(|secret| secret.expose_secret()), Some(value));
    }
    for (name, value) in [("MODE", "quick"), ("PORT", "8080"), ("ROOT", "/home/me/work"), ("GITHUB_TOKEN", "")] {
        let server = format!(r#"{{"command": "x", "env": {{"{name}": "${{env:{name}}}"}}}}"#);
        let Ok(Addition::Command { environment, secrets, .. }) = filled_in(&server, &[(name, value)]) else { panic!("a command") };
        assert_eq!((environment.get(name).map(String::as_str), secrets.len()), (Some(value), 0), "{name}");
    }
}

#[test]
fn a_secret_in_a_variable_does_not_come_into_a_command_line_or_an_address() {
    let environment =
        [("API_KEY", "hunter2"), ("LOGIN", "hunter2"), ("GIVEN", "ghp_0000Fixture0000Fixture0000Fixture00"), ("OPTION", "--token")];
    for (entry, why) in [
        (r#"{"command": "x", "args": ["${env:API_KEY}"]}"#, Why::SecretInCommand),
        (r#"{"command": "x", "args": ["--token", "${env:LOGIN}"]}"#, Why::SecretInCommand),
        (r#"{"command": "x", "args": ["${env:OPTION}", "short"]}"#, Why::SecretInCommand),
        (r#"{"command": "x", "args": ["--token=${env:LOGIN}"]}"#, Why::SecretInCommand),
        (r#"{"command": "x", "args": ["Authorization: Bearer ${env:LOGIN}"]}"#, Why::SecretInCommand),
        (r#"{"command": "x", "args": ["${env:GIVEN}"]}"#, Why::SecretInCommand),
        (r#"{"command": "${env:API_KEY}"}"#, Why::SecretInCommand),
        (r#"{"command": "x", "cwd": "/tmp/${env:API_KEY}"}"#, Why::SecretInCommand),
        (r#"{"url": "https://x.example/mcp?key=${env:LOGIN}"}"#, Why::SecretInAddress),
        (r#"{"url": "https://x.example/${env:API_KEY}/mcp"}"#, Why::SecretInAddress),
        (r#"{"url": "https://x.example/mcp/${env:GIVEN}"}"#, Why::SecretInAddress),
    ] {
        let refused = filled_in(entry, &environment).expect_err(entry);
        assert_eq!(refused, NotFilled::Shown(why), "{entry}");
        assert!(!format!("{refused:?} {refused}").contains("hunter2"));
    }
    let plain = filled_in(
        r#"{"command": "x", "args": ["--root", "${env:ROOT}/notes", "--user=${env:NAME}"]}"#,
        &[("ROOT", "/srv"), ("NAME", "me")],
    );
    let Ok(Addition::Command { arguments, .. }) = plain else { panic!("a command") };
    assert_eq!(arguments, ["--root", "/srv/notes", "--user=me"]);
    let Ok(Addition::Address { url, .. }) = filled_in(r#"{"url": "https://x.example/mcp?team=${env:TEAM}"}"#, &[("TEAM", "blue")]) else {
        panic!("an address")
    };
    assert_eq!(url, "https://x.example/mcp?team=blue");
}

#[test]
fn what_stands_beside_a_variable_is_covered_where_its_name_says_that_it_is_secret() {
    let desk = Desk::with(".cursor/mcp.json", r#"{"mcpServers": {"a": {"command": "x", "args": ["--token", "hunter2${env:REST}"]}}}"#);
    let found = desk.configs().remove(0).servers()[0].clone();
    let server = found.server.clone().expect("a server");
    assert!(!format!("{found:?}").contains("hunter2") && !server.kind.to_string().contains("hunter2"), "{found:?}");
    assert_eq!(server.beyond_doorward(), Some(Why::SecretInCommand));
}
