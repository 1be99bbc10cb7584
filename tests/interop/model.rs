//! A language model with one idea: when it is offered the tool `echo` it calls it, and then it says so. It speaks as much
//! of three makers' APIs as their products need, and takes the place of an account.

use axum::{
    Router,
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::any,
};
use doorward_tests::model::{self, Idea};
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
        model::anthropic(
            calls("mcp__everything__echo")
                .map_or_else(|| Idea::Say(says.to_owned()), |tool| Idea::Call { tool: tool.to_owned(), arguments: arguments() }),
        )
    } else if path.ends_with(":streamGenerateContent") {
        google(calls("mcp_everything_echo"), says)
    } else if path.ends_with("/chat/completions") {
        openai(calls("everything_echo"), says)
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    ([(CONTENT_TYPE, "text/event-stream")], model::stream(&events)).into_response()
}

fn arguments() -> Value {
    json!({ "message": "through the door" })
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
