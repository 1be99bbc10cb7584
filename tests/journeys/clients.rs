//! Clients as they are: what each was seen to send (`clients.json`), from its registration to a call with a refreshed token.

use std::collections::BTreeMap;

use doorward_tests::{
    caller::BROWSER,
    client::in_header,
    doorward::{Doorward, GENEROUS},
    flow::{PING, challenge, form, param},
    free_port,
    http::{Answer, raw, request},
    person::Habit,
    upstream::Upstream,
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// `PORT` in it is a port that the client picks anew each time.
const TABLE: &str = include_str!("clients.json");

const FORM: &str = "application/x-www-form-urlencoded";

/// One client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    client: String,
    /// Which version it was.
    seen: String,
    /// The body of its registration.
    registers: Map<String, Value>,
    /// What the answer says otherwise than the body; `null`: nothing.
    #[serde(default)]
    answer: Map<String, Value>,
    /// The error that answers its registration, and its end.
    refused: Option<String>,
    /// Where it wants its answer.
    redirect: String,
    /// More parameters of its request.
    #[serde(default)]
    asks: BTreeMap<String, String>,
    #[serde(default = "usual_state")]
    state: String,
    #[serde(default = "usual_verifier")]
    verifier: String,
    /// How it writes the server's address; `DOORWARD` in it is Doorward's port.
    #[serde(default = "usual_resource")]
    resource: String,
    /// It is a page of this origin, and what its browser lets it do is asked before.
    origin: Option<String>,
    /// It fetches the address of the request itself, before it opens a browser there.
    #[serde(default)]
    fetches_first: bool,
    #[serde(default = "usual_content_type")]
    content_type: String,
    /// Where it puts its secret, if it has one.
    secret: Option<String>,
    /// What it does not say at the token endpoint.
    #[serde(default)]
    leaves_out: Vec<String>,
}

fn usual_state() -> String {
    "pK3_j-x9.~".to_owned()
}

fn usual_verifier() -> String {
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned()
}

fn usual_resource() -> String {
    "http://127.0.0.1:DOORWARD/mcp/everything".to_owned()
}

fn usual_content_type() -> String {
    FORM.to_owned()
}

/// What was recorded of a client, and who listens for its answer, if that is a program that picked a port.
async fn recorded(client: &str) -> (Recorded, Option<TcpListener>) {
    let port = free_port();
    let table: Vec<Recorded> = serde_json::from_str(&TABLE.replace("PORT", &port.to_string())).expect("a table");
    let row = table.into_iter().find(|row| row.client == client).unwrap_or_else(|| panic!("nothing is recorded of {client}"));
    let host = if row.redirect.contains("[::1]") { "[::1]" } else { "127.0.0.1" };
    let listener = match row.redirect.contains(&format!(":{port}/")) {
        true => Some(TcpListener::bind(format!("{host}:{port}")).await.expect("a port")),
        false => None,
    };
    (row, listener)
}

