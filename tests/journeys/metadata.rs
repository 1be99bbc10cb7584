//! What is published (RFC 8414, RFC 9728).

use doorward_tests::{doorward::Doorward, http};

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

#[tokio::test]
async fn meta02_the_issuer_is_the_same_whatever_the_host() {
    let doorward = Doorward::start().await;
    for host in ["localhost", "127.0.0.1"] {
        let request = http::request("GET", "/.well-known/oauth-authorization-server", &format!("{host}:{}", doorward.port), &[], "");
        assert_eq!(http::raw(doorward.address(), request.as_bytes()).await.json()["issuer"], doorward.url(""));
    }
}

#[tokio::test]
async fn meta09_well_knowns_that_do_not_exist_are_json_404() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp/everything",
        "/.well-known/oauth-protected-resource/mcp/other",
        "/mcp/everything/.well-known/openid-configuration",
        "/nothing",
    ] {
        let answer = doorward.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (404, Some("application/json")), "{path}");
    }
}

#[tokio::test]
async fn prm01_prm02_each_server_has_its_document_on_the_host_that_asked() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    let path = "/.well-known/oauth-protected-resource/mcp/everything";
    for host in ["localhost", "127.0.0.1"] {
        let request = http::request("GET", path, &format!("{host}:{}", doorward.port), &[], "");
        let document = http::raw(doorward.address(), request.as_bytes()).await.json();
        assert_eq!(document["resource"], format!("http://{host}:{}/mcp/everything", doorward.port));
        assert_eq!(document["authorization_servers"], serde_json::json!([doorward.url("")]));
    }
    assert_eq!(doorward.get("/.well-known/oauth-protected-resource").await.status, 200, "the only server");
    doorward.broker.add_server("second", "http://127.0.0.1:1/mcp").await.expect("added");
    assert_eq!(doorward.get("/.well-known/oauth-protected-resource").await.status, 404, "which one of two?");
}
