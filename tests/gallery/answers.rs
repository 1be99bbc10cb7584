//! What the shell tells the main window. Each part is read as what the shell really tells.

use doorward_broker::{
    broker::{AppView, CallView, HistoryView, RuleLines, RulesView, ServerView, SettingView, ToolsForApps},
    config::Config,
    config_file::Setting,
    consent::view::QuestionView,
    health::{Condition, Finding},
};
use doorward_words::Said;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::questions::{self, ASKED_AT};

const DAY: i64 = 86_400;

/// Made up, but as the shell tells it.
fn real<T: Serialize + DeserializeOwned>(made_up: Value) -> Value {
    let read: T = serde_json::from_value(made_up).expect("as the shell tells it");
    serde_json::to_value(read).expect("JSON")
}

/// The same with some members otherwise.
fn with(mut made_up: Value, other: Value) -> Value {
    for (member, value) in other.as_object().expect("members") {
        made_up[member] = value.clone();
    }
    made_up
}

fn app(id: &str, name: &str, program: &str, servers: &[&str]) -> Value {
    let grants: Vec<Value> = servers
        .iter()
        .map(|server| {
            json!({
                "server": server, "allowed_at": ASKED_AT - 18 * DAY, "last_used_at": ASKED_AT - 420, "ends_at": ASKED_AT + 90 * DAY,
                "tools": 5, "calls": 128,
            })
        })
        .collect();
    let part = |part: &str, name: Option<&str>, why: Option<&str>, times: u32| {
        json!({
            "part": part, "name": name, "executable": name.map(|_| program), "script": null, "why": why.map(|_| ""), "why_said": why.map(|why| json!({ "id": why })),
            "first_at": ASKED_AT - 18 * DAY, "last_at": ASKED_AT - 420, "times": times,
        })
    };
    let others =
        [2, 9, 17].map(|days| json!({ "client": format!("01a200ac-7346-7544-8545-184a485{days:05}"), "at": ASKED_AT - days * DAY }));
    json!({
        "id": id, "name": name, "program": program, "first_seen_at": ASKED_AT - 18 * DAY, "registrations": 4, "grants": grants,
        "programs": [
            part("registered", Some("claude"), None, 4), part("listened", Some("claude"), None, 4), part("redeemed", Some("claude"), None, 4),
            part("refused", Some("helper.py"), None, 1), part("asked", None, Some("why-closed"), 1),
        ],
        "blocked_at": null, "paused": false,
        "other_registrations": others,
    })
}

fn claude() -> Value {
    app("a1", "Claude Code", "/home/me/.local/share/claude/versions/2.1.14", &["files", "everything"])
}

fn codex() -> Value {
    let mut codex = app("a2", "codex", "/home/me/.cargo/bin/codex", &["files"]);
    codex["paused"] = json!(true);
    codex
}

fn servers() -> Vec<Value> {
    let server = |name: &str, url: &str, apps: usize, condition: Value| {
        json!({
            "name": name, "url": url, "condition": condition, "keeps_arguments": false, "address": format!("http://127.0.0.1:8765/mcp/{name}"),
            "added_at": ASKED_AT - 20 * DAY, "apps": apps, "validates": false, "paused": false,
            "tools": { "all": 4, "new": 0, "changed": 0 }, "secrets": [],
        })
    };
    let running = json!({
        "state": "running", "pid": 6021, "processes": 1, "protocol": "2026-07-28", "words": "Running as process 6021 (MCP 2026-07-28).",
        "log": ["Secure MCP Filesystem Server running on stdio", "Client does not support MCP roots"],
    });
    let failed = json!({ "state": "failed", "reason": "", "reason_said": { "id": "list-silent" }, "words": "Failed.", "log": ["ModuleNotFoundError: No module named 'mcp'"] });
    let files = server("files", "/usr/bin/npx -y @modelcontextprotocol/server-filesystem /home/me/work", 2, running);
    [
        with(
            server("everything", "http://127.0.0.1:3001/mcp", 1, Value::Null),
            json!({ "tools": { "all": 12, "new": 2, "changed": 0 }, "secrets": ["Authorization"] }),
        ),
        with(files, json!({ "tools": { "all": 4, "new": 0, "changed": 1 } })),
        with(server("notes", "/usr/bin/uvx notes-server", 0, failed), json!({ "tools": null, "secrets": ["NOTES_TOKEN", "NOTES_URL"] })),
    ]
    .map(real::<ServerView>)
    .to_vec()
}

