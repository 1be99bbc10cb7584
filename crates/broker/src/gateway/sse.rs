//! Server-sent events, as far as the guard must understand them (HTML, "Server-sent events" §9.2.6): where one ends, and what
//! it carries. The bytes stay as they came.

use axum::http::{HeaderMap, header};
use bytes::{Buf, Bytes, BytesMut};

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
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let Some(end) = end_of_event(&self.waiting, self.searched) else {
            // What ends it may have begun with the last three bytes.
            self.searched = self.waiting.len().saturating_sub(3);
            return None;
        };
        self.searched = 0;
        Some(self.waiting.split_to(end).freeze())
    }

    /// How many bytes wait for the end of their event.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// What waits still, once nothing more can come.
    pub(super) fn rest(mut self) -> Bytes {
        self.waiting.copy_to_bytes(self.waiting.len())
    }
}

/// Where the first event ends that ends after `from`.
fn end_of_event(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        let line_end = line_end(bytes, at);
        match line_end.and_then(|next| Some((next, self::line_end(bytes, next)?))) {
            Some((_, end)) => return Some(end),
            None => at += 1,
        }
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

/// What an event carries: its `data` lines, joined.
pub(super) fn data(event: &[u8]) -> Vec<u8> {
    let mut data: Option<Vec<u8>> = None;
    for line in event.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let Some(value) = line.strip_prefix(b"data") else { continue };
        let value = match value {
            [] => value,
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => continue,
        };
        match &mut data {
            None => data = Some(value.to_vec()),
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
        }
    }
    data.unwrap_or_default()
}

/// The same event with other data. All its other lines stay.
pub(super) fn with_data(event: &[u8], data: &str) -> Bytes {
    let mut text = BytesMut::with_capacity(event.len());
    for line in event.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty() && !is_data(line)) {
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
            assert_eq!((data(events[0].as_bytes()), data(events[1].as_bytes())), (b"{}".to_vec(), Vec::new()));
            assert_eq!(rest, "data: 2");
        }
        assert_eq!(cut(&[b"data: 1\r\rdata: 2\r\rx"]).0, ["data: 1\r\r", "data: 2\r\r"]);
    }

    #[test]
    fn data_may_take_several_lines() {
        assert_eq!(data(b"data: {\ndata:  \"a\": 1\ndata:}\nid: 4\n\n"), b"{\n \"a\": 1\n}");
        assert_eq!(data(b"datax: 1\ndata\n\n"), b"");
    }

    #[test]
    fn an_event_keeps_its_other_lines() {
        let event = b"id: 4\r\nevent: message\r\ndata: old\r\ndata: er\r\n: why\r\ndatax: 1\r\n\r\n";
        let changed = with_data(event, "new\nlines");
        assert_eq!(&changed[..], b"id: 4\nevent: message\n: why\ndatax: 1\ndata: new\ndata: lines\n\n");
        assert_eq!(data(&changed), b"new\nlines");
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
