//! Products. They log in with their own commands, and call the tool because a model tells them to, or where they have a
//! command of their own for it.

use serde_json::json;

use crate::{
    door::Door,
    model::{self, HEARD},
};

#[tokio::test]
async fn claude_code() {
    let door = Door::allowing().await;
    door.types(&format!("claude mcp add --transport http everything {}", door.url())).await.succeeded();
    door.types("claude mcp login everything").await.succeeded();
    let servers = door.types("claude mcp list").await.succeeded();
    assert!(servers.contains("Connected"), "{servers}");
    let claude = format!("env ANTHROPIC_BASE_URL={} ANTHROPIC_API_KEY=none claude", model::start().await);
    let said = door.types(&format!("{claude} --print --allowedTools mcp__everything__echo -- Go.")).await.succeeded();
    assert!(said.contains(HEARD), "{said}");
    door.is_used_by("Claude Code (everything)").await;

    let door = Door::denying().await;
    door.types(&format!("claude mcp add --transport http everything {}", door.url())).await.succeeded();
    let shown = door.types("claude mcp login everything").await.failed();
    assert!(shown.contains("access_denied - The user denied the request."), "{shown}");
    door.stayed_shut_for("Claude Code (everything)", 1).await;
}

#[tokio::test]
async fn codex() {
    let door = Door::allowing().await;
    // It logs in by itself.
    door.types(&format!("codex mcp add everything --url {}", door.url())).await.succeeded();
    let mut codex = door.talks_to("codex", &["app-server"]);
    codex.ask("initialize", json!({ "clientInfo": { "name": "interop", "version": "1" } })).await;
    codex.tell("initialized").await;
    let servers = codex.ask("mcpServerStatus/list", json!({})).await;
    assert!(servers["data"][0]["tools"]["echo"].is_object(), "{servers}");
    let thread = codex.ask("thread/start", json!({})).await["thread"]["id"].take();
    let arguments = json!({ "message": "through the door" });
    let call = json!({ "threadId": thread, "server": "everything", "tool": "echo", "arguments": arguments });
    let echo = codex.ask("mcpServer/tool/call", call).await;
    assert_eq!(echo["content"][0]["text"], "Echo: through the door");
    door.is_used_by("Codex").await;

    let door = Door::denying().await;
    let shown = door.types(&format!("codex mcp add everything --url {}", door.url())).await.failed();
    // It takes a no for a no to the scopes it was told of, registers anew, and asks again without any: nobody is bothered.
    assert!(shown.contains("OAuth provider returned `access_denied`: The user denied the same request a moment ago."), "{shown}");
    door.stayed_shut_for("Codex", 1).await;
}

#[tokio::test]
async fn gemini_cli() {
    // It believes in a browser only where there is a screen.
    const GEMINI: &str = "env GEMINI_CLI_TRUST_WORKSPACE=true GEMINI_API_KEY=none DISPLAY=:0";
    let login = format!("{GEMINI} gemini --prompt '/mcp auth everything'");
    let configure = async |door: &Door| {
        std::fs::create_dir(door.home().join(".gemini")).expect("a folder");
        let settings = json!({ "security": { "auth": { "selectedType": "gemini-api-key" } } });
        std::fs::write(door.home().join(".gemini/settings.json"), settings.to_string()).expect("written");
        door.types(&format!("{GEMINI} gemini mcp add --scope user --transport http everything {}", door.url())).await.succeeded();
    };
    let door = Door::allowing().await;
    configure(&door).await;
    // What follows the login needs its window, and so it ends badly.
    let shown = door.types_and_answers(&login, "[Y/n]", "y\r").await.failed();
    assert!(shown.contains("Successfully authenticated with MCP server 'everything'"), "{shown}");
    let servers = door.types(&format!("{GEMINI} gemini mcp list")).await.succeeded();
    assert!(servers.contains("Connected"), "{servers}");
    let model = model::start().await;
    let go = format!("{GEMINI} GOOGLE_GEMINI_BASE_URL={model} gemini --yolo --model gemini-2.5-flash --prompt Go.");
    let said = door.types(&go).await.succeeded();
    assert!(said.contains(HEARD), "{said}");
    door.is_used_by("Gemini CLI MCP Client").await;

    let door = Door::denying().await;
    configure(&door).await;
    let shown = door.types_and_answers(&login, "[Y/n]", "y\r").await.failed();
    assert!(shown.contains("OAuth error: access_denied"), "{shown}");
    door.stayed_shut_for("Gemini CLI MCP Client", 1).await;
}

#[tokio::test]
async fn opencode() {
    // It installs plugins in the background, leaves the lock behind when it ends meanwhile, and next time waits for a minute.
    const OPENCODE: &str = "rm -rf .local/state/opencode/locks; opencode";
    let configure = |door: &Door, model: &str| {
        let models = json!({ "npm": "@ai-sdk/openai-compatible", "options": { "baseURL": model }, "models": { "one-idea": {} } });
        let servers = json!({ "everything": { "type": "remote", "url": door.url() } });
        let config = json!({ "mcp": servers, "provider": { "interop": models }, "model": "interop/one-idea" });
        std::fs::write(door.home().join("opencode.json"), config.to_string()).expect("written");
    };
    let door = Door::allowing().await;
    configure(&door, &model::start().await);
    let shown = door.types(&format!("{OPENCODE} mcp auth everything")).await.succeeded();
    assert!(shown.contains("Authentication successful!"), "{shown}");
    let servers = door.types(&format!("{OPENCODE} mcp list")).await.succeeded();
    assert!(servers.contains("connected"), "{servers}");
    let said = door.types(&format!("{OPENCODE} run Go.")).await.succeeded();
    assert!(said.contains(HEARD), "{said}");
    door.is_used_by("OpenCode").await;

    let door = Door::denying().await;
    configure(&door, "http://127.0.0.1:1");
    // It says so, and ends as if all were well.
    let shown = door.types(&format!("{OPENCODE} mcp auth everything")).await.succeeded();
    assert!(shown.contains("The user denied the request."), "{shown}");
    door.stayed_shut_for("OpenCode", 1).await;
}
