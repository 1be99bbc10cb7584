//! The tasks that carry bytes between a process and its [`Wire`].

use std::{sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    process::{ChildStderr, ChildStdin, ChildStdout},
    sync::watch,
    time::sleep,
};

use crate::{
    lines::{Line, Lines},
    log::shown,
    trouble::Ending,
    wire::{Queues, Wire},
};

/// How long what a process wrote last may take to arrive once it has ended, and its end once it wrote its last.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(500);

/// Writes to a process until the wire is over, and closes its standard input then.
pub(crate) async fn write(wire: Arc<Wire>, mut queues: Queues, mut stdin: ChildStdin) {
    let over = wire.over().clone();
    loop {
        let written = tokio::select! {
            biased;
            () = over.cancelled() => return,
            // First, so that a process that is busy reading learns soon what nobody wants any more.
            Some(line) = queues.control.recv() => tokio::select! {
                () = over.cancelled() => return,
                written = stdin.write_all(&line) => written,
            },
            Some(request) = queues.data.recv() => {
                if !wire.writes(request.number) {
                    continue;
                }
                tokio::select! {
                    () = over.cancelled() => return,
                    written = stdin.write_all(&request.line) => written,
                }
            }
        };
        if written.is_err() {
            // It does not read any more. Whether it ends too is seen elsewhere.
            return;
        }
    }
}

/// Reads what a process writes until there is no more, no sense in it, or nobody who wants it.
pub(crate) async fn read(wire: Arc<Wire>, stdout: ChildStdout, ending: watch::Sender<Option<Ending>>) {
    let why = tokio::select! {
        () = wire.over().cancelled() => Ending::Closed,
        why = read_all(&wire, stdout) => why,
    };
    ending.send_replace(Some(why));
}

async fn read_all(wire: &Wire, stdout: ChildStdout) -> Ending {
    let settings = &wire.shared.settings;
    let mut lines = Lines::new(stdout, settings.line);
    let mut garbage = 0;
    loop {
        let line = match lines.next().await {
            Ok(Some(Line::Whole(line))) => line,
            Ok(Some(Line::Cut(_))) => return Ending::LongLine { bytes: settings.line },
            Ok(None) | Err(_) => return Ending::Closed,
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if wire.take(&line).is_ok() {
            garbage = 0;
            continue;
        }
        garbage += 1;
        wire.shared.log.remark(no_message(&line));
        if garbage >= settings.garbage {
            return Ending::Garbage { lines: garbage };
        }
    }
}

/// Keeps what a process writes to its standard error, its last words included.
pub(crate) async fn listen(wire: Arc<Wire>, stderr: ChildStderr) {
    // A secret that the log's own bound would cut is seen here still.
    let mut lines = Lines::new(stderr, wire.shared.settings.log_line * 2);
    let all = async {
        while let Ok(Some(line)) = lines.next().await {
            let (Line::Whole(text) | Line::Cut(text)) = &line;
            wire.shared.log.said(text, matches!(line, Line::Cut(_)));
        }
    };
    let enough = async {
        wire.over().cancelled().await;
        sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = all => {}
        () = enough => {}
    }
}

/// What is remarked of a line that is no message.
fn no_message(line: &[u8]) -> String {
    const READ: usize = 1024;
    let beginning = String::from_utf8_lossy(&line[..line.len().min(READ)]);
    format!("A line on standard output is no message and was skipped: {}", shown(&beginning))
}
