//! Bodies of the OAuth endpoints: small, complete and in time, or not at all.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::refusal::Refusal;

/// Reads a body of at most `most` bytes within `time`.
pub(crate) async fn read(body: Body, most: usize, time: Duration) -> Result<Bytes, Refusal> {
    let reading = Limited::new(body, most).collect();
    match tokio::time::timeout(time, reading).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge(most)),
        Ok(Err(_)) | Err(_) => Err(Refusal::BodyUnread),
    }
}

/// Refuses a body that says it is, or whose sender does not say it is not, of another media type.
pub(crate) fn must_be(headers: &HeaderMap, media_type: &'static str) -> Result<(), Refusal> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(media_type) { Ok(()) } else { Err(Refusal::ContentType(media_type)) }
}
