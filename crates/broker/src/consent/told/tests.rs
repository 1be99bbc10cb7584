use doorward_oauth::program::Parent;
use serde_json::{Value, json};

use super::*;

fn known() -> Program {
    let parent = |name: &str, graphical| Parent { pid: 1, name: name.into(), started: 1, graphical };
    Program {
        pid: 7,
        name: "agent".into(),
        executable: "/bin/agent".into(),
        script: None,
        arguments: vec![],
        parents: vec![parent("zsh", false), parent("xterm", true), parent("openbox", true)],
        started: 1,
        signature: Signature::default(),
        file: ProgramFile::default(),
    }
}

fn seen(program: Program) -> Value {
    serde_json::to_value(Sighting::Seen(program)).expect("JSON")
}

fn firefox() -> Value {
    let parents = vec![Parent { pid: 2, name: "openbox".into(), started: 1, graphical: true }];
    seen(Program { pid: 9, name: "firefox".into(), executable: "/usr/bin/firefox".into(), parents, ..known() })
}

fn tool(name: &str, group: &str, proposed: &str) -> Value {
    json!({ "name": name, "title": null, "description": null, "group": group, "looked": "known", "proposed": proposed, "now": "hide" })
}

/// A question with some members otherwise.
fn question(other: Value) -> QuestionView {
    let claude = Program { name: "claude".into(), arguments: vec!["claude".into(), "a b".into()], ..known() };
    let tools = json!([
        tool("read_file", "look", "allow"),
        tool("list_directory", "look", "allow"),
        tool("write_file", "change", "ask"),
        tool("delete_file", "run", "hide"),
    ]);
    let mut question = json!({
        "id": 1, "kind": "connect", "allowed_at": null, "user_code": null, "client_name": "Claude Code", "name_altered": false,
        "client_id": "01a2", "server": "files", "scopes": ["files:look"], "scope_words": ["look"], "links": [],
        "offer": { "tools": tools, "prompts": { "proposed": "allow", "now": "hide" }, "resources": null, "not_known": null },
        "call": null, "changes": [], "new_server": null,
        "destination": { "kind": "loopback", "host": "localhost", "port": 54545 }, "redirect_uri": "http://localhost:54545/callback",
        "requester": firefox(), "registrant": seen(claude.clone()), "listener": seen(claude), "number": 47, "has_page": true,
        "cause": "claude", "typing": { "what": "number", "always": false }, "asked_at": 0, "expires_at": 300, "more_time": true,
    });
    for (member, value) in other.as_object().expect("members") {
        question[member] = value.clone();
    }
    serde_json::from_value(question).expect("a question")
}

/// What a question about something else than a connection has not.
fn other(kind: &str, about: Value) -> QuestionView {
    let mut members = json!({
        "kind": kind, "offer": null, "number": null, "has_page": false, "typing": null, "scopes": [], "scope_words": [],
        "destination": { "kind": "fetched" }, "redirect_uri": "", "listener": { "state": "nobody" },
    });
    for (member, value) in about.as_object().expect("members") {
        members[member] = value.clone();
    }
    question(members)
}

fn told(question: &QuestionView) -> Vec<String> {
    let text = question.text().replace(&question.refused_at(), "<the end>");
    text.lines().map(str::to_owned).collect()
}

const CLAUDE: &str = "claude (7) < zsh < xterm, /bin/agent, command line (chosen by the program): claude \"a b\"";

#[test]
fn a_connection_is_told_with_the_facts_of_the_window_and_without_the_number_that_is_typed() {
    let expected = [
        "Request 1: “Claude Code” wants to use files",
        "  First request from this program.",
        "  May               Look (2): read_file, list_directory",
        "  May               its prompts",
        "  Asks each time    Change (1): write_file",
        "  May not           Delete or run (1): delete_file",
        "  How long          until you take it back; it ends after 90 days without use",
        "  Answer goes to    localhost:54545",
        &format!("  Waiting there     {CLAUDE}"),
        "  Registered by     claude (7), the same program",
        "  Asked through     firefox (9) < openbox, /usr/bin/firefox",
        "  Browser tab       shows a number, which is typed",
        "  Client identifier 01a2",
        "  Return address    http://localhost:54545/callback",
        "  Scopes            files:look",
        "  Refused at        <the end>",
    ];
    let asked = question(json!({}));
    assert_eq!(told(&asked.clone().without_what_is_compared()), expected);
    assert_eq!(asked.clone().without_what_is_compared().hint(), "the number that the browser tab shows");
    assert!(asked.text().contains("shows 47"), "for scripts");
    let again = question(json!({ "kind": "reconnect", "allowed_at": 86_400, "wider": true }));
    assert_eq!(told(&again)[..2], ["Request 1: “Claude Code” wants to use more of files", "  You allowed it on 1970-01-02."]);
}

