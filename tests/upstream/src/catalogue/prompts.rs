//! The prompts.

use serde_json::{Value, json};

use super::content;
use crate::{failure::Failure, message::Arguments};

/// A prompt that asks back before it answers; it works in MCP 2026-07-28 only.
pub(crate) const ASKING: &str = "test_input_required_result_prompt";

/// The answer to `prompts/list`.
pub(crate) fn list() -> Value {
    let argument = |name: &str| json!({ "name": name, "description": "An argument", "required": true });
    let prompt = |name: &str, description: &str, arguments: &[&str]| {
        let arguments: Vec<Value> = arguments.iter().copied().map(argument).collect();
        json!({ "name": name, "description": description, "arguments": arguments })
    };
    let prompts = [
        prompt("test_simple_prompt", "A message", &[]),
        prompt("test_prompt_with_arguments", "A message with arguments in it", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", "A message with a resource in it", &["resourceUri"]),
        prompt("test_prompt_with_image", "A message with a picture in it", &[]),
        prompt(ASKING, "A message about what the user says", &[]),
    ];
    json!({ "prompts": prompts })
}

/// The answer to `prompts/get`.
pub(crate) fn get(name: &str, arguments: Arguments<'_>) -> Result<Value, Failure> {
    Ok(messages(match name {
        "test_simple_prompt" => vec![content::text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (first, second) = (arguments.text("arg1")?, arguments.text("arg2")?);
            vec![content::text(format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
        }
        "test_prompt_with_embedded_resource" => vec![
            content::resource(arguments.text("resourceUri")?, "text/plain", "Embedded resource content for testing."),
            content::text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![content::image(), content::text("Please analyze the image above.")],
        ASKING => return Err(Failure::invalid_params("This prompt works in other revisions of MCP only")),
        _ => return Err(Failure::invalid_params(format!("Unknown prompt: {name}"))),
    }))
}

/// Messages of the user.
pub(crate) fn messages(contents: Vec<Value>) -> Value {
    let messages: Vec<Value> = contents.into_iter().map(|content| json!({ "role": "user", "content": content })).collect();
    json!({ "messages": messages })
}
