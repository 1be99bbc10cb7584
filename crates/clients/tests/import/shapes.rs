//! One entry in every way in which people write it down: what it becomes, and that it comes back.

use doorward_clients::{client::Client, undo::How};

use crate::desk::Desk;

const URL: &str = "http://127.0.0.1:8765/mcp/it";

/// Imports `it`, compares, and undoes: the whole file, and the entry alone after something else was added at the end.
fn becomes(client: Client, path: &str, before: &str, after: &str) {
    let after = after.replace("URL", URL);
    let desk = Desk::with(path, before);
    let plan = desk.plan(|found| found.name == "it");
    assert!(plan.left.is_empty(), "{before}: {:?}", plan.left);
    desk.backups().write(&plan.files, 1).expect("writes");
    assert_eq!(desk.text(path), after);
    desk.backups().undo(client, How::Whole).expect("undoes");
    assert_eq!(desk.text(path), before);

    desk.backups().write(&plan.files, 2).expect("writes");
    let added = if client == Client::Codex { "\n[added]\nx = 1\n" } else { "\n// added\n" };
    desk.put(path, after + added);
    let undone = desk.backups().undo(client, How::Entries).expect("undoes");
    assert!(undone.kept.is_empty(), "{before}");
    let again = desk.plan(|found| found.name == "it");
    assert_eq!(again.servers, plan.servers, "{}", desk.text(path));
    assert!(desk.text(path).ends_with(added));
}

#[test]
fn toml_in_every_shape() {
    for (before, after) in [
        ("[mcp_servers.it]\ncommand = \"x\"\n", "[mcp_servers.it]\nurl = \"URL\"\n"),
        ("[mcp_servers.it]\ncommand = \"x\"", "[mcp_servers.it]\nurl = \"URL\""),
        ("[mcp_servers.it]\ncommand = \"x\"\nargs = []", "[mcp_servers.it]\nurl = \"URL\"\n"),
        ("[mcp_servers.it]\n# one\nargs = [ # two\n]\ncommand = 'x' # three\ncwd = '/a'\n", "[mcp_servers.it]\n# one\nurl = \"URL\"\n"),
        (
            "[ mcp_servers . \"it\" ]\r\ncommand=\"x\"\r\nenabled = true\r\n",
            "[ mcp_servers . \"it\" ]\r\nurl = \"URL\"\r\nenabled = true\r\n",
        ),
        (
            "[mcp_servers]\nit = { command = \"x\", args = [\"a\"], startup_timeout_sec = 5 } # c\n",
            "[mcp_servers]\nit = { url = \"URL\", startup_timeout_sec = 5 } # c\n",
        ),
        ("[mcp_servers]\nit = {command=\"x\"}\n", "[mcp_servers]\nit = {url = \"URL\"}\n"),
        (
            "mcp_servers = { it = { command = \"x\", env.A = \"1\" }, b = { command = \"y\" } }\n",
            "mcp_servers = { it = { url = \"URL\" }, b = { command = \"y\" } }\n",
        ),
        ("[mcp_servers]\nit.command = \"x\"\nit.args = []\nb.command = \"y\"\n", "[mcp_servers]\nit.url = \"URL\"\nb.command = \"y\"\n"),
        ("mcp_servers.it.command = \"x\"\nmcp_servers.it.env.A = \"1\"\nother = 1\n", "mcp_servers.it.url = \"URL\"\nother = 1\n"),
        (
            "[mcp_servers.it.env]\nA = \"1\"\n\n[mcp_servers.it]\ncommand = \"x\"\n\n[mcp_servers.it.tools.a]\napproval_mode = \"prompt\"\n",
            "\n[mcp_servers.it]\nurl = \"URL\"\n\n[mcp_servers.it.tools.a]\napproval_mode = \"prompt\"\n",
        ),
        (
            "[mcp_servers.it]\ncommand = \"x\"\n[a]\nb = 1\n\n\n[mcp_servers.it.env]\n# why\nA = \"1\"\nB = \"2\" # end\n# about c\n[c]\nd = 1\n",
            "[mcp_servers.it]\nurl = \"URL\"\n[a]\nb = 1\n# about c\n[c]\nd = 1\n",
        ),
        ("[mcp_servers.it]\nurl = \"https://x.example/mcp\"\nhttp_headers = { A = \"1\" }\n", "[mcp_servers.it]\nurl = \"URL\"\n"),
        (
            "[mcp_servers.it]\nurl = \"https://x.example/mcp\"\n[mcp_servers.it.http_headers]\nA = \"1\"\n",
            "[mcp_servers.it]\nurl = \"URL\"\n",
        ),
    ] {
        becomes(Client::Codex, ".codex/config.toml", before, after);
    }
}

