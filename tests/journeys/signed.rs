//! Access tokens for servers that validate them themselves (RFC 9068).

use std::{process::Stdio, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_broker::secrets::{SecretError, SecretStore};
use doorward_tests::{
    doorward::{Doorward, any_file_contains},
    flow::{PING, REDIRECT, param, tokens_of},
    upstream::Upstream,
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

/// Where the server is that validates tokens itself. Nobody has to be there.
const OWN: &str = "http://127.0.0.1:1/own/mcp";
const METADATA: &str = "/.well-known/oauth-authorization-server";

async fn own() -> Doorward {
    let doorward = Doorward::start().await;
    doorward.broker.add_resource_server("own", OWN).await.expect("added");
    doorward
}

/// What the package `jose` says of each token, with nothing but the addresses that the metadata names.
async fn verified(doorward: &Doorward, audience: &str, tokens: &[&str]) -> Vec<Value> {
    let metadata = doorward.get(METADATA).await.json();
    let of = |member: &str| metadata[member].as_str().unwrap_or_else(|| panic!("no {member}: {metadata}")).to_owned();
    let mut node = tokio::process::Command::new("node")
        .args(["verify.mjs", &of("jwks_uri"), &of("issuer"), audience])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node runs");
    let mut input = node.stdin.take().expect("piped");
    input.write_all(format!("{}\n", tokens.join("\n")).as_bytes()).await.expect("sent");
    drop(input);
    let output = tokio::time::timeout(Duration::from_secs(60), node.wait_with_output()).await.expect("in time").expect("ends");
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The keys as the keyring has them, in clear.
fn private_keys(doorward: &Doorward) -> Option<Vec<String>> {
    let kept = doorward.keyring.get("signing-keys").expect("the keyring answers")?;
    let keys: Vec<Value> = serde_json::from_slice(&kept).expect("JSON");
    Some(keys.iter().map(|key| key["pkcs8"].as_str().expect("a key").to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn jwt_a_third_party_verifies_a_token_with_what_the_metadata_says() {
    let doorward = own().await;
    let tokens = doorward.tokens_for("x", OWN).await;
    let refreshed = tokens_of(&tokens.client, &doorward.refresh(&tokens).await);
    let said = verified(&doorward, OWN, &[&tokens.access, &refreshed.access]).await;
    let mut names = Vec::new();
    for said in &said {
        let header = &said["header"];
        assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("at+jwt"), Some("ES256")), "{said}");
        let claims = &said["payload"];
        assert_eq!(
            (claims["iss"].as_str(), claims["aud"].as_str(), claims["client_id"].as_str(), claims["scope"].as_str()),
            (Some(doorward.url("").as_str()), Some(OWN), Some(tokens.client.as_str()), Some("own:look"))
        );
        assert_eq!(claims["sub"], "urn:doorward:user", "x08: a person, and no client's id");
        assert_eq!(claims["exp"].as_i64().expect("seconds") - claims["iat"].as_i64().expect("seconds"), 900);
        names.push(claims["jti"].as_str().expect("a name"));
    }
    assert_eq!(said.len(), 2);
    assert_ne!(names[0], names[1], "each token has a name of its own");
}

/// A token with the same claims and another `typ`, signed with Doorward's own key.
#[derive(serde::Deserialize)]
struct Resigned {
    same: String,
    jwt: String,
    id_token: String,
    untyped: String,
}

async fn resigned(doorward: &Doorward, token: &str) -> Resigned {
    let key = private_keys(doorward).expect("a key").pop().expect("a key");
    let script = "import { createPrivateKey } from 'node:crypto';
        import { SignJWT, decodeJwt, decodeProtectedHeader } from 'jose';
        const [token, der] = process.argv.slice(1);
        const key = createPrivateKey({ key: Buffer.from(der, 'base64url'), format: 'der', type: 'pkcs8' });
        const { typ, ...header } = decodeProtectedHeader(token);
        const signed = (more) => new SignJWT(decodeJwt(token)).setProtectedHeader({ ...header, ...more }).sign(key);
        console.log(JSON.stringify({ same: await signed({ typ }), jwt: await signed({ typ: 'JWT' }),
            id_token: await signed({ typ: 'oauth-id-jag+jwt' }), untyped: await signed({}) }));";
    let output = tokio::process::Command::new("node")
        .args(["--input-type=module", "--eval", script, token, &key])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
        .output()
        .await
        .expect("node runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn jwt_forged_tokens_and_those_for_others_are_not_verified() {
    let doorward = own().await;
    doorward.broker.add_resource_server("second", "http://127.0.0.1:1/second").await.expect("added");
    let tokens = doorward.tokens_for("x", OWN).await;
    let second = doorward.tokens_for("y", "http://127.0.0.1:1/second").await;
    let parts: Vec<&str> = tokens.access.split('.').collect();
    let decode = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON");
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut claims = decode(parts[1]);
    claims["scope"] = json!("everything");
    let widened = format!("{}.{}.{}", parts[0], encode(&claims), parts[2]);
    let mut header = decode(parts[0]);
    header["alg"] = json!("none");
    let unsigned = format!("{}.{}.", encode(&header), parts[1]);
    // Whoever has the key could sign other things with it: those are no access tokens.
    let typed = resigned(&doorward, &tokens.access).await;
    let forged = [&widened, &unsigned, &second.access, &tokens.refresh].map(String::as_str);
    let others = [&typed.jwt, &typed.id_token, &typed.untyped].map(String::as_str);
    let said = verified(&doorward, OWN, &[&[tokens.access.as_str(), &typed.same], &forged[..], &others].concat()).await;
    assert_eq!(said.len(), 9);
    for verified in &said[..2] {
        assert!(verified.get("payload").is_some(), "{verified}");
    }
    for refused in &said[2..] {
        assert!(refused["error"].as_str().is_some_and(|code| code.starts_with("ERR_")), "{refused}");
    }
    for refused in &said[6..] {
        assert_eq!(refused["error"], "ERR_JWT_CLAIM_VALIDATION_FAILED", "its signature is right: {refused}");
    }
}

#[tokio::test]
async fn jwt_guarded_servers_keep_opaque_tokens_and_no_token_opens_the_other() {
    let upstream = Upstream::start().await;
    let doorward = Doorward::guarding(&upstream.url).await;
    doorward.broker.add_resource_server("own", OWN).await.expect("added");
    let (opaque, signed) = (doorward.tokens("x").await, doorward.tokens_for("y", OWN).await);
    assert!(opaque.access.starts_with("dwa_") && signed.access.split('.').count() == 3);
    assert!(opaque.refresh.starts_with("dwr_") && signed.refresh.starts_with("dwr_"), "refresh tokens are never signed");
    assert_eq!(doorward.call(&opaque.access, PING).await.status, 200);
    assert_eq!(doorward.call(&signed.access, PING).await.status, 401);
    let bearer = format!("Authorization: Bearer {}", signed.access);
    for target in ["/mcp/own", "/mcp/own/", "/.well-known/oauth-protected-resource/mcp/own"] {
        assert_eq!(doorward.send("GET", target, &[&bearer], "").await.status, 404, "{target}: it is not behind Doorward");
    }
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn jwt_the_resource_is_the_servers_own_address() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    doorward.broker.add_resource_server("own", OWN).await.expect("added");
    let client = doorward.register("x").await;
    let code = doorward.code_for(&client, "HTTP://127.0.0.1:1/own/mcp/").await;
    let other = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("code_verifier", doorward_tests::flow::VERIFIER),
        ("redirect_uri", REDIRECT),
        ("resource", &doorward.url("/mcp/everything")),
    ];
    assert_eq!(doorward.post_pairs("/oauth/token", &other).await.error(), "invalid_target");
    assert!(tokens_of(&client, &doorward.redeem(&client, &code).await).access.contains('.'));
    let challenge = doorward_tests::flow::challenge(doorward_tests::flow::VERIFIER);
    let at_doorward = doorward.url("/mcp/own");
    let pairs = doorward.ask_pairs(&client, &at_doorward, "s", &challenge);
    let refused = doorward.get(&format!("/oauth/authorize?{}", doorward_tests::flow::form(&pairs))).await;
    assert_eq!(param(refused.header("location").expect("a redirect"), "error").as_deref(), Some("invalid_target"));
}

#[tokio::test]
async fn jwt_keys_are_published_only_while_somebody_reads_them() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    doorward.tokens("x").await;
    assert_eq!(doorward.get(METADATA).await.json().get("jwks_uri"), None);
    assert_eq!(doorward.get("/oauth/jwks").await.status, 404);
    assert_eq!(private_keys(&doorward), None, "there are no keys nobody needs");
    doorward.broker.add_resource_server("own", OWN).await.expect("added");
    assert_eq!(doorward.get(METADATA).await.json()["jwks_uri"], doorward.url("/oauth/jwks"));
    let keys = doorward.get("/oauth/jwks").await;
    assert_eq!((keys.status, keys.header("content-type")), (200, Some("application/json")));
    let key = keys.json()["keys"][0].clone();
    let mut members: Vec<&String> = key.as_object().expect("an object").keys().collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"], "nothing private");
    assert_eq!(doorward.send("POST", "/oauth/jwks", &[], "").await.status, 405);
    doorward.broker.remove_server("own").await.expect("removed");
    assert_eq!(doorward.get(METADATA).await.json().get("jwks_uri"), None);
    assert_eq!(doorward.get("/oauth/jwks").await.status, 404);
}

#[tokio::test]
async fn jwt_the_keys_rest_in_the_keyring_and_nowhere_else() {
    let doorward = own().await;
    let tokens = doorward.tokens_for("x", OWN).await;
    let keys = private_keys(&doorward).expect("a key was made");
    assert_eq!(keys.len(), 1);
    let folder = doorward.folder.path().to_owned();
    assert!(any_file_contains(&folder, OWN.as_bytes()), "the search finds what is there");
    let clear = URL_SAFE_NO_PAD.decode(&keys[0]).expect("base64url");
    // The last 65 bytes of a PKCS#8 document are the public point; the 32 before its wrapping are the secret.
    let secret = &clear[36..68];
    let forms = [URL_SAFE_NO_PAD.encode(secret), secret.iter().map(|byte| format!("{byte:02x}")).collect()];
    for needle in forms.iter().map(String::as_bytes).chain([secret, clear.as_slice(), keys[0].as_bytes()]) {
        assert!(!any_file_contains(&folder, needle), "a key is in a file");
    }
    assert!(!any_file_contains(&folder, tokens.access.as_bytes()), "nor is a token");
    let published = doorward.get("/oauth/jwks").await.body;
    let (folder, keyring, port) = doorward.stop().await;
    let habit = doorward_tests::person::Habit::Waits;
    let again = Doorward::open(folder, keyring, port, habit).await.expect("starts");
    assert_eq!(again.get("/oauth/jwks").await.body, published, "and are found there at the next start");
}

#[tokio::test]
async fn jwt_without_the_keyring_nothing_is_signed() {
    let doorward = own().await;
    let client = doorward.register("x").await;
    let code = doorward.code_for(&client, OWN).await;
    doorward.keyring.fail_with(Some(SecretError::Locked { cause: "test".to_owned() }));
    let answer = doorward.redeem(&client, &code).await;
    assert_eq!((answer.status, answer.error().as_str()), (500, "server_error"));
    assert_eq!(doorward.get("/oauth/jwks").await.status, 500);
    doorward.keyring.fail_with(None);
    let tokens = tokens_of(&client, &doorward.redeem(&client, &code).await);
    assert!(tokens.access.contains('.'), "everything works once it is back, and the code was not spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn jwt_keys_rotate_and_tokens_of_the_key_before_stay_good() {
    let doorward = own().await;
    let day = |n: u64| Duration::from_secs(n * 24 * 60 * 60);
    let first = doorward.tokens_for("x", OWN).await;
    doorward.clock.advance(day(30) - Duration::from_secs(60));
    let before = tokens_of(&first.client, &doorward.refresh(&first).await);
    doorward.clock.advance(Duration::from_secs(120));
    let after = tokens_of(&first.client, &doorward.refresh(&before).await);
    let said = verified(&doorward, OWN, &[&before.access, &after.access]).await;
    assert_ne!(said[0]["header"]["kid"].as_str().expect("a key"), said[1]["header"]["kid"].as_str().expect("another key"), "{said:?}");
    let keys = doorward.get("/oauth/jwks").await.json()["keys"].clone();
    assert_eq!(keys.as_array().map(Vec::len), Some(2), "the one before is published for the tokens it signed");
    assert_eq!(keys[0]["kid"], said[1]["header"]["kid"], "the newest first");
    assert_eq!(private_keys(&doorward).expect("keys").len(), 2);
}
