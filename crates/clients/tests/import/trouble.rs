//! Files that are not as they should be: a sentence, and nothing changed.

use std::fs;

use doorward_clients::{
    client::Client,
    door::Door,
    plan::{Taken, plan},
    server::Why,
};
use doorward_oauth::id::ServerName;

use crate::desk::{Desk, is_foreign};

const CURSOR: &str = ".cursor/mcp.json";
const CODEX: &str = ".codex/config.toml";

#[test]
fn what_cannot_be_understood_is_left_alone_with_a_sentence() {
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(600), "]".repeat(600));
    let deep_toml = format!("a = {}{}", "[".repeat(5000), "]".repeat(5000));
    for (path, text, words) in [
        (CURSOR, "null", "an object"),
        (CURSOR, "[]", "an object"),
        (CURSOR, "\"x\"", "an object"),
        (CURSOR, "{\"mcpServers\": []}", "\"mcpServers\" has to be: an object"),
        (CURSOR, "{\"mcpServers\": 5}", "\"mcpServers\" has to be: an object"),
        (CURSOR, "{\"mcpServers\": {}, \"mcpServers\": {}}", "\"mcpServers\" twice"),
        (CURSOR, "{\n\n  broken", "line 3"),
        (CURSOR, "{} {}", "line 1"),
        (CURSOR, "{'mcpServers': {}}", "line 1"),
        (CURSOR, "{mcpServers: {}}", "line 1"),
        (CURSOR, &deep, "line 1"),
        (CODEX, "a = 1\na = 2\n", "line 2"),
        (CODEX, "[mcp_servers]\nx = [1\n", "line "),
        (CODEX, "mcp_servers = 5", "\"mcp_servers\" has to be: an object"),
        (CODEX, &deep_toml, "line 1"),
        (".claude.json", "{\"projects\": {\"/a\": {}, \"/a\": {}}}", "\"/a\" twice"),
    ] {
        let desk = Desk::with(path, text);
        let said = desk.only_error();
        assert!(said.contains(words) && said.contains(path), "{said}");
        assert!(desk.plan(|_| true).files.is_empty());
        assert_eq!(desk.text(path), text);
    }
}

#[test]
fn what_nobody_has_is_not_looked_at() {
    let servers: String = (0..300).map(|number| format!("\"s{number}\": {{}},")).collect();
    let said = Desk::with(CURSOR, &format!("{{\"mcpServers\": {{{servers}}}}}")).only_error();
    assert!(said.contains("more servers than Doorward looks at"), "{said}");
    let projects: String = (0..6000).map(|number| format!("\"/p{number}\": {{}},")).collect();
    let said = Desk::with(".claude.json", &format!("{{\"projects\": {{{projects}}}}}")).only_error();
    assert!(said.contains("more projects than Doorward looks at"), "{said}");
    // Elsewhere in the file there may be any number of things.
    let many = "0,".repeat(200_000);
    let desk = Desk::with(
        CURSOR,
        &format!("{{\"x\": [{many}0], \"mcpServers\": {{\"a\": {{\"command\": \"x\", \"args\": [\"{}\"]}}}}}}", "y".repeat(100_000)),
    );
    assert_eq!(desk.import().files.len(), 1);
}

#[test]
fn files_without_servers_are_no_trouble() {
    for (path, text) in [
        (CURSOR, ""),
        (CURSOR, " \n// nothing yet\n"),
        (CURSOR, "{}"),
        (CURSOR, "{\"mcpServers\": null}"),
        (CURSOR, "{\"mcpServers\": {}}"),
        (CURSOR, "\u{feff}{}"),
        (CODEX, ""),
        (CODEX, "model = \"x\"\r\n"),
        (".config/Code/User/settings.json", "{\"mcp\": {}}"),
        (".claude.json", "{\"projects\": {\"/a\": {\"mcpServers\": null}, \"/b\": {}}}"),
    ] {
        let configs = Desk::with(path, text).configs();
        assert_eq!((configs.len(), configs.iter().map(|config| config.servers().len()).sum::<usize>()), (1, 0), "{path} {text:?}");
    }
}

#[test]
fn one_broken_file_does_not_hide_the_others() {
    let desk = Desk::furnished();
    desk.put(CURSOR, "{");
    let survey = desk.survey();
    let broken: Vec<Client> = survey.iter().filter(|sighting| sighting.config.is_err()).map(|sighting| sighting.file.client).collect();
    assert_eq!(broken, [Client::Cursor]);
    assert_eq!(desk.import().files.len(), 10);
    assert_eq!(desk.text(CURSOR), "{");
}