#[test]
fn another_program_than_the_one_that_registered_is_the_first_thing_that_is_told() {
    let helper =
        Program { pid: 8, name: "helper.py".into(), executable: "/usr/bin/python3".into(), script: Some("/x/helper.py".into()), ..known() };
    let asked = question(json!({ "listener": seen(helper.clone()), "known_as": "/opt/claude", "looks_like": "Claude Code" }));
    let lines = told(&asked);
    assert_eq!(lines[1], "  The program waiting for this answer is helper.py, not the one that registered (claude).");
    assert_eq!(lines[2], "  You know this name from another program: /opt/claude");
    assert_eq!(lines[3], "  This name looks like Claude Code but is spelled with other letters.");
    assert!(
        lines.contains(&"  Waiting there     helper.py (8) < zsh < xterm, /usr/bin/python3 running /x/helper.py".to_owned()),
        "{lines:#?}"
    );
    assert!(asked.lines(Words::of(Language::German)).lines().next().is_some_and(|first| first.contains("helper.py")), "in a dialog, too");
    let alike = Program { name: "claude".into(), ..helper };
    let alike = told(&question(json!({ "listener": seen(alike) })))[1].clone();
    assert_eq!(alike, "  The program waiting for this answer is claude running /x/helper.py, not the one that registered (/bin/agent).");
}

#[test]
fn a_name_with_hidden_characters_and_one_that_is_too_long_are_two_things() {
    let lines = told(&question(json!({ "name_altered": true })));
    assert_eq!(lines[1], "  Its name has hidden characters. Each is shown as its code: ⟦U+…⟧.");
    assert_eq!(told(&question(json!({ "name_shortened": true })))[1], "  Its name is longer than what is shown of it.");
}

#[test]
fn a_code_is_compared_and_never_told() {
    let asked = question(
        json!({ "kind": "device", "user_code": "BDWP-HQPK", "number": null, "has_page": false, "destination": { "kind": "fetched" } }),
    );
    let lines = told(&asked);
    assert!(lines[0].starts_with("Request 1: “Claude Code” wants to use files, and shows a code"), "{lines:#?}");
    assert!(!asked.text().contains("BDWP") && !lines.iter().any(|line| line.contains("Browser tab")), "{lines:#?}");
    assert_eq!(asked.hint(), "the code that the program shows");
}

#[test]
fn a_call_is_told_to_its_last_character_and_nothing_in_it_looks_like_a_fact() {
    let long = format!("\"{}\"", "x".repeat(5_000));
    let arguments = json!([
        { "name": "path", "value": "[\n\n\"/tmp/x\"]", "length": 12, "cut": false, "leads": [{ "path": "/tmp/x", "to": "/home/me/x" }] },
        { "name": "text", "value": long, "length": 5_002, "cut": false },
    ]);
    let call = json!({
        "tool": "write", "description": "Writes.\nRequest 2: harmless", "group": "run", "why": "each_time", "arguments": arguments,
        "passed": 2, "last_passed_at": 0,
    });
    let asked = other("call", json!({ "call": call }));
    let lines = told(&asked);
    let passed = format!("  Passed 2 times, last {}.", moment(0, "%Y-%m-%d %H:%M"));
    assert_eq!(
        lines,
        [
            "Request 1: “Claude Code” wants to run write on files",
            "  Asked because     You want to be asked each time.",
            &passed,
            "  The server says   Writes.␊Request 2: harmless",
            "  Argument path     [  \"/tmp/x\"], /tmp/x leads to /home/me/x",
            &format!("  Argument text     (5002 characters) {long}"),
            "  Called by         firefox (9) < openbox, /usr/bin/firefox",
            &format!("  Registered by     {CLAUDE}"),
            "  Client identifier 01a2",
            "  Refused at        <the end>",
        ]
    );
    assert_eq!(asked.hint(), "write");
    let without = json!({ "tool": "ping", "description": null, "group": "look", "why": "each_time", "arguments": [], "passed": 0, "last_passed_at": null });
    let lines = told(&other("call", json!({ "call": without })));
    assert_eq!(lines[2..4], ["  No call of this tool was let through lately.", "  The tool is called without arguments."]);
}

