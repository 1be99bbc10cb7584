//! Doorward at another port: its addresses follow, nothing else changes, and undo works as before.

use std::collections::BTreeMap;

use doorward_clients::{
    backup::NothingWritten,
    client::Client,
    door::Door,
    moved::{MovePlan, plan},
    places::{Home, System},
    read::Found,
    undo::How,
};

use doorward_oauth::id::ServerName;

use crate::desk::{Desk, FILES, is_foreign};

const CLAUDE: &str = ".claude.json";
const CURSOR: &str = ".cursor/mcp.json";

/// Entries that somebody wrote, with comments and in every spelling.
const BY_HAND: &str = r#"{
  // http://127.0.0.1:8765/mcp/notes is mine
  "mcpServers": {
    "notes":  { "url": "http://localhost:8765/mcp/notes" }, // by hand
    "bridge": { "command": "npx", "args": ["-y", "mcp-remote", "http://[::1]:8765/mcp/bridge"] },
    "github": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-github"] },
    "other":  { "url": "http://127.0.0.1:87650/mcp/notes", "headers": { "X": "1" } },
  },
  "recent": ["http://127.0.0.1:8765/mcp/notes"],
}
"#;

fn planned(desk: &Desk, from: u16, to: u16) -> MovePlan {
    plan(&Home::new(System::Linux, &desk.home), Some(&desk.at("shop")), &Door::at(from), to)
}

fn moved(desk: &Desk, from: u16, to: u16) {
    let plan = planned(desk, from, to);
    assert!(plan.left.is_empty(), "{:?}", plan.left);
    let written = desk.backups().move_to(&plan.files).expect("writes");
    assert!(written.stopped.is_none() && written.files.len() == plan.files.len());
}

/// Every file with one text in the place of another.
fn with(tree: &BTreeMap<String, Vec<u8>>, from: &str, to: &str) -> BTreeMap<String, Vec<u8>> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text").replace(from, to).into_bytes();
    tree.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect()
}

#[test]
fn only_the_port_changes_in_what_import_wrote_for_every_client() {
    let desk = Desk::furnished();
    desk.import();
    let imported = desk.tree();
    let plan = planned(&desk, 8765, 9000);
    assert_eq!(desk.tree(), imported, "planning changes nothing");
    let mut files: Vec<(Client, String)> = FILES.map(|(client, path)| (client, path.to_owned())).to_vec();
    files.retain(|(_, path)| imported[path].windows(22).any(|part| part == b"http://127.0.0.1:8765/"));
    let planned: Vec<_> = plan.files.iter().map(|file| (file.client, file.path.clone())).collect();
    assert_eq!(planned, files.iter().map(|(client, path)| (*client, desk.at(path))).collect::<Vec<_>>());
    assert!(files.len() > 8, "{files:?}");
    for file in &plan.files {
        assert!(file.diff.contains("+") && file.diff.contains(":9000/mcp/") && !file.entries.is_empty(), "{}", file.diff);
    }
    moved(&desk, 8765, 9000);
    assert_eq!(desk.tree(), with(&imported, "127.0.0.1:8765/mcp/", "127.0.0.1:9000/mcp/"));
    moved(&desk, 9000, 8765);
    assert_eq!(desk.tree(), imported, "to move back is the way back");
}

#[test]
fn what_was_written_by_hand_follows_as_it_is_spelled_and_others_stay_byte_for_byte() {
    let desk = Desk::with(CURSOR, BY_HAND);
    let plan = planned(&desk, 8765, 9000);
    let names: Vec<&str> = plan.files[0].entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["notes", "bridge"]);
    moved(&desk, 8765, 9000);
    let expected = BY_HAND.replace("localhost:8765", "localhost:9000").replace("[::1]:8765", "[::1]:9000");
    assert_eq!(desk.text(CURSOR), expected);
    assert!(planned(&desk, 8765, 9000).files.is_empty(), "once is enough");
    assert!(desk.backups().imports().expect("lists").is_empty(), "it is no import");
}

#[test]
fn an_import_is_undone_as_before_after_doorward_moved() {
    for moves in [&[9000][..], &[9000, 9001], &[9000, 8765]] {
        let desk = Desk::furnished();
        let before = desk.tree();
        desk.import();
        moves.iter().fold(8765, |from, to| {
            moved(&desk, from, *to);
            *to
        });
        for client in Client::ALL {
            desk.backups().undo(client, How::Whole).expect("undoes");
        }
        assert_eq!(desk.tree(), before, "{moves:?}");
    }
}

