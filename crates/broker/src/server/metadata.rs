//! `/.well-known/…` (RFC 8414, RFC 9728).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use doorward_oauth::{
    id::ServerName,
    issuer::LoopbackName,
    metadata::{AuthorizationServer, Features, KeySet, ProtectedResource},
};
use serde::Serialize;

use super::{App, LoopbackHost, only};
use crate::refusal::Refusal;

const READ: [Method; 2] = [Method::GET, Method::HEAD];

/// Documents as they were sent before. Everything that can change in one is a part of its name.
#[derive(Default)]
pub(super) struct Documents {
    by_name: Mutex<HashMap<Name, Bytes>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Server { registration: bool, keys: bool },
    Resource(LoopbackName, ServerName),
}

impl Documents {
    /// The document of that name, made when it is asked for the first time.
    fn give<T: Serialize>(&self, name: Name, make: impl FnOnce() -> T) -> Response {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let body = by_name.entry(name).or_insert_with(|| serde_json::to_vec(&make()).map(Bytes::from).unwrap_or_default()).clone();
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
    }
}

pub(super) async fn authorization_server(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    only(&request, &READ, "GET")?;
    let (registration, keys) = (app.broker.takes_registrations(), app.broker.signs_tokens());
    Ok(app.documents.give(Name::Server { registration, keys }, || {
        let policy = &app.broker.policy().registration;
        let documents = app.broker.config().client_id_metadata_documents;
        AuthorizationServer::of(app.broker.issuer(), Features { policy, registration, documents, keys })
    }))
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
) -> Result<Response, Refusal> {
    only(&request, &READ, "GET")?;
    Ok(of_resource(&app, host, app.broker.known_server(&server)?))
}

fn of_resource(app: &App, host: LoopbackName, server: ServerName) -> Response {
    app.documents.give(Name::Resource(host, server.clone()), || {
        ProtectedResource::of(app.broker.issuer(), host, &server, &app.broker.policy().registration)
    })
}

/// The root form, which clients stop at: it is only there when there is one server it can mean (PRM-01).
pub(super) async fn only_resource(
    State(app): State<App>,
    Extension(LoopbackHost(host)): Extension<LoopbackHost>,
    request: Request,
) -> Result<Response, Refusal> {
    only(&request, &READ, "GET")?;
    Ok(of_resource(&app, host, app.broker.only_server()?))
}