/// The tools of a server with what its Apps may use.
fn tools_of_files() -> Value {
    let tool = |name: &str, group: &str, looked: &str| json!({ "name": name, "title": null, "description": null, "group": group, "looked": looked });
    let codex = with(tools_of_claude(), json!({ "app": "a2", "app_name": "codex" }));
    real::<ToolsForApps>(json!({
        "tools": [
            tool("read_file", "look", "known"), tool("edit_file", "change", "known"), tool("write_file", "change", "changed"),
            tool("delete_file", "run", "known"),
            with(tool("watch_folder", "look", "new"), json!({ "title": "Watch a folder", "description": "Says when a file in a folder changes." })),
        ],
        "apps": [tools_of_claude(), codex],
    }))
}

fn state(change: Value) -> Value {
    let mut state = json!({
        "address": "127.0.0.1:8765", "version": "0.1.0", "page": null, "ask": null, "no_tray": false, "paused": false, "paused_until": null, "muted": [], "blocked": [],
        "requests": [], "apps": [real::<AppView>(claude()), real::<AppView>(codex())], "servers": servers(),
    });
    for (member, value) in change.as_object().expect("members") {
        state[member] = value.clone();
    }
    state
}

fn history() -> Value {
    let event = |number: i64, ago: i64, outcome: &str, name: Option<&str>, server: &str, detail: &str, more: Value| {
        let event = json!({
            "number": number, "at": ASKED_AT - ago, "outcome": outcome, "client_name": name, "server": server, "detail": "x",
            "detail_said": { "id": detail },
        });
        real::<HistoryView>(with(event, more))
    };
    let (claude, helper) = ("/home/me/.local/share/claude/versions/2.1.14", "/home/me/x/helper.py");
    json!([
        event(8, 60, "allowed", Some("Claude Code"), "files", "event-allowed", json!({ "program": claude })),
        event(7, 900, "denied", Some("helper"), "files", "event-said-no", json!({ "program": helper })),
        event(
            6,
            1_100,
            "denied",
            None,
            "files",
            "event-kept-blocked",
            json!({
                "subject": "server", "detail_said": { "id": "event-kept-blocked", "values": { "tools": ["read_file"] } },
            })
        ),
        event(5, 1_500, "lapsed", None, "everything", "unanswered-timed-out", json!({})),
        event(4, 2_000, "superseded", Some("Claude Code"), "files", "unanswered-superseded", json!({ "program": claude })),
        event(3, DAY, "withdrawn", Some("codex"), "files", "unanswered-hung-up", json!({ "program": "/home/me/.cargo/bin/codex" })),
        event(2, 3 * DAY, "refused", Some("helper"), "everything", "event-muted", json!({ "program": helper })),
        event(1, 9 * DAY, "disconnected", Some("opencode"), "everything", "event-signed-out", json!({})),
    ])
}

fn calls() -> Value {
    let call = |number: i64, ago: i64, tool: &str, passed: bool, why: &str, ended: &str| {
        real::<CallView>(json!({
            "number": number, "at": ASKED_AT - ago, "app": "a1", "app_name": "Claude Code", "program": "claude", "server": "files",
            "method": "tools/call", "name": tool, "passed": passed, "why": "", "why_said": { "id": why }, "ended": "",
            "ended_said": { "id": ended }, "milliseconds": 14 * number, "sent": 120,
            "received": 2_310 * number, "shape": "path: text", "arguments": null,
        }))
    };
    json!([
        call(4, 30, "read_file", true, "decided-allowed", "ended-answered"),
        call(3, 420, "edit_file", true, "decided-when-asked", "ended-answered"),
        call(2, 480, "delete_file", false, "decided-hidden", "ended-refused"),
        call(1, 3_000, "list_directory", true, "decided-allowed", "ended-answered"),
    ])
}

