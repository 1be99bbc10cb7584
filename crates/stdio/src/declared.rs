//! Which arguments of tools are repeated in headers: `x-mcp-header` in a tool's input schema (MCP 2026-07-28, "Custom Headers
//! from Tool Parameters"). Known of tools that some client listed.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use crate::headers::{self, Mismatch};

/// How many tools are remembered.
const TOOLS: usize = 1_000;
/// How many headers a tool may have, and how deep they may lie.
const HEADERS: usize = 32;
const DEPTH: usize = 16;
/// The longest name of a tool, of an argument or of a header, in bytes.
const LONGEST: usize = 256;

/// An argument that is repeated in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mirrored {
    header: HeaderName,
    /// The names that lead to it.
    path: Vec<String>,
    is_integer: bool,
}

/// What is known of the tools of a process.
#[derive(Default)]
pub(crate) struct Declared(Mutex<HashMap<String, Vec<Mirrored>>>);

impl Declared {
    fn tools(&self) -> MutexGuard<'_, HashMap<String, Vec<Mirrored>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tools changed.
    pub(crate) fn forget(&self) {
        self.tools().clear();
    }

    /// Reads the result of `tools/list`.
    pub(crate) fn learn(&self, result: &[u8]) {
        #[derive(Deserialize)]
        struct Page {
            tools: Vec<Tool>,
        }
        #[derive(Deserialize)]
        struct Tool {
            name: String,
            #[serde(default, rename = "inputSchema")]
            schema: Value,
        }
        // Hardly any server has them, and lists are long.
        let mentions = || std::str::from_utf8(result).is_ok_and(|text| text.contains("x-mcp-header"));
        if self.tools().is_empty() && !mentions() {
            return;
        }
        let Ok(page) = serde_json::from_slice::<Page>(result) else { return };
        let mut tools = self.tools();
        for tool in page.tools {
            let mut found = Vec::new();
            // Clients must not call a tool whose annotations break the rules: there is nothing to compare.
            let is_sound = tool.name.len() <= LONGEST && walk(&tool.schema, &mut Vec::new(), &mut found).is_some();
            if !is_sound || !are_unique(&found) {
                found.clear();
            }
            if found.is_empty() {
                tools.remove(&tool.name);
            } else if tools.len() < TOOLS || tools.contains_key(&tool.name) {
                tools.insert(tool.name, found);
            }
        }
    }

    /// Compares the headers of a call with its arguments. Headers of arguments that are not known to be repeated pass.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub(crate) fn agree(&self, headers: &HeaderMap, tool: &str, arguments: Option<&RawValue>) -> Result<(), Mismatch> {
        let Some(mirrored) = self.tools().get(tool).cloned() else { return Ok(()) };
        let arguments = arguments.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok()).unwrap_or_default();
        for Mirrored { header, path, is_integer } in mirrored {
            let sent = headers::one(headers, &header)?;
            let value = path.iter().try_fold(&arguments, |value, name| value.get(name)).unwrap_or(&Value::Null);
            let text = match value {
                Value::Null => None,
                Value::Bool(value) => Some(value.to_string()),
                Value::Number(number) => Some(number.to_string()),
                Value::String(text) => Some(text.clone()),
                // The server will not take it either.
                Value::Array(_) | Value::Object(_) => continue,
            };
            match (sent, text) {
                (None, None) => {}
                (None, Some(_)) => return Err(Mismatch(format!("{header} is missing. The body has {}.", path.join(".")))),
                (Some(_), None) => return Err(Mismatch(format!("{header} is there. The body has no {}.", path.join(".")))),
                (Some(sent), Some(text)) => {
                    let sent = headers::decoded(&header, sent)?;
                    if sent != text && !(is_integer && is_same_number(&sent, value)) {
                        return Err(Mismatch(format!("{header} says something else than {} in the body.", path.join("."))));
                    }
                }
            }
        }
        Ok(())
    }
}

/// "Servers SHOULD compare numerically": `42.0` is `42`.
fn is_same_number(sent: &str, value: &Value) -> bool {
    let is_decimal = sent.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    // Within the range that is allowed, both are exact.
    is_decimal && sent.parse::<f64>().is_ok_and(|sent| value.as_f64() == Some(sent))
}

fn are_unique(found: &[Mirrored]) -> bool {
    let names: HashSet<&HeaderName> = found.iter().map(|mirrored| &mirrored.header).collect();
    names.len() == found.len()
}

/// Collects the annotations below `schema` that lie where they may: on the way of `properties`. `None` if one breaks the rules.
fn walk(schema: &Value, path: &mut Vec<String>, found: &mut Vec<Mirrored>) -> Option<()> {
    let Some(schema) = schema.as_object() else { return Some(()) };
    if let Some(name) = schema.get("x-mcp-header") {
        let mirrored = annotated(schema, name.as_str()?, path)?;
        found.push(mirrored);
    }
    if path.len() >= DEPTH || found.len() > HEADERS {
        return None;
    }
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (name, schema) in properties {
            path.push(name.clone());
            walk(schema, path, found)?;
            path.pop();
        }
    }
    Some(())
}

