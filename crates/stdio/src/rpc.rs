//! JSON-RPC messages, as far as they must be understood between a client and a server: whose they are, and what for.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::object::{Object, raw};

/// Codes of errors: JSON-RPC 2.0 §5.1, and MCP 2026-07-28, "Error Codes".
pub(crate) mod code {
    pub(crate) const PARSE: i64 = -32700;
    pub(crate) const INVALID_REQUEST: i64 = -32600;
    pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
    pub(crate) const INVALID_PARAMS: i64 = -32602;
    pub(crate) const INTERNAL: i64 = -32603;
    /// What older revisions say of a resource that is not there. The current one must not.
    pub(crate) const RESOURCE_NOT_FOUND: i64 = -32002;
    pub(crate) const HEADER_MISMATCH: i64 = -32020;
    pub(crate) const MISSING_CAPABILITY: i64 = -32021;
    pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;
}

/// The longest id of a request, as JSON text. It is kept as long as the request is under way.
const LONGEST_ID: usize = 1024;

/// The id of a request as its sender wrote it, or a progress token: the JSON text of a string or a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(Box<str>);

impl RequestId {
    /// `None` for what can be no id (MCP, "Requests": a string or a number, never null), and for one without end.
    pub(crate) fn read(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        let is_id = text.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) && text.len() <= LONGEST_ID;
        is_id.then(|| Self(text.into()))
    }

    /// The JSON text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The JSON text as a member of an object.
    pub(crate) fn raw(&self) -> Box<RawValue> {
        RawValue::from_string(self.text().to_owned()).unwrap_or_default()
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<T> {
    Result(T),
    Error(T),
}

/// A message, whoever sent it.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    Request {
        id: RequestId,
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    },
    Notification {
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    },
    /// An answer. Without an id where the other side could not read that of the request.
    Answer {
        id: Option<RequestId>,
        outcome: Outcome<&'a RawValue>,
    },
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoMessage {
    /// They are no JSON text.
    NoJson,
    /// They are an array: batches were there in 2025-03-26 only.
    Batch,
    /// They are JSON and no JSON-RPC 2.0 message.
    Invalid,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// `null` is a value too: not the same as a member that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Message<'a> {
    /// Reads one message.
    ///
    /// # Errors
    /// [`NoMessage`]. A member that is there twice makes it none.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, NoMessage> {
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => {}
            Some(b'[') => return Err(NoMessage::Batch),
            _ => return Err(NoMessage::NoJson),
        }
        let read: Members<'a> =
            serde_json::from_slice(bytes).map_err(|error| if error.is_data() { NoMessage::Invalid } else { NoMessage::NoJson })?;
        if read.jsonrpc.as_deref() != Some("2.0") {
            return Err(NoMessage::Invalid);
        }
        let id = read.id.map(|id| RequestId::read(id).ok_or(id));
        match (id, read.method, read.result, read.error) {
            (Some(Ok(id)), Some(Text(method)), None, None) => Ok(Self::Request { id, method, params: read.params }),
            (None, Some(Text(method)), None, None) => Ok(Self::Notification { method, params: read.params }),
            (Some(Ok(id)), None, Some(result), None) => Ok(Self::Answer { id: Some(id), outcome: Outcome::Result(result) }),
            (Some(Ok(id)), None, None, Some(error)) => Ok(Self::Answer { id: Some(id), outcome: Outcome::Error(error) }),
            (None, None, None, Some(error)) => Ok(Self::Answer { id: None, outcome: Outcome::Error(error) }),
            (Some(Err(null)), None, None, Some(error)) if null.get() == "null" => {
                Ok(Self::Answer { id: None, outcome: Outcome::Error(error) })
            }
            _ => Err(NoMessage::Invalid),
        }
    }
}

/// The params of a request with their `_meta` at hand.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params<'a> {
    pub(crate) members: Object<'a>,
    pub(crate) meta: Object<'a>,
}

