//! Lines of a stream of bytes, none longer than a bound, whatever the other end writes.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is read at a time, in bytes.
const CHUNK: usize = 16 * 1024;

/// Cuts what it reads into lines.
pub(crate) struct Lines<R> {
    from: R,
    waiting: BytesMut,
    /// The longest line that is returned whole, in bytes.
    longest: usize,
    /// Up to here no line ends.
    searched: usize,
    /// The rest of the line was cut off and is not wanted.
    skipping: bool,
}

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// All of it.
    Whole(Bytes),
    /// The beginning of one that is too long.
    Cut(Bytes),
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(from: R, longest: usize) -> Self {
        Self { from, waiting: BytesMut::new(), longest, searched: 0, skipping: false }
    }

    /// The next line, or `None` after the last. What a stream ends with is a line too. Nothing is lost when the future is
    /// dropped.
    ///
    /// # Errors
    /// Those of the stream.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.complete() {
                return Ok(Some(line));
            }
            self.waiting.reserve(CHUNK);
            if self.from.read_buf(&mut self.waiting).await? == 0 {
                let rest = self.take(self.waiting.len(), 0);
                return Ok(Some(rest).filter(|rest| !self.skipping && !rest.is_empty()).map(Line::Whole));
            }
        }
    }

    /// A line that is there already.
    fn complete(&mut self) -> Option<Line> {
        loop {
            let end = self.waiting[self.searched..].iter().position(|byte| *byte == b'\n').map(|at| at + self.searched);
            match (end, self.skipping) {
                (Some(end), true) => {
                    self.waiting.advance(end + 1);
                    (self.searched, self.skipping) = (0, false);
                }
                (None, true) => {
                    self.waiting.clear();
                    self.searched = 0;
                    return None;
                }
                (Some(end), false) if end <= self.longest => return Some(Line::Whole(self.take(end, 1))),
                (Some(end), false) => {
                    let mut line = self.take(end, 1);
                    line.truncate(self.longest);
                    return Some(Line::Cut(line));
                }
                (None, false) if self.waiting.len() > self.longest => {
                    let mut line = self.take(self.waiting.len(), 0);
                    line.truncate(self.longest);
                    self.skipping = true;
                    return Some(Line::Cut(line));
                }
                (None, false) => {
                    self.searched = self.waiting.len();
                    return None;
                }
            }
        }
    }

    /// The first `length` bytes without a carriage return at their end; `end` more bytes are dropped.
    fn take(&mut self, length: usize, end: usize) -> Bytes {
        self.searched = 0;
        let text = self.waiting[..length].strip_suffix(b"\r").unwrap_or(&self.waiting[..length]).len();
        // A short line must not keep the whole chunk alive that it came with.
        let line = if text <= CHUNK { Bytes::copy_from_slice(&self.waiting[..text]) } else { self.waiting.split_to(text).freeze() };
        let gone = if text <= CHUNK { length } else { length - text };
        self.waiting.advance(gone + end);
        if self.waiting.is_empty() {
            self.waiting = BytesMut::new();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], longest: usize) -> Vec<Line> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (mut lines, mut all) = (Lines::new(text, longest), Vec::new());
            while let Some(line) = lines.next().await.expect("memory does not fail") {
                all.push(line);
            }
            all
        })
    }

    fn whole(text: &str) -> Line {
        Line::Whole(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn lines_end_with_a_newline_and_perhaps_a_carriage_return() {
        assert_eq!(read(b"a\r\n\nb", 9), [whole("a"), whole(""), whole("b")]);
        assert_eq!(read(b"", 9), []);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let text = format!("{}\nshort\n{}", "x".repeat(100_000), "y".repeat(50));
        let read = read(text.as_bytes(), 40);
        assert_eq!(read[1], whole("short"));
        assert!(matches!(&read[0], Line::Cut(line) if line.len() == 40) && matches!(&read[2], Line::Cut(line) if line.len() == 40));
        assert_eq!(read.len(), 3, "the rest of a line that was cut is no line");
    }

    #[test]
    fn a_long_line_may_be_whole() {
        let text = format!("{}\nb\n", "x".repeat(100_000));
        assert_eq!(read(text.as_bytes(), 100_000), [whole(&"x".repeat(100_000)), whole("b")]);
    }

    proptest! {
        #[test]
        fn short_lines_are_those_of_the_text(text in "[a\\r\\n]{0,200}") {
            let expected: Vec<Line> = text.split('\n').map(|line| whole(line.strip_suffix('\r').unwrap_or(line))).collect();
            let mut read = read(text.as_bytes(), 200);
            // What ends with a newline is followed by no further line.
            if expected.last() == Some(&whole("")) {
                read.push(whole(""));
            }
            prop_assert_eq!(read, expected);
        }
    }
}
