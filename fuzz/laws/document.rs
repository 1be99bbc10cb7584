//! Client ID metadata documents. Input: the address, a line end, a header, a line end, the document.

use std::time::Duration;

use doorward_oauth::{
    client::AuthMethod,
    document::{Caching, DocumentUrl, believed_for, client, is_address},
    error::Code,
    id::ClientId,
    preset::RegistrationPolicy,
    scope::ScopeNames,
    time::UnixTime,
};

use super::is_an_oauth_error;

/// Fails where a law is broken.
pub fn holds(input: &str) {
    let mut lines = input.splitn(3, '\n');
    let (address, header, document) =
        (lines.next().unwrap_or_default(), lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let said = |text: &str| Some(text.to_owned());
    let caching = Caching { cache_control: said(header), age: said(address), expires: said(document), date: said(header) };
    if let Some(time) = believed_for(&caching) {
        assert!((Duration::from_secs(60)..=Duration::from_secs(24 * 60 * 60)).contains(&time), "{header}");
    }
    let id = ClientId::from_text(address);
    let Some(url) = DocumentUrl::parse(&id) else { return };
    assert!(is_address(&id) && url.as_str() == address && !url.host().is_empty() && url.port() != 0, "{address}");
    let authority = address.strip_prefix("https://").and_then(|rest| rest.split('/').next()).expect("https");
    assert!(!address.contains('#') && !authority.contains(['@', '\\', '?']) && authority.starts_with(url.host()), "{address}");
    let named = document.replace("SELF", address);
    match client(&url, named.as_bytes(), &RegistrationPolicy::default(), &ScopeNames::of(&[]), UnixTime::from_secs(0)) {
        Ok(client) => {
            assert_eq!((client.id.as_str(), client.auth_method), (address, AuthMethod::None));
            assert!(client.redirect_uris.iter().next().is_some(), "{named}");
        }
        Err(error) => is_an_oauth_error(&error, &[Code::InvalidClientMetadata, Code::InvalidRedirectUri]),
    }
}
