//! Tools that talk with the client before they answer.

use serde_json::{Value, json};

use super::{elicitations, session::Session};
use crate::{
    catalogue::{content, steps},
    failure::Failure,
    feed::Feed,
    message::Request,
};

const TALKING: [&str; 7] = [
    "test_tool_with_progress",
    "test_tool_with_logging",
    "test_sampling",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_reconnection",
];

/// Whether a request is a call of such a tool.
pub(super) fn is_talk(request: &Request) -> bool {
    request.method == "tools/call" && request.text("name").is_ok_and(|name| TALKING.contains(&name))
}

/// Calls such a tool.
pub(super) async fn talk(session: &Session, feed: &Feed, request: &Request) -> Result<Value, Failure> {
    let arguments = request.arguments();
    let asked = match request.text("name")? {
        "test_tool_with_progress" => {
            steps::progress(feed, request.meta("progressToken")).await;
            return Ok(content::said("There."));
        }
        "test_tool_with_logging" => {
            if session.wants_info() {
                steps::log(feed).await;
            }
            return Ok(content::said("Tool with logging executed successfully"));
        }
        "test_reconnection" => {
            feed.hang_up();
            return Ok(content::said("The stream was cut off before this."));
        }
        "test_sampling" => sample(session, feed, arguments.text("prompt")?).await,
        "test_elicitation" => {
            let said = elicit(session, feed, arguments.text("message")?, elicitations::who()).await;
            said.map(|said| format!("User response: {said}"))
        }
        "test_elicitation_sep1034_defaults" => completed(session, feed, elicitations::with_defaults()).await,
        "test_elicitation_sep1330_enums" => completed(session, feed, elicitations::choices()).await,
        name => return Err(Failure::invalid_params(format!("Unknown tool: {name}"))),
    };
    Ok(asked.map_or_else(|why| content::failed(&why), content::said))
}

async fn sample(session: &Session, feed: &Feed, prompt: &str) -> Result<String, String> {
    let params = json!({ "messages": [{ "role": "user", "content": content::text(prompt) }], "maxTokens": 100 });
    let answer = session.ask(feed, "sampling/createMessage", &params).await?;
    Ok(format!("LLM response: {}", answer["content"]["text"].as_str().unwrap_or_default()))
}

async fn completed(session: &Session, feed: &Feed, schema: Value) -> Result<String, String> {
    let said = elicit(session, feed, "Please fill this in", schema).await?;
    Ok(format!("Elicitation completed: {said}"))
}

async fn elicit(session: &Session, feed: &Feed, message: &str, schema: Value) -> Result<String, String> {
    let answer = session.ask(feed, "elicitation/create", &json!({ "message": message, "requestedSchema": schema })).await?;
    Ok(format!("action={}, content={}", answer["action"].as_str().unwrap_or_default(), answer["content"]))
}
