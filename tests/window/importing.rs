//! Commands that are added in the main window, and servers that are taken over there from other programs.

use std::fs;

use doorward_tests::{
    desk::Desk,
    doorward::any_file_contains,
    eventually,
    programs::{bin, fake_servers},
    screen::MAIN,
};
use serde_json::Value;

use crate::{
    driven::Driven,
    keyboard::press_with_keys,
    notices::{clicked, desktop_shows, notified},
    panel::Panel,
};

const SECRET: &str = "ghp_0123456789abcdefghijABCDEFGHIJ456789";

/// The names of the servers behind Doorward.
fn servers(desktop: &Driven) -> Vec<String> {
    let listed: Value = serde_json::from_slice(&desktop.desk.terminal(&["servers", "--json"]).stdout).expect("JSON");
    listed.as_array().expect("a list").iter().map(|server| server["name"].as_str().expect("a name").to_owned()).collect()
}

async fn shows(desktop: &Driven, css: &str, text: &str) -> String {
    eventually(&format!("{css} shows {text:?}"), async || desktop.text(css).await.filter(|shown| shown.contains(text))).await
}

/// Waits for the question about a command in the consent window.
async fn asked_about(desktop: &Driven, server: &str) -> String {
    let window = desktop.look_at_consent().await;
    shows(desktop, "#sentence", &format!("Start this command as the server {server}?")).await;
    eventually("it has the keyboard, since a person asked for it", async || window.has_focus().then_some(())).await;
    desktop.text("#content").await.expect("all of it")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_added_in_the_window_and_starts_only_after_add() {
    let desktop = Driven::first_start().await;
    let (program, mark) = (bin("fake-mcp-server").display().to_string(), format!("--mark-{}", desktop.desk.profile));
    desktop.look_at_main().await;
    desktop.press("#nav-servers").await;
    desktop.press("#welcome-add").await;
    desktop.fill("#add-name", "fake").await;

    for (line, words) in
        [("npx 'unfinished", "A quote in the command does not end."), ("no-such-program-here -y", "It was looked for in: /")]
    {
        desktop.fill("#add-line", line).await;
        desktop.press("#add-submit").await;
        shows(&desktop, "#add-error", words).await;
        desktop.clear("#add-line").await;
    }

    desktop.fill("#add-line", &format!("{program} {mark} 'two words' ~/work")).await;
    desktop.press("#add-variable").await;
    desktop.fill("#variable-1-name", "GITHUB_TOKEN").await;
    desktop.fill("#variable-1-value", SECRET).await;
    desktop.press("#add-submit").await;
    let home = desktop.desk.home().display().to_string();
    let shown = asked_about(&desktop, "fake").await;
    for part in [&format!("{program} {mark} 'two words' {home}/work"), &home, "GITHUB_TOKEN, from the keyring", "You, in Doorward"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(SECRET) && servers(&desktop).is_empty() && fake_servers(&mark).is_empty(), "nothing runs before a yes");
    desktop.press("#deny").await;
    desktop.look_at_main().await;
    desktop.until_text("#add-error", "Nothing was added: the command was not allowed.").await;
    assert!(servers(&desktop).is_empty() && fake_servers(&mark).is_empty());

    desktop.press("#add-submit").await;
    asked_about(&desktop, "fake").await;
    desktop.press("#allow").await;
    desktop.look_at_main().await;
    desktop.until_text("#added", "fake was added.").await;
    shows(&desktop, "#added-next", "claude mcp add --transport http fake").await;
    shows(&desktop, "#added-next", "Lists ").await;
    shows(&desktop, "#server-list", "GITHUB_TOKEN (in the keyring)").await;
    assert_eq!((servers(&desktop), fake_servers(&mark).len()), (vec!["fake".to_owned()], 1));
    assert!(!any_file_contains(desktop.desk.home(), SECRET.as_bytes()), "the secret is in the keyring");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_are_taken_over_in_the_window_and_every_byte_is_put_back() {
    let desk = Desk::new();
    let (program, mark, port) = (bin("fake-mcp-server").display().to_string(), format!("--mark-{}", desk.profile), desk.port);
    let cursor = format!(
        r#"{{
  // mine, do not touch
  "mcpServers": {{
    "fake": {{ "command": "{program}", "args": ["{mark}"], "env": {{ "GITHUB_TOKEN": "{SECRET}", "MODE": "x" }} }},
    "elsewhere": {{ "url": "http://127.0.0.1:9/mcp", "headers": {{ "Authorization": "Bearer {SECRET}" }} }},
    "odd":   {{ "command": "${{input:what}}" }},   // stays
  }},
  "other": [1,   2],
}}
"#
    );
    let codex = "# mine\r\n[mcp_servers.there]\r\nurl = \"http://127.0.0.1:9/mcp\"  # a port\r\n\r\n[tui]\r\nx = 1\r\n";
    let home = desk.home().to_owned();
    for (path, text) in [(".cursor/mcp.json", cursor.as_str()), (".codex/config.toml", codex), (".gemini/settings.json", "{\n broken")] {
        fs::create_dir_all(home.join(path).parent().expect("a folder")).expect("made");
        fs::write(home.join(path), text).expect("written");
    }
    let read = |path: &str| fs::read_to_string(home.join(path)).expect("reads");
    let desktop = Driven::first_start_at(desk).await;
    desktop.look_at_main().await;
    desktop.press("#nav-servers").await;
    desktop.press("#welcome-import").await;

    let found = shows(&desktop, "#import-list", "GITHUB_TOKEN").await;
    for part in [&mark, "http://127.0.0.1:9/mcp", "Authorization", "Only the program it is set up in", "Left alone.", "look at line 2"] {
        assert!(found.contains(part), "{part}: {found}");
    }
    assert!(!found.contains(SECRET), "{found}");
    desktop.press("#import-show").await;
    let changes = shows(&desktop, "#import-files", &format!("http://127.0.0.1:{port}/mcp/fake")).await;
    assert!(changes.contains("••••") && !changes.contains(SECRET), "{changes}");
    assert_eq!(desktop.text("#import-do").await.as_deref(), Some("Import 3 servers"));

    // What was not seen is not done.
    fs::write(home.join(".codex/config.toml"), codex.replace("x = 1", "x = 2")).expect("written");
    desktop.press("#import-do").await;
    shows(&desktop, "#import-plan-error", "Something changed since you looked.").await;
    assert!(servers(&desktop).is_empty() && read(".cursor/mcp.json") == cursor);
    fs::write(home.join(".codex/config.toml"), codex).expect("written");

    desktop.press("#import-do").await;
    let shown = asked_about(&desktop, "fake").await;
    assert!(shown.contains(&format!("{program} {mark}")) && shown.contains("MODE=x"), "{shown}");
    assert!(fake_servers(&mark).is_empty() && read(".cursor/mcp.json") == cursor, "nothing runs or is written before a yes");
    desktop.press("#allow").await;
    desktop.look_at_main().await;
    desktop.until_text("#import-done-title", "3 servers were imported").await;
    assert_eq!(fake_servers(&mark).len(), 1);
    assert_eq!(servers(&desktop), ["elsewhere", "fake", "there"]);
    let after = read(".cursor/mcp.json");
    for kept in ["// mine, do not touch", "\"odd\":   { \"command\": \"${input:what}\" },   // stays", "\"other\": [1,   2],"] {
        assert!(after.contains(kept), "{kept}: {after}");
    }
    assert!(!any_file_contains(&home, SECRET.as_bytes()), "the secrets are in the keyring, and backups are closed");

    fs::write(home.join(".codex/config.toml"), read(".codex/config.toml") + "# later\r\n").expect("written");
    let undo = async |client: &str| {
        desktop.press(&format!("[data-key='undo {client}']")).await;
        desktop.press("#confirm-yes").await;
    };
    undo("codex").await;
    shows(&desktop, "#undo-list", "was changed since Doorward wrote it").await;
    assert!(read(".codex/config.toml").contains(&format!(":{port}/mcp/there")), "nobody's change is lost");
    undo("codex").await;
    let said = shows(&desktop, "#import-done", ".codex/config.toml was put back.").await;
    assert!(said.contains("1 file was put back") && said.contains("Still behind Doorward: there"), "{said}");
    assert_eq!(read(".codex/config.toml"), format!("{codex}# later\r\n"));
    undo("cursor").await;
    shows(&desktop, "#import-done-list", ".cursor/mcp.json was put back.").await;
    assert_eq!(read(".cursor/mcp.json"), cursor, "byte for byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_not_allowed_is_not_imported_and_its_entry_stays() {
    let desk = Desk::new();
    let (program, mark) = (bin("fake-mcp-server").display().to_string(), format!("--mark-{}", desk.profile));
    let before = format!(
        r#"{{"mcpServers": {{"yes": {{"command": "{program}", "args": ["{mark}"]}}, "no": {{"command": "{program}", "args": ["{mark}-no"]}}}}}}"#
    );
    let file = desk.home().join(".cursor/mcp.json");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, &before).expect("written");
    let desktop = Driven::first_start_at(desk).await;
    let window = desktop.look_at_main().await;
    window.focus();
    desktop.press("#nav-servers").await;
    // With the keyboard alone.
    for id in ["welcome-import", "import-show", "import-do"] {
        press_with_keys(&desktop, &window, id).await;
    }
    // Both wait at once; each is answered for itself.
    desktop.look_at_consent().await;
    eventually("both are asked about", async || (desktop.desk.requests().len() == 2).then_some(())).await;
    for _ in 0..2 {
        let (sentence, left) = (desktop.text("#sentence").await.expect("a sentence"), desktop.desk.requests().len());
        desktop.press(if sentence.ends_with("server yes?") { "#allow" } else { "#deny" }).await;
        eventually("it is answered", async || (desktop.desk.requests().len() < left).then_some(())).await;
        if left > 1 {
            eventually("the other one", async || desktop.text("#sentence").await.filter(|now| !now.is_empty() && *now != sentence)).await;
        }
    }
    desktop.look_at_main().await;
    desktop.until_text("#import-done-title", "1 server was imported").await;
    shows(&desktop, "#import-done-list", "no stays as it is. Nothing was added: the command was not allowed.").await;
    assert_eq!((servers(&desktop), fake_servers(&format!("{mark}-no")).len()), (vec!["yes".to_owned()], 0));
    let after = fs::read_to_string(&file).expect("reads");
    assert!(after.contains("/mcp/yes") && after.contains(&format!("{mark}-no")), "{after}");

    window.focus();
    for button in ["undo cursor", "confirm-yes"] {
        press_with_keys(&desktop, &window, button).await;
    }
    shows(&desktop, "#import-done-list", ".cursor/mcp.json was put back.").await;
    assert_eq!(fs::read_to_string(&file).expect("reads"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_window_is_closed_goes_on_and_says_how_it_ended() {
    let desk = Desk::new();
    let (program, mark) = (bin("fake-mcp-server").display().to_string(), format!("--mark-{}", desk.profile));
    let file = desk.home().join(".cursor/mcp.json");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, format!(r#"{{"mcpServers": {{"fake": {{"command": "{program}", "args": ["{mark}"]}}}}}}"#)).expect("written");
    let (bus, mut said) = desktop_shows().await;
    let mut started = None;
    let panel = Panel::showing(async || started = Some(Driven::first_start_at(desk).await)).await;
    let desktop = started.expect("started");

    let window = desktop.look_at_main().await;
    for button in ["#nav-servers", "#welcome-import", "#import-show", "#import-do"] {
        desktop.until_enabled(button).await;
        desktop.press(button).await;
    }
    asked_about(&desktop, "fake").await;
    window.close();
    desktop.desk.off_screen(MAIN).await;
    panel.choose("Open Doorward\u{2026}").await;
    desktop.look_at_main().await;
    desktop.press("#nav-servers").await;
    desktop.press("#welcome-import").await;
    shows(&desktop, "#import-state", "An import is under way.").await;

    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    desktop.look_at_main().await;
    desktop.until_text("#import-done-title", "1 server was imported").await;
    let (number, text) = notified(&mut said).await;
    assert_eq!(text, "The import ended. 1 server was imported.");
    assert!(fs::read_to_string(&file).expect("reads").contains("/mcp/fake"));

    desktop.press("#nav-requests").await;
    clicked(&bus, number).await;
    shows(&desktop, "#import-state", "No program has a server that could be imported.").await;
}
