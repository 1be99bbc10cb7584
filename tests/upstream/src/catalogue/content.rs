//! Content of messages and results.

use serde_json::{Value, json};

/// A PNG of one red pixel, in Base64.
pub(crate) const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
/// A WAV of four silent samples, in Base64.
const SILENCE: &str = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA==";

/// Text.
pub(crate) fn text(text: impl Into<String>) -> Value {
    json!({ "type": "text", "text": text.into() })
}

/// A picture.
pub(crate) fn image() -> Value {
    json!({ "type": "image", "data": PIXEL, "mimeType": "image/png" })
}

/// A sound.
pub(crate) fn audio() -> Value {
    json!({ "type": "audio", "data": SILENCE, "mimeType": "audio/wav" })
}

/// A resource within a message.
pub(crate) fn resource(uri: &str, media_type: &str, text: &str) -> Value {
    json!({ "type": "resource", "resource": { "uri": uri, "mimeType": media_type, "text": text } })
}

/// The result of a tool that says something.
pub(crate) fn said(said: impl Into<String>) -> Value {
    json!({ "content": [text(said)] })
}

/// The result of a tool that failed.
pub(crate) fn failed(why: &str) -> Value {
    json!({ "content": [text(why)], "isError": true })
}
