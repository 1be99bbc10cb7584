//! What apps did, written into a file for whoever wants to keep it or look through it elsewhere.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use doorward_broker::broker::{Broker, CallView, WhichCalls};
use doorward_words::spoken;

use crate::commands::{Refused, say};

/// How many calls are read at once.
const PAGE: u32 = 1_000;

/// Writes all calls into a new file in a folder, and gives its path. It is private to the person.
pub(crate) async fn calls(broker: &Broker, folder: PathBuf) -> Result<String, Refused> {
    let mut newest_first: Vec<CallView> = Vec::new();
    loop {
        let before = newest_first.last().map(|call| call.number);
        let page = broker.calls(WhichCalls { before, most: PAGE, ..WhichCalls::default() }).await.map_err(say)?;
        if page.is_empty() {
            break;
        }
        newest_first.extend(page);
    }
    let written = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(&folder)?;
        write(&folder, &newest_first)
    });
    written.await.map_err(io::Error::other).flatten().map_err(|cause| {
        tracing::warn!(%cause, "the calls could not be written into a file");
        spoken().say("export-failed", &[("cause", cause.to_string().into())])
    })
}

/// One JSON object on each line, the oldest first. Never over a file that is there.
fn write(folder: &Path, newest_first: &[CallView]) -> io::Result<String> {
    let day = jiff::Zoned::now().strftime("%Y-%m-%d").to_string();
    for number in 1_u32.. {
        let beside = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("doorward-activity-{day}{beside}.jsonl"));
        let mut options = fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            opened => opened?,
        };
        let mut lines = io::BufWriter::new(file);
        for call in newest_first.iter().rev() {
            serde_json::to_writer(&mut lines, call)?;
            lines.write_all(b"\n")?;
        }
        lines.flush()?;
        return Ok(path.display().to_string());
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_private_has_the_oldest_call_first_and_writes_over_nothing() {
        let call = |number: i64| CallView {
            number,
            at: number,
            app: "a".to_owned(),
            app_name: None,
            program: None,
            server: "files".to_owned(),
            method: "tools/call".to_owned(),
            name: Some("read_file".to_owned()),
            passed: true,
            why: doorward_words::Said::plain("decided-allowed"),
            ended: doorward_words::Said::plain("ended-answered"),
            milliseconds: 1,
            sent: 1,
            received: 1,
            shape: String::new(),
            arguments: None,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let calls = [call(2), call(1)];
        let (first, second) = (write(folder.path(), &calls).expect("written"), write(folder.path(), &calls).expect("written"));
        assert_ne!(first, second);
        let text = fs::read_to_string(&first).expect("reads");
        let numbers: Vec<i64> = text.lines().map(|line| serde_json::from_str::<CallView>(line).expect("a call").number).collect();
        assert_eq!(numbers, [1, 2]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&first).expect("there").permissions().mode() & 0o777, 0o600);
        }
    }
}
