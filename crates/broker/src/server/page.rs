//! The few pages a browser tab ever shows: no script, no form, no button. They cannot approve anything.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_words::{Said, spoken};
use sha2::{Digest, Sha256};

/// Inline, so that a page is one answer; allowed by its hash and nothing else.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}\
main{max-width:26rem;padding:2rem;text-align:center}\
h1{font-size:1.25rem;font-weight:600;margin:0 0 .5rem}\
p{margin:.5rem 0;opacity:.8}\
strong{display:block;font-size:4rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums;margin:1.25rem 0;letter-spacing:.05em}";

/// "Answer in the Doorward window", with the number, leading to the held form of the same request.
pub(super) fn waiting(number: u8, held: &str) -> Response {
    // `held` is our own path with a checked ticket: base64url, digits and slashes.
    let head = format!("<meta http-equiv=\"refresh\" content=\"1;url={held}\">");
    let body = format!("<h1>{}</h1><strong>{number}</strong><p>{}</p>", text("tab-answer"), text("tab-number"));
    document(StatusCode::OK, &text("tab-title"), &head, &body)
}

/// Where a program without a browser sends a person.
pub(super) fn device() -> Response {
    let body = format!("<h1>{}</h1><p>{}</p>", text("tab-answer"), text("tab-code"));
    document(StatusCode::OK, &text("tab-title"), "", &body)
}

/// A refusal, in words.
pub(super) fn refusal(status: StatusCode, said: &Said) -> Response {
    let body = format!("<h1>{}</h1><p>{}</p>", text("tab-nothing-given"), escape(&spoken().tell(said)));
    document(status, "Doorward", "", &body)
}

/// A text in the person's language.
fn text(message: &str) -> String {
    escape(&spoken().say(message, &[]))
}

fn document(status: StatusCode, title: &str, head: &str, body: &str) -> Response {
    let language = spoken().language();
    let (tag, direction) = (language.tag(), language.direction().as_str());
    let html = format!(
        "<!doctype html><html lang=\"{tag}\" dir=\"{direction}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">{head}\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    );
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    let policy = HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (axum::http::HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    (status, headers, html).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
