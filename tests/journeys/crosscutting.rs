//! What holds at every endpoint (AZ-01, AZ-13, RT-05, RT-06, X-01 … X-07).

use std::time::Duration;

use doorward_tests::{
    caller::BROWSER,
    doorward::Doorward,
    endpoints::DEVICE_CODE,
    flow::{PING, REDIRECT, VERIFIER, challenge, form, param, tokens_of},
    person::Habit,
    upstream::Upstream,
};
use serde_json::json;

async fn guarding() -> (Doorward, Upstream) {
    let upstream = Upstream::start().await;
    (Doorward::guarding(&upstream.url).await, upstream)
}

#[tokio::test]
async fn az01_d1_c4_a_request_comes_by_get_or_post_and_never_from_a_page() {
    let (doorward, _upstream) = guarding().await;
    let client = doorward.register("x").await;
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    let pairs = doorward.ask_pairs(&client, &resource, "s", &challenge);
    for path in ["/oauth/authorize", "/authorize"] {
        let posted = doorward.post_pairs(path, &pairs).await;
        assert!(posted.header("location").is_some_and(|to| to.starts_with("/oauth/authorize/wait/")), "{path}: {posted:?}");
        let got = doorward.get(&format!("{path}?{}", form(&pairs))).await;
        assert_eq!(got.status, 303, "{path}");
        for method in ["HEAD", "PUT", "DELETE"] {
            assert_eq!(doorward.send(method, &format!("{path}?{}", form(&pairs)), &[], "").await.status, 405, "{method} {path}");
        }
        assert_eq!(doorward.post_json(path, "{}").await.status, 400, "only a form is posted");
        for (method, origin) in [("GET", "https://evil.test"), ("POST", "null"), ("OPTIONS", "https://evil.test")] {
            let headers = [&format!("Origin: {origin}")[..], "Access-Control-Request-Method: POST"];
            let answer = doorward.send(method, &format!("{path}?{}", form(&pairs)), &headers, "").await;
            assert_eq!(answer.status, 403, "{method} {path}");
            assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{answer:?}");
        }
        assert!(!got.headers.iter().chain(&posted.headers).any(|(name, _)| name.starts_with("access-control-")));
    }
}

#[tokio::test]
async fn az05_without_a_redirect_the_only_registered_one_is_meant() {
    let (doorward, _upstream) = guarding().await;
    let two = json!({ "redirect_uris": [REDIRECT, "http://127.0.0.1:51000/other"] });
    let clients = [doorward.register("one").await, doorward.registered(&two).await["client_id"].as_str().expect("an id").to_owned()];
    for (client, status) in clients.iter().zip([303, 400]) {
        let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
        let mut pairs = doorward.ask_pairs(client, &resource, "s", &challenge);
        pairs.retain(|(name, _)| *name != "redirect_uri");
        assert_eq!(doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await.status, status);
    }
}

#[tokio::test]
async fn az07_az08_az10_what_is_not_there_is_refused_by_redirect_and_scopes_are_narrowed() {
    let (doorward, _upstream) = guarding().await;
    let client = doorward.register("x").await;
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    for (name, value, error) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "code token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "a\"b", "invalid_scope"),
        ("request", "x", "request_not_supported"),
        ("request_uri", "https://client.example/request", "request_uri_not_supported"),
    ] {
        let mut pairs = doorward.ask_pairs(&client, &resource, "s", &challenge);
        pairs.retain(|(n, _)| *n != name);
        pairs.push((name, value));
        let answer = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await;
        let to = answer.header("location").unwrap_or_else(|| panic!("no redirect: {answer:?}"));
        assert_eq!(param(to, "error").as_deref(), Some(error), "{name}={value}");
    }
    for scope in ["", "mcp", "openid profile", "everything offline_access"] {
        let mut pairs = doorward.ask_pairs(&client, &resource, scope, &challenge);
        pairs.push(("scope", scope));
        pairs.push(("unknown", "ignored"));
        let ticket = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await.header("location").expect("a ticket").to_owned();
        let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
        let tokens = doorward.redeem(&client, &param(&to, "code").expect("a code")).await;
        let granted = if scope.starts_with("everything") { "everything" } else { "everything:look" };
        assert_eq!(tokens.json()["scope"], granted, "{scope}: the answer says what was granted");
    }
}

