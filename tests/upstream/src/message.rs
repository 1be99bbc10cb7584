//! JSON-RPC 2.0 messages, one in a body.

use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// The members of an object.
pub(crate) type Members = Map<String, Value>;

/// What a client posts.
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    /// Wants an answer.
    Request(Request),
    /// Wants none.
    Notification { params: Members },
    /// Answers a request of the server.
    Response { id: Value, answer: Result<Value, Value> },
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) id: Value,
    pub(crate) method: String,
    pub(crate) params: Members,
}

impl Message {
    /// Reads a body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Failure> {
        let wrong = || Failure::invalid_request("The body must be one JSON-RPC message");
        let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else { return Err(wrong()) };
        let id = members.remove("id").filter(|id| id.is_string() || id.is_number());
        let params = match members.remove("params") {
            None => Members::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(wrong()),
        };
        match (members.remove("method"), id) {
            (Some(Value::String(method)), Some(id)) => Ok(Self::Request(Request { id, method, params })),
            (Some(Value::String(_)), None) => Ok(Self::Notification { params }),
            (None, Some(id)) => {
                let result = members.remove("result").map(Ok);
                let answer = result.or_else(|| members.remove("error").map(Err)).ok_or_else(wrong)?;
                Ok(Self::Response { id, answer })
            }
            _ => Err(wrong()),
        }
    }

    /// The parameters, where there are any.
    pub(crate) fn params(&self) -> Option<&Members> {
        match self {
            Self::Request(Request { params, .. }) | Self::Notification { params } => Some(params),
            Self::Response { .. } => None,
        }
    }
}

impl Request {
    /// A parameter that must be text.
    pub(crate) fn text(&self, name: &str) -> Result<&str, Failure> {
        let found = self.params.get(name).and_then(Value::as_str);
        found.ok_or_else(|| Failure::invalid_params(format!("The parameter {name} must be text")))
    }

    /// The arguments of a tool or prompt.
    pub(crate) fn arguments(&self) -> Arguments<'_> {
        Arguments(self.params.get("arguments").and_then(Value::as_object))
    }

    /// A member of `_meta`.
    pub(crate) fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(name)
    }
}

/// The arguments of a tool or prompt, which may be left out altogether.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arguments<'r>(Option<&'r Members>);

impl<'r> Arguments<'r> {
    /// The argument of that name.
    pub(crate) fn get(self, name: &str) -> Option<&'r Value> {
        self.0?.get(name)
    }

    /// An argument that must be text.
    pub(crate) fn text(self, name: &str) -> Result<&'r str, Failure> {
        let found = self.get(name).and_then(Value::as_str);
        found.ok_or_else(|| Failure::invalid_params(format!("The argument {name} must be text")))
    }
}

/// A message that answers a request.
pub(crate) fn result(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// A message that wants no answer.
pub(crate) fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_message_of_three_kinds() {
        let read = |body: &str| Message::read(body.as_bytes());
        let request = read(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
        assert!(matches!(request, Ok(Message::Request(request)) if request.method == "ping" && request.params.is_empty()));
        assert!(matches!(read(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#), Ok(Message::Notification { .. })));
        assert!(matches!(read(r#"{"jsonrpc":"2.0","id":"a","result":{}}"#), Ok(Message::Response { answer: Ok(_), .. })));
        assert!(matches!(read(r#"{"jsonrpc":"2.0","id":"a","error":{}}"#), Ok(Message::Response { answer: Err(_), .. })));
        for bad in ["", "[]", "1", r#"{"id":1}"#, r#"{"method":1,"id":1}"#, r#"{"id":1,"method":"ping","params":[]}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