#[test]
fn what_led_to_doorward_before_an_import_leads_there_after_its_undo() {
    let desk = Desk::with(CURSOR, BY_HAND);
    let import = || desk.backups().write(&desk.plan(|found| !is_foreign(found) && found.name == "github").files, 1).expect("writes");
    import();
    moved(&desk, 8765, 9000);
    desk.backups().undo(Client::Cursor, How::Whole).expect("undoes");
    let expected = BY_HAND.replace("localhost:8765", "localhost:9000").replace("[::1]:8765", "[::1]:9000");
    assert_eq!(desk.text(CURSOR), expected);
}

#[test]
fn an_address_that_is_not_doorwards_stays_at_the_port_and_comes_back_from_an_undo_unchanged() {
    let theirs = BY_HAND.replace(
        "\"other\":",
        "\"fast\": { \"url\": \"http://127.0.0.1:8765/mcp/\" },\n    \"theirs\": { \"url\": \"http://127.0.0.1:8765/mcp/theirs\" },\n    \"other\":",
    );
    let expected = theirs.replace("localhost:8765", "localhost:9000").replace("[::1]:8765", "[::1]:9000");
    let desk = Desk::with(CURSOR, &theirs);
    let github = |found: &Found| !is_foreign(found) && found.name == "github";
    desk.backups().write(&desk.plan(github).files, 1).expect("writes");
    let servers = ["notes", "bridge", "github"].map(|name| ServerName::parse(name).expect("a name"));
    let door = Door::at(8765).with_servers(servers);
    let plan = plan(&Home::new(System::Linux, &desk.home), None, &door, 9000);
    let names: Vec<&str> = plan.files[0].entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["notes", "bridge", "github"]);
    desk.backups().move_to(&plan.files).expect("writes");
    assert!(desk.text(CURSOR).contains("http://127.0.0.1:8765/mcp/\"") && desk.text(CURSOR).contains("http://127.0.0.1:8765/mcp/theirs"));
    desk.backups().undo(Client::Cursor, How::Whole).expect("undoes");
    assert_eq!(desk.text(CURSOR), expected);
}

#[test]
fn two_imports_are_undone_one_after_the_other_after_doorward_moved() {
    let desk = Desk::furnished();
    let before = desk.text(CURSOR);
    for name in ["github", "linear"] {
        desk.backups().write(&desk.plan(|found| found.client == Client::Cursor && found.name == name).files, 1).expect("writes");
    }
    moved(&desk, 8765, 9000);
    desk.backups().undo(Client::Cursor, How::Whole).expect("undoes the second");
    assert!(desk.text(CURSOR).contains("http://127.0.0.1:9000/mcp/github"), "{}", desk.text(CURSOR));
    desk.backups().undo(Client::Cursor, How::Whole).expect("undoes the first");
    assert_eq!(desk.text(CURSOR), before);
}

#[test]
fn a_file_that_was_changed_besides_is_refused_and_its_entries_alone_come_back() {
    let desk = Desk::furnished();
    let before = desk.text(CLAUDE);
    desk.import();
    moved(&desk, 8765, 9000);
    desk.put(CLAUDE, desk.text(CLAUDE).replace("\"numStartups\": 42", "\"numStartups\": 43"));
    assert!(desk.backups().undo(Client::ClaudeCode, How::Whole).is_err());
    let undone = desk.backups().undo(Client::ClaudeCode, How::Entries).expect("undoes");
    assert!(undone.kept.is_empty(), "{undone:?}");
    assert_eq!(desk.text(CLAUDE), before.replace("\"numStartups\": 42", "\"numStartups\": 43"));
}

#[test]
fn a_file_that_changed_since_it_was_read_stops_the_move_before_it_begins() {
    let desk = Desk::furnished();
    desk.import();
    let plan = planned(&desk, 8765, 9000);
    desk.put(CURSOR, desk.text(CURSOR) + "\n");
    let before = desk.tree();
    assert!(matches!(desk.backups().move_to(&plan.files), Err(NothingWritten::File(_))));
    assert_eq!(desk.tree(), before);
}

#[test]
fn a_broken_file_is_said_and_the_others_are_planned() {
    let desk = Desk::furnished();
    desk.import();
    desk.put(".config/zed/settings.json", "{");
    let plan = planned(&desk, 8765, 9000);
    assert!(plan.left.len() == 1 && plan.left[0].path == desk.at(".config/zed/settings.json"), "{:?}", plan.left);
    assert!(plan.files.iter().any(|file| file.client == Client::Cursor));
}
