//! Libraries. Each has a driver in `drivers`, which is nothing but the library and a stand-in for what it leaves to
//! programs, and prints one line of JSON.

use serde_json::{Value, json};

use crate::door::{Door, Typed, tests};

/// The line that a driver prints.
fn said(typed: Typed) -> Value {
    let shown = typed.succeeded();
    let line = shown.lines().rfind(|line| line.starts_with('{'));
    line.and_then(|line| serde_json::from_str(line).ok()).unwrap_or_else(|| panic!("no JSON: {shown}"))
}

/// Runs a driver with both answers.
async fn the_library(name: &str, language: &str, driver: &str) {
    let driver = tests(driver).display().to_string();
    let run = |door: &Door| format!("{language} {driver} {} </dev/null", door.url());

    let door = Door::allowing().await;
    let said_after_yes = said(door.types(&run(&door)).await);
    assert_eq!(said_after_yes["echo"], "Echo: through the door", "{said_after_yes}");
    assert!(said_after_yes["tools"].as_array().expect("a list").contains(&json!("echo")), "{said_after_yes}");
    door.is_used_by(name).await;

    let door = Door::denying().await;
    assert_eq!(said(door.types(&run(&door)).await), json!({ "error": "access_denied" }));
    door.stayed_shut_for(name, 1).await;
}

#[tokio::test]
async fn the_typescript_sdk_version_1() {
    the_library("TypeScript client", "node", "clients/ts-client.mjs").await;
}

#[tokio::test]
async fn the_typescript_sdk_version_2() {
    the_library("TypeScript SDK v2", "node", "interop/drivers/ts-sdk-v2.mjs").await;
}

#[tokio::test]
async fn the_python_sdk() {
    the_library("Python SDK", "python3", "interop/drivers/python-sdk.py").await;
}

#[tokio::test]
async fn openid_client() {
    the_library("openid-client", "node", "interop/drivers/openid-client.mjs").await;
}

#[tokio::test]
async fn authlib() {
    the_library("Authlib", "python3", "interop/drivers/with-authlib.py").await;
}