impl Recorded {
    /// Sends a request as it does.
    async fn send(&self, doorward: &Doorward, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        let Some(origin) = &self.origin else { return doorward.send(method, target, headers, body).await };
        let line = format!("Origin: {origin}");
        let page = [&line, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: cross-site"];
        let names: Vec<&str> = headers.iter().filter_map(|header| Some(header.split_once(':')?.0)).collect();
        let asks = [format!("Access-Control-Request-Method: {method}"), format!("Access-Control-Request-Headers: {}", names.join(","))];
        let before = doorward.send("OPTIONS", target, &[&page[..], &[&asks[0], &asks[1]]].concat(), "").await;
        assert_eq!((before.status, before.header("access-control-allow-origin")), (204, Some(origin.as_str())), "{target}");
        let allowed = before.header("access-control-allow-headers").unwrap_or_default().to_owned();
        let refused = names.iter().find(|name| !allowed.split(", ").any(|allowed| allowed.eq_ignore_ascii_case(name)));
        assert_eq!(refused, None, "{target}: {allowed}");
        let answer = doorward.send(method, target, &[&page[..], headers].concat(), body).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin.as_str()), "{target}: the page reads it");
        answer
    }

    /// The address that it opens in a browser.
    fn question(&self, doorward: &Doorward, id: &str) -> String {
        let (challenge, resource) = (challenge(&self.verifier), self.resource(doorward));
        let mut pairs: Vec<(&str, &str)> = self.asks.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([
            ("code_challenge_method", "S256"),
            ("code_challenge", challenge.as_str()),
            ("redirect_uri", &self.redirect),
            ("resource", &resource),
            ("state", &self.state),
            ("client_id", id),
            ("response_type", "code"),
        ]);
        format!("/oauth/authorize?{}", form(&pairs))
    }

    fn resource(&self, doorward: &Doorward) -> String {
        self.resource.replace("DOORWARD", &doorward.port.to_string())
    }

    /// Posts to the token endpoint.
    async fn exchange(&self, doorward: &Doorward, registered: &Value, pairs: &[(&str, &str)]) -> Answer {
        let text = |member: &str| registered[member].as_str().unwrap_or_default().to_owned();
        let (id, secret, resource) = (text("client_id"), text("client_secret"), self.resource(doorward));
        let mut pairs = pairs.to_vec();
        pairs.push(("resource", &resource));
        pairs.retain(|(name, _)| !self.leaves_out.iter().any(|left| left == name));
        let content_type = format!("Content-Type: {}", self.content_type);
        let mut headers = vec![content_type.as_str()];
        let proof = in_header(&id, &secret);
        match self.secret.as_deref() {
            Some("header") => headers.push(&proof),
            Some(_) => pairs.extend([("client_id", id.as_str()), ("client_secret", &secret)]),
            None => pairs.push(("client_id", &id)),
        }
        self.send(doorward, "POST", "/oauth/token", &headers, &form(&pairs)).await
    }
}

/// Goes where a browser goes until it leaves Doorward, and gives where that is.
async fn browse(doorward: &Doorward, first: &str) -> String {
    let mut next = first.to_owned();
    for _ in 0..10 {
        let answer = doorward.send("GET", &next, &BROWSER, "").await;
        next = match answer.header("location") {
            Some(to) if to.starts_with('/') => to.to_owned(),
            Some(to) => return to.to_owned(),
            None => {
                answer.body.split("url=").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("{answer:?}")).to_owned()
            }
        };
    }
    panic!("the browser goes in circles: {next}");
}

/// Lets a browser go to where a client listens, and gives the path that came there.
async fn delivered(listener: &TcpListener, to: &str) -> String {
    let at = listener.local_addr().expect("bound");
    let path = to.splitn(4, '/').last().expect("a path");
    let browser = async { raw(at, request("GET", &format!("/{path}"), &at.to_string(), &BROWSER, "").as_bytes()).await };
    let client = async {
        let (mut stream, _) = listener.accept().await.expect("a browser");
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            assert!(stream.read_buf(&mut read).await.expect("reads") > 0, "the browser left");
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nYou may close this tab.").await.expect("sent");
        String::from_utf8(read).expect("text").split(' ').nth(1).expect("a path").to_owned()
    };
    tokio::join!(browser, client).1
}

/// The members of an answer to a registration: as sent, but for what the table says.
fn expected(row: &Recorded) -> Map<String, Value> {
    let mut members = row.registers.clone();
    members.extend(row.answer.clone());
    members
}

