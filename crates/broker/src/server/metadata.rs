//! `/.well-known/…` (RFC 8414, RFC 9728).

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    http::Method,
};
use doorward_oauth::metadata::{AuthorizationServer, Features, KeySet, ProtectedResource};

use super::{App, LoopbackHost, only};
use crate::refusal::Refusal;

const READ: [Method; 2] = [Method::GET, Method::HEAD];

pub(super) async fn authorization_server(State(app): State<App>, request: Request) -> Result<Json<AuthorizationServer>, Refusal> {
    only(&request, &READ, "GET")?;
    let features = Features {
        policy: &app.broker.policy().registration,
        registration: app.broker.takes_registrations(),
        documents: app.broker.config().client_id_metadata_documents,
        keys: app.broker.signs_tokens(),
    };
    Ok(Json(AuthorizationServer::of(app.broker.issuer(), features)))
}

/// The public keys of signed tokens (RFC 7517 §5), while there are servers that read them.
pub(super) async fn keys(State(app): State<App>, request: Request) -> Result<Json<KeySet>, Refusal> {
    only(&request, &READ, "GET")?;
    if !app.broker.signs_tokens() {
        return Err(Refusal::UnknownPath);
    }
    Ok(Json(app.broker.public_keys().await?))
}

pub(super) async fn resource(
    State(app): State<App>,
    Extension(LoopbackHost(host)): Extension<LoopbackHost>,
    Path(server): Path<String>,
    request: Request,
) -> Result<Json<ProtectedResource>, Refusal> {
    only(&request, &READ, "GET")?;
    let server = app.broker.known_server(&server)?;
    Ok(Json(ProtectedResource::of(app.broker.issuer(), host, &server, &app.broker.policy().registration)))
}

/// The root form, which clients stop at: it is only there when there is one server it can mean (PRM-01).
pub(super) async fn only_resource(
    State(app): State<App>,
    Extension(LoopbackHost(host)): Extension<LoopbackHost>,
    request: Request,
) -> Result<Json<ProtectedResource>, Refusal> {
    only(&request, &READ, "GET")?;
    let server = app.broker.only_server()?;
    Ok(Json(ProtectedResource::of(app.broker.issuer(), host, &server, &app.broker.policy().registration)))
}
