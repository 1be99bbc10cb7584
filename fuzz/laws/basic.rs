//! The `Authorization` header of a client. Input: the header, a line end, the body beside it.

use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_oauth::{credentials::Credentials, error::Code, params::Params};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::is_an_oauth_error;

/// Fails where a law is broken.
pub fn holds(input: &str) {
    let (header, body) = input.split_once('\n').unwrap_or((input, ""));
    let Ok(params) = Params::parse(body) else { return };
    let credentials = match Credentials::read(Some(header), &params) {
        Ok(credentials) => credentials,
        Err(error) => return is_an_oauth_error(&error, &[Code::InvalidRequest, Code::InvalidClient]),
    };
    let client = credentials.client.as_str();
    assert!(header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")), "{header}");
    assert!(params.once("client_id").is_none_or(|named| named == client), "{input}");
    // Written anew, as RFC 6749 §2.3.1 says, it names the same client and carries the same secret.
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let posted = params.once("client_secret").is_some();
    // REVEAL: what was made up a moment ago.
    let secret = credentials.secret().map(|secret| secret.reveal().to_owned());
    let password = match (&secret, credentials.has_secret(), posted) {
        (_, false, _) | (_, _, true) => String::new(),
        (Some(secret), true, false) => secret.clone(),
        (None, true, false) => "none of ours".to_owned(),
    };
    let anew = format!("bAsIc {}", STANDARD.encode(format!("{}:{}", encode(client), encode(&password))));
    let again = Credentials::read(Some(&anew), &params).expect("written by the book");
    assert_eq!(again.client, credentials.client);
    assert_eq!(again.has_secret(), credentials.has_secret());
    assert_eq!(again.secret().map(|secret| secret.reveal().to_owned()), secret);
    let shown = format!("{credentials:?}");
    assert!(secret.is_none_or(|secret| client.contains(&secret) || !shown.contains(&secret)), "{shown}");
}