#[cfg(unix)]
#[test]
fn a_file_that_two_clients_share_is_changed_once() {
    let desk = Desk::with(".claude.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#);
    fs::create_dir(desk.at(".cursor")).expect("makes");
    std::os::unix::fs::symlink("../.claude.json", desk.at(CURSOR)).expect("links");
    let said = desk.survey().remove(1).config.expect_err("is the same").to_string();
    assert!(said.contains("a link to the configuration of Claude Code"), "{said}");
    assert_eq!(desk.import().files, [desk.at(".claude.json")]);
}

#[test]
fn a_file_made_to_keep_a_reader_busy_does_not() {
    let values =
        ["${".repeat(5_000), "${a}".repeat(5_000), "a=".repeat(5_000), "aa=".repeat(5_000), "aa=1;".repeat(5_000), "$".repeat(5_000)];
    let values = values.into_iter().chain(["--a ".repeat(5_000), "x://a?".repeat(5_000), "'".repeat(5_000), "=".repeat(5_000)]);
    for (at, value) in values.enumerate() {
        let entry = format!(r#"{{"command": "x", "args": ["{value}"], "env": {{"A": "{value}", "API_KEY": "{value}"}}}}"#);
        for (path, keys) in [(CURSOR, "mcpServers"), (".claude.json", "mcpServers"), (".gemini/settings.json", "mcpServers")] {
            let desk = Desk::with(path, &format!("// {value}\n{{\"{keys}\": {{\"a\": {entry}, \"b\": {{\"command\": \"y\"}}}}}}"));
            let written = desk.backups().write(&desk.plan(|found| found.name == "b").files, 1).expect("writes");
            assert_eq!(written.files.len(), 1, "{at} {path}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_said() {
    use std::os::unix::fs::symlink;
    // Not even root reads the first byte of this one. A link to nothing is no file either.
    for (target, words) in [("/proc/self/mem", "cannot be read"), ("/nowhere/mcp.json", "a link to a file that does not exist")] {
        let desk = Desk::empty();
        fs::create_dir(desk.at(".cursor")).expect("makes");
        symlink(target, desk.at(CURSOR)).expect("links");
        assert!(desk.only_error().contains(words), "{target}");
    }
}

#[test]
fn no_file_is_ever_made_for_a_client_that_has_none() {
    let desk = Desk::empty();
    assert!(desk.survey().is_empty());
    assert!(desk.import().files.is_empty());
    assert!(desk.tree().is_empty());
}

#[test]
fn a_file_that_changed_since_it_was_read_stops_everything() {
    let desk = Desk::furnished();
    let plan = desk.plan(|found| !is_foreign(found));
    let theirs = format!("{} ", desk.text(CURSOR));
    desk.put(CURSOR, &theirs);
    let before = desk.tree();
    let error = desk.backups().write(&plan.files, 1).expect_err("was changed").to_string();
    assert!(error.contains("mcp.json was changed in the meantime"), "{error}");
    assert_eq!(desk.tree(), before, "nothing was written");
    assert_eq!(desk.backups().imports().expect("lists"), vec![]);
}

#[test]
fn a_file_that_is_gone_is_not_made_anew() {
    let desk = Desk::furnished();
    let plan = desk.plan(|found| !is_foreign(found));
    fs::remove_file(desk.at(CURSOR)).expect("removes");
    assert!(desk.backups().write(&plan.files, 1).is_err());
    assert!(!desk.at(CURSOR).exists());
}

#[test]
fn two_at_a_time_are_told_apart() {
    let desk = Desk::furnished();
    fs::create_dir(&desk.backups).expect("makes");
    let lock = fs::File::create(desk.backups.join("lock")).expect("makes");
    lock.lock().expect("locks");
    let error = desk.backups().write(&desk.plan(|_| true).files, 1).expect_err("is busy").to_string();
    assert_eq!(error, "Another import or undo is under way.");
    drop(lock);
    assert!(desk.backups().write(&desk.plan(|_| true).files, 1).is_ok());
}

#[test]
fn a_line_end_at_the_end_is_neither_added_nor_taken() {
    for end in ["", "\n", "\r\n", "\n\n", " "] {
        let desk = Desk::with(CURSOR, &format!("{{\"mcpServers\": {{\"a\": {{\"command\": \"x\"}}}}}}{end}"));
        desk.import();
        assert_eq!(desk.text(CURSOR), format!("{{\"mcpServers\": {{\"a\": {{\"url\": \"http://127.0.0.1:8765/mcp/a\"}}}}}}{end}"));
    }
}

#[test]
fn names_that_are_taken_are_not_given_again() {
    let desk = Desk::with(CURSOR, r#"{"mcpServers": {"Files": {"command": "x"}, "files": {"command": "y"}, "mcp": {"command": "z"}}}"#);
    let taken = Taken { name: ServerName::parse("files").expect("a name"), server: None };
    let plan = desk.plan_beside(&[taken], |_| true);
    let names: Vec<&str> = plan.servers.iter().map(|server| server.name.as_str()).collect();
    assert_eq!(names, ["files-2", "files-3", "mcp-server"]);
}

#[test]
fn without_a_program_in_between_claude_desktop_stays_as_it_is() {
    let desk = Desk::furnished();
    let door = Door::at(8765).with_bridge(Vec::<String>::new());
    let plan = plan(&desk.configs(), &door, &[], |found| found.client == Client::ClaudeDesktop && !is_foreign(found));
    assert!(plan.files.is_empty() && plan.servers.is_empty());
    assert!(plan.left.iter().any(|left| left.why == Why::NoBridge(Client::ClaudeDesktop)));
    let own = Door::at(8765).with_bridge(["/usr/bin/bridge", "--to"]);
    let plan =
        doorward_clients::plan::plan(&desk.configs(), &own, &[], |found| found.client == Client::ClaudeDesktop && found.name == "memory");
    assert!(plan.files[0].diff.contains("\"command\": \"/usr/bin/bridge\""), "{}", plan.files[0].diff);
}
