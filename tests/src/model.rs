//! A stand-in for a language model, as much of it as Claude Code needs: it takes the place of an account.

use serde_json::{Value, json};

/// What the model does next.
pub enum Idea {
    /// It has a tool called.
    Call {
        /// The tool, as the program names it.
        tool: String,
        /// What with.
        arguments: Value,
    },
    /// It says something, and that was all.
    Say(String),
}

/// The events of an answer of `POST /v1/messages`.
pub fn anthropic(idea: Idea) -> Vec<Value> {
    let usage = json!({ "input_tokens": 1, "output_tokens": 1 });
    let (block, delta, reason) = match idea {
        Idea::Call { tool, arguments } => (
            json!({ "type": "tool_use", "id": "toolu_1", "name": tool, "input": {} }),
            json!({ "type": "input_json_delta", "partial_json": arguments.to_string() }),
            "tool_use",
        ),
        Idea::Say(text) => (json!({ "type": "text", "text": "" }), json!({ "type": "text_delta", "text": text }), "end_turn"),
    };
    let message = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "one-idea", "content": [], "usage": usage });
    vec![
        json!({ "type": "message_start", "message": message }),
        json!({ "type": "content_block_start", "index": 0, "content_block": block }),
        json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": usage }),
        json!({ "type": "message_stop" }),
    ]
}

/// The events as a stream (server-sent events).
pub fn stream(events: &[Value]) -> String {
    let name = |event: &Value| event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
    events.iter().map(|event| format!("{}data: {event}\n\n", name(event))).collect()
}
