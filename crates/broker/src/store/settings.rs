//! Settings of the data itself.

use rusqlite::{Connection, OptionalExtension};

use super::Sql;

/// The fingerprint of the key that the data belongs to.
pub const KEY_FINGERPRINT: &str = "key-fingerprint";
/// `no`; `yes` while a person paused everything; or until when, in Unix seconds.
pub const PAUSED: &str = "paused";
/// Set in order to see that the data can be written.
pub const CHECKED: &str = "checked";
/// Who opens this data: `person` or `scripted`. The two never share.
pub const OWNER: &str = "owner";

/// `yes` once the main window was shown by itself.
pub const GREETED: &str = "greeted";

/// The value of a setting.
pub fn get(db: &Connection, name: &str) -> Sql<Option<String>> {
    db.prepare_cached("SELECT value FROM settings WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

/// Sets a setting.
pub fn set(db: &Connection, name: &str, value: &str) -> Sql<()> {
    db.prepare_cached("INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute([name, value])?;
    Ok(())
}

/// Forgets everything that was allowed, and the key it was allowed under; with `servers`, the servers too.
pub fn forget_everything(db: &Connection, servers: bool) -> Sql<()> {
    db.execute_batch("DELETE FROM apps; DELETE FROM events; DELETE FROM calls; DELETE FROM open_questions;")?;
    db.execute("DELETE FROM settings WHERE name IN (?1, ?2)", [KEY_FINGERPRINT, PAUSED])?;
    if servers {
        db.execute("DELETE FROM servers", [])?;
    }
    Ok(())
}
