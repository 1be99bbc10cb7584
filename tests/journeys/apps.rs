//! One App for a person, above the many registrations that its program makes.

use std::{process::Command, time::Duration};

use doorward_tests::{
    client::{Client, Secret},
    doorward::Doorward,
    eventually,
    flow::{PING, tokens_of},
    person::Habit,
};
use rusqlite::Connection;
use serde_json::{Value, json};

const YES: Habit = Habit::Allows;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// With the limits that everybody has.
async fn guarding() -> Doorward {
    let doorward = Doorward::with(YES, "").await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    doorward
}

/// What Claude Code sends.
fn claude_code(port: u16) -> Value {
    json!({
        "client_name": "Claude Code (everything)",
        "redirect_uris": [format!("http://localhost:{port}/callback")],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native"
    })
}

fn rows(doorward: &Doorward, table: &str) -> u32 {
    let db = Connection::open(doorward.database()).expect("opens");
    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("counts")
}

fn kinds(doorward: &Doorward) -> Vec<String> {
    doorward.person.shown().into_iter().map(|question| question.kind).collect()
}

#[tokio::test]
async fn five_hundred_logins_of_one_app_are_one_app_and_meet_no_limit() {
    let doorward = guarding().await;
    for n in 0..500 {
        let client = Client::register(&doorward, &claude_code(40_000 + n)).await;
        let code = client.code(&doorward).await;
        assert_eq!(client.redeem(&doorward, &code, Secret::Nowhere).await.status, 200, "login {n}");
        doorward.clock.advance(Duration::from_secs(1));
    }
    let apps = doorward.broker.apps().await.expect("apps");
    assert_eq!((apps.len(), apps[0].registrations, apps[0].grants.len()), (1, 1, 1));
    let asked = kinds(&doorward);
    assert_eq!((asked[0].as_str(), asked.iter().filter(|kind| *kind == "reconnect").count()), ("connect", 499));

    let db = Connection::open(doorward.database()).expect("opens");
    let tables: Vec<String> = db
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .expect("tables");
    for table in tables {
        let most = match table.as_str() {
            "apps" | "clients" | "servers" => 1,
            "grants" | "codes" | "access_tokens" | "refresh_tokens" => 32, // the sessions that hold at once
            "events" => 500, // one line of history each, and 10,000 at most (see `store::events`)
            _ => 10,
        };
        assert!(rows(&doorward, &table) <= most, "{table}: {}", rows(&doorward, &table));
    }
}

#[tokio::test]
async fn identical_registrations_get_the_same_client_and_their_own_redirect_back() {
    let doorward = guarding().await;
    let first = Client::register(&doorward, &claude_code(40_001)).await;
    let second = Client::register(&doorward, &claude_code(40_002)).await;
    assert_eq!(second.id(), first.id());
    assert_eq!(second.answer["client_id_issued_at"], first.answer["client_id_issued_at"]);
    for (client, port) in [(&first, 40_001), (&second, 40_002)] {
        for member in ["redirect_uris", "client_name", "grant_types", "response_types", "token_endpoint_auth_method", "application_type"] {
            assert_eq!(client.answer[member], claude_code(port)[member], "{member}");
        }
    }
    let mut confidential = claude_code(40_001);
    confidential["token_endpoint_auth_method"] = json!("client_secret_basic");
    let with_secret = [Client::register(&doorward, &confidential).await, Client::register(&doorward, &confidential).await];
    assert!(with_secret[0].id() != first.id() && with_secret[0].id() != with_secret[1].id(), "a secret is never shared");
}

#[tokio::test]
async fn az05_a_client_that_several_sessions_share_must_name_its_redirect() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &claude_code(40_001)).await;
    let alone = client.asked_with(&doorward, "redirect_uri", None).await;
    assert!(alone.header("location").is_some_and(|to| to.starts_with("/oauth/authorize/wait/")), "one redirect needs no name");
    Client::register(&doorward, &claude_code(40_001)).await;
    assert_eq!(client.asked_with(&doorward, "redirect_uri", None).await.status, 303, "the same again leaves it so");
    Client::register(&doorward, &claude_code(40_002)).await;
    let shared = client.asked_with(&doorward, "redirect_uri", None).await;
    assert_eq!((shared.status, shared.header("location")), (400, None), "whose port would it be?");
    assert_eq!(client.asked_with(&doorward, "", None).await.status, 303);
}