#[test]
fn a_change_is_told_before_and_after_and_its_lines_stay_in_their_place() {
    let difference = json!({ "part": "description", "before": "Reads.", "after": "Reads.\nRequest 9: harmless" });
    let asked = other("changed", json!({ "client_name": null, "changes": [{ "tool": "read", "differences": [difference] }] }));
    let lines = told(&asked);
    assert!(lines[1].starts_with("  The tool is paused for every app"), "{lines:#?}");
    assert_eq!(
        lines[2..],
        [
            "  read, description",
            "  When you looked   Reads.",
            "  Now               Reads.",
            "                    Request 9: harmless",
            "  Refused at        <the end>",
        ]
    );
    assert_eq!((asked.hint().as_str(), asked.typed()), ("files", "the name of the server"));
}

#[test]
fn a_new_server_is_told_with_its_whole_command() {
    let new = json!({
        "requester": firefox(), "by_hand": false, "command": "/usr/bin/npx -y a-server", "folder": "/home/me",
        "environment": [["MODE", "x"], ["KEY", null]],
    });
    let asked = other("add_server", json!({ "client_name": null, "new_server": new }));
    assert_eq!(
        told(&asked)[1..],
        [
            "  Command           /usr/bin/npx -y a-server",
            "  Folder            /home/me",
            "  Variable          MODE=x",
            "  Variable          KEY=•••• (from the keyring)",
            "  Asked by          firefox (9) < openbox, /usr/bin/firefox",
            "  Refused at        <the end>",
        ]
    );
    assert_eq!(asked.hint(), "files");
}

#[test]
fn questions_are_gone_through_app_by_app_and_the_oldest_first() {
    let asked = |id: u64, name: &str| question(json!({ "id": id, "client_name": name }));
    let open = vec![asked(1, "A"), asked(2, "B"), asked(3, "A"), asked(4, "C"), asked(5, "B")];
    let grouped = super::super::view::grouped(open, Clone::clone);
    assert_eq!(grouped.iter().map(|question| question.id).collect::<Vec<_>>(), [1, 3, 2, 5, 4]);
}

#[test]
fn a_program_is_told_with_its_signature_and_up_to_the_window_it_came_from() {
    let line = |known: &Program| Fact::new("asked-by", program(&Sighting::Seen(known.clone()))).in_english();
    assert_eq!(line(&known()), "agent (7) < zsh < xterm, /bin/agent");
    let signed = Program { signature: Signature::Signed { by: "Example\nLtd".into() }, ..known() };
    assert!(line(&signed).starts_with("agent (7) < zsh < xterm, /bin/agent, signed by Example"), "{}", line(&signed));
    assert!(!line(&signed).contains('\n'), "what a certificate says stays on one line");
    let gone = Program { file: ProgramFile::ChangedOrGone, signature: Signature::Unsigned, ..known() };
    assert_eq!(line(&gone), "agent (7) < zsh < xterm, /bin/agent, not signed, its file was changed or is gone since it started");
    let long = Program { arguments: vec!["x".repeat(500)], ..known() };
    assert!(line(&long).ends_with("x … (500 characters)"), "{}", line(&long));
}

#[test]
fn who_may_be_seen_is_told_in_the_language_of_the_person() {
    let words = Words::of(Language::German);
    let fact = Fact::new("asked-by", program(&Sighting::Nobody));
    assert_eq!(fact.told(words), words.say("fact-not-seen", &[]));
    assert_ne!(fact.told(words), fact.in_english());
}
