//! Single entries: what can be taken over, what cannot, and the sentence that says why.

use doorward_clients::{
    read::Found,
    server::{Kind, Why},
    template::Secret,
};

use crate::desk::Desk;

fn in_file(path: &str, text: &str) -> Vec<Found> {
    let sightings = Desk::with(path, text).survey();
    sightings.into_iter().flat_map(|sighting| sighting.config.expect("reads").servers().to_vec()).collect()
}

fn one(path: &str, keys: &str, entry: &str) -> Found {
    let (open, close): (String, String) = keys.split('.').map(|key| (format!("{{\"{key}\": "), "}".to_owned())).unzip();
    in_file(path, &format!("{open}{{\"it\": {entry}}}{close}")).remove(0)
}

fn cursor(entry: &str) -> Found {
    one(".cursor/mcp.json", "mcpServers", entry)
}

fn why(found: &Found) -> String {
    found.why_not.as_ref().map(Why::to_string).unwrap_or_default()
}

const CLAUDE: &str = ".claude.json";
const DESKTOP: &str = ".config/Claude/claude_desktop_config.json";
const CURSOR: &str = ".cursor/mcp.json";
const VSCODE: &str = ".config/Code/User/mcp.json";
const GEMINI: &str = ".gemini/settings.json";
const WINDSURF: &str = ".codeium/windsurf/mcp_config.json";
const DEVIN: &str = ".config/devin/mcp_config.json";
const ZED: &str = ".config/zed/settings.json";

