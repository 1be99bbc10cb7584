//! JSON-RPC errors, and the HTTP statuses that MCP 2026-07-28 gives them.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// An error that answers a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    code: i32,
    message: String,
    data: Option<Value>,
}

impl Failure {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    fn with(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    /// What came is no JSON-RPC message, or none that may come here.
    pub(crate) fn invalid_request(message: &str) -> Self {
        Self::new(-32600, message)
    }

    /// There is no such method in this revision.
    pub(crate) fn method_not_found(method: &str) -> Self {
        Self::new(-32601, format!("Method not found: {method}"))
    }

    /// The parameters do not fit.
    pub(crate) fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(-32602, message)
    }

    /// SEP-2164: there is no such resource.
    pub(crate) fn no_resource(uri: &str) -> Self {
        Self::invalid_params("Resource not found").with(json!({ "uri": uri }))
    }

    /// The server could not do it.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(-32603, message)
    }

    /// A header is missing or says something else than the body.
    pub(crate) fn header_mismatch(message: impl Into<String>) -> Self {
        Self::new(-32020, message)
    }

    /// The client did not declare what is needed, in the form of client capabilities.
    pub(crate) fn missing_capability(required: &Value) -> Self {
        Self::new(-32021, "The client lacks a capability").with(json!({ "requiredCapabilities": required }))
    }

    /// The revision is none of those that are supported.
    pub(crate) fn unsupported_version(requested: &str, supported: &[&str]) -> Self {
        Self::new(-32022, "Unsupported protocol version").with(json!({ "requested": requested, "supported": supported }))
    }

    /// The member `error` of a message.
    pub(crate) fn error(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = data.clone();
        }
        error
    }

    /// The whole message.
    pub(crate) fn reply(&self, id: Option<&Value>) -> Value {
        let mut reply = json!({ "jsonrpc": "2.0", "error": self.error() });
        if let Some(id) = id {
            reply["id"] = id.clone();
        }
        reply
    }

    /// The whole answer as MCP 2026-07-28 wants it.
    pub(crate) fn response(&self, id: Option<&Value>) -> Response {
        let status = match self.code {
            -32601 => StatusCode::NOT_FOUND,
            -32603 => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(self.reply(id))).into_response()
    }
}
