//! Tools of developers, and the official conformance suite.

use std::process::Stdio;

use doorward_tests::free_port;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::door::Door;

#[tokio::test]
async fn mcp_remote() {
    let door = Door::allowing().await;
    let mut remote = door.talks_to("mcp-remote", &[&door.url()]);
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "interop", "version": "1" } });
    remote.ask("initialize", hello).await;
    remote.tell("notifications/initialized").await;
    let tools = remote.ask("tools/list", json!({})).await;
    assert!(tools["tools"].as_array().expect("a list").iter().any(|tool| tool["name"] == "echo"), "{tools}");
    let echo = remote.ask("tools/call", json!({ "name": "echo", "arguments": { "message": "through the door" } })).await;
    assert_eq!(echo["content"][0]["text"], "Echo: through the door");
    door.is_used_by("MCP CLI Proxy").await;

    let door = Door::denying().await;
    let shown = door.types(&format!("mcp-remote {}", door.url())).await.failed();
    assert!(shown.contains("access_denied - The user denied the request."), "{shown}");
    door.stayed_shut_for("MCP CLI Proxy", 1).await;
}

#[tokio::test]
async fn the_inspector() {
    // It would keep its tokens in a keyring, and has none here.
    let inspector = |door: &Door, method: &str| {
        format!("env MCP_INSPECTOR_SECRET_STORE=file mcp-inspector --cli {} --transport http --method {method}", door.url())
    };
    let door = Door::allowing().await;
    let tools = door.types(&inspector(&door, "tools/list")).await.succeeded();
    assert!(tools.contains(r#""name": "echo""#), "{tools}");
    let echo = door.types(&inspector(&door, "tools/call --tool-name echo --tool-arg message=through")).await.succeeded();
    assert!(echo.contains("Echo: through"), "{echo}");
    door.is_used_by("MCP Inspector").await;

    let door = Door::denying().await;
    let shown = door.types(&inspector(&door, "tools/list")).await.failed();
    assert!(shown.contains("The user denied the request."), "{shown}");
    door.stayed_shut_for("MCP Inspector", 1).await;
}

#[tokio::test]
async fn mcporter() {
    let door = Door::allowing().await;
    door.types(&format!("mcporter config add everything {}", door.url())).await.succeeded();
    door.types("mcporter auth everything").await.succeeded();
    let tools = door.types("mcporter list everything").await.succeeded();
    assert!(tools.contains("function echo("), "{tools}");
    let echo = door.types("mcporter call everything.echo message=through").await.succeeded();
    assert!(echo.contains("Echo: through"), "{echo}");
    door.is_used_by("mcporter (everything)").await;

    let door = Door::denying().await;
    door.types(&format!("mcporter config add everything {}", door.url())).await.succeeded();
    let shown = door.types("mcporter auth everything").await.failed();
    assert!(shown.contains("OAuth error: access_denied"), "{shown}");
    door.stayed_shut_for("mcporter (everything)", 1).await;
}

/// The suite does not register itself, prints an address for a person to open, and exits with 0 when it skipped.
#[tokio::test]
async fn the_conformance_suite() {
    let door = Door::allowing().await;
    let port = free_port().to_string();
    let registration = json!({ "client_name": "conformance", "redirect_uris": [format!("http://127.0.0.1:{port}/callback")] });
    let register = format!("{}/oauth/register", door.issuer());
    let curl = ["--silent", "--header", "Content-Type: application/json", "--data", &registration.to_string(), &register];
    let registered = door.command("curl").args(curl).output().await.expect("curl").stdout;
    let registered: serde_json::Value = serde_json::from_slice(&registered).expect("JSON");

    let mut suite = door.command("conformance");
    suite.args(["authorization", "--url", &door.issuer(), "--resource", &door.url(), "--port", &port]);
    suite.args(["--client-id", registered["client_id"].as_str().expect("an id")]);
    let mut suite = suite.spawn().expect("starts");
    let mut output = BufReader::new(suite.stdout.take().expect("piped"));
    let mut shown = String::new();
    let address = loop {
        let begin = shown.len();
        assert!(output.read_line(&mut shown).await.expect("reads") > 0, "no address to open:\n{shown}");
        let line = shown[begin..].trim();
        if line.starts_with(&door.issuer()) {
            break line.to_owned();
        }
    };
    let browser = door.command("xdg-open").arg(address).stdout(Stdio::null()).status();
    let (_, read) = tokio::join!(browser, output.read_to_string(&mut shown));
    read.expect("reads");
    assert!(shown.contains("Total: 2 passed, 0 failed"), "{shown}");
    door.was_asked_by("conformance", 1).await;
}
