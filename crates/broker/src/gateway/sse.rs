//! Server-sent events, as far as the guard must understand them (HTML, "Server-sent events" §9.2.6): where one ends, and what
//! it carries. The bytes stay as they came.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use memchr::{memchr2, memmem};

/// Whether an answer is a stream of events. Clients are generous in recognising one, so this is too.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let mut kinds = kinds.map(|kind| String::from_utf8_lossy(kind.as_bytes()).to_ascii_lowercase());
    kinds.any(|kind| kind.contains("text/event-stream"))
}

/// Cuts a stream of bytes into events.
#[derive(Default)]
pub(super) struct Events {
    waiting: BytesMut,
    /// Up to here there is no end of an event.
    searched: usize,
}

impl Events {
    /// More bytes came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next event that is complete, with the empty line that ends it.
    pub(super) fn next(&mut self) -> Option<BytesMut> {
        let Some(end) = end_of_event(&self.waiting, self.searched) else {
            // What ends it may have begun with the last three bytes.
            self.searched = self.waiting.len().saturating_sub(3);
            return None;
        };
        self.searched = 0;
        Some(self.waiting.split_to(end))
    }

    /// How many bytes wait for the end of their event.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// What waits still, once nothing more can come.
    pub(super) fn rest(self) -> Bytes {
        self.waiting.freeze()
    }
}

/// Where the first event ends that ends after `from`.
fn end_of_event(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    // From one end of a line to the next: most bytes are inside of lines.
    while let Some(found) = memchr2(b'\n', b'\r', bytes.get(at..)?) {
        at += found;
        if let Some(next) = line_end(bytes, at)
            && let Some(end) = line_end(bytes, next)
        {
            return Some(end);
        }
        at += 1;
    }
    None
}

/// Where the line goes on that ends at `at`, if one does. A carriage return that is the last byte so far may be half an end.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n', ..] => Some(at + 1),
        [b'\r', _, ..] => Some(at + 1),
        _ => None,
    }
}

/// Whether all readers find the same lines in an event. Some pass over a byte order mark, and some take other characters than
/// carriage return and line feed for the end of a line; inside data those can do no harm, since JSON does not have them outside of
/// strings.
pub(super) fn is_plain(event: &[u8]) -> bool {
    const ENDS: [&str; 8] = ["\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}"];
    // What is no field at all is no event, whatever else it may be.
    let is_field = |line: &[u8]| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        matches!(name, b"" | b"event" | b"id" | b"retry") && !ENDS.iter().any(|end| memmem::find(line, end.as_bytes()).is_some())
    };
    std::str::from_utf8(event).is_ok() && lines(event).all(|line| is_data(line) || is_field(line))
}

/// The lines of an event, without what ends them. Where two characters end one, an empty line is between them, which says nothing.
fn lines(event: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(event);
    std::iter::from_fn(move || {
        let left = rest?;
        let Some(end) = memchr2(b'\n', b'\r', left) else { return rest.take() };
        rest = left.get(end + 1..);
        left.get(..end)
    })
}

/// What an event carries: its `data` lines, joined. Nearly always there is one, which is not copied.
pub(super) fn data(event: &[u8]) -> Cow<'_, [u8]> {
    let mut lines = lines(event).filter_map(|line| match line.strip_prefix(b"data")? {
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        [] => Some(&[][..]),
        _ => None,
    });
    let (Some(first), second) = (lines.next(), lines.next()) else { return Cow::Borrowed(&[]) };
    let Some(second) = second else { return Cow::Borrowed(first) };
    let all: Vec<&[u8]> = [first, second].into_iter().chain(lines).collect();
    Cow::Owned(all.join(&b'\n'))
}

/// The same event with other data. All its other lines stay.
pub(super) fn with_data(event: &[u8], data: &str) -> Bytes {
    let mut text = BytesMut::with_capacity(event.len());
    for line in lines(event).filter(|line| !line.is_empty() && !is_data(line)) {
        text.extend_from_slice(line);
        text.extend_from_slice(b"\n");
    }
    for line in data.lines() {
        text.extend_from_slice(b"data: ");
        text.extend_from_slice(line.as_bytes());
        text.extend_from_slice(b"\n");
    }
    text.extend_from_slice(b"\n");
    text.freeze()
}

fn is_data(line: &[u8]) -> bool {
    line.strip_prefix(b"data").is_some_and(|rest| rest.is_empty() || rest.starts_with(b":"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(chunks: &[&[u8]]) -> (Vec<String>, String) {
        let (mut events, mut all) = (Events::default(), Vec::new());
        for chunk in chunks {
            events.push(chunk);
            while let Some(event) = events.next() {
                all.push(String::from_utf8_lossy(&event).into_owned());
            }
        }
        (all, String::from_utf8_lossy(&events.rest()).into_owned())
    }

    #[test]
    fn events_end_with_an_empty_line_of_any_kind() {
        for end in ["\n", "\r\n"] {
            let text = format!("event: message{end}data: {{}}{end}{end}: comment{end}{end}data: 2");
            let (events, rest) = cut(&[text.as_bytes()]);
            assert_eq!(events.len(), 2, "{text:?}: {events:?}");
            assert_eq!((&*data(events[0].as_bytes()), &*data(events[1].as_bytes())), (&b"{}"[..], &b""[..]));
            assert_eq!(rest, "data: 2");
        }
        assert_eq!(cut(&[b"data: 1\r\rdata: 2\r\rx"]).0, ["data: 1\r\r", "data: 2\r\r"]);
    }

    #[test]
    fn data_may_take_several_lines() {
        assert_eq!(&*data(b"data: {\ndata:  \"a\": 1\ndata:}\nid: 4\n\n"), b"{\n \"a\": 1\n}");
        assert_eq!(&*data(b"datax: 1\ndata\n\n"), b"");
    }

    #[test]
    fn what_another_reader_would_take_for_data_is_not_plain() {
        assert!(is_plain(b": hello\nevent: message\ndata: {\"a\":\"\xe2\x80\xa8\"}\n\n"));
        for odd in
            ["{\"a\":1}\n\n", "\u{feff}data: 1\n\n", ": x\u{2028}data: 1\n\n", "event: message\u{b}data: 1\n\n", "id: 1\u{85}data: 1\n\n"]
        {
            assert!(!is_plain(odd.as_bytes()), "{odd:?}");
        }
        assert!(!is_plain(b": \xff\n\n"));
    }

    #[test]
    fn an_event_keeps_its_other_lines() {
        let event = b"id: 4\r\nevent: message\r\ndata: old\r\ndata: er\r\n: why\r\ndatax: 1\r\n\r\n";
        let changed = with_data(event, "new\nlines");
        assert_eq!(&changed[..], b"id: 4\nevent: message\n: why\ndatax: 1\ndata: new\ndata: lines\n\n");
        assert_eq!(&*data(&changed), b"new\nlines");
    }

    proptest! {
        #[test]
        fn however_it_is_cut_nothing_is_lost_and_events_are_the_same(text in "[a:\\r\\n ]{0,60}", at in proptest::collection::vec(0_usize..60, 0..6)) {
            let bytes = text.as_bytes();
            let mut places: Vec<usize> = at.into_iter().map(|at| at.min(bytes.len())).collect();
            places.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for place in places {
                chunks.push(&bytes[from..place]);
                from = place;
            }
            chunks.push(&bytes[from..]);
            let (pieces, rest) = cut(&chunks);
            prop_assert_eq!(pieces.concat() + &rest, text.clone());
            let (whole, whole_rest) = cut(&[bytes]);
            prop_assert_eq!((pieces, rest), (whole, whole_rest));
        }
    }
}
