//! One JSON-RPC message, as far as the guard must understand it. Decisions rest on the body; the headers that repeat it must
//! agree, so that nobody behind us who trusts them decides about another call than the one that was judged here.

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_oauth::json::Members;
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

use crate::refusal::BadMessage;

/// What a client sent.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// What is sent back with the answer; `None` for what wants none.
    pub(super) id: Option<Value>,
    /// What is to be done; `None` for an answer to a server's request, as there were in older revisions.
    pub(super) method: Option<String>,
    /// The tool, prompt, resource or task that it is about.
    pub(super) name: Option<String>,
    /// What a tool is called with.
    pub(super) arguments: Option<Box<RawValue>>,
    /// Under what the client wants to hear how it goes on.
    pub(super) progress: Option<Value>,
    /// The revision of MCP that the message names itself, as those of today do.
    pub(super) version: Option<String>,
    /// What kind of thing is to be completed: `ref/prompt`, `ref/resource`.
    pub(super) completes: Option<String>,
    /// The request that is cancelled.
    pub(super) cancels: Option<Value>,
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
        let sent = Members::read(text)?;
        let (id, method) = (sent.read_as::<Value>("id")?, sent.read_as::<String>("method")?);
        // Without an id it is a notification: a call that wants no answer could not be asked about, or seen.
        let is_note = method.as_deref().is_some_and(|method| method.starts_with("notifications/"));
        if !matches!(id, None | Some(Value::String(_) | Value::Number(_))) || (id.is_none() && !is_note) {
            return Err(BadMessage::NoMessage);
        }
        let params = sent.read_as::<Members<'_>>("params")?.unwrap_or_default();
        // All are looked for, whatever is to be done: who looks for another one finds no other.
        let (name, uri, task) = (params.get("name")?, params.get("uri")?, params.get("taskId")?);
        let (arguments, reference, cancelled) = (params.get("arguments")?, params.get("ref")?, params.get("requestId")?);
        let meta = params.read_as::<Members<'_>>("_meta")?.unwrap_or_default();
        let (name, arguments, reference, cancelled) = match method.as_deref() {
            Some("tools/call") => (name, arguments, None, None),
            Some("prompts/get") => (name, None, None, None),
            Some("resources/read" | "resources/subscribe" | "resources/unsubscribe") => (uri, None, None, None),
            // The extension Tasks (SEP-2663).
            Some("tasks/get" | "tasks/update" | "tasks/cancel") => (task, None, None, None),
            Some("completion/complete") => (None, None, reference, None),
            Some("notifications/cancelled") => (None, None, None, cancelled),
            Some(_) | None => (None, None, None, None),
        };
        let completes = reference.map(|raw| Members::read(raw.get())?.read_as::<String>("type")).transpose()?.flatten();
        Ok(Self {
            id,
            method,
            name: name.map(read).transpose()?,
            arguments: arguments.map(ToOwned::to_owned),
            progress: meta.read_as("progressToken")?,
            version: meta.read_as("io.modelcontextprotocol/protocolVersion")?,
            completes,
            cancels: cancelled.map(read).transpose()?,
        })
    }

    /// Whether its client speaks a revision without sessions (MCP 2026-07-28 and later). Revisions are dates.
    pub(super) fn is_of_today(&self, headers: &HeaderMap) -> bool {
        let header = headers.get("mcp-protocol-version").and_then(|version| version.to_str().ok());
        self.version.as_deref().or(header).is_some_and(|version| version >= "2026-07-28")
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

fn read<T: DeserializeOwned>(raw: &RawValue) -> Result<T, BadMessage> {
    serde_json::from_str(raw.get()).map_err(|_| BadMessage::NoMessage)
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
            r#"{"method":"tools/call","params":{"name":"a"}}"#,
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
            r#"{"id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1},"Arguments":{"x":2}}}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":1,"progressToken":2}}}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":"a"},"param\u017f":{"name":"b"}}"#,
        ] {
            assert_eq!(read(bad).map(drop), Err(BadMessage::NoMessage), "{bad}");
        }
        assert_eq!(read(r#"[{"id":1,"method":"ping"}]"#).map(drop), Err(BadMessage::Batch));
        assert_eq!(Message::read(b"{\"id\":1,\"method\":\"\xFF\"}").map(drop), Err(BadMessage::NoMessage));
        let deep = format!("{{\"id\":1,\"method\":\"x\",\"params\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep).map(drop), Err(BadMessage::NoMessage));
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
        for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
            let task = read(&format!(r#"{{"id":1,"method":"{method}","params":{{"taskId":"t1"}}}}"#)).expect("sound");
            assert_eq!(task.agrees_with(&headers(&[("mcp-name", "t1")])), Ok(()), "{method}");
            assert_eq!(task.agrees_with(&headers(&[("mcp-name", "t2")])), Err(BadMessage::Header("Mcp-Name")), "{method}");
        }
    }
}
