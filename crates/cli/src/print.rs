//! Text and JSON from the same values.

use std::io::{self, Write};

use doorward_oauth::name::DisplayName;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::exit::{Failure, Outcome};

/// Prints JSON.
pub(crate) fn json(value: &impl Serialize) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(Failure::failed)?;
    lines(&[text])
}

/// Says that something is done.
pub(crate) fn done(json: bool, sentence: String) -> Outcome {
    if json { self::json(&serde_json::json!({ "done": true, "message": sentence })) } else { lines(&[sentence]) }
}

/// Prints lines. A reader that has seen enough (`| head`) is no error.
pub(crate) fn lines(lines: &[String]) -> Outcome {
    let mut out = io::stdout().lock();
    for line in lines {
        match writeln!(out, "{line}") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(Failure::failed)?,
        }
    }
    Ok(())
}

/// Prints rows under headings, in columns.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> Outcome {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = headings.iter().enumerate().map(|(column, heading)| heading.len().max(width(column))).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    lines(&std::iter::once(line(headings.to_vec())).chain(body).collect::<Vec<_>>())
}

/// A text that somebody else wrote, as one line that moves nothing on the screen.
pub(crate) fn tame(text: &str) -> String {
    DisplayName::tame(text).map(|name| name.as_str().to_owned()).unwrap_or_default()
}

/// A moment, in this computer's time zone.
pub(crate) fn moment(unix_seconds: i64) -> String {
    match Timestamp::from_second(unix_seconds) {
        Ok(at) => at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => "?".to_owned(),
    }
}