#[test]
fn toml_that_cannot_be_changed_is_left() {
    for (text, words) in [
        ("[mcp_servers]\nit = { command = \"x\", tools.a.approval_mode = \"prompt\" }\n", "cannot change"),
        ("[[mcp_servers.it]]\ncommand = \"x\"\n", "no object"),
    ] {
        let desk = Desk::with(".codex/config.toml", text);
        let plan = desk.plan(|_| true);
        assert!(plan.files.is_empty() && plan.servers.is_empty());
        let said = plan.left[0].why.to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn json_in_every_shape() {
    for (before, after) in [
        (r#"{"servers":{"it":{"command":"x"}}}"#, r#"{"servers":{"it":{"type": "http", "url": "URL"}}}"#),
        (
            r#"{"servers":{"it":{ "command":"x", "args":[], "kept" : [ 1 ] }}}"#,
            r#"{"servers":{"it":{ "type": "http", "url": "URL", "kept" : [ 1 ] }}}"#,
        ),
        (
            "{\"servers\": {\"it\": {\"type\": \"stdio\", /* why */ \"command\": \"x\"}}}",
            "{\"servers\": {\"it\": {\"type\": \"http\", /* why */ \"url\": \"URL\"}}}",
        ),
        (
            "{\n\t\"servers\": {\n\t\t\"it\": {\n\t\t\t\"command\": \"x\"\n\t\t}\n\t}\n}\n",
            "{\n\t\"servers\": {\n\t\t\"it\": {\n\t\t\t\"type\": \"http\",\n\t\t\t\"url\": \"URL\"\n\t\t}\n\t}\n}\n",
        ),
        (
            "{\r\n  \"servers\": {\r\n    \"it\": {\r\n      // one\r\n      \"kept\": 1, // two\r\n      \"command\": \"x\", // three\r\n      \"args\": [\r\n        \"y\"\r\n      ],\r\n    },\r\n  },\r\n}",
            "{\r\n  \"servers\": {\r\n    \"it\": {\r\n      // one\r\n      \"kept\": 1, // two\r\n      \"type\": \"http\", // three\r\n      \"url\": \"URL\",\r\n    },\r\n  },\r\n}",
        ),
        (
            "{ // top\n  \"servers\": { \"a\": 1, \"it\":\n  {\n    \"command\": \"x\",\n    \"env\": { \"A\": \"1\" } // last\n  }, \"b\": null } }",
            "{ // top\n  \"servers\": { \"a\": 1, \"it\":\n  {\n    \"type\": \"http\",\n    \"url\": \"URL\" // last\n  }, \"b\": null } }",
        ),
        (
            "{\"servers\": {\"it\": {\n  \"url\": \"https://x.example/mcp\"\n}}}",
            "{\"servers\": {\"it\": {\n  \"type\": \"http\",\n  \"url\": \"URL\"\n}}}",
        ),
        (
            "{\"s\\u0065rvers\": {\"\\u0069t\": {\"comm\\u0061nd\": \"x\"}}}",
            "{\"s\\u0065rvers\": {\"\\u0069t\": {\"type\": \"http\", \"url\": \"URL\"}}}",
        ),
    ] {
        becomes(Client::VsCode, ".config/Code/User/mcp.json", before, after);
    }
}

#[test]
fn half_a_character_stays_what_it_is() {
    // JavaScript writes it, and reads it back.
    let one_line = r#"{"mcpServers": {"it": {"command": "x", "kept": "cut \ud83d"}}, "history": "\ude00 \ud83d\ude00"}"#;
    let after = r#"{"mcpServers": {"it": {"url": "URL", "kept": "cut \ud83d"}}, "history": "\ude00 \ud83d\ude00"}"#;
    becomes(Client::Cursor, ".cursor/mcp.json", one_line, after);
    let desk = Desk::with(".cursor/mcp.json", "{\"mcpServers\": {\"it\": {\n\"command\": \"x\",\n\"kept\": \"cut \\ud83d\"\n}}}");
    assert_eq!(desk.plan(|_| true).left[0].why.to_string(), "Its entry is written in a way that Doorward cannot change.");
}

#[test]
fn every_client_gets_the_entry_it_wants() {
    for (path, keys, after) in [
        (".claude.json", "mcpServers", r#"{"type": "http", "url": "URL"}"#),
        (".config/Claude/claude_desktop_config.json", "mcpServers", r#"{"command": "npx", "args": ["-y", "mcp-remote", "URL"]}"#),
        (".cursor/mcp.json", "mcpServers", r#"{"url": "URL"}"#),
        (".config/Code/User/mcp.json", "servers", r#"{"type": "http", "url": "URL"}"#),
        (".gemini/settings.json", "mcpServers", r#"{"url": "URL", "type": "http"}"#),
        (".codeium/windsurf/mcp_config.json", "mcpServers", r#"{"serverUrl": "URL"}"#),
        (".config/devin/mcp_config.json", "mcpServers", r#"{"url": "URL", "transport": "http"}"#),
        (".config/zed/settings.json", "context_servers", r#"{"url": "URL"}"#),
    ] {
        let client = Desk::with(path, "{}").configs()[0].client();
        let around = |entry: &str| format!("{{\"{keys}\": {{\"it\": {entry}}}}}");
        becomes(client, path, &around(r#"{"command": "x", "args": ["y"], "env": {"API_KEY": "hunter2"}}"#), &around(after));
    }
}