#[tokio::test]
async fn az13_tk05_sec_r2_a_code_is_256_bits_for_a_minute_and_for_what_was_asked() {
    let (doorward, _upstream) = guarding().await;
    doorward.broker.add_server("other", "http://127.0.0.1:1/mcp").await.expect("added");
    let client = doorward.register("x").await;
    let codes = [doorward.code(&client).await, doorward.code(&client).await];
    assert_ne!(codes[0], codes[1]);
    assert!(codes.iter().all(|code| code.strip_prefix("dwc_").is_some_and(|body| body.len() == 43)), "{codes:?}");
    let redeem = async |code: &str, name: &str, value: &str| {
        let mut pairs =
            vec![("grant_type", "authorization_code"), ("client_id", client.as_str()), ("code", code), ("code_verifier", VERIFIER)];
        pairs.retain(|(n, _)| *n != name);
        pairs.push((name, value));
        doorward.post_pairs("/oauth/token", &pairs).await
    };
    let other = doorward.url("/mcp/other");
    for (name, value, error) in [
        ("code_verifier", "another-verifier-of-more-than-forty-three-characters", "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1:51001/callback", "invalid_grant"),
        ("resource", other.as_str(), "invalid_target"),
        ("code", "dwc_x", "invalid_grant"),
    ] {
        assert_eq!(redeem(&codes[0], name, value).await.error(), error, "{name}");
    }
    doorward.clock.advance(Duration::from_secs(57));
    assert_eq!(redeem(&codes[0], "scope", "everything").await.status, 200, "OAuth 2.1 clients leave redirect_uri out");
    doorward.clock.advance(Duration::from_secs(3));
    assert_eq!(redeem(&codes[1], "scope", "everything").await.error(), "invalid_grant", "after a minute");
}

#[tokio::test]
async fn az15_every_page_is_bare_and_cannot_be_framed() {
    let (doorward, _upstream) = guarding().await;
    doorward.person.from_now_on(Habit::Waits);
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    let mut seen = 0;
    for (target, status) in
        [(ticket.as_str(), 200), ("/oauth/authorize?client_id=gone", 400), ("/oauth/authorize/wait/x", 410), ("/oauth/device", 200)]
    {
        let headers: &[&str] = if target == "/oauth/device" { &[] } else { &BROWSER };
        let page = doorward.send("GET", target, headers, "").await;
        assert_eq!(page.status, status, "{target}");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("script"),
            "{policy}"
        );
        assert_eq!((page.header("x-frame-options"), page.header("cross-origin-opener-policy")), (Some("DENY"), Some("same-origin")));
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
        for forbidden in ["<script", "<form", "<button", "<img", "<a ", "onclick"] {
            assert!(!page.body.contains(forbidden), "{target} has {forbidden}");
        }
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[tokio::test]
async fn tk06_tk09_the_verifier_and_the_resource_are_those_of_the_request() {
    let (doorward, _upstream) = guarding().await;
    let client = doorward.register("x").await;
    let resource = doorward.url("/mcp/everything");
    let odd = "~.-_aAzZ09~.-_aAzZ09~.-_aAzZ09~.-_aAzZ09~.-";
    let own = challenge(odd);
    let ticket = doorward.get(&format!("/oauth/authorize?{}", form(&doorward.ask_pairs(&client, &resource, "s", &own)))).await;
    let to = doorward.get(ticket.header("location").expect("a ticket")).await.header("location").expect("a redirect").to_owned();
    let code = param(&to, "code").expect("a code");
    let redeem = async |more: &[(&str, &str)]| {
        let pairs = [&[("grant_type", "authorization_code"), ("client_id", client.as_str()), ("code", code.as_str())], more].concat();
        doorward.post_pairs("/oauth/token", &pairs).await
    };
    assert_eq!(redeem(&[]).await.error(), "invalid_request", "no verifier");
    for verifier in ["short", &"a".repeat(129), &"a ".repeat(30), VERIFIER] {
        assert_eq!(redeem(&[("code_verifier", verifier)]).await.error(), "invalid_grant", "{verifier}");
    }
    let verifier = ("code_verifier", odd);
    for resource in ["http://127.0.0.1:1/mcp", "everything"] {
        assert_eq!(redeem(&[verifier, ("resource", resource)]).await.error(), "invalid_target", "{resource}");
    }
    let localhost = resource.replace("127.0.0.1", "localhost");
    assert_eq!(redeem(&[verifier, ("resource", &localhost)]).await.status, 200, "another name of the same server");
}

#[tokio::test]
async fn rt05_a_grant_ends_after_ninety_days_without_use_and_use_lets_it_live() {
    let (doorward, _upstream) = guarding().await;
    let day = |n: u64| Duration::from_secs(n * 24 * 60 * 60);
    let mut tokens = doorward.tokens("x").await;
    for _ in 0..3 {
        doorward.clock.advance(day(89));
        tokens = tokens_of(&tokens.client, &doorward.refresh(&tokens).await);
    }
    doorward.clock.advance(day(90));
    assert_eq!(doorward.refresh(&tokens).await.error(), "invalid_grant");
    assert!(doorward.broker.apps().await.expect("apps").is_empty());
}

#[tokio::test]
async fn rt06_x06_a_person_sees_who_has_access_and_takes_it_back() {
    let (doorward, _upstream) = guarding().await;
    let (tokens, other) = (doorward.tokens("x").await, doorward.tokens("y").await);
    let apps = doorward.broker.apps().await.expect("apps");
    assert_eq!(apps.len(), 2);
    let app = apps.iter().find(|app| app.name.as_deref() == Some("x")).expect("listed");
    assert_eq!((app.grants[0].server.as_str(), app.grants.len(), app.registrations), ("everything", 1, 1));
    assert!(app.grants[0].ends_at > app.grants[0].allowed_at);
    doorward.broker.disconnect(&app.id, None).await.expect("disconnected");
    let answer = doorward.refresh(&tokens).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
    assert_eq!(doorward.call(&other.access, PING).await.status, 200);
}

#[tokio::test]
async fn x01_there_is_no_implicit_and_no_password_grant() {
    let (doorward, _upstream) = guarding().await;
    let client = doorward.register("x").await;
    for grant in
        ["password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:openid:params:grant-type:ciba"]
    {
        let pairs = [("grant_type", grant), ("client_id", &client), ("username", "u"), ("password", "p"), ("scope", "everything")];
        let answer = doorward.post_pairs("/oauth/token", &pairs).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "unsupported_grant_type"), "{grant}");
    }
    let metadata = json!({ "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", "implicit", "password"] });
    assert_eq!(doorward.registered(&metadata).await["grant_types"], json!(["authorization_code"]));
    let unregistered = [("grant_type", DEVICE_CODE), ("client_id", client.as_str()), ("device_code", "x")];
    assert_eq!(doorward.post_pairs("/oauth/token", &unregistered).await.error(), "unauthorized_client");
}

