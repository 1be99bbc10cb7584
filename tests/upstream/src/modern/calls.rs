//! `tools/call`.

use futures_util::{StreamExt, stream::BoxStream};
use serde_json::Value;

use super::{Answer, input, last, need, tasks};
use crate::{
    App,
    catalogue::{Era, content, steps, tools},
    failure::Failure,
    feed::Feed,
    message::Request,
};

const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// Calls a tool.
pub(super) async fn call(app: &App, request: &Request) -> Result<Answer, Failure> {
    let name = request.text("name")?;
    if let Some(result) = tools::call(name, request.arguments(), &app.changes) {
        return Ok(Answer::Result(result));
    }
    match name {
        "test_missing_capability" => {
            need(request, "sampling")?;
            Ok(Answer::Result(content::said("The client has a model.")))
        }
        "test_streaming_elicitation" => {
            let result = input::call(request, &app.seal).unwrap_or_else(|| Err(Failure::internal("It asks nothing")))?;
            let feed = Feed::once();
            let events = feed.read(0).boxed();
            // A gateway must pass this on too.
            feed.comment("the question follows");
            last(&feed, request, result);
            Ok(Answer::Events(events))
        }
        "test_tool_with_progress" | "test_logging_tool" => Ok(Answer::Events(talking(request))),
        _ => {
            let result = match input::call(request, &app.seal) {
                Some(result) => result,
                None => tasks::call(&app.tasks, request).await.unwrap_or_else(|| tools::not_here(name, Era::Modern)),
            };
            result.map(Answer::Result)
        }
    }
}

/// Says what goes on while it works. A client that goes away cancels it.
fn talking(request: &Request) -> BoxStream<'static, String> {
    let (feed, request) = (Feed::once(), request.clone());
    let events = feed.read(0).boxed();
    tokio::spawn(async move {
        let works = async {
            let is_told = request.meta(META_LOG_LEVEL).and_then(Value::as_str).is_some_and(steps::tells_info);
            match request.text("name") {
                Ok("test_logging_tool") if is_told => steps::log(&feed).await,
                Ok("test_logging_tool") => {}
                _ => steps::progress(&feed, request.meta("progressToken")).await,
            }
            last(&feed, &request, content::said("There."));
        };
        tokio::select! {
            () = works => {}
            () = feed.left() => {}
        }
    });
    events
}
