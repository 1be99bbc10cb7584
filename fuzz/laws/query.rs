//! The query of an authorization request, to the redirect that answers it.

use doorward_oauth::{
    authorize::AuthorizeQuery,
    error::{Code, OAuthError},
    id::{ClientId, ServerName},
    issuer::Issuer,
    params::Params,
    preset::Policy,
    resource::Resource,
};

use super::{is_an_oauth_error, reads_as_a_browser_would};

const REGISTERED: [&str; 3] =
    ["http://127.0.0.1:51000/callback?tenant=a", "https://vscode.dev/redirect", "cursor://anysphere.cursor-mcp/cb"];
const CODES: [Code; 6] = [
    Code::InvalidRequest,
    Code::InvalidTarget,
    Code::InvalidScope,
    Code::UnsupportedResponseType,
    Code::RequestNotSupported,
    Code::RequestUriNotSupported,
];

/// Fails where a law is broken.
pub fn holds(text: &str) {
    let Ok(params) = Params::parse(text) else {
        assert!(AuthorizeQuery::parse(text).is_err());
        return;
    };
    reads_as_a_browser_would(text, &params);
    let query = AuthorizeQuery::parse(text).expect("the same text");
    let (client, issuer) = (super::client(&REGISTERED), Issuer::on_port(8765));
    let files = Resource { name: ServerName::parse("files").expect("a name"), own_address: None };
    let Ok(bound) = query.bind(&client, false, &issuer) else { return };
    assert_eq!(params.once("client_id"), Some("cid"), "bound to the client it names");
    let (return_to, error) = match bound.check(&ClientId::from_text("cid"), &issuer, &Policy::default(), &[files]) {
        Ok(request) => {
            assert_eq!(params.once("code_challenge_method"), Some("S256"));
            assert_eq!(request.server.as_str(), "files");
            assert!(!request.scopes.is_empty() && request.scopes.iter().all(|scope| scope == "files" || scope.starts_with("files:")));
            (request.return_to, OAuthError::new(Code::AccessDenied, "No."))
        }
        Err(refused) => {
            is_an_oauth_error(&refused.error, &CODES);
            (refused.return_to, refused.error)
        }
    };
    let to = return_to.with_error(&error);
    let redirect = return_to.redirect().as_str();
    assert_eq!(params.once("redirect_uri"), Some(redirect), "{to}");
    assert!(to.bytes().all(|b| b.is_ascii_graphic()), "it is a header: {to}");
    let answer = to.strip_prefix(redirect).and_then(|rest| rest.strip_prefix(['?', '&'])).expect("the redirect and an answer");
    let answer = Params::parse(answer).expect("can be read");
    assert_eq!(answer.once("error"), Some(error.code.as_str()));
    assert_eq!(answer.once("error_description"), Some(error.description.as_ref()));
    assert_eq!(answer.once("state"), params.once("state"), "the state comes back as it was");
    assert_eq!(answer.once("iss"), Some(issuer.as_str()));
}
