//! What the server has, in the words of the conformance suite.

pub(crate) mod content;
pub(crate) mod prompts;
pub(crate) mod resources;
pub(crate) mod steps;
pub(crate) mod tools;

use serde_json::{Value, json};

use crate::failure::Failure;

/// The way a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// MCP 2025-11-25 and older: in sessions.
    Legacy,
    /// MCP 2026-07-28: each message for itself.
    Modern,
}

/// How the server names itself.
pub(crate) fn server_info() -> Value {
    json!({ "name": "doorward-test-upstream", "version": env!("CARGO_PKG_VERSION") })
}

/// Answers what is the same in every revision; `None` for everything else.
pub(crate) fn answer(request: &crate::message::Request) -> Option<Result<Value, Failure>> {
    Some(match request.method.as_str() {
        "tools/list" => Ok(tools::list()),
        "prompts/list" => Ok(prompts::list()),
        "prompts/get" => request.text("name").and_then(|name| prompts::get(name, request.arguments())),
        "resources/list" => Ok(resources::list()),
        "resources/templates/list" => Ok(resources::templates()),
        "resources/read" => request.text("uri").and_then(resources::read),
        "completion/complete" => Ok(complete(request)),
        _ => return None,
    })
}

/// Completes the arguments of prompts and templates, out of a few cities.
fn complete(request: &crate::message::Request) -> Value {
    let begun = request.params.get("argument").and_then(|argument| argument["value"].as_str()).unwrap_or_default();
    let values: Vec<&str> = ["paris", "park", "party", "test"].into_iter().filter(|value| value.starts_with(begun)).collect();
    json!({ "completion": { "total": values.len(), "values": values, "hasMore": false } })
}
