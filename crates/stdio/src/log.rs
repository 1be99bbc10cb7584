//! What a server writes to its standard error, and what Doorward has to say about it: the last of it, in memory only.

use std::{
    collections::VecDeque,
    iter::Peekable,
    str::Chars,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;

use crate::{clock, command::Value};

/// What a line costs besides its text, in bytes.
const OVERHEAD: usize = 64;
/// A shorter secret would mask words that are none.
const SHORTEST_SECRET: usize = 8;
/// What stands where a secret stood.
const MASK: &str = "••••";

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// The server, on its standard error.
    Server,
    /// Doorward, about the server.
    Doorward,
}

/// A line of a server's log: plain text without control characters, as long as [`crate::Settings::log_line`] at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it came.
    pub at: SystemTime,
    /// Who wrote it.
    pub by: Writer,
    /// What it says.
    pub text: String,
}

/// The last lines of a server.
pub(crate) struct Log {
    kept: Mutex<Kept>,
    /// How many lines there were, those included that are gone.
    count: watch::Sender<u64>,
    most: usize,
    longest: usize,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<LogLine>,
    bytes: usize,
    masks: Vec<SecretString>,
}

impl Kept {
    fn masked(&self, mut text: String) -> String {
        for mask in &self.masks {
            // REVEAL: to be masked.
            if text.contains(mask.expose_secret()) {
                text = text.replace(mask.expose_secret(), MASK);
            }
        }
        text
    }
}

impl Log {
    /// Keeps `most` bytes, in lines of `longest` bytes.
    pub(crate) fn new(most: usize, longest: usize) -> Self {
        Self { kept: Mutex::default(), count: watch::Sender::new(0), most, longest }
    }

    /// From now on the secrets of this environment are masked, and no others.
    pub(crate) fn mask(&self, environment: &[(String, Value)]) {
        let secrets = environment.iter().filter_map(|(_, value)| match value {
            Value::Plain(_) => None,
            // REVEAL: to be found in the lines of the log, and masked there.
            Value::Secret(secret) => Some(secret.expose_secret()),
        });
        // A secret of several lines arrives as several lines.
        let lines = secrets.flat_map(str::lines).map(str::trim).filter(|line| line.len() >= SHORTEST_SECRET);
        self.kept().masks = lines.map(SecretString::from).collect();
    }

    /// A line of the server, or the beginning of one.
    pub(crate) fn said(&self, line: &[u8], cut: bool) {
        let mut text = printable(&String::from_utf8_lossy(line));
        if cut {
            text.push('…');
        }
        self.add(Writer::Server, text);
    }

    /// A remark about the server.
    pub(crate) fn remark(&self, text: impl Into<String>) {
        self.add(Writer::Doorward, text.into());
    }

    /// All lines there are, the oldest first.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.kept().lines.iter().cloned().collect()
    }

    /// Says when there are more lines.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// Somebody's words, plain, not without end, and without the secrets of the environment.
    pub(crate) fn shown(&self, text: &str) -> String {
        self.kept().masked(shown(text))
    }

    fn add(&self, by: Writer, text: String) {
        let mut kept = self.kept();
        let mut text = kept.masked(text);
        shorten(&mut text, self.longest);
        kept.bytes += text.len() + OVERHEAD;
        kept.lines.push_back(LogLine { at: clock::now(), by, text });
        while kept.bytes > self.most {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.text.len() + OVERHEAD;
        }
        drop(kept);
        self.count.send_modify(|count| *count += 1);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts a text to a length in bytes and marks that.
fn shorten(text: &mut String, longest: usize) {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest.saturating_sub('…'.len_utf8())));
        text.push('…');
    }
}

/// The text without what a terminal or a window would obey: escape sequences, control characters, changes of direction.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\u{1b}' => skip_sequence(&mut rest),
            '\t' => out.push(' '),
            c if c.is_control() || is_formatting(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Somebody's words as they are repeated in a sentence: plain, and not without end.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN: usize = 200;
    printable(text.get(..text.floor_char_boundary(SHOWN)).unwrap_or_default())
}

/// Skips an escape sequence (ECMA-48) whose ESC was read.
fn skip_sequence(rest: &mut Peekable<Chars<'_>>) {
    let Some(kind) = rest.next_if(|c| *c != '\u{1b}') else { return };
    match kind {
        // §5.4: a control sequence ends with a byte from `@` on.
        '[' => {
            while rest.next_if(|c| !('@'..='~').contains(c)).is_some() {}
            rest.next();
        }
        // §5.6: a control string ends with BEL or with another escape sequence, `ESC \`.
        ']' | 'P' | 'X' | '^' | '_' => while rest.next_if(|c| !matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}')).is_some() {},
        _ => {}
    }
}

/// Characters that are not seen and change how others are.
fn is_formatting(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(log: &Log) -> Vec<String> {
        log.lines().into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn the_last_lines_are_kept_within_the_bound() {
        let log = Log::new(1_000, 100);
        let seen = log.watch();
        for n in 0..10_000 {
            log.said(format!("line {n}").as_bytes(), false);
        }
        let lines = texts(&log);
        assert!((5..20).contains(&lines.len()), "{}", lines.len());
        assert_eq!(lines.last().map(String::as_str), Some("line 9999"));
        assert_eq!(*seen.borrow(), 10_000);
        log.said("ä".repeat(1_000).as_bytes(), false);
        assert!(texts(&log).last().is_some_and(|line| line.len() <= 100 && line.ends_with('…')));
    }

    #[test]
    fn secrets_of_the_environment_are_masked() {
        let log = Log::new(10_000, 1_000);
        let key = "first half of it\nsecond half of it";
        log.mask(&[
            ("KEY".to_owned(), Value::Secret(key.into())),
            ("SHORT".to_owned(), Value::Secret("yes".into())),
            ("PLAIN".to_owned(), Value::Plain("not secret".to_owned())),
        ]);
        log.said(b"config: { key: first half of it }", false);
        log.said(b"second half of it, yes, not secret", false);
        assert_eq!(texts(&log), ["config: { key: •••• }", "••••, yes, not secret"]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_shown_is_obeyed(text in "[\u{0}-\u{20}\u{1b}\u{9b}\\[\\]a;m\u{202e}ä]{0,40}") {
            prop_assert!(printable(&text).chars().all(|c| !c.is_control() && !is_formatting(c)));
            prop_assert!(shown(&text.repeat(20)).len() <= 200);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_there() {
        for (raw, shown) in [
            ("\u{1b}[1;31merror\u{1b}[0m: no", "error: no"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("a\u{8}b\u{0}c\rd\te", "abcd e"),
            ("\u{202e}txt.exe\u{2066}", "txt.exe"),
            ("\u{1b}7saved\u{1b}", "saved"),
            ("naïve 世界 🙂", "naïve 世界 🙂"),
        ] {
            assert_eq!(printable(raw), shown, "{raw:?}");
        }
    }
}
