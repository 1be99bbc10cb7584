//! What is published (RFC 8414, RFC 9728).

use doorward_tests::{doorward::Doorward, http, person::Habit};
use serde_json::json;

const DOCUMENT: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn meta01_the_document_is_json_for_everybody() {
    let doorward = Doorward::start().await;
    let answer = doorward.get("/.well-known/oauth-authorization-server").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.json()["issuer"], doorward.url(""));
    let head = doorward.send("HEAD", "/.well-known/oauth-authorization-server", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let post = doorward.send("POST", "/.well-known/oauth-authorization-server", &[], "").await;
    assert_eq!((post.status, post.header("allow")), (405, Some("GET")));
}

/// A document as one who knows Doorward by this name gets it.
async fn on_host(doorward: &Doorward, host: &str, path: &str) -> serde_json::Value {
    let to = match host {
        "[::1]" => std::net::SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, doorward.port)),
        _ => doorward.address(),
    };
    http::raw(to, http::request("GET", path, &format!("{host}:{}", doorward.port), &[], "").as_bytes()).await.json()
}

#[tokio::test]
async fn meta02_the_issuer_is_the_same_whatever_the_host() {
    let doorward = Doorward::start().await;
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(on_host(&doorward, host, DOCUMENT).await["issuer"], doorward.url(""), "{host}");
    }
}

#[tokio::test]
async fn meta09_well_knowns_that_do_not_exist_are_json_404() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp/everything",
        "/.well-known/openid-configuration/oauth",
        "/oauth/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp/everything",
        "/.well-known/oauth-authorization-server/oauth",
        "/.well-known/oauth-protected-resource/mcp/other",
        "/.well-known/oauth-protected-resource/oauth",
        "/.well-known/jwks.json",
        "/mcp/everything/.well-known/openid-configuration",
        "/nothing",
    ] {
        let answer = doorward.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (404, Some("application/json")), "{path}");
    }
}

#[tokio::test]
async fn prm01_prm02_each_server_has_its_document_on_the_host_that_asked() {
    let doorward = Doorward::start().await;
    let path = "/.well-known/oauth-protected-resource/mcp/everything";
    for nothing_yet in [path, "/.well-known/oauth-protected-resource"] {
        assert_eq!(doorward.get(nothing_yet).await.status, 404, "{nothing_yet}: there is no server");
    }
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let document = on_host(&doorward, host, path).await;
        assert_eq!(document["resource"], format!("http://{host}:{}/mcp/everything", doorward.port));
        assert_eq!(document["authorization_servers"], serde_json::json!([doorward.url("")]));
    }
    assert_eq!(doorward.get("/.well-known/oauth-protected-resource").await.status, 200, "the only server");
    doorward.broker.add_server("second", "http://127.0.0.1:1/mcp").await.expect("added");
    assert_eq!(doorward.get("/.well-known/oauth-protected-resource").await.status, 404, "which one of two?");
}

/// The document as it is published now.
async fn published(doorward: &Doorward) -> serde_json::Value {
    doorward.get(DOCUMENT).await.json()
}

#[tokio::test]
async fn meta03_meta07_every_endpoint_that_is_named_is_here_and_answers() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    doorward.broker.add_resource_server("own", "http://127.0.0.1:1/own").await.expect("added");
    let document = published(&doorward).await;
    let endpoints: Vec<(&String, &str)> = document
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
        .map(|(name, value)| (name, value.as_str().expect("an address")))
        .collect();
    assert_eq!(endpoints.len(), 8, "{endpoints:?}");
    for (name, address) in endpoints {
        let path = address.strip_prefix(&doorward.url("")).unwrap_or_else(|| panic!("{name} is elsewhere: {address}"));
        assert!(path.starts_with("/oauth/") && !path.contains(['#', '?']), "{name}: {address}");
        assert_ne!(doorward.get(path).await.status, 404, "{name}");
    }
    assert_eq!(document["response_types_supported"], json!(["code"]));
    for absent in ["require_pushed_authorization_requests", "dpop_signing_alg_values_supported", "userinfo_endpoint"] {
        assert_eq!(document.get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn meta04_meta05_lists_whose_default_is_a_trap_are_written_out() {
    let document = published(&Doorward::start().await).await;
    let grants = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"];
    assert_eq!(document["grant_types_supported"], json!(grants), "the default would have the implicit grant");
    assert_eq!(document["response_modes_supported"], json!(["query"]));
    for endpoint in ["token", "revocation"] {
        let methods = &document[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert_eq!(methods, &json!(["none", "client_secret_basic", "client_secret_post"]), "{endpoint}");
    }
    let asking = &document["introspection_endpoint_auth_methods_supported"];
    assert_eq!(asking, &json!(["client_secret_basic", "client_secret_post"]));
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]), "and never plain");
}

#[tokio::test]
async fn meta06_what_can_be_switched_is_named_only_while_it_is_on() {
    let usual = published(&Doorward::start().await).await;
    assert_eq!(usual["authorization_response_iss_parameter_supported"], true);
    assert_eq!(usual.get("client_id_metadata_document_supported"), None);
    let doorward = Doorward::with(Habit::Waits, "policy = \"bifrost\"\nclient_id_metadata_documents = true\n").await;
    let without_servers = published(&doorward).await;
    assert_eq!(without_servers.get("registration_endpoint"), None);
    assert_eq!(without_servers["client_id_metadata_document_supported"], true);
    assert_eq!(doorward.post_json("/oauth/register", "{}").await.status, 404);
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    assert_eq!(published(&doorward).await["registration_endpoint"], doorward.url("/oauth/register"));
}

#[tokio::test]
async fn meta08_meta10_nothing_is_null_or_empty_and_scopes_are_few() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    for path in [DOCUMENT, "/.well-known/oauth-protected-resource/mcp/everything"] {
        let document = doorward.get(path).await.json();
        for (name, value) in document.as_object().expect("an object") {
            assert!(!value.is_null() && *value != json!([]) && *value != json!(""), "{path} {name}");
        }
        let scopes = document["scopes_supported"].as_array().expect("a list");
        assert!(scopes.len() == 1 && !scopes.contains(&json!("offline_access")), "{path}: {scopes:?}");
    }
}

#[tokio::test]
async fn meta11_no_well_known_address_redirects() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp/everything",
        "/.well-known/oauth-protected-resource/mcp/everything/",
        "/.well-known/openid-configuration",
    ] {
        let answer = doorward.get(path).await;
        assert!(matches!(answer.status, 200 | 404) && answer.header("location").is_none(), "{path}: {answer:?}");
    }
}
