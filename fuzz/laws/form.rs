//! The body of a token request.

use doorward_oauth::{
    credentials::Credentials,
    error::Code,
    exchange::TokenRequest,
    params::{Params, append_query},
};

use super::{is_an_oauth_error, reads_as_a_browser_would};

const SECRETS: [&str; 5] = ["client_secret", "code", "code_verifier", "refresh_token", "device_code"];

/// Fails where a law is broken.
pub fn holds(text: &str) {
    let Ok(params) = Params::parse(text) else { return };
    reads_as_a_browser_would(text, &params);
    for name in ["grant_type", "state", "code", "redirect_uri"] {
        let Some(value) = params.once(name) else { continue };
        let printed = append_query("", &[(name, value)]);
        assert_eq!(Params::parse(&printed[1..]).expect("printed").once(name), Some(value));
    }
    match Credentials::read(None, &params) {
        Ok(credentials) => assert_eq!(params.once("client_id"), Some(credentials.client.as_str())),
        Err(error) => is_an_oauth_error(&error, &[Code::InvalidRequest]),
    }
    match TokenRequest::read(&params) {
        Ok(request) => {
            assert_eq!(params.once("grant_type"), Some(request.grant_type().as_str()));
            let printed = format!("{request:?}");
            for secret in SECRETS.into_iter().filter_map(|name| params.once(name)).filter(|value| value.len() >= 43) {
                let elsewhere = ["redirect_uri", "resource", "scope"].into_iter().filter_map(|name| params.once(name));
                let told = elsewhere.clone().any(|value| value.contains(secret) || secret.contains(value));
                assert!(told || !printed.contains(secret), "{printed}");
            }
        }
        Err(error) => {
            is_an_oauth_error(&error, &[Code::InvalidRequest, Code::InvalidGrant, Code::InvalidScope, Code::UnsupportedGrantType]);
        }
    }
}
