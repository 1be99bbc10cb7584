//! The resources.

use serde_json::{Value, json};

use super::content::PIXEL;
use crate::failure::Failure;

/// The resource whose changes can be watched.
pub(crate) const WATCHED: &str = "test://watched-resource";

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";

/// The answer to `resources/list`.
pub(crate) fn list() -> Value {
    let resources = [
        resource(TEXT, "Static text", "A text that stays the same", "text/plain"),
        resource(BINARY, "Static binary", "A picture that stays the same", "image/png"),
        resource(WATCHED, "Watched", "A text whose changes can be watched", "text/plain"),
    ];
    json!({ "resources": resources })
}

fn resource(uri: &str, name: &str, description: &str, media_type: &str) -> Value {
    json!({ "uri": uri, "name": name, "description": description, "mimeType": media_type })
}

/// The answer to `resources/templates/list`.
pub(crate) fn templates() -> Value {
    json!({ "resourceTemplates": [{
        "uriTemplate": "test://template/{id}/data",
        "name": "Template",
        "description": "A text for each id",
        "mimeType": "application/json",
    }] })
}

/// The answer to `resources/read`.
pub(crate) fn read(uri: &str) -> Result<Value, Failure> {
    let text = |media_type: &str, text: &str| json!({ "contents": [{ "uri": uri, "mimeType": media_type, "text": text }] });
    match uri {
        TEXT => Ok(text("text/plain", "This is the content of the static text resource.")),
        BINARY => Ok(json!({ "contents": [{ "uri": uri, "mimeType": "image/png", "blob": PIXEL }] })),
        WATCHED => Ok(text("text/plain", "This is the content of the watched resource.")),
        _ => {
            let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
            let id = id.filter(|id| !id.is_empty() && !id.contains('/')).ok_or_else(|| Failure::no_resource(uri))?;
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            Ok(text("application/json", &data.to_string()))
        }
    }
}