#[tokio::test]
async fn x02_sec_d5_tokens_open_their_own_server_and_nothing_else() {
    let upstream = Upstream::start().await;
    let doorward = Doorward::start().await;
    let names = ["a", "b", "c", "d"];
    let mut tokens = Vec::new();
    for name in names {
        doorward.broker.add_server(name, &upstream.url).await.expect("added");
    }
    for name in names {
        tokens.push(doorward.tokens_for(name, &doorward.url(&format!("/mcp/{name}"))).await);
    }
    for (of, tokens) in names.iter().zip(&tokens) {
        for at in names {
            let bearer = format!("Authorization: Bearer {}", tokens.access);
            let status = doorward.send("POST", &format!("/mcp/{at}"), &[&bearer], PING).await.status;
            assert_eq!(status, if *of == at { 200 } else { 401 }, "{of} at {at}");
        }
    }
    assert_eq!(upstream.seen().len(), names.len());
}

#[tokio::test]
async fn x04_every_redirect_is_303() {
    let (doorward, _upstream) = guarding().await;
    let client = doorward.register("x").await;
    let mut answers = vec![doorward.get(&doorward.ask_target(&client)).await];
    let ticket = answers[0].header("location").expect("a ticket").to_owned();
    answers.push(doorward.get(&ticket).await);
    answers.push(doorward.get(&format!("{}&prompt=none", doorward.ask_target(&client))).await);
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    answers.push(doorward.post_pairs("/oauth/authorize", &doorward.ask_pairs(&client, &resource, "posted", &challenge)).await);
    doorward.person.from_now_on(Habit::Denies);
    answers.push(doorward.get(&doorward.ticket(&client).await).await);
    for answer in answers {
        assert_eq!((answer.status, answer.header("location").is_some()), (303, true), "{answer:?}");
        assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
    }
}

#[tokio::test]
async fn x05_hostile_parameters_come_back_encoded_or_not_at_all() {
    let (doorward, _upstream) = guarding().await;
    let client = doorward.register("x").await;
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    for state in ["\r\nSet-Cookie: a=b", "<script>alert(1)</script>", "&code=evil#frag", "\u{0}\u{7f}\u{202e}", "%0d%0a", "日本語 +/=?"]
    {
        let ask = doorward.get(&format!("/oauth/authorize?{}", form(&doorward.ask_pairs(&client, &resource, state, &challenge)))).await;
        let to = doorward.get(ask.header("location").expect("a ticket")).await;
        assert_eq!(to.header("set-cookie"), None, "{state:?}");
        let location = to.header("location").expect("a redirect");
        assert!(location.is_ascii() && !location.contains(['<', '"', '#', ' ']), "{location}");
        assert_eq!((param(location, "state").as_deref(), location.matches("code=").count()), (Some(state), 1), "byte for byte");
    }
    for hostile in
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "\r\nLocation: http://evil.test/"]
    {
        for name in ["client_id", "redirect_uri", "request_uri"] {
            let mut pairs = doorward.ask_pairs(&client, &resource, "s", &challenge);
            pairs.retain(|(n, _)| *n != name);
            pairs.push((name, hostile));
            let answer = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await;
            assert!(!answer.body.contains(hostile) && !answer.body.contains("onerror"), "{name}: nothing is reflected");
            assert!(answer.header("location").is_none_or(|to| to.starts_with(REDIRECT)), "{name}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn x07_the_question_says_who_for_what_and_who_registered() {
    let (doorward, _upstream) = guarding().await;
    let client = doorward.register("Claude Code").await;
    doorward.ask(&client).await;
    let text = doorward.person.shown()[0].text();
    let me = format!("({})", std::process::id());
    for line in [
        "\u{201c}Claude Code\u{201d} wants to use everything",
        "May               Look (1): look",
        "May               its prompts, its resources",
        "Answer goes to    127.0.0.1:51000",
        "until you take it back; it ends after 90 days without use",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let registered = text.lines().find(|line| line.trim_start().starts_with("Registered by")).expect("a line");
    assert!(registered.contains(&me), "{registered}");
}
