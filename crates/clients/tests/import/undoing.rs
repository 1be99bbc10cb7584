//! Undo: byte for byte, in order, and never over what somebody else wrote.

use std::fs;

use doorward_clients::{client::Client, undo::How};

use crate::desk::{Desk, is_foreign};

const CURSOR: &str = ".cursor/mcp.json";
const CLAUDE: &str = ".claude.json";
const CODEX: &str = ".codex/config.toml";

#[test]
fn undo_refuses_when_the_file_was_changed_since() {
    let desk = Desk::furnished();
    desk.import();
    desk.put(CURSOR, desk.text(CURSOR) + "\n");
    let (after, refused) = (desk.tree(), desk.backups().undo(Client::Cursor, How::Whole));
    let said = refused.expect_err("was changed").to_string();
    assert!(said.contains("mcp.json was changed since Doorward wrote it"), "{said}");
    assert_eq!(desk.tree(), after);
    assert_eq!(desk.backups().imports().expect("lists").len(), 11, "it can still be undone");
}

#[test]
fn of_two_files_of_a_client_none_is_undone_when_one_was_changed() {
    let desk = Desk::furnished();
    desk.import();
    desk.put("shop/.mcp.json", "{}");
    let after = desk.tree();
    assert!(desk.backups().undo(Client::ClaudeCode, How::Whole).is_err());
    assert_eq!(desk.tree(), after);
}

#[test]
fn a_file_that_is_gone_is_said_and_not_made_anew() {
    let desk = Desk::furnished();
    desk.import();
    fs::remove_file(desk.at(CURSOR)).expect("removes");
    let said = desk.backups().undo(Client::Cursor, How::Whole).expect_err("is gone").to_string();
    assert!(said.contains("does not exist any more") && !desk.at(CURSOR).exists(), "{said}");
}

#[test]
fn several_imports_are_undone_in_their_order() {
    let desk = Desk::furnished();
    let mut states = vec![desk.tree()];
    for name in ["github", "linear", "notes"] {
        let plan = desk.plan(|found| found.client == Client::Cursor && found.name == name);
        desk.backups().write(&plan.files, states.len() as u64).expect("writes");
        states.push(desk.tree());
    }
    let imports = desk.backups().imports().expect("lists");
    assert_eq!(imports.iter().map(|import| (import.run, import.when)).collect::<Vec<_>>(), [(3, 3), (2, 2), (1, 1)]);
    assert_eq!(imports[0].servers, ["notes"]);
    for remaining in (0..3).rev() {
        states.pop();
        let undone = desk.backups().undo(Client::Cursor, How::Whole).expect("undoes");
        assert_eq!((undone.remaining, undone.imports.len()), (remaining, 1));
        assert_eq!(Some(&desk.tree()), states.last());
    }
    let said = desk.backups().undo(Client::Cursor, How::Whole).expect_err("nothing is left").to_string();
    assert_eq!(said, "There is nothing to undo for Cursor.");
}

#[test]
fn an_import_that_did_not_happen_is_forgotten_by_undo() {
    let desk = Desk::furnished();
    let before = desk.tree();
    desk.import();
    // As after a crash between the backup and the rename.
    desk.put(CURSOR, &before[CURSOR]);
    let undone = desk.backups().undo(Client::Cursor, How::Whole).expect("there is nothing to do");
    assert_eq!((undone.imports.len(), undone.remaining), (1, 0));
    assert_eq!(desk.tree()[CURSOR], before[CURSOR]);
}

#[test]
fn entries_alone_come_back_when_a_client_wrote_into_its_file() {
    let desk = Desk::furnished();
    let before = desk.text(CLAUDE);
    desk.import();
    desk.put(CLAUDE, desk.text(CLAUDE).replace("\"numStartups\": 42", "\"numStartups\": 43"));
    assert!(desk.backups().undo(Client::ClaudeCode, How::Whole).is_err());
    let undone = desk.backups().undo(Client::ClaudeCode, How::Entries).expect("undoes");
    assert!(undone.kept.is_empty());
    assert_eq!(desk.text(CLAUDE), before.replace("\"numStartups\": 42", "\"numStartups\": 43"));
}

#[test]
fn entries_alone_come_back_in_toml_too() {
    let desk = Desk::furnished();
    let before = desk.text(CODEX);
    desk.import();
    let added = "\n[projects.\"/home/me/other\"]\ntrust_level = \"trusted\"\n";
    desk.put(CODEX, desk.text(CODEX) + added);
    let undone = desk.backups().undo(Client::Codex, How::Entries).expect("undoes");
    assert!(undone.kept.is_empty(), "{undone:?}");
    assert_eq!(desk.text(CODEX), before + added);
}

