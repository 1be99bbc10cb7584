//! The laws: what must hold of whatever programs send. Each reader has its own; the fuzz targets make up input for them, and the tests
//! of the workspace try them on what each target begins with (`fuzz/seeds`).

pub mod basic;
pub mod device;
pub mod document;
pub mod form;
pub mod query;
pub mod redirect;
pub mod registration;
pub mod scope;

use doorward_oauth::{
    client::{Client, RegistrationRequest},
    error::{Code, OAuthError},
    id::ClientId,
    params::{Param, Params},
    preset::RegistrationPolicy,
    scope::ScopeNames,
    time::UnixTime,
};

/// RFC 6749 §5.2: what may stand in `error_description`, and a code that this endpoint may answer with.
pub fn is_an_oauth_error(error: &OAuthError, codes: &[Code]) {
    assert!(codes.contains(&error.code), "{error} is none of {codes:?}");
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    assert!(!error.description.is_empty() && error.description.chars().all(allowed), "{:?}", error.description);
}

/// What a browser's own reader says was sent, for parameters that could be read at all.
pub fn reads_as_a_browser_would(text: &str, params: &Params) {
    let sent: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    for (name, _) in &sent {
        let values: Vec<&str> = sent.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect();
        let expected = match values.as_slice() {
            [""] | [] => Param::Absent,
            [once] => Param::Once(once),
            _ => Param::Repeated,
        };
        assert_eq!(params.get(name), expected, "{name:?} in {text:?}");
    }
}

/// A client with these redirects.
pub fn client(redirects: &[&str]) -> Client {
    let body = serde_json::json!({ "redirect_uris": redirects, "client_name": "Agent" }).to_string();
    let request = RegistrationRequest::parse(body.as_bytes()).expect("an object");
    request.check(&RegistrationPolicy::default(), &ScopeNames::of(&[]), ClientId::from_text("cid"), UnixTime::from_secs(0)).expect("sound")
}