fn rules() -> Value {
    let rule = |kind: &str, name: &str, mode: &str, ends_at: Option<i64>, ends_with: Option<u32>| {
        json!({
            "app": "a1", "app_name": "Claude Code", "server": "files", "kind": kind, "name": name, "mode": mode, "ends_at": ends_at,
            "ends_with": ends_with, "set_at": ASKED_AT - 18 * DAY,
        })
    };
    real::<RuleLines>(json!({ "rules": [
        rule("tool", "read_file", "allow", None, None), rule("tool", "edit_file", "ask", Some(ASKED_AT + 3_000), None),
        rule("tool", "write_file", "allow", None, Some(4211)), rule("prompts", "", "allow", None, None), rule("tool", "delete_file", "hide", None, None),
    ], "next": null }))
}

fn tools_of_claude() -> Value {
    let tool = |tool: &str, group: &str, mode: &str, looked: &str| {
        json!({
            "tool": tool, "description": "Does what its name says, inside the folders that it was started with.", "group": group,
            "looked": looked, "mode": mode, "ends_at": null, "ends_with": null,
        })
    };
    real::<RulesView>(json!({
        "app": "a1", "app_name": "Claude Code", "server": "files", "prompts": "allow", "resources": null,
        "tools": [tool("read_file", "look", "allow", "known"), tool("edit_file", "change", "ask", "known"), tool("write_file", "change", "allow", "changed"), tool("delete_file", "run", "hide", "known")],
    }))
}

/// As of a file that says another port than the one that is used.
fn settings() -> Value {
    let in_force = Config::default();
    let mut file = Config::default();
    file.port = 8770;
    let settings: Vec<SettingView> = Setting::all().map(|setting| SettingView::of(setting, &file, Some(&in_force))).collect();
    json!({ "settings": settings, "file": "/home/me/.config/doorward/config.toml", "starts_at_login": false })
}

fn health(faulty: bool) -> Value {
    let said = |id: &'static str, place: &'static str, value: &str| Said::plain(id).with(place, value);
    let server = |state, says| Finding { about: said("about-server", "server", "everything"), state, says };
    let url = "http://127.0.0.1:3001/mcp";
    let mut findings = vec![
        Finding::good(
            "about-service",
            &said("health-service", "address", "http://127.0.0.1:8765").with("version", "0.1.0").counting("muted", 0),
        ),
        Finding::good("about-data", &Said::plain("health-written")),
        Finding::good("about-keyring", &Said::plain("health-key")),
        server(Condition::Good, said("health-answers", "url", url)),
        Finding::good("about-path", &said("health-starters", "path", "/home/me/.local/bin:/usr/local/bin:/usr/bin:/bin")),
        Finding::good("about-tray", &Said::plain("health-tray")),
        Finding::good("about-autostart", &Said::plain("health-no-autostart")),
        Finding::good("about-web-view", &said("health-web-view", "version", "2.50.1")),
    ];
    if faulty {
        findings[2] = Finding::fault("about-keyring", &said("keyring-locked", "cause", "no answer to the prompt"));
        findings[3] = server(Condition::Fault, said("health-silent", "url", url));
        let missing = said("health-one-starter", "program", "uvx").with("path", "/usr/bin:/bin");
        findings[4] = Finding::new("about-path", Condition::Note, &missing);
    }
    json!(findings)
}