#[tokio::test]
async fn another_name_or_redirect_shape_is_another_app_and_asked_about_for_the_first_time() {
    let doorward = guarding().await;
    let with = |member: &str, value: Value| {
        let mut body = claude_code(40_001);
        body[member] = value;
        body
    };
    let known = Client::register(&doorward, &claude_code(40_001)).await;
    known.ask(&doorward).await;
    let others = [
        with("client_name", json!("Claude Code (other)")),
        with("redirect_uris", json!(["http://localhost:40001/elsewhere"])),
        with("redirect_uris", json!(["http://127.0.0.1:40001/callback"])),
        with("redirect_uris", json!(["http://localhost:40001/callback", "https://example.com/callback"])),
        with("software_id", json!("another")),
    ];
    for body in &others {
        let other = Client::register(&doorward, body).await;
        assert_ne!(other.id(), known.id(), "{body}");
        other.ask(&doorward).await;
    }
    assert_eq!(kinds(&doorward), ["connect"; 6]);
    assert_eq!(doorward.broker.apps().await.expect("apps").len(), 6);
    // The same name in other letters is the same for whoever reads it, and another client.
    let shouting = Client::register(&doorward, &with("client_name", json!("CLAUDE CODE (EVERYTHING)"))).await;
    assert_ne!(shouting.id(), known.id());
    shouting.ask(&doorward).await;
    assert_eq!(kinds(&doorward).last().map(String::as_str), Some("reconnect"));
}

/// A hundred times one of these is different; each time a person is asked, and never as if it were known.
#[tokio::test]
async fn sec_c1_whatever_changes_a_person_is_asked() {
    let doorward = Doorward::start().await;
    for server in ["everything", "other"] {
        doorward.broker.add_server(server, "http://127.0.0.1:1/mcp").await.expect("added");
    }
    let known = Client::register(&doorward, &claude_code(40_001)).await;
    known.ask(&doorward).await;
    let with = |member: &str, value: Value| {
        let mut body = claude_code(40_001);
        body[member] = value;
        body
    };
    for n in 0..25 {
        let asked = doorward.person.shown().len();
        let paths = json!([format!("http://localhost:40001/callback/{n}")]);
        let one_more = json!(["http://localhost:40001/callback", format!("https://client.example/{n}")]);
        for changed in
            [with("redirect_uris", paths), with("redirect_uris", one_more), with("client_name", json!(format!("Claude Code {n}")))]
        {
            Client::register(&doorward, &changed).await.ask(&doorward).await;
        }
        // The same client, for another server: asked about once as something new, then as known.
        let ticket = known.asked_with(&doorward, "resource", Some(&doorward.url("/mcp/other"))).await;
        doorward.get(ticket.header("location").expect("a ticket")).await;
        let shown = &doorward.person.shown()[asked..];
        let kinds: Vec<&str> = shown.iter().map(|question| question.kind.as_str()).collect();
        assert_eq!(kinds, ["connect", "connect", "connect", if n == 0 { "connect" } else { "reconnect" }], "{n}");
        assert_eq!((shown[2].server.as_str(), shown[3].server.as_str()), ("everything", "other"));
    }
    // More than was allowed is asked about, and the question says what it would be.
    for scope in ["everything:look everything:change", "everything:run", "everything"] {
        let ticket = known.asked_with(&doorward, "scope", Some(scope)).await;
        doorward.get(ticket.header("location").expect("a ticket")).await;
        let question = doorward.person.shown().pop().expect("a question");
        assert!(question.wider && question.scopes.join(" ") == scope, "{scope}: {question:?}");
    }
    assert_eq!(doorward.person.shown().len(), 1 + 100 + 3, "one question each, and no answer without one");
}

