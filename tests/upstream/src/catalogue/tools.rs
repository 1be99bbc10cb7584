//! The tools: what they are called and take, and what those of them answer that need nothing else.

use serde_json::{Map, Value, json};

use super::{Era, content, resources};
use crate::{
    changes::{Change, Changes},
    failure::Failure,
    message::Arguments,
};

/// A tool.
struct Tool {
    name: &'static str,
    description: &'static str,
    /// Its arguments, all of which are needed, and their types.
    takes: &'static [(&'static str, &'static str)],
    /// The era that it works in, if not in both.
    only: Option<Era>,
}

const fn both(name: &'static str, description: &'static str) -> Tool {
    Tool { name, description, takes: &[], only: None }
}

const fn legacy(name: &'static str, description: &'static str) -> Tool {
    Tool { name, description, takes: &[], only: Some(Era::Legacy) }
}

const fn modern(name: &'static str, description: &'static str) -> Tool {
    Tool { name, description, takes: &[], only: Some(Era::Modern) }
}

impl Tool {
    const fn taking(self, takes: &'static [(&'static str, &'static str)]) -> Self {
        Self { takes, ..self }
    }
}

/// The tool with parameters that are repeated in headers.
pub(crate) const MIRRORED: &str = "test_x_mcp_header";
/// The tool whose schema uses much of JSON Schema 2020-12.
const SCHEMA: &str = "json_schema_2020_12_tool";

/// In this order. The first one must work without arguments: the suite tries its header checks on it.
const TOOLS: &[Tool] = &[
    both("test_simple_text", "Says something"),
    both("test_image_content", "Gives a picture"),
    both("test_audio_content", "Gives a sound"),
    both("test_embedded_resource", "Gives a resource"),
    both("test_multiple_content_types", "Gives a text, a picture and a resource"),
    both("test_error_handling", "Fails"),
    both("test_tool_with_progress", "Says how far it is"),
    both(SCHEMA, "Has a schema with much of JSON Schema 2020-12 in it"),
    both("test_trigger_tool_change", "Says that the list of tools changed"),
    both("test_trigger_prompt_change", "Says that the list of prompts changed"),
    both("test_trigger_resource_change", "Says that the watched resource changed"),
    legacy("test_tool_with_logging", "Says what it does in the log"),
    legacy("test_sampling", "Asks the client's model").taking(&[("prompt", "string")]),
    legacy("test_elicitation", "Asks the user").taking(&[("message", "string")]),
    legacy("test_elicitation_sep1034_defaults", "Asks the user, with defaults"),
    legacy("test_elicitation_sep1330_enums", "Asks the user to choose"),
    legacy("test_reconnection", "Hangs up before it answers"),
    modern(MIRRORED, "Takes parameters that headers repeat"),
    modern("test_missing_capability", "Needs a client with a model"),
    modern("test_streaming_elicitation", "Asks the user at the end of a stream"),
    modern("test_logging_tool", "Says what it does in the log, if it is asked to"),
    modern("test_input_required_result_elicitation", "Asks the user"),
    modern("test_input_required_result_sampling", "Asks the client's model"),
    modern("test_input_required_result_list_roots", "Asks for the client's roots"),
    modern("test_input_required_result_request_state", "Asks the user, and wants its state back"),
    modern("test_input_required_result_tampered_state", "Asks the user, and wants its state back unchanged"),
    modern("test_input_required_result_multiple_inputs", "Asks three things at once"),
    modern("test_input_required_result_multi_round", "Asks one thing after the other"),
    modern("test_input_required_result_capabilities", "Asks what the client can answer"),
    modern("greet", "Greets").taking(&[("name", "string")]),
    modern("slow_compute", "Takes its time").taking(&[("seconds", "number"), ("label", "string")]),
    modern("failing_job", "Fails after a while"),
    modern("protocol_error_job", "Ends with an error of the protocol"),
    modern("confirm_delete", "Asks before it goes on").taking(&[("filename", "string")]),
    modern("multi_input", "Asks two things before it goes on"),
    modern("test_tool_with_task", "Asks the user, and then takes its time"),
];

impl Tool {
    fn schema(&self) -> Value {
        match self.name {
            SCHEMA => much_of_json_schema(),
            MIRRORED => json!({ "type": "object", "properties": {
                "region": { "type": "string", "x-mcp-header": "Region" },
                "priority": { "type": "integer", "x-mcp-header": "Priority" },
            } }),
            _ => {
                let properties: Map<String, Value> =
                    self.takes.iter().map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind }))).collect();
                let required: Vec<&str> = self.takes.iter().map(|(name, _)| *name).collect();
                json!({ "type": "object", "properties": properties, "required": required })
            }
        }
    }
}

/// The answer to `tools/list`. It is the same for all clients: a server is one thing, whatever way it is spoken to.
pub(crate) fn list() -> Value {
    let shown = |tool: &Tool| json!({ "name": tool.name, "description": tool.description, "inputSchema": tool.schema() });
    json!({ "tools": TOOLS.iter().map(shown).collect::<Vec<_>>() })
}

/// What a tool answers that does not work in this era; for a name that is no tool's, the error that says so.
pub(crate) fn not_here(name: &str, era: Era) -> Result<Value, Failure> {
    let is_elsewhere = TOOLS.iter().any(|tool| tool.name == name && tool.only.is_some_and(|only| only != era));
    let why = || content::failed("This tool works in other revisions of MCP only.");
    if is_elsewhere { Ok(why()) } else { Err(Failure::invalid_params(format!("Unknown tool: {name}"))) }
}

/// The parameters of a tool that headers repeat: each with its name in `Mcp-Param-NAME`.
pub(crate) fn mirrored(tool: &str) -> &'static [(&'static str, &'static str)] {
    if tool == MIRRORED { &[("region", "Region"), ("priority", "Priority")] } else { &[] }
}

/// What a tool answers that needs nothing but the call; `None` for every other one.
pub(crate) fn call(name: &str, arguments: Arguments<'_>, changes: &Changes) -> Option<Value> {
    let told = |change| {
        changes.tell(change);
        content::said("Said so.")
    };
    let shown = |contents: Vec<Value>| json!({ "content": contents });
    Some(match name {
        "test_simple_text" => content::said("This is a simple text response for testing."),
        "test_image_content" => shown(vec![content::image()]),
        "test_audio_content" => shown(vec![content::audio()]),
        "test_embedded_resource" => {
            shown(vec![content::resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")])
        }
        "test_multiple_content_types" => shown(vec![
            content::text("Multiple content types test:"),
            content::image(),
            content::resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ]),
        "test_error_handling" => content::failed("This tool intentionally returns an error for testing"),
        SCHEMA | MIRRORED => content::said("Taken."),
        "greet" => content::said(format!("Hello, {}!", arguments.text("name").unwrap_or("you"))),
        "test_trigger_tool_change" => told(Change::Tools),
        "test_trigger_prompt_change" => told(Change::Prompts),
        "test_trigger_resource_change" => told(Change::Resource(resources::WATCHED)),
        _ => return None,
    })
}

/// The schema that the suite looks for (SEP-1613, SEP-2106).
fn much_of_json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}