#[test]
fn what_cannot_be_taken_over_says_why() {
    for (path, keys, entry, words) in [
        (CURSOR, "mcpServers", r#""npx""#, "not as Cursor wants it (no object)"),
        (CURSOR, "mcpServers", "null", "not as Cursor wants it (no object)"),
        (CURSOR, "mcpServers", "[1]", "not as Cursor wants it (no object)"),
        (CURSOR, "mcpServers", "{}", "neither a command nor an address"),
        (CURSOR, "mcpServers", r#"{"command": ""}"#, "neither a command nor an address"),
        (CURSOR, "mcpServers", r#"{"command": 5}"#, "not as Cursor wants it (command)"),
        (CURSOR, "mcpServers", r#"{"command": "x", "args": "y"}"#, "not as Cursor wants it (args)"),
        (CURSOR, "mcpServers", r#"{"command": "x", "args": [{}]}"#, "not as Cursor wants it (args)"),
        (CURSOR, "mcpServers", r#"{"command": "x", "env": []}"#, "not as Cursor wants it (env)"),
        (CURSOR, "mcpServers", r#"{"command": "x", "env": {"A": {}}}"#, "not as Cursor wants it (env)"),
        (CURSOR, "mcpServers", r#"{"command": "x", "command": "y"}"#, "\"command\" twice"),
        (CURSOR, "mcpServers", r#"{"command": "x", "env": {"A": "1", "A": "2"}}"#, "\"A\" twice"),
        (CURSOR, "mcpServers", r#"{"command": "x", "url": "https://x.example/mcp"}"#, "both a command and an address"),
        (CURSOR, "mcpServers", r#"{"command": "x", "disabled": true}"#, "switched off in Cursor"),
        (CURSOR, "mcpServers", r#"{"command": "x", "envFile": ".env"}"#, "read from a file"),
        (CURSOR, "mcpServers", r#"{"command": "x", "cwd": "tools"}"#, "a path from a folder that is not known"),
        (CURSOR, "mcpServers", r#"{"command": "./x"}"#, "a path from a folder that is not known"),
        (CURSOR, "mcpServers", r#"{"command": "~/bin/x"}"#, "a path from a folder that is not known"),
        (CURSOR, "mcpServers", r#"{"command": "x", "args": ["${workspaceFolder}"]}"#, "stands for ${workspaceFolder}"),
        (CURSOR, "mcpServers", r#"{"url": "https://x.example/sse"}"#, "the old SSE transport"),
        (CURSOR, "mcpServers", r#"{"url": "https://x.example/mcp", "type": "sse"}"#, "the old SSE transport"),
        (CURSOR, "mcpServers", r#"{"url": "http://x.example/mcp"}"#, "plain http on another computer"),
        (CURSOR, "mcpServers", r#"{"url": "ftp://x.example/mcp"}"#, "neither http:// nor https://"),
        (CURSOR, "mcpServers", r#"{"url": "x"}"#, "not a web address"),
        (CURSOR, "mcpServers", r#"{"url": "https://me:pw@x.example/mcp"}"#, "a user name or a password in it"),
        (CURSOR, "mcpServers", r##"{"url": "https://x.example/mcp#top"}"##, "a part after #"),
        (CURSOR, "mcpServers", r#"{"url": "${env:MCP_URL}"}"#, "not known where it leads"),
        (CURSOR, "mcpServers", r#"{"url": "https://${env:HOST}/mcp"}"#, "not known where it leads"),
        (CURSOR, "mcpServers", r#"{"url": "https://x.example/mcp", "auth": {"CLIENT_ID": "a"}}"#, "Cursor signs in to it"),
        (CURSOR, "mcpServers", r#"{"url": "http://localhost:8765/mcp/files"}"#, "through Doorward already"),
        (
            CURSOR,
            "mcpServers",
            r#"{"command": "npx", "args": ["-y", "mcp-remote", "http://127.0.0.1:8765/mcp/files"]}"#,
            "through Doorward already",
        ),
        (CLAUDE, "mcpServers", r#"{"type": "ws", "url": "wss://x.example"}"#, "reached by \"ws\""),
        (CLAUDE, "mcpServers", r#"{"type": "http", "url": "https://x.example/mcp", "headersHelper": "x"}"#, "A program makes its headers"),
        (CLAUDE, "mcpServers", r#"{"type": "http", "url": "https://x.example/mcp", "oauth": {}}"#, "Claude Code signs in to it"),
        (CLAUDE, "mcpServers", r#"{"command": "x", "args": ["${CLAUDE_PROJECT_DIR}"]}"#, "stands for ${CLAUDE_PROJECT_DIR}"),
        (
            CLAUDE,
            "mcpServers",
            r#"{"command": "x", "env": {"API_KEY": "${API_KEY:-hunter2}"}}"#,
            "a secret written behind the variable API_KEY",
        ),
        (DESKTOP, "mcpServers", r#"{"url": "https://x.example/mcp"}"#, "Claude Desktop starts programs only"),
        (VSCODE, "servers", r#"{"url": "unix:///tmp/x.sock", "type": "http"}"#, "neither http:// nor https://"),
        (VSCODE, "servers", r#"{"command": "x", "sandboxEnabled": true}"#, "in a sandbox"),
        (
            VSCODE,
            "servers",
            r#"{"type": "http", "url": "https://x.example/mcp", "headers": {"A": "${input:key}"}}"#,
            "stands for ${input:key}",
        ),
        (GEMINI, "mcpServers", r#"{"tcp": "localhost:1"}"#, "reached by \"tcp\""),
        (GEMINI, "mcpServers", r#"{"httpUrl": "https://x.example/mcp", "oauth": {"enabled": true}}"#, "Gemini CLI signs in to it"),
        (
            GEMINI,
            "mcpServers",
            r#"{"httpUrl": "https://x.example/mcp", "authProviderType": "google_credentials"}"#,
            "Gemini CLI signs in to it",
        ),
        (WINDSURF, "mcpServers", r#"{"serverUrl": "https://x.example/sse"}"#, "the old SSE transport"),
        (WINDSURF, "mcpServers", r#"{"command": "x", "env": {"A": "${file:/run/a}"}}"#, "stands for ${file:/run/a}"),
        (DEVIN, "mcpServers", r#"{"url": "https://x.example/mcp", "transport": "sse"}"#, "the old SSE transport"),
        (DEVIN, "mcpServers", r#"{"url": "https://x.example/mcp", "oauthClientId": "a"}"#, "Windsurf signs in to it"),
        (ZED, "context_servers", r#"{"source": "extension", "settings": {}}"#, "An extension of Zed starts it"),
        (ZED, "context_servers", r#"{"command": "x", "remote": true}"#, "Zed runs it on another computer"),
        (ZED, "context_servers", r#"{"command": "x", "enabled": false}"#, "switched off in Zed"),
    ] {
        let said = why(&one(path, keys, entry));
        assert!(said.contains(words) && said.ends_with('.'), "{path} {entry}: {said:?}");
    }
}

#[test]
fn what_can_be_taken_over_is_read_as_its_client_reads_it() {
    for (path, keys, entry) in [
        (CURSOR, "mcpServers", r#"{"url": "https://x.example/mcp"}"#),
        (CURSOR, "mcpServers", r#"{"url": "https://x.example/sse", "type": "http"}"#),
        (CURSOR, "mcpServers", r#"{"url": "http://127.0.0.1:9000/mcp"}"#),
        (CURSOR, "mcpServers", r#"{"url": "https://x.example/mcp?a=${env:A}"}"#),
        (CURSOR, "mcpServers", r#"{"command": "x", "disabled": false, "enabled": true}"#),
        (CURSOR, "mcpServers", r#"{"command": "/opt/x", "cwd": "/srv", "args": [1, true, "a"]}"#),
        (CLAUDE, "mcpServers", r#"{"type": "streamable-http", "url": "https://x.example/mcp"}"#),
        (GEMINI, "mcpServers", r#"{"httpUrl": "https://x.example/sse"}"#),
        (GEMINI, "mcpServers", r#"{"url": "https://x.example/mcp", "oauth": {"enabled": false}}"#),
        (GEMINI, "mcpServers", r#"{"url": "https://x.example/mcp", "authProviderType": "dynamic_discovery"}"#),
        (WINDSURF, "mcpServers", r#"{"url": "https://x.example/mcp"}"#),
        (VSCODE, "servers", r#"{"command": "x", "env": {"A": null, "B": 5}}"#),
        (ZED, "context_servers", r#"{"command": {"path": "x", "args": ["a"]}, "settings": {}}"#),
    ] {
        let found = one(path, keys, entry);
        assert!(found.why_not.is_none() && found.server.is_some(), "{path} {entry}: {}", why(&found));
    }
}

#[test]
fn an_entry_that_is_there_twice_is_left_alone() {
    let found = in_file(CURSOR, r#"{"mcpServers": {"a": {"command": "x"}, "b": {"command": "y"}, "a": {"command": "z"}}}"#);
    let whys: Vec<String> = found.iter().map(why).collect();
    assert!(whys[0].contains("\"a\" twice") && whys[1].is_empty() && whys[2].contains("\"a\" twice"), "{whys:?}");
}

#[test]
fn gemini_says_elsewhere_in_its_settings_which_servers_run() {
    let settings = r#"{"mcp": {"allowed": ["a", "b"], "excluded": ["b"]},
        "mcpServers": {"a": {"command": "x"}, "b": {"command": "x"}, "c": {"command": "x"}}}"#;
    let off: Vec<bool> = in_file(GEMINI, settings).iter().map(|found| found.why_not.is_some()).collect();
    assert_eq!(off, [false, true, true]);
}

#[test]
fn a_project_gives_its_servers_a_folder() {
    let found = in_file(
        CLAUDE,
        r#"{"projects": {"/srv/shop": {"mcpServers": {"a": {"command": "./bin/a", "cwd": "tools"}, "b": {"command": "b"}}}}}"#,
    );
    let folders: Vec<(String, String)> = found
        .iter()
        .map(|found| match &found.server.as_ref().expect("a server").kind {
            Kind::Stdio { command, folder, .. } => (command.to_string(), folder.as_ref().map(ToString::to_string).unwrap_or_default()),
            Kind::Http { .. } => panic!("a program"),
        })
        .collect();
    let expected = [("/srv/shop/tools/bin/a", "/srv/shop/tools"), ("b", "/srv/shop")];
    assert_eq!(folders, expected.map(|(command, folder)| (command.to_owned(), folder.to_owned())));
    assert_eq!(found[0].place.to_string(), "in /srv/shop");
}

#[test]
fn secrets_have_the_names_of_what_they_were_the_values_of() {
    let found = cursor(
        r#"{"command": "docker", "args": ["run", "-e", "GITHUB_TOKEN=aaaa", "--api-key", "bbbb", "--token=cccc", "--header", "X-Auth-Token: dddd",
            "https://x.example/?key=eeee", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"], "env": {"API_KEY": "ffff", "NODE_ENV": "x", "LEVEL": "5"}}"#,
    );
    let secrets = &found.server.expect("a server").secrets;
    let names: Vec<&str> = secrets.iter().map(Secret::name).collect();
    assert_eq!(names, ["GITHUB_TOKEN", "api-key", "token", "X-Auth-Token", "key", "argument-10", "API_KEY"]);
}

#[test]
fn variables_are_named() {
    let found = one(CLAUDE, "mcpServers", r#"{"command": "x", "args": ["${B}", "${A:-1}"], "env": {"C": "${A}", "TOKEN": "${TOKEN}"}}"#);
    let server = found.server.expect("a server");
    assert_eq!(server.kind.variables(), ["A", "B", "TOKEN"]);
    assert_eq!(server.secrets, vec![]);
}

#[test]
fn codex_has_members_of_its_own() {
    let found = in_file(
        ".codex/config.toml",
        r#"
[mcp_servers.a]
url = "https://x.example/mcp"
bearer_token_env_var = "A_TOKEN"
env_http_headers = { "X-Key" = "B_TOKEN" }
http_headers = { "X-Api-Key" = "hunter2" }
[mcp_servers.b]
command = "b"
env_vars = ["C", { name = "D", source = "local" }]
env = { TOKEN = "hunter2" }
[mcp_servers.c]
command = "c"
env_vars = [{ name = "D", source = "remote" }]
[mcp_servers.d]
command = "d"
environment_id = "cloud"
[mcp_servers.e]
url = "https://x.example/mcp"
http_headers_helper = "x"
[mcp_servers.f]
url = "https://x.example/mcp"
oauth = { client_id = "x" }
[mcp_servers.g]
command = "g"
enabled = false
"#,
    );
    let variables = |at: usize| found[at].server.as_ref().expect("a server").kind.variables();
    assert_eq!((variables(0), variables(1)), (vec!["A_TOKEN", "B_TOKEN"], vec!["C", "D"]));
    let whys: Vec<String> = found.iter().map(why).collect();
    assert_eq!((whys[0].as_str(), whys[1].as_str()), ("", ""));
    for (at, words) in [(2, "another computer"), (3, "another computer"), (4, "makes its headers"), (5, "signs in"), (6, "switched off")] {
        assert!(whys[at].contains(words), "{at}: {}", whys[at]);
    }
}