/// The whole way of a client, or as far as it is let.
async fn comes_in(client: &str) {
    let (row, listener) = recorded(client).await;
    let upstream = Upstream::start().await;
    let origins = row.origin.iter().map(|origin| format!("allowed_origins = [\"{origin}\"]\n")).collect::<String>();
    let doorward = Doorward::with(Habit::Allows, &(origins + GENEROUS)).await;
    doorward.broker.add_server("everything", &upstream.url).await.expect("added");

    let body = Value::Object(row.registers.clone()).to_string();
    let answer = row.send(&doorward, "POST", "/oauth/register", &["Content-Type: application/json"], &body).await;
    if let Some(error) = &row.refused {
        assert_eq!((answer.status, &answer.error()), (400, error), "{}", row.seen);
        assert!(doorward.person.shown().is_empty(), "nobody is asked");
        return;
    }
    assert_eq!(answer.status, 201, "{}: {answer:?}", row.seen);
    let registered = answer.json();
    for (member, value) in &expected(&row) {
        assert_eq!(registered.get(member).unwrap_or(&Value::Null), value, "{}: {member}", row.seen);
    }
    let members = registered.as_object().expect("an object");
    assert!(members.values().all(|value| !value.is_null() && value != ""), "nothing null, nothing empty: {registered}");
    assert_eq!(members.contains_key("client_secret"), row.secret.is_some(), "a secret is for those who asked: {registered}");

    let question = row.question(&doorward, registered["client_id"].as_str().expect("an id"));
    if row.fetches_first {
        let fetched = doorward.get(&question).await;
        assert_eq!(fetched.status, 303, "at once");
    }
    let to = browse(&doorward, &question).await;
    assert!(to.starts_with(&format!("{}?code=", row.redirect)), "{}: {to}", row.seen);
    let came = match &listener {
        Some(listener) => delivered(listener, &to).await,
        None => to,
    };
    let sent_back = came.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state");
    assert_eq!(percent_decode_str(sent_back).decode_utf8_lossy(), row.state, "{}", row.seen);
    assert_eq!(param(&came, "iss"), Some(doorward.url("")));
    let shown = doorward.person.shown();
    assert_eq!(shown.len(), 1, "one question");
    assert_eq!(shown[0].client_name.as_deref(), row.registers.get("client_name").and_then(Value::as_str));

    let code = param(&came, "code").expect("a code");
    let redeem =
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", &row.verifier), ("redirect_uri", &row.redirect)];
    let tokens = row.exchange(&doorward, &registered, &redeem).await;
    assert_eq!((tokens.status, tokens.header("cache-control")), (200, Some("no-store")), "{}: {tokens:?}", row.seen);
    let mut tokens = tokens.json();
    assert_eq!((tokens["scope"].as_str(), tokens["expires_in"].as_u64()), (Some("everything:look"), Some(900)), "{}", row.seen);
    if registered["grant_types"].as_array().is_some_and(|grants| grants.iter().any(|grant| grant == "refresh_token")) {
        let refresh = tokens["refresh_token"].as_str().expect("a refresh token").to_owned();
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let refreshed = row.exchange(&doorward, &registered, &pairs).await;
        assert_eq!(refreshed.status, 200, "{}: {refreshed:?}", row.seen);
        tokens = refreshed.json();
    } else {
        assert_eq!(tokens.get("refresh_token"), None, "it did not register for any");
    }
    let bearer = format!("Authorization: Bearer {}", tokens["access_token"].as_str().expect("a token"));
    let called = row.send(&doorward, "POST", "/mcp/everything", &["Content-Type: application/json", &bearer], PING).await;
    assert_eq!((called.status, called.body.as_str()), (200, PING), "{}: the server answers", row.seen);
}

#[tokio::test]
async fn client_claude_code_comes_in() {
    comes_in("claude_code").await;
}

#[tokio::test]
async fn client_claude_code_where_offline_access_is_advertised_comes_in() {
    comes_in("claude_code_where_offline_access_is_advertised").await;
}

#[tokio::test]
async fn client_codex_comes_in() {
    comes_in("codex").await;
}

#[tokio::test]
async fn client_copilot_comes_in() {
    comes_in("copilot").await;
}

#[tokio::test]
async fn client_copilot_at_a_second_login_comes_in() {
    comes_in("copilot_at_a_second_login").await;
}