impl<'a> Params<'a> {
    /// `None` unless both are objects, each at most once.
    pub(crate) fn read(params: Option<&'a RawValue>) -> Option<Self> {
        let Some(params) = params else { return Some(Self::default()) };
        let mut members = Object::read(params)?;
        if members.has_twice("_meta") {
            return None;
        }
        let meta = match members.remove("_meta") {
            None => Object::default(),
            Some(Cow::Borrowed(meta)) => Object::read(meta)?,
            Some(Cow::Owned(_)) => return None,
        };
        Some(Self { members, meta })
    }

    /// About how long they are as JSON text, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.members.length() + self.meta.length()
    }

    /// As JSON text, at the end of `out`.
    fn write(mut self, out: &mut Vec<u8>) {
        if !self.meta.is_empty() {
            self.members.set("_meta", self.meta.raw());
        }
        self.members.write(out);
    }
}

/// A request as a line for a server.
pub(crate) fn request(number: u64, method: &str, params: Params<'_>) -> Vec<u8> {
    let mut line = format!(r#"{{"jsonrpc":"2.0","id":{number},"method":{},"params":"#, raw(method).get()).into_bytes();
    params.write(&mut line);
    line.push(b'}');
    as_line(line)
}

/// A notification as a line for a server.
pub(crate) fn notification(method: &str, params: Params<'_>) -> Vec<u8> {
    as_line(event(method, params))
}

/// A notification.
pub(crate) fn event(method: &str, params: Params<'_>) -> Vec<u8> {
    let mut frame = format!(r#"{{"jsonrpc":"2.0","method":{}"#, raw(method).get()).into_bytes();
    if !params.members.is_empty() || !params.meta.is_empty() {
        frame.extend_from_slice(br#","params":"#);
        params.write(&mut frame);
    }
    frame.push(b'}');
    frame
}

/// An answer with a result or an error that is there already.
pub(crate) fn answer(id: &RequestId, outcome: Outcome<&[u8]>) -> Vec<u8> {
    let (name, text) = match outcome {
        Outcome::Result(text) => ("result", text),
        Outcome::Error(text) => ("error", text),
    };
    let mut frame = Vec::with_capacity(text.len() + id.text().len() + 40);
    frame.extend_from_slice(format!(r#"{{"jsonrpc":"2.0","id":{},"{name}":"#, id.text()).as_bytes());
    frame.extend_from_slice(text);
    frame.push(b'}');
    frame
}

/// An error as it stands in an answer.
pub(crate) fn error(code: i64, message: &str, data: Option<&RawValue>) -> Box<RawValue> {
    let data = data.map(|data| format!(r#","data":{}"#, data.get())).unwrap_or_default();
    let text = format!(r#"{{"code":{code},"message":{}{data}}}"#, raw(message).get());
    RawValue::from_string(text).unwrap_or_default()
}

/// An answer that is an error. Without an id where that of the request could not be read.
pub(crate) fn refusal(id: Option<&RequestId>, error: &RawValue) -> Vec<u8> {
    let id = id.map(|id| format!(r#","id":{}"#, id.text())).unwrap_or_default();
    format!(r#"{{"jsonrpc":"2.0"{id},"error":{}}}"#, error.get()).into_bytes()
}

/// The code and the message of an error.
pub(crate) fn read_error(error: &[u8]) -> (i64, String) {
    let members: Object<'_> = serde_json::from_slice(error).unwrap_or_default();
    (members.value("code").unwrap_or(code::INTERNAL), members.value("message").unwrap_or_default())
}

/// Ends a message as the other side expects it. Newlines inside can only be space between words: in strings they are escaped.
fn as_line(mut frame: Vec<u8>) -> Vec<u8> {
    one_line(&mut frame);
    frame.push(b'\n');
    frame
}

/// Makes one line of a message.
pub(crate) fn one_line(frame: &mut [u8]) {
    for byte in frame.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')) {
        *byte = b' ';
    }
}

/// A number of ours that came back: as a progress token, or as the id of a subscription. Some servers make a string of it.
pub(crate) fn number(raw: &RawValue) -> Option<u64> {
    raw.get().trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Message<'_>, NoMessage> {
        Message::read(text.as_bytes())
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in r#"[{}\[\]":,a-d0-9 \\n\-]{0,60}"#, bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = (read(&text), Message::read(&bytes));
            let framed = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{text}}}"#);
            if let Ok(Message::Request { id, params, .. }) = read(&framed) {
                prop_assert_eq!(id.text(), "1");
                let _ = Params::read(params);
            }
        }
    }

    #[test]
    fn messages_are_told_apart() {
        for (text, kind) in [
            (r#" {"jsonrpc":"2.0","id":1,"method":"a","params":{}}"#, "request 1 a"),
            (r#"{"jsonrpc":"2.0","id":"1","m\u0065thod":"\u0061"}"#, "request \"1\" a"),
            (r#"{"jsonrpc":"2.0","method":"a"}"#, "notification a"),
            (r#"{"jsonrpc":"2.0","id":-1,"result":null}"#, "result null"),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#, "error {\"code\":1}"),
            (r#"{"jsonrpc":"2.0","id":null,"error":{}}"#, "error {}"),
        ] {
            let said = match read(text).expect(text) {
                Message::Request { id, method, .. } => format!("request {} {method}", id.text()),
                Message::Notification { method, .. } => format!("notification {method}"),
                Message::Answer { outcome: Outcome::Result(result), .. } => format!("result {}", result.get()),
                Message::Answer { outcome: Outcome::Error(error), .. } => format!("error {}", error.get()),
            };
            assert_eq!(said, kind);
        }
    }

    #[test]
    fn what_is_no_message_is_said_to_be_none() {
        for (text, why) in [
            ("", NoMessage::NoJson),
            ("hello", NoMessage::NoJson),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a""#, NoMessage::NoJson),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a"} {}"#, NoMessage::NoJson),
            ("{\"jsonrpc\":\"2.0\",\"method\":\"a\nb\"}", NoMessage::NoJson),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"a"}]"#, NoMessage::Batch),
            (r#"{"id":1,"method":"a"}"#, NoMessage::Invalid),
            (r#"{"jsonrpc":"1.0","id":1,"method":"a"}"#, NoMessage::Invalid),
            (r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#, NoMessage::Invalid),
            (r#"{"jsonrpc":"2.0","id":[1],"method":"a"}"#, NoMessage::Invalid),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#, NoMessage::Invalid),
            (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, NoMessage::Invalid),
            (r#"{"jsonrpc":"2.0","id":1}"#, NoMessage::Invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, NoMessage::Invalid),
        ] {
            assert_eq!(read(text).map(|_| ()), Err(why), "{text}");
        }
        let not_utf8 = Message::read(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}");
        assert_eq!(not_utf8.map(|_| ()), Err(NoMessage::NoJson));
    }

    #[test]
    fn a_message_of_several_lines_becomes_one_with_the_same_meaning() {
        let params = RawValue::from_string("{\r\n \"text\": \"a\\nb\" ,\n\"_meta\":{\n\"x\":1}}".to_owned()).expect("JSON");
        let line = request(7, "tools/call", Params::read(Some(&params)).expect("params"));
        let text = String::from_utf8(line).expect("text");
        assert_eq!(text.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["params"]["text"], "a\nb");
        assert_eq!((&value["id"], &value["params"]["_meta"]["x"]), (&7.into(), &1.into()));
    }

    #[test]
    fn params_that_could_be_read_in_two_ways_are_refused() {
        for text in ["[]", "null", r#"{"_meta":{},"_meta":{}}"#, r#"{"_meta":[]}"#, r#"{"_meta":null}"#] {
            let params = RawValue::from_string(text.to_owned()).expect("JSON");
            assert!(Params::read(Some(&params)).is_none(), "{text}");
        }
        assert!(Params::read(None).is_some_and(|params| params.members.is_empty()));
    }

    #[test]
    fn ids_come_back_as_they_were_written() {
        for id in ["1", "-5", "\"a\\u0062\"", "1e3", "9007199254740993"] {
            let raw = RawValue::from_string(id.to_owned()).expect("JSON");
            let id = RequestId::read(&raw).expect("an id");
            let frame = String::from_utf8(answer(&id, Outcome::Result(b"{}"))).expect("text");
            assert_eq!(frame, format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{}}}}"#, raw.get()));
        }
    }
}