/// Registers with `command`, which gets the body and the address as its last arguments and prints the answer.
async fn registered_by(doorward: &Doorward, command: &[&str], body: &Value) -> Client {
    let mut command = command.iter();
    let mut process = Command::new(command.next().expect("a program"));
    process.args(command).arg(body.to_string()).arg(doorward.url("/oauth/register"));
    let output = tokio::process::Command::from(process).output().await.expect("runs");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    Client { answer, redirect: body["redirect_uris"][0].as_str().expect("a redirect").to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_executable_or_script_is_another_app_and_asked_about_for_the_first_time() {
    let doorward = guarding().await;
    let script = "import sys,urllib.request as u\n\
                  r=u.Request(sys.argv[2],sys.argv[1].encode(),{'Content-Type':'application/json'})\n\
                  print(u.urlopen(r).read().decode())\n";
    let scripts = ["one.py", "two.py"].map(|name| doorward.folder.path().join(name));
    for path in &scripts {
        std::fs::write(path, script).expect("written");
    }
    let [one, two] = scripts.each_ref().map(|path| path.to_str().expect("text"));
    let mut clients = vec![Client::register(&doorward, &claude_code(40_001)).await];
    let (curl, one, two) = (["curl", "-s", "--json"], ["python3", one], ["python3", two]);
    for command in [&curl[..], &one, &two] {
        let client = registered_by(&doorward, command, &claude_code(40_001)).await;
        let again = registered_by(&doorward, command, &claude_code(40_002)).await;
        assert_eq!(again.id(), client.id(), "{command:?}: and the same one again is the same");
        clients.push(client);
    }
    for client in &clients {
        client.ask(&doorward).await;
    }
    assert_eq!(kinds(&doorward), ["connect"; 4], "four programs with one name");
    let apps = doorward.broker.apps().await.expect("apps");
    let programs: std::collections::BTreeSet<_> = apps.iter().map(|app| app.program.clone()).collect();
    assert_eq!((apps.len(), programs.len()), (4, 4), "{programs:?}");
}

#[tokio::test]
async fn two_sessions_of_one_program_log_in_at_the_same_time_and_each_gets_its_own_code() {
    let doorward = guarding().await;
    doorward.person.from_now_on(Habit::Waits);
    let first = Client::register(&doorward, &claude_code(40_001)).await;
    let second = Client::register(&doorward, &claude_code(40_002)).await;
    assert_eq!(first.id(), second.id());
    let asking = async { tokio::join!(first.ask(&doorward), second.ask(&doorward)) };
    let answering = async {
        eventually("both questions", async || (doorward.broker.queue().open().len() == 2).then_some(())).await;
        doorward.person.allow();
        doorward.person.allow();
    };
    let ((to_first, to_second), ()) = tokio::join!(asking, answering);
    assert!(to_first.starts_with("http://localhost:40001/callback?code="), "{to_first}");
    assert!(to_second.starts_with("http://localhost:40002/callback?code="), "{to_second}");
    let [first_code, second_code] = [&to_first, &to_second].map(|to| doorward_tests::flow::param(to, "code").expect("a code"));
    assert_ne!(first_code, second_code);
    assert_eq!(second.redeem(&doorward, &first_code, Secret::Nowhere).await.error(), "invalid_grant", "a code is for its own port");
    let mut tokens = Vec::new();
    for (client, code) in [(&first, first_code), (&second, second_code)] {
        tokens.push(tokens_of(client.id(), &client.redeem(&doorward, &code, Secret::Nowhere).await));
    }
    for tokens in &tokens {
        assert_eq!(doorward.refresh(tokens).await.status, 200, "neither logs the other out");
    }
    assert_eq!(doorward.broker.apps().await.expect("apps").len(), 1);
}

#[tokio::test]
async fn dcr12_a_registration_that_nobody_approves_is_gone_after_an_hour() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &claude_code(40_001)).await;
    doorward.clock.advance(Duration::from_secs(60 * 60 - 60));
    doorward.broker.sweep().await.expect("swept");
    assert_eq!(client.asked_with(&doorward, "", None).await.status, 303, "not yet");
    assert_eq!(Client::register(&doorward, &claude_code(40_002)).await.id(), client.id(), "registering again is a sign of life");
    doorward.clock.advance(Duration::from_secs(60 * 60 - 60));
    doorward.broker.sweep().await.expect("swept");
    assert_eq!(client.asked_with(&doorward, "", None).await.status, 303);
    doorward.clock.advance(Duration::from_secs(120));
    doorward.broker.sweep().await.expect("swept");
    assert_eq!(client.asked_with(&doorward, "", None).await.status, 400);
    assert_eq!((rows(&doorward, "clients"), rows(&doorward, "apps")), (0, 0));
}

#[tokio::test]
async fn an_approved_registration_is_gone_ninety_days_after_its_last_use() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &claude_code(40_001)).await;
    let code = client.code(&doorward).await;
    let mut tokens = tokens_of(client.id(), &client.redeem(&doorward, &code, Secret::Nowhere).await);
    for _ in 0..3 {
        doorward.clock.advance(DAY * 89);
        doorward.broker.sweep().await.expect("swept");
        tokens = tokens_of(client.id(), &doorward.refresh(&tokens).await); // which is a use
    }
    doorward.clock.advance(DAY * 90);
    doorward.broker.sweep().await.expect("swept");
    assert_eq!(doorward.refresh(&tokens).await.error(), "invalid_client");
    assert_eq!(client.asked_with(&doorward, "", None).await.status, 400);
    for table in ["apps", "clients", "grants", "codes", "access_tokens", "refresh_tokens"] {
        assert_eq!(rows(&doorward, table), 0, "{table}");
    }
}

#[tokio::test]
async fn rt06_a_disconnected_app_gets_invalid_grant_and_is_asked_about_anew() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &claude_code(40_001)).await;
    let code = client.code(&doorward).await;
    let tokens = tokens_of(client.id(), &client.redeem(&doorward, &code, Secret::Nowhere).await);
    let app = doorward.broker.apps().await.expect("apps").remove(0);
    doorward.broker.disconnect(&app.id, None).await.expect("disconnected");
    let refused = doorward.refresh(&tokens).await;
    assert_eq!((refused.status, refused.error().as_str()), (400, "invalid_grant"));
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
    client.ask(&doorward).await;
    assert_eq!(kinds(&doorward), ["connect", "connect"]);
}

#[tokio::test]
async fn an_app_whose_last_registration_makes_room_for_its_next_one_stays() {
    let doorward = Doorward::with(YES, "[limits]\nunapproved_clients = 1\n").await;
    let mut body = claude_code(40_001);
    body["token_endpoint_auth_method"] = json!("client_secret_basic");
    for _ in 0..3 {
        Client::register(&doorward, &body).await;
        doorward.clock.advance(Duration::from_secs(1));
    }
    assert_eq!((rows(&doorward, "clients"), rows(&doorward, "apps")), (1, 1));
}
