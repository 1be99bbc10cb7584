//! When there is a process, and when there is none.

use std::{
    io::{BufRead, BufReader},
    sync::Arc,
    time::Duration,
};

use doorward_stdio::{Server, Settings, State, Value as Variable, stop_all};
use serde_json::json;

use crate::support::{Fixed, Legacy, Modern, becomes, fake, gone, lives, logged, pid, settings, soon};

fn with(launch: Fixed, settings: Settings) -> (Server, Arc<Fixed>) {
    let launch = Arc::new(launch);
    (Server::new("files", launch.clone(), settings), launch)
}

#[tokio::test]
async fn nothing_is_started_before_it_is_needed_and_then_once() {
    let (server, launch) = with(Fixed::fake(&["--modern"]), settings());
    assert_eq!((server.state(), launch.asked(), server.log()), (State::Stopped, 0, vec![]));
    let client = Modern::new(&server);
    let pids = futures_util::future::join_all((0..20).map(|_| async { client.tool("pid", json!({})).await.text().await })).await;
    assert!(pids.iter().all(|own| *own == pids[0]) && pids[0] == pid(&server).to_string());
    assert_eq!(launch.asked(), 1);
    let State::Running { protocol, .. } = server.state() else { panic!("it runs") };
    assert_eq!(protocol, "2026-07-28");
}

#[tokio::test]
async fn it_ends_with_all_that_it_started_when_nobody_needs_it() {
    let (server, _) = with(Fixed::fake(&["--legacy"]), Settings { idle: Duration::from_millis(200), ..settings() });
    let client = Modern::new(&server);
    let child: u32 = client.tool("spawn", json!({})).await.text().await.parse().expect("a number");
    let (leader, mut states) = (pid(&server), server.changes());
    assert!(lives(leader) && lives(child));
    soon(states.wait_for(|state| *state == State::Stopped)).await.expect("it is there");
    gone(leader).await;
    gone(child).await;
    logged(&server, "end of input").await;
    assert_ne!(client.tool("pid", json!({})).await.text().await, leader.to_string(), "the next call starts it again");
}

#[tokio::test]
async fn an_open_stream_keeps_it_and_so_does_a_request() {
    let (server, _) = with(Fixed::fake(&["--legacy"]), Settings { idle: Duration::from_millis(100), ..settings() });
    let client = Legacy::open(&server).await;
    let stream = client.listen().await;
    let first = client.tool("pid", json!({})).await.text().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(client.tool("pid", json!({})).await.text().await, first);
    drop(stream);
    let slow = client.tool("slow", json!({ "ms": 500 })).await.text().await;
    assert_eq!(slow, "at last");
    becomes(&server, |state| *state == State::Stopped).await;
    assert_eq!(client.tool("echo", json!({ "text": "again" })).await.text().await, "again", "the session outlives the process");
}

#[tokio::test]
async fn stopping_it_waits_for_its_end_and_restarting_it_starts_another() {
    let server = fake(&["--modern"]);
    let client = Modern::new(&server);
    client.tool("echo", json!({})).await;
    let first = pid(&server);
    soon(server.stop()).await;
    assert!(server.state() == State::Stopped && !lives(first));
    soon(server.stop()).await;
    soon(server.restart()).await;
    becomes(&server, |state| matches!(state, State::Running { .. })).await;
    let second = pid(&server);
    assert_ne!(first, second);
    soon(server.restart()).await;
    becomes(&server, |state| matches!(state, State::Running { .. })).await;
    let others = [fake(&["--modern"]), fake(&["--legacy"])];
    for other in &others {
        Modern::new(other).tool("echo", json!({})).await;
    }
    let pids = [pid(&others[0]), pid(&others[1]), pid(&server)];
    soon(stop_all(others.into_iter().chain([server]))).await;
    assert!(pids.into_iter().all(|pid| !lives(pid)));
}

