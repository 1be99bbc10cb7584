//! Results that ask back (SEP-2322): the client answers by sending the request again, with what it was asked for.

use serde_json::{Value, json};

use super::{Seal, has, need};
use crate::{
    catalogue::{content, prompts},
    failure::Failure,
    message::{Members, Request},
};

/// Something that a client is asked: its key, the capability that it takes, and the request.
struct Ask {
    key: &'static str,
    capability: &'static str,
    request: Value,
}

/// Asks the user for one thing.
fn elicit(key: &'static str, message: &str, name: &str, kind: &str) -> Ask {
    let schema = json!({ "type": "object", "properties": { name: { "type": kind } }, "required": [name] });
    let request = json!({ "method": "elicitation/create", "params": { "message": message, "requestedSchema": schema } });
    Ask { key, capability: "elicitation", request }
}

/// Asks the client's model.
fn sample(key: &'static str, prompt: &str) -> Ask {
    let params = json!({ "messages": [{ "role": "user", "content": content::text(prompt) }], "maxTokens": 100 });
    Ask { key, capability: "sampling", request: json!({ "method": "sampling/createMessage", "params": params }) }
}

/// Asks for the client's roots.
fn roots(key: &'static str) -> Ask {
    Ask { key, capability: "roots", request: json!({ "method": "roots/list", "params": {} }) }
}

/// A result that asks for these things.
fn asking(request: &Request, asks: &[&Ask], state: Option<String>) -> Result<Value, Failure> {
    asks.iter().try_for_each(|ask| need(request, ask.capability))?;
    let requests: Members = asks.iter().map(|ask| (ask.key.to_owned(), ask.request.clone())).collect();
    let mut result = json!({ "resultType": "input_required", "inputRequests": requests });
    if let Some(state) = state {
        result["requestState"] = json!(state);
    }
    Ok(result)
}

/// What the client answered so far. Answers to what was not asked do no harm.
struct Answers<'r>(Option<&'r Members>);

impl<'r> Answers<'r> {
    fn read(request: &'r Request) -> Result<Self, Failure> {
        let wrong = || Failure::invalid_params("inputResponses must hold an object for each key");
        let Some(sent) = request.params.get("inputResponses") else { return Ok(Self(None)) };
        let sent = sent.as_object().ok_or_else(wrong)?;
        if sent.values().all(Value::is_object) { Ok(Self(Some(sent))) } else { Err(wrong()) }
    }

    fn get(&self, ask: &Ask) -> Option<&'r Value> {
        self.0?.get(ask.key)
    }

    /// What the user said, as text; nothing when the user did not want to say it.
    fn said(&self, ask: &Ask, name: &str) -> Option<String> {
        let content = &self.get(ask)?["content"][name];
        Some(content.as_str().map_or_else(|| content.to_string(), str::to_owned))
    }
}

/// The state that the client was given, if it came back.
fn state(request: &Request, seal: &Seal, tool: &str) -> Result<Option<String>, Failure> {
    let sent = request.params.get("requestState");
    let sent = sent.map(|sent| sent.as_str().ok_or_else(|| Failure::invalid_params("requestState must be text"))).transpose()?;
    sent.map(|sent| seal.open(tool, sent)).transpose()
}

/// What became of asking the user for a name.
pub(super) enum Who {
    /// The name.
    Said(String),
    /// The result that asks for it.
    Asked(Value),
}

/// The name of the user.
pub(super) fn who(request: &Request) -> Result<Who, Failure> {
    let (answers, ask) = (Answers::read(request)?, elicit("user_name", "What is your name?", "name", "string"));
    match answers.said(&ask, "name") {
        Some(name) => Ok(Who::Said(name)),
        None => asking(request, &[&ask], None).map(Who::Asked),
    }
}

