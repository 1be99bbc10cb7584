//! What of a message an App may do. A method that is not named here does not pass: what cannot be judged is not allowed.

use doorward_oauth::{consent::WhyAsked, policy::ToolCall, tool::Subject};

use super::{
    answers::{Answer, For},
    message::Message,
};
use crate::broker::{Broker, Permit};

/// What to do with a message.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// Pass it on.
    Pass,
    /// Hold it and ask a person.
    Ask(WhyAsked),
    /// Answer it here. The name of a sentence says why, for what people see later.
    Refuse(&'static str, Answer),
}

/// Methods that every App may use: they do nothing that a person decides about.
const OPEN: [&str; 11] = [
    "initialize",
    "ping",
    "server/discover",
    // What is in the answer is filtered.
    "tools/list",
    "logging/setLevel",
    "subscriptions/listen",
    // Each task was a call that was judged.
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/cancel",
    "tasks/update",
];

/// Judges a message of an App.
pub(super) fn judge(broker: &Broker, permit: &Permit, message: &Message, asked_by: For<'_>) -> Verdict {
    let Some(method) = message.method.as_deref() else { return Verdict::Pass };
    let name = || message.name.as_deref().unwrap_or_default();
    let of = |subject: &Subject, otherwise: &dyn Fn() -> Answer| {
        if broker.may_use(permit, subject) { Verdict::Pass } else { Verdict::Refuse("decided-hidden", otherwise()) }
    };
    match method {
        "tools/call" => match broker.judge_tool(permit, name()) {
            ToolCall::Pass => Verdict::Pass,
            ToolCall::Ask(why) => Verdict::Ask(why),
            ToolCall::RefuseChanged => Verdict::Refuse(CHANGED, asked_by.tool_error(&changed(name()))),
            ToolCall::RefuseUnknown => {
                Verdict::Refuse("decided-unknown", asked_by.unknown(&format!("Unknown tool: {}", name().escape_default())))
            }
        },
        "prompts/list" => of(&Subject::Prompts, &|| asked_by.empty_list("prompts")),
        "prompts/get" => of(&Subject::Prompts, &|| asked_by.unknown(PROMPTS)),
        "resources/list" => of(&Subject::Resources, &|| asked_by.empty_list("resources")),
        "resources/templates/list" => of(&Subject::Resources, &|| asked_by.empty_list("resourceTemplates")),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => of(&Subject::Resources, &|| asked_by.unknown(RESOURCES)),
        "completion/complete" => match message.completes.as_deref() {
            Some("ref/prompt") => of(&Subject::Prompts, &|| asked_by.unknown(PROMPTS)),
            _ => of(&Subject::Resources, &|| asked_by.unknown(RESOURCES)),
        },
        _ if method.starts_with("notifications/") || OPEN.contains(&method) => Verdict::Pass,
        _ => Verdict::Refuse("decided-unknown-method", asked_by.no_method(method)),
    }
}

/// What is said about a tool that is paused because it changed.
pub(super) const CHANGED: &str = "decided-changed";

const PROMPTS: &str = "The user has not given this app the server's prompts. They can in Doorward.";
const RESOURCES: &str = "The user has not given this app the server's resources. They can in Doorward.";

fn changed(tool: &str) -> String {
    format!(
        "The server changed what it says about {tool} since the user last looked. It is paused until they look at the change in Doorward; \
         then it can be called again."
    )
}