#[tokio::test]
async fn dropping_the_last_handle_ends_it() {
    let server = fake(&["--legacy"]);
    let client = Legacy::open(&server).await;
    let mut stream = client.listen().await;
    let leader = pid(&server);
    drop(server);
    assert!(lives(leader), "the client has a handle");
    drop(client);
    assert_eq!(stream.event().await, None, "it ends as it should");
    gone(leader).await;
}

#[test]
fn the_end_of_the_runtime_ends_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let (server, child) = runtime.block_on(async {
        let server = fake(&["--legacy", "--stays"]);
        let child: u32 = Modern::new(&server).tool("spawn", json!({})).await.text().await.parse().expect("a number");
        (server, child)
    });
    let leader = pid(&server);
    drop(runtime);
    let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    waiting.block_on(async {
        gone(leader).await;
        gone(child).await;
    });
}

/// What is not ended by anybody ends by itself: its standard input is closed.
#[test]
fn killing_doorward_itself_ends_its_servers() {
    const ALONE: &str = "DOORWARD_TEST_KILLED";
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    if std::env::var_os(ALONE).is_some() {
        runtime.block_on(async {
            let server = fake(&["--legacy"]);
            Modern::new(&server).tool("echo", json!({})).await;
            println!("\npid {}", pid(&server));
            std::future::pending::<()>().await;
        });
    }
    let program = std::env::current_exe().expect("this program");
    let mut doorward = std::process::Command::new(program)
        .args(["--exact", "life::killing_doorward_itself_ends_its_servers", "--nocapture"])
        .env(ALONE, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("runs");
    let said = BufReader::new(doorward.stdout.take().expect("it is piped")).lines();
    let pid = said.map(|line| line.expect("reads")).find_map(|line| line.strip_prefix("pid ")?.parse().ok()).expect("a number");
    assert!(lives(pid));
    doorward.kill().expect("kills");
    doorward.wait().expect("ends");
    runtime.block_on(gone(pid));
}

#[tokio::test]
async fn a_server_of_before_that_is_silent_to_the_question_of_today_is_greeted_as_before() {
    let (server, launch) =
        with(Fixed::fake(&["--legacy", "--ignores-probe"]), Settings { probe: Duration::from_millis(100), ..settings() });
    assert_eq!(Modern::new(&server).tool("echo", json!({ "text": "x" })).await.text().await, "x");
    assert_eq!(launch.asked(), 1);
}

#[tokio::test]
async fn a_server_of_before_that_ends_at_the_question_of_today_is_started_again() {
    let (server, launch) = with(Fixed::fake(&["--legacy", "--dies-at-probe"]), settings());
    let client = Modern::new(&server);
    assert_eq!(client.tool("echo", json!({ "text": "x" })).await.text().await, "x");
    assert_eq!((launch.asked(), logged(&server, "Started as process").await), (1, 2));
    soon(server.restart()).await;
    assert_eq!(client.tool("echo", json!({ "text": "y" })).await.text().await, "y");
    assert_eq!(logged(&server, "Started as process").await, 3, "it is known by now");
}

#[tokio::test]
async fn a_slow_server_of_today_is_one_of_today() {
    let settings = Settings { probe: Duration::from_millis(50), ..settings() };
    let (server, _) = with(Fixed::fake(&["--modern", "--slow-start", "400"]), settings.clone());
    assert_eq!(Modern::new(&server).tool("echo", json!({ "text": "x" })).await.text().await, "x");
    assert!(matches!(server.state(), State::Running { protocol, .. } if protocol == "2026-07-28"));
    // One of both eras is spoken to as before then: it took the second greeting.
    let (server, _) = with(Fixed::fake(&["--slow-start", "400"]), settings);
    assert_eq!(Modern::new(&server).tool("echo", json!({ "text": "x" })).await.text().await, "x");
    assert!(matches!(server.state(), State::Running { protocol, .. } if protocol == "2025-11-25"));
}

#[tokio::test]
async fn the_command_is_what_runs_and_its_secrets_are_not_shown() {
    let mut launch = Fixed::fake(&["--modern", "two words", "$HOME", "é"]);
    launch.environment.push(("API_KEY".to_owned(), Variable::Secret("sk-very-secret".into())));
    let (server, _) = with(launch, settings());
    let client = Modern::new(&server);
    assert_eq!(client.tool("arguments", json!({})).await.text().await, r#"["--modern","two words","$HOME","é"]"#);
    let environment = client.tool("environment", json!({})).await.text().await;
    assert!(environment.contains(r#"["API_KEY","sk-very-secret"]"#) && !environment.contains("CARGO"), "{environment}");
    client.tool("whisper", json!({ "text": "my key is \u{1b}[1msk-very-secret\u{1b}[0m!" })).await;
    logged(&server, "my key is ••••!").await;
    assert!(!format!("{server:?} {:?}", server.log()).contains("sk-very"));
}

#[tokio::test]
async fn what_was_wanted_of_one_process_is_wanted_of_the_next() {
    let server = fake(&["--legacy"]);
    let client = Legacy::open(&server).await;
    let mut stream = client.listen().await;
    client.ask("resources/subscribe", json!({ "uri": "file:///a" })).await;
    client.ask("logging/setLevel", json!({ "level": "debug" })).await;
    soon(server.restart()).await;
    soon(async {
        while logged(&server, "level debug").await < 2 || logged(&server, "subscribed").await < 2 {
            server.log_changes().changed().await.expect("it is there");
        }
    })
    .await;
    let updated = json!({ "method": "notifications/resources/updated", "params": { "uri": "file:///a" } });
    client.tool("change", updated).await;
    assert_eq!(stream.event().await.expect("a change")["params"]["uri"], "file:///a");
}

#[tokio::test]
async fn a_process_that_fails_is_started_again_for_who_listens() {
    let server = fake(&["--modern"]);
    let client = Legacy::open(&server).await;
    let mut stream = client.listen().await;
    let first = pid(&server);
    client.tool("die", json!({})).await;
    becomes(&server, |state| matches!(state, State::Running { pid, .. } if *pid != first)).await;
    let mut heard = None;
    for _ in 0..100 {
        client.tool("change", json!({})).await;
        heard = tokio::time::timeout(Duration::from_millis(50), stream.event()).await.ok().flatten();
        if heard.is_some() {
            break;
        }
    }
    assert_eq!(heard.expect("a change")["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn a_stream_starts_nothing_that_has_to_wait_or_was_stopped() {
    let settings = Settings { first_wait: Duration::from_millis(600), held: Duration::ZERO, ..settings() };
    let (server, launch) = with(Fixed::fake(&["--legacy"]), settings);
    let client = Legacy::open(&server).await;
    client.tool("die", json!({})).await;
    becomes(&server, |state| matches!(state, State::Failed { .. })).await;
    let stream = client.listen().await;
    assert!(matches!(server.state(), State::Failed { .. }) && launch.asked() == 1, "not before its time");
    soon(server.stop()).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!((server.state(), launch.asked()), (State::Stopped, 1), "and not after somebody stopped it");
    drop(stream);
    let _stream = client.listen().await;
    becomes(&server, |state| matches!(state, State::Running { .. })).await;
}

#[tokio::test]
async fn a_server_that_makes_strings_of_numbers_is_understood() {
    for arguments in [&["--legacy", "--stringy"], &["--modern", "--stringy"]] {
        let client = Modern::new(&fake(arguments));
        let mut answer = client.ask_as(json!("mine"), "tools/call", json!({ "name": "echo", "arguments": { "text": "x" } })).await;
        let message = answer.message().await;
        assert_eq!((&message["id"], &message["result"]["content"][0]["text"]), (&json!("mine"), &json!("x")));
    }
}