fn annotated(schema: &Map<String, Value>, name: &str, path: &[String]) -> Option<Mirrored> {
    let kind = schema.get("type")?.as_str()?;
    let are_short = path.iter().map(String::as_str).chain([name]).all(|name| name.len() <= LONGEST);
    let may_have_one = !path.is_empty() && !name.is_empty() && matches!(kind, "string" | "integer" | "boolean") && are_short;
    let header = HeaderName::try_from(format!("mcp-param-{name}")).ok().filter(|_| may_have_one)?;
    Some(Mirrored { header, path: path.to_vec(), is_integer: kind == "integer" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declared(tools: Value) -> Declared {
        let declared = Declared::default();
        declared.learn(json!({ "tools": tools }).to_string().as_bytes());
        declared
    }

    fn query() -> Value {
        json!({ "name": "query", "inputSchema": { "type": "object", "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "limit": { "type": "integer", "x-mcp-header": "Limit" },
            "dry": { "type": "boolean", "x-mcp-header": "Dry" },
            "at": { "type": "object", "properties": { "zone": { "type": "string", "x-mcp-header": "Zone" } } },
            "text": { "type": "string" },
        } } })
    }

    fn agrees(declared: &Declared, headers: &[(&'static str, &str)], arguments: Value) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect();
        let arguments = serde_json::value::to_raw_value(&arguments).expect("JSON");
        declared.agree(&headers, "query", Some(&arguments)).is_ok()
    }

    #[test]
    fn arguments_are_repeated_as_they_are() {
        let tools = declared(json!([query()]));
        let arguments = json!({ "region": "eu", "limit": 42, "dry": true, "at": { "zone": "世" }, "text": "x" });
        let all = [("mcp-param-region", "eu"), ("mcp-param-limit", "42"), ("mcp-param-dry", "true"), ("mcp-param-zone", "=?base64?5LiW?=")];
        assert!(agrees(&tools, &all, arguments.clone()));
        let mut numeric = all;
        numeric[1].1 = "42.0";
        assert!(agrees(&tools, &numeric, arguments.clone()));
        assert!(agrees(&tools, &[("mcp-param-other", "1")], json!({ "region": null, "text": "x" })), "what is not there is not repeated");
        for at in 0..all.len() {
            let mut wrong = all;
            wrong[at].1 = "1";
            assert!(!agrees(&tools, &wrong, arguments.clone()), "{:?}", wrong[at]);
            let missing: Vec<_> = all.iter().copied().filter(|header| header.0 != all[at].0).collect();
            assert!(!agrees(&tools, &missing, arguments.clone()), "without {}", all[at].0);
        }
        assert!(!agrees(&tools, &[("mcp-param-region", "eu")], json!({})), "a header without an argument");
        assert!(!agrees(&tools, &[("mcp-param-limit", "4e1")], json!({ "limit": 40 })));
    }

    #[test]
    fn of_tools_that_are_not_known_nothing_is_asked() {
        let wrong = [("mcp-param-region", "us")];
        let tools = Declared::default();
        assert!(agrees(&tools, &wrong, json!({ "region": "eu" })));
        tools.learn(json!({ "tools": [query()] }).to_string().as_bytes());
        assert!(!agrees(&tools, &wrong, json!({ "region": "eu" })));
        tools.learn(br#"{"tools":[{"name":"query","inputSchema":{}}]}"#);
        assert!(agrees(&tools, &wrong, json!({ "region": "eu" })), "a newer list has no annotations");
        tools.learn(json!({ "tools": [query()] }).to_string().as_bytes());
        tools.forget();
        assert!(agrees(&tools, &wrong, json!({ "region": "eu" })));
    }

    #[test]
    fn annotations_that_break_the_rules_count_for_nothing() {
        for property in [
            json!({ "a": { "type": "number", "x-mcp-header": "A" } }),
            json!({ "a": { "type": "object", "x-mcp-header": "A" } }),
            json!({ "a": { "type": "string", "x-mcp-header": "" } }),
            json!({ "a": { "type": "string", "x-mcp-header": "A B" } }),
            json!({ "a": { "type": "string", "x-mcp-header": "A:" } }),
            json!({ "a": { "type": "string", "x-mcp-header": 7 } }),
            json!({ "a": { "x-mcp-header": "A" } }),
            json!({ "a": { "type": "string", "x-mcp-header": "A" }, "b": { "type": "string", "x-mcp-header": "a" } }),
        ] {
            let tools = declared(json!([{ "name": "query", "inputSchema": { "properties": property } }]));
            assert!(agrees(&tools, &[], json!({ "a": "x", "b": "x" })), "{property}");
        }
    }
}