#[test]
fn an_entry_that_somebody_changed_is_kept_and_the_others_come_back() {
    let desk = Desk::furnished();
    desk.import();
    let changed = desk.text(CURSOR).replace("\"url\": \"http://127.0.0.1:8765/mcp/linear\"", "\"url\": \"https://linear.example/mcp\"");
    desk.put(CURSOR, &changed);
    let undone = desk.backups().undo(Client::Cursor, How::Entries).expect("undoes");
    assert_eq!(undone.kept, [(desk.at(CURSOR), "linear".to_owned())]);
    let text = desk.text(CURSOR);
    assert!(
        text.contains("https://linear.example/mcp") && text.contains("@modelcontextprotocol/server-github") && text.contains("notes-mcp"),
        "{text}"
    );
}

#[test]
fn when_no_entry_is_as_it_was_left_nothing_is_done() {
    let desk = Desk::furnished();
    desk.import();
    desk.put(CURSOR, "{\"mcpServers\": {\"github\": {\"command\": \"mine\"}}}");
    let said = desk.backups().undo(Client::Cursor, How::Entries).expect_err("nothing to put back").to_string();
    assert!(said.starts_with("None of the entries"), "{said}");
    desk.put(CURSOR, "{");
    assert!(desk.backups().undo(Client::Cursor, How::Entries).is_err());
    assert_eq!(desk.text(CURSOR), "{");
}

#[test]
fn what_is_forgotten_cannot_be_undone_and_files_stay() {
    let desk = Desk::furnished();
    desk.import();
    let after = desk.tree();
    assert_eq!(desk.backups().forget(Client::ClaudeCode).expect("forgets"), 2);
    assert!(desk.backups().undo(Client::ClaudeCode, How::Whole).is_err());
    assert_eq!(desk.backups().imports().expect("lists").len(), 9);
    assert_eq!(desk.tree(), after);
}

#[test]
fn a_damaged_record_or_backup_is_said_and_nothing_is_done() {
    let desk = Desk::furnished();
    let plan = desk.plan(|found| found.client == Client::Cursor && !is_foreign(found));
    desk.backups().write(&plan.files, 1).expect("writes");
    let after = desk.tree();
    let (record, backup) = (desk.backups.join("000001-1.json"), desk.backups.join("000001-1.before"));
    let (sound_record, sound_backup) = (fs::read(&record).expect("reads"), fs::read(&backup).expect("reads"));
    fs::write(&backup, b"{}").expect("writes");
    let said = desk.backups().undo(Client::Cursor, How::Whole).expect_err("is damaged").to_string();
    assert!(said.contains("damaged"), "{said}");
    fs::write(&backup, sound_backup).expect("writes");
    for bad in [b"{".to_vec(), String::from_utf8_lossy(&sound_record).replace("\"version\": 1", "\"version\": 2").into_bytes()] {
        fs::write(&record, bad).expect("writes");
        let said = desk.backups().undo(Client::Cursor, How::Whole).expect_err("is damaged").to_string();
        assert!(said.contains("damaged or from a newer version"), "{said}");
    }
    assert_eq!(desk.tree(), after);
    fs::write(&record, sound_record).expect("writes");
    desk.backups().undo(Client::Cursor, How::Whole).expect("undoes");
}

#[test]
fn what_a_crash_left_among_the_backups_goes_with_the_next_import() {
    let desk = Desk::furnished();
    fs::create_dir(&desk.backups).expect("makes");
    for name in ["000007-1.before", "000007-1.new", "notes.txt"] {
        fs::write(desk.backups.join(name), "x").expect("writes");
    }
    desk.import();
    let kept = crate::desk::tree(&desk.backups);
    assert!(!kept.contains_key("000007-1.before") && !kept.contains_key("000007-1.new") && kept.contains_key("notes.txt"));
}

#[cfg(unix)]
#[test]
fn links_and_modes_survive_import_and_undo() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::furnished();
    let dotfiles = desk.at("dotfiles/cursor.json");
    fs::create_dir(desk.at("dotfiles")).expect("makes");
    fs::rename(desk.at(CURSOR), &dotfiles).expect("moves");
    symlink("../dotfiles/cursor.json", desk.at(CURSOR)).expect("links");
    fs::set_permissions(&dotfiles, fs::Permissions::from_mode(0o600)).expect("sets");
    let before = fs::read(&dotfiles).expect("reads");
    let sound = || {
        assert!(fs::symlink_metadata(desk.at(CURSOR)).expect("is there").is_symlink());
        assert_eq!(fs::metadata(&dotfiles).expect("is there").permissions().mode() & 0o777, 0o600);
    };
    desk.import();
    sound();
    assert_ne!(fs::read(&dotfiles).expect("reads"), before);
    desk.backups().undo(Client::Cursor, How::Whole).expect("undoes");
    sound();
    assert_eq!(fs::read(&dotfiles).expect("reads"), before);
}
