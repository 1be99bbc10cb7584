//! What Doorward knows of the tools of a server.

use doorward_tests::{
    free_port,
    programs::everything,
    session::{Keyring, Session},
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_of_a_real_server_are_known_from_the_start_and_remembered() {
    let (session, port) = (Session::with(Keyring::Unlocked), free_port());
    let _broker = session.serve_scripted(port);
    let (mut server, url) = everything().await;
    let doorward = |arguments: &[&str]| session.doorward(&[&["--profile", "ci"], arguments].concat());
    assert!(doorward(&["add", "everything", &url, "--yes"]).status.success());
    let tools = || -> Value { serde_json::from_slice(&doorward(&["tools", "everything", "--json"]).stdout).expect("JSON") };
    let listed = tools();
    let all = listed["tools"].as_array().expect("tools");
    let echo = all.iter().find(|tool| tool["name"] == "echo").unwrap_or_else(|| panic!("no echo: {listed}"));
    assert_eq!((&echo["looked"], &listed["not_now"]), (&"known".into(), &Value::Null), "who adds a server looks at its tools");
    assert!(echo["description"].as_str().is_some_and(|text| !text.is_empty()) && echo["group"].is_string(), "{echo}");
    let table = String::from_utf8(doorward(&["tools", "everything"]).stdout).expect("text");
    assert!(table.starts_with("NAME ") && table.lines().count() == all.len() + 1 && table.contains("\necho "), "{table}");
    server.kill();
    let remembered = tools();
    assert_eq!(remembered["not_now"], "It does not answer.");
    assert_eq!(remembered["tools"], listed["tools"]);
    assert_eq!(doorward(&["tools", "nothing"]).status.code(), Some(5));
}
