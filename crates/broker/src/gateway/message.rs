//! One JSON-RPC message, as far as the guard must understand it. Decisions rest on the body; the headers that repeat it must
//! agree, so that nobody behind us who trusts them decides about another call than the one that was judged here.

use std::{borrow::Cow, fmt};

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::refusal::BadMessage;

/// What a client sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    /// What is sent back with the answer; `None` for what wants none.
    pub(super) id: Option<Value>,
    /// What is to be done; `None` for an answer to a server's request, as there were in older revisions.
    pub(super) method: Option<String>,
    /// The tool, prompt or resource that it is about.
    pub(super) name: Option<String>,
}

/// The members of a JSON object, unread. Nothing else can be read as one.
#[derive(Default)]
struct Members<'b>(Vec<(Cow<'b, str>, &'b RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A name of a member, which may be escaped.
#[derive(Deserialize)]
struct Name<'b>(#[serde(borrow)] Cow<'b, str>);

impl<'b> Members<'b> {
    /// The member of that name. One that is there twice is refused, and so is one that only case tells apart: there are servers
    /// that believe the other one (Go's `encoding/json`).
    fn named<T: Deserialize<'b>>(&self, name: &str) -> Result<Option<T>, BadMessage> {
        let mut alike = self.0.iter().filter(|(sent, _)| sent.to_uppercase() == name.to_uppercase());
        match (alike.next(), alike.next()) {
            (None, _) => Ok(None),
            (Some((sent, raw)), None) if sent == name => serde_json::from_str(raw.get()).map(Some).map_err(|_| BadMessage::NoMessage),
            (Some(_), _) => Err(BadMessage::NoMessage),
        }
    }
}

impl Message {
    /// Reads a body.
    ///
    /// # Errors
    /// [`BadMessage`]; a member that is there twice is one, since the server could believe the other.
    pub(super) fn read(body: &[u8]) -> Result<Self, BadMessage> {
        let text = std::str::from_utf8(body).map_err(|_| BadMessage::NoMessage)?;
        match text.trim_start_matches([' ', '\t', '\r', '\n']).bytes().next() {
            Some(b'{') => {}
            Some(b'[') => return Err(BadMessage::Batch),
            _ => return Err(BadMessage::NoMessage),
        }
        let sent: Members<'_> = serde_json::from_str(text).map_err(|_| BadMessage::NoMessage)?;
        let (id, method) = (sent.named::<Value>("id")?, sent.named::<String>("method")?);
        if !matches!(id, None | Some(Value::String(_) | Value::Number(_))) || (id.is_none() && method.is_none()) {
            return Err(BadMessage::NoMessage);
        }
        let params = sent.named::<Members<'_>>("params")?.unwrap_or_default();
        // Both are read, whatever is to be done: who looks for the other one finds no other.
        let (name, uri) = (params.named::<&RawValue>("name")?, params.named::<&RawValue>("uri")?);
        let named = match method.as_deref() {
            Some("tools/call" | "prompts/get") => name,
            Some("resources/read" | "resources/subscribe" | "resources/unsubscribe") => uri,
            _ => None,
        };
        let name = named.map(|raw| serde_json::from_str(raw.get())).transpose().map_err(|_| BadMessage::NoMessage)?;
        Ok(Self { id, method, name })
    }

    /// Compares the headers that repeat the body with it. That they are there at all is between the client and the server.
    ///
    /// # Errors
    /// [`BadMessage::Header`].
    pub(super) fn agrees_with(&self, headers: &HeaderMap) -> Result<(), BadMessage> {
        for (name, label, said) in [("mcp-method", "Mcp-Method", &self.method), ("mcp-name", "Mcp-Name", &self.name)] {
            if let Some(sent) = one(headers, name, label)?
                && said.as_ref() != Some(&sent)
            {
                return Err(BadMessage::Header(label));
            }
        }
        Ok(())
    }
}