/// What is in the files of other programs, what would change there, and what came of it.
fn files() -> [(&'static str, Value); 4] {
    let found =
        |client: &str, title: &str, file: &str, entry: &str, what: Option<&str>, starts: bool, secrets: &[&str], stays: Option<Said>| {
            let place = if entry == "files" {
                Said::plain("place-project").with("folder", "/home/me/work/shop")
            } else {
                Said::plain("place-everywhere")
            };
            json!({
                "origin": { "client": client, "file": file, "place": "everywhere", "entry": entry }, "client": title,
                "place": place, "what": what, "starts": starts, "secrets": secrets, "stays": stays,
            })
        };
    let (cursor, claude) = ("/home/me/.cursor/mcp.json", "/home/me/.claude.json");
    let github = "npx -y @modelcontextprotocol/server-github";
    let broken = Said::plain("file-broken").with("path", "/home/me/.codex/config.toml").with("line", "12");
    let input = Said::plain("left-filled").with("name", "input:what");
    let files = "npx -y @modelcontextprotocol/server-filesystem /home/me/work";
    let looked = json!({
        "servers": [
            found("claude-code", "Claude Code", claude, "files", Some(files), true, &[], None),
            found("claude-code", "Claude Code", claude, "everything", Some("http://127.0.0.1:8765/mcp/everything"), false, &[], Some(Said::plain("left-ours"))),
            found("cursor", "Cursor", cursor, "github", Some(github), true, &["GITHUB_TOKEN"], None),
            found("cursor", "Cursor", cursor, "elsewhere", Some("https://mcp.example.com/mcp"), false, &["Authorization"], None),
            found("cursor", "Cursor", cursor, "odd", None, true, &[], Some(input)),
        ],
        "unreadable": [{ "client": "Codex", "why": broken }],
        "imports": [{ "id": "zed", "client": "Zed", "files": ["/home/me/.config/zed/settings.json"], "when": ASKED_AT - DAY }],
        "under_way": false, "ended": null,
    });
    let diff = "--- a\n+++ b\n@@ -1,9 +1,6 @@\n {\n   // mine, do not touch\n   \"mcpServers\": {\n-    \"github\": {\n-      \"command\": \"npx\",\n\
                -      \"args\": [\"-y\", \"@modelcontextprotocol/server-github\"],\n-      \"env\": { \"GITHUB_TOKEN\": \"••••\" }\n-    }\n\
                +    \"github\": { \"url\": \"http://127.0.0.1:8765/mcp/github\" }\n   }\n }\n";
    let planned = json!({
        "mark": "x",
        "servers": [
            { "name": "files-2", "what": files, "starts": true, "secrets": [] },
            { "name": "github", "what": github, "starts": true, "secrets": ["GITHUB_TOKEN"] },
            { "name": "elsewhere", "what": "https://mcp.example.com/mcp", "starts": false, "secrets": ["Authorization"] },
        ],
        "files": [{ "client": "Cursor", "path": cursor, "diff": diff }],
        "left": [{ "name": "notes", "why": Said::plain("left-unchangeable") }],
    });
    let missing = Said::plain("add-no-program").with("program", "npx").listing("searched", ["/usr/local/bin", "/usr/bin", "/bin"]);
    let imported = json!({
        "added": ["elsewhere"], "not_added": [{ "name": "github", "why": missing }], "files": [cursor], "stopped": null, "unwritten": [],
    });
    let changed = Said::plain("undo-changed").with("path", "/home/me/.config/zed/settings.json");
    [
        ("main_import_look", looked),
        ("main_import_plan", planned),
        ("main_import", imported),
        ("main_undo", json!({ "state": "changed", "why": changed })),
    ]
}

fn all(state: Value) -> Value {
    let mut answers = pages(state);
    for (command, answer) in files() {
        answers[command] = answer;
    }
    answers
}

fn pages(state: Value) -> Value {
    json!({
        "main_state": state, "main_history": history(), "main_calls": calls(), "main_all_rules": rules(), "main_rules": tools_of_claude(), "main_server_tools": tools_of_files(),
        "main_settings": settings(), "main_health": health(false),
    })
}

fn at(page: &str, mut change: Value) -> Value {
    change["page"] = json!(page);
    all(state(change))
}

/// The page with some requests, a muted program and an App that is never asked about.
pub fn requests() -> Value {
    let waiting: Vec<QuestionView> = [
        questions::connect(),
        questions::other_program(),
        questions::leaves(),
        questions::call(),
        questions::changed(),
        questions::new_server(),
    ]
    .into_iter()
    .zip(1..)
    .map(|(question, id)| QuestionView { id, ..question })
    .collect();
    let mut never = app("a9", "helper", "/home/me/x/helper.py", &[]);
    never["blocked_at"] = json!(ASKED_AT - DAY);
    let muted = json!([{ "program": "/usr/bin/python3.13 /home/me/x/helper.py", "name": "helper.py", "until": ASKED_AT + 900 }]);
    at("requests", json!({ "requests": waiting, "muted": muted, "blocked": [real::<AppView>(never)] }))
}

/// A page as it usually is.
pub fn page(name: &str) -> Value {
    at(name, json!({}))
}

/// Names and lists as long as they can be.
pub fn long(page: &str) -> Value {
    let name = "Agentenwerkzeugverwaltungsoberflächenprüfprogrammdienst-für-Alle";
    let path = format!("/home/somebody/{}/bin/agent", "a-folder-with-a-long-name/".repeat(6).trim_end_matches('/'));
    let many: Vec<Value> = (1..=14)
        .map(|n| {
            let server = format!("a-server-of-many-parts-{n}");
            let app = app(&format!("b{n}"), &format!("{name} {n}"), &path, &[&server, "files", "everything"]);
            real::<AppView>(app)
        })
        .collect();
    let all_servers: Vec<Value> = (1..=14)
        .map(|n| {
            let server = servers().swap_remove(1);
            let url = format!("{path} --with-an-argument={}", "x".repeat(60));
            with(server, json!({ "name": format!("a-server-of-many-parts-{n}"), "url": url, "apps": 14 }))
        })
        .collect();
    let waiting: Vec<QuestionView> = (1..=14).map(|id| QuestionView { id, ..questions::long() }).collect();
    let mut answers = at(page, json!({ "apps": many, "servers": all_servers, "requests": waiting }));
    for (list, who) in [("main_history", "client_name"), ("main_calls", "app_name")] {
        let rows = answers[list].as_array().cloned().unwrap_or_default();
        let rows = rows.into_iter().map(|row| with(row, json!({ who: name, "server": "a-server-of-many-parts-1", "program": path })));
        answers[list] = rows.collect();
    }
    answers
}

/// A page before anything was added or allowed.
pub fn empty(name: &str) -> Value {
    let mut answers = at(name, json!({ "apps": [], "servers": [] }));
    for list in ["main_history", "main_calls"] {
        answers[list] = json!([]);
    }
    answers["main_all_rules"] = json!({ "rules": [], "next": null });
    answers
}

/// Servers, and what could be taken over besides: the page is gone to.
pub fn importing() -> Value {
    all(state(json!({})))
}

/// No program has a server in its files, and nothing was imported.
pub fn nothing_to_import() -> Value {
    let mut answers = page("import");
    answers["main_import_look"] = json!({ "servers": [], "unreadable": [], "imports": [], "under_way": false, "ended": null });
    answers
}

/// Another window began an import, and was closed.
pub fn import_under_way() -> Value {
    let mut answers = page("import");
    answers["main_import_look"]["under_way"] = true.into();
    answers
}

/// A server, and no App yet.
pub fn not_connected() -> Value {
    at("apps", json!({ "apps": [] }))
}

/// Everything is paused.
pub fn paused() -> Value {
    at("requests", json!({ "paused": true, "paused_until": ASKED_AT + 900 }))
}

/// Not everything works.
pub fn faults() -> Value {
    let mut answers = page("health");
    answers["main_health"] = health(true);
    answers
}