/// Calls a tool that asks back; `None` for every other tool.
pub(super) fn call(request: &Request, seal: &Seal) -> Option<Result<Value, Failure>> {
    let tool = request.text("name").ok()?;
    Some(match tool {
        "test_input_required_result_elicitation" | "test_streaming_elicitation" => who(request).map(|who| match who {
            Who::Said(name) => content::said(format!("Hello, {name}!")),
            Who::Asked(asking) => asking,
        }),
        "test_input_required_result_sampling" => one(request, &sample("capital_question", "What is the capital of France?")),
        "test_input_required_result_list_roots" => one(request, &roots("client_roots")),
        "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => with_state(request, seal, tool),
        "test_input_required_result_multiple_inputs" => several(request, seal, tool),
        "test_input_required_result_multi_round" => rounds(request, seal, tool),
        "test_input_required_result_capabilities" => what_it_can(request),
        _ => return None,
    })
}

/// The prompt that asks back.
pub(super) fn prompt(request: &Request) -> Result<Value, Failure> {
    let (answers, ask) = (Answers::read(request)?, elicit("user_context", "What context should the prompt use?", "context", "string"));
    match answers.said(&ask, "context") {
        Some(context) => Ok(prompts::messages(vec![content::text(format!("Use this context: {context}"))])),
        None => asking(request, &[&ask], None),
    }
}

fn one(request: &Request, ask: &Ask) -> Result<Value, Failure> {
    match Answers::read(request)?.get(ask) {
        Some(answer) => Ok(content::said(format!("The client said: {answer}"))),
        None => asking(request, &[ask], None),
    }
}

fn with_state(request: &Request, seal: &Seal, tool: &str) -> Result<Value, Failure> {
    let (answers, ask) = (Answers::read(request)?, elicit("confirm", "Please confirm", "ok", "boolean"));
    match (state(request, seal, tool)?, answers.get(&ask)) {
        (Some(_), Some(_)) => Ok(content::said("state-ok")),
        _ => asking(request, &[&ask], Some(seal.close(tool, "asked"))),
    }
}

fn several(request: &Request, seal: &Seal, tool: &str) -> Result<Value, Failure> {
    state(request, seal, tool)?;
    let answers = Answers::read(request)?;
    let asks =
        [elicit("user_name", "What is your name?", "name", "string"), sample("greeting", "Generate a greeting"), roots("client_roots")];
    let open: Vec<&Ask> = asks.iter().filter(|ask| answers.get(ask).is_none()).collect();
    if open.is_empty() { Ok(content::said("All was answered.")) } else { asking(request, &open, Some(seal.close(tool, "asked"))) }
}

/// What was said in the first round is in the state of the second.
fn rounds(request: &Request, seal: &Seal, tool: &str) -> Result<Value, Failure> {
    let answers = Answers::read(request)?;
    let name = elicit("step1", "Step 1: What is your name?", "name", "string");
    let color = elicit("step2", "Step 2: What is your favorite color?", "color", "string");
    let state = state(request, seal, tool)?;
    if let Some(known) = state.as_deref().and_then(|state| state.strip_prefix("name: ")) {
        return match answers.said(&color, "color") {
            Some(color) => Ok(content::said(format!("{known} likes {color}."))),
            None => asking(request, &[&color], state),
        };
    }
    match (state, answers.said(&name, "name")) {
        (Some(_), Some(name)) => asking(request, &[&color], Some(seal.close(tool, &format!("name: {name}")))),
        _ => asking(request, &[&name], Some(seal.close(tool, "began"))),
    }
}

/// Asks for whatever the client declared that it can answer.
fn what_it_can(request: &Request) -> Result<Value, Failure> {
    let asks =
        [elicit("user_name", "What is your name?", "name", "string"), sample("greeting", "Generate a greeting"), roots("client_roots")];
    let can: Vec<&Ask> = asks.iter().filter(|ask| has(request, ask.capability)).collect();
    let answers = Answers::read(request)?;
    if can.iter().all(|ask| answers.get(ask).is_some()) { Ok(content::said("All was answered.")) } else { asking(request, &can, None) }
}