/// A header that may be sent once, decoded (MCP: `=?base64?…?=`).
fn one(headers: &HeaderMap, name: &str, label: &'static str) -> Result<Option<String>, BadMessage> {
    let mut sent = headers.get_all(name).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else {
        return if headers.contains_key(name) { Err(BadMessage::Header(label)) } else { Ok(None) };
    };
    let text = value.to_str().map_err(|_| BadMessage::Header(label))?.trim();
    let coded = text.strip_prefix("=?base64?").and_then(|text| text.strip_suffix("?="));
    let Some(coded) = coded else { return Ok(Some(text.to_owned())) };
    let decoded = STANDARD.decode(coded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map(Some).ok_or(BadMessage::Header(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Message, BadMessage> {
        Message::read(body.as_bytes())
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn requests_notifications_and_answers_are_messages() {
        let call =
            read(r#" {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"name":"b"}}}"#).expect("sound");
        assert_eq!((call.method.as_deref(), call.name.as_deref(), call.id), (Some("tools/call"), Some("a"), Some(Value::from(1))));
        let note = read(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).expect("sound");
        assert_eq!((note.id, note.name), (None, None));
        let answer = read(r#"{"jsonrpc":"2.0","id":"x","result":{}}"#).expect("sound");
        assert_eq!(answer.method, None);
        let resource = read(r#"{"id":1,"method":"resources/read","params":{"uri":"file:///x","name":"y"}}"#).expect("sound");
        assert_eq!(resource.name.as_deref(), Some("file:///x"));
    }

    #[test]
    fn what_the_server_could_read_otherwise_is_refused() {
        for bad in [
            "",
            "x",
            "1",
            "{",
            "{}",
            r#"{"id":null,"method":"ping"}"#,
            r#"{"id":{},"method":"ping"}"#,
            r#"{"id":1,"method":"a","method":"b"}"#,
            r#"{"id":1,"method":7}"#,
            r#"{"id":1,"method":"tools/call","params":["a"]}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":["a"]}}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}"#,
            r#"{"id":1,"method":"tools/call"} {"#,
            r#"{"id":1,"method":"ping","Method":"tools/call"}"#,
            r#"{"id":1,"METHOD":"tools/call"}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":"a"},"param\u017f":{"name":"b"}}"#,
        ] {
            assert_eq!(read(bad), Err(BadMessage::NoMessage), "{bad}");
        }
        assert_eq!(read(r#"[{"id":1,"method":"ping"}]"#), Err(BadMessage::Batch));
        assert_eq!(Message::read(b"{\"id\":1,\"method\":\"\xFF\"}"), Err(BadMessage::NoMessage));
        let deep = format!("{{\"id\":1,\"method\":\"x\",\"params\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep), Err(BadMessage::NoMessage));
    }

    #[test]
    fn escaped_names_are_the_same_names() {
        let call = read(r#"{"id":1,"m\u0065thod":"tools\/call","params":{"n\u0061me":"r\u006d"}}"#).expect("sound");
        assert_eq!((call.method.as_deref(), call.name.as_deref()), (Some("tools/call"), Some("rm")));
    }

    #[test]
    fn gw_headers_say_what_the_body_says() {
        let call = read(r#"{"id":1,"method":"tools/call","params":{"name":"rm"}}"#).expect("sound");
        let (method, name) = (("mcp-method", "tools/call"), ("mcp-name", "rm"));
        for good in [headers(&[]), headers(&[method]), headers(&[method, name]), headers(&[("mcp-name", "=?base64?cm0=?=")])] {
            assert_eq!(call.agrees_with(&good), Ok(()), "{good:?}");
        }
        for (bad, blamed) in [
            (headers(&[method, ("mcp-name", "ls")]), "Mcp-Name"),
            (headers(&[method, ("mcp-name", "=?base64?bHM=?=")]), "Mcp-Name"),
            (headers(&[method, ("mcp-name", "=?base64?!?=")]), "Mcp-Name"),
            (headers(&[method, name, name]), "Mcp-Name"),
            (headers(&[("mcp-method", "tools/list"), name]), "Mcp-Method"),
        ] {
            assert_eq!(call.agrees_with(&bad), Err(BadMessage::Header(blamed)), "{bad:?}");
        }
        let list = read(r#"{"id":1,"method":"tools/list"}"#).expect("sound");
        assert_eq!(list.agrees_with(&headers(&[("mcp-name", "rm")])), Err(BadMessage::Header("Mcp-Name")), "the body has none");
    }
}
