//! What Doorward itself says to an MCP client in a server's place: a result, or an error, in the words of JSON-RPC.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

/// An answer in a server's place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    status: StatusCode,
    message: Value,
}

/// For whom it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct For<'a> {
    /// The request's id.
    pub(super) id: Option<&'a Value>,
    /// Whether the client speaks MCP 2026-07-28 or later.
    pub(super) of_today: bool,
}

impl For<'_> {
    /// A result; in newer revisions it says that it is complete.
    fn result(self, mut result: Value) -> Answer {
        if self.of_today {
            result["resultType"] = "complete".into();
        }
        Answer { status: StatusCode::OK, message: json!({ "jsonrpc": "2.0", "id": self.id, "result": result }) }
    }

    fn error(self, status: StatusCode, code: i32, message: &str) -> Answer {
        Answer { status, message: json!({ "jsonrpc": "2.0", "id": self.id, "error": { "code": code, "message": message } }) }
    }

    /// A call that did not work, in words that a model reads.
    pub(super) fn tool_error(self, text: &str) -> Answer {
        self.result(json!({ "content": [{ "type": "text", "text": text }], "isError": true }))
    }

    /// A list with nothing in it.
    pub(super) fn empty_list(self, of: &str) -> Answer {
        let mut result = json!({});
        result[of] = json!([]);
        if self.of_today {
            // Good for this client only, and for no time at all.
            result["ttlMs"] = 0.into();
            result["cacheScope"] = "private".into();
        }
        self.result(result)
    }

    /// A tool, prompt or resource that the App does not have.
    pub(super) fn unknown(self, text: &str) -> Answer {
        self.error(StatusCode::OK, -32_602, text)
    }

    /// A method that Doorward does not know, and so cannot judge. Older clients read a 404 as the end of their session.
    pub(super) fn no_method(self, method: &str) -> Answer {
        let status = if self.of_today { StatusCode::NOT_FOUND } else { StatusCode::OK };
        self.error(status, -32_601, &format!("Method not found: {}", method.escape_default()))
    }
}

impl Answer {
    /// As an answer of its own.
    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.message.to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    /// As an event of a stream that has begun.
    pub(super) fn into_event(self) -> String {
        format!("data: {}\n\n", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_today(of_today: bool) -> For<'static> {
        static ID: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| json!("x"));
        For { id: Some(&ID), of_today }
    }

    #[test]
    fn answers_are_of_the_revision_that_the_client_speaks() {
        let today = for_today(true).tool_error("no").message;
        assert_eq!(today["result"], json!({ "content": [{ "type": "text", "text": "no" }], "isError": true, "resultType": "complete" }));
        assert_eq!(for_today(false).tool_error("no").message["result"].get("resultType"), None);
        let list = for_today(true).empty_list("prompts").message;
        assert_eq!(list["result"], json!({ "prompts": [], "ttlMs": 0, "cacheScope": "private", "resultType": "complete" }));
        assert_eq!(for_today(false).empty_list("prompts").message["result"], json!({ "prompts": [] }));
        assert_eq!(for_today(true).no_method("x").status, StatusCode::NOT_FOUND);
        assert_eq!(for_today(false).no_method("x").status, StatusCode::OK);
    }
}
