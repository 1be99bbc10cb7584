//! Registrations as they arrive, under each of the named policies.

use doorward_oauth::{
    client::{AuthMethod, Issued, RegistrationRequest},
    error::Code,
    id::{ClientId, ServerName},
    preset::Preset,
    scope::ScopeNames,
    time::UnixTime,
};

use super::is_an_oauth_error;

/// Fails where a law is broken.
pub fn holds(body: &[u8]) {
    let request = match RegistrationRequest::parse(body) {
        Ok(request) => request,
        Err(error) => return is_an_oauth_error(&error, &[Code::InvalidClientMetadata]),
    };
    let servers = [ServerName::parse("files").expect("a name")];
    let (names, id, now) = (ScopeNames::of(&servers), ClientId::new(1_000, [7; 32]), UnixTime::from_secs(1_000));
    for preset in Preset::ALL {
        let policy = preset.policy().registration;
        let client = match request.clone().check(&policy, &names, id.clone(), now) {
            Ok(client) => client,
            Err(error) => {
                is_an_oauth_error(&error, &[Code::InvalidRedirectUri, Code::InvalidClientMetadata]);
                continue;
            }
        };
        assert!(client.redirect_uris.iter().count() <= policy.max_redirect_uris);
        assert!(policy.auth_methods.contains(&client.auth_method) || client.auth_method == policy.default_auth_method);
        assert_eq!(client.likeness().is_some(), client.auth_method == AuthMethod::None);
        for uri in client.redirect_uris.iter() {
            assert_eq!(client.redirect_uris.find(Some(uri.as_str())).as_ref(), Some(uri));
        }
        let answer = client.answer(&Issued::default(), &[]);
        let members = answer.as_object().expect("an object");
        assert!(members.values().all(|value| !value.is_null() && value != ""), "{answer}");
        // The answer is authoritative: who registers it gets the same.
        let again = RegistrationRequest::parse(answer.to_string().as_bytes()).expect("an object");
        let again = again.check(&policy, &names, id.clone(), now).expect("what was answered can be registered");
        assert_eq!(again.answer(&Issued::default(), &[]), answer);
        assert_eq!(again.likeness().is_some(), client.likeness().is_some());
        let kept = serde_json::to_string(&client).expect("kept");
        assert_eq!(serde_json::from_str::<doorward_oauth::client::Client>(&kept).expect("read back"), client);
    }
}
