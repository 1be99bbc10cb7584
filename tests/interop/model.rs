//! A language model with one idea: when it is offered the tool `echo` it calls it, and then it says so. It speaks as much
//! of three makers' APIs as their products need, and takes the place of an account.

use axum::{
    Router,
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What it says once it has seen what the tool answered.
pub const HEARD: &str = "The tool gave an echo.";

/// Starts one, and gives its address.
pub async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(any(answer))).await });
    url
}

async fn answer(uri: Uri, request: String) -> Response {
    let path = uri.path();
    let heard = request.contains("Echo: through the door");
    let says = if heard { HEARD } else { "Nothing to do." };
    // Products ask for titles and the like as well, without offering tools.
    let calls = |tool: &'static str| (request.contains(tool) && !heard).then_some(tool);
    let events = if path.ends_with("/messages") {
        anthropic(calls("mcp__everything__echo"), says)
    } else if path.ends_with(":streamGenerateContent") {
        google(calls("mcp_everything_echo"), says)
    } else if path.ends_with("/chat/completions") {
        openai(calls("everything_echo"), says)
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let name = |event: &Value| event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
    let stream: String = events.iter().map(|event| format!("{}data: {event}\n\n", name(event))).collect();
    ([(CONTENT_TYPE, "text/event-stream")], stream).into_response()
}

fn arguments() -> Value {
    json!({ "message": "through the door" })
}

fn anthropic(calls: Option<&str>, says: &str) -> Vec<Value> {
    let usage = json!({ "input_tokens": 1, "output_tokens": 1 });
    let (block, delta, reason) = match calls {
        Some(tool) => (
            json!({ "type": "tool_use", "id": "toolu_1", "name": tool, "input": {} }),
            json!({ "type": "input_json_delta", "partial_json": arguments().to_string() }),
            "tool_use",
        ),
        None => (json!({ "type": "text", "text": "" }), json!({ "type": "text_delta", "text": says }), "end_turn"),
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

fn google(calls: Option<&str>, says: &str) -> Vec<Value> {
    let part = match calls {
        Some(tool) => json!({ "functionCall": { "name": tool, "args": arguments() } }),
        None => json!({ "text": says }),
    };
    vec![json!({ "candidates": [{ "content": { "role": "model", "parts": [part] }, "finishReason": "STOP" }] })]
}

fn openai(calls: Option<&str>, says: &str) -> Vec<Value> {
    let (delta, reason) = match calls {
        Some(tool) => {
            let function = json!({ "name": tool, "arguments": arguments().to_string() });
            (json!({ "tool_calls": [{ "index": 0, "id": "call_1", "type": "function", "function": function }] }), "tool_calls")
        }
        None => (json!({ "role": "assistant", "content": says }), "stop"),
    };
    vec![json!({ "id": "1", "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] })]
}