#[tokio::test]
async fn client_opencode_comes_in() {
    comes_in("opencode").await;
}

#[tokio::test]
async fn client_gemini_comes_in() {
    comes_in("gemini").await;
}

#[tokio::test]
async fn client_gemini_with_a_broken_registration_is_refused_and_asks_nobody() {
    comes_in("gemini_with_a_broken_registration").await;
}

#[tokio::test]
async fn client_qwen_comes_in() {
    comes_in("qwen").await;
}

#[tokio::test]
async fn client_goose_comes_in() {
    comes_in("goose").await;
}

#[tokio::test]
async fn client_cline_comes_in() {
    comes_in("cline").await;
}

#[tokio::test]
async fn client_mcp_remote_comes_in() {
    comes_in("mcp_remote").await;
}

#[tokio::test]
async fn client_mcporter_comes_in() {
    comes_in("mcporter").await;
}

#[tokio::test]
async fn client_inspector_2_comes_in() {
    comes_in("inspector_2").await;
}

#[tokio::test]
async fn client_inspector_0_in_a_browser_comes_in() {
    comes_in("inspector_0_in_a_browser").await;
}

#[tokio::test]
async fn client_typescript_sdk_v1_comes_in() {
    comes_in("typescript_sdk_v1").await;
}

#[tokio::test]
async fn client_typescript_sdk_v2_comes_in() {
    comes_in("typescript_sdk_v2").await;
}

#[tokio::test]
async fn client_python_sdk_comes_in() {
    comes_in("python_sdk").await;
}

#[tokio::test]
async fn client_fastmcp_comes_in() {
    comes_in("fastmcp").await;
}

#[tokio::test]
async fn client_rust_sdk_comes_in() {
    comes_in("rust_sdk").await;
}

#[tokio::test]
async fn client_oauth4webapi_comes_in() {
    comes_in("oauth4webapi").await;
}

#[tokio::test]
async fn client_openid_client_comes_in() {
    comes_in("openid_client").await;
}

#[tokio::test]
async fn client_authlib_comes_in() {
    comes_in("authlib").await;
}

#[tokio::test]
async fn client_oauth2_crate_comes_in() {
    comes_in("oauth2_crate").await;
}

#[tokio::test]
async fn client_cursor_comes_in() {
    comes_in("cursor").await;
}

#[tokio::test]
async fn client_cursor_through_its_own_link_comes_in() {
    comes_in("cursor_through_its_own_link").await;
}

#[tokio::test]
async fn client_vscode_on_another_port_than_it_registered_comes_in() {
    comes_in("vscode_on_another_port_than_it_registered").await;
}

#[tokio::test]
async fn client_vscode_on_the_web_comes_in() {
    comes_in("vscode_on_the_web").await;
}

#[tokio::test]
async fn client_mcp_use_with_a_logo_comes_in() {
    comes_in("mcp_use_with_a_logo").await;
}

#[tokio::test]
async fn client_one_that_writes_a_slash_behind_the_resource_comes_in() {
    comes_in("one_that_writes_a_slash_behind_the_resource").await;
}

#[test]
fn every_recorded_client_has_its_journey() {
    let table: Vec<Recorded> = serde_json::from_str(TABLE).expect("a table");
    let tests = include_str!("clients.rs");
    let without: Vec<&str> =
        table.iter().map(|row| row.client.as_str()).filter(|client| !tests.contains(&format!("comes_in(\"{client}\")"))).collect();
    assert!(without.is_empty(), "{without:?}");
    let document = include_str!("../../docs/protocol.md");
    let is_journey = |word: &&str| word.starts_with("client_") && word.ends_with("_comes_in") && !word.contains("NAME");
    let named: Vec<&str> = document.split('`').skip(1).step_by(2).filter(is_journey).collect();
    let gone = named.iter().find(|name| !tests.contains(&format!("fn {name}()")));
    assert!(named.len() > 20 && gone.is_none(), "docs/protocol.md names {gone:?}");
}
