//! FinRadar: `/oauth/register` (S0) and `/oauth/authorize` (S3).

use std::process::Command;

use doorward_tests::{
    client::{Client, Secret},
    doorward::{Doorward, GENEROUS},
    flow::{REDIRECT, form, param},
    person::Habit,
};
use serde_json::{Value, json};

use super::{MANAGEMENT, YES, advertised, members, names, refused, register, registered, under};

/// The parameters of the page, with its example values.
fn documented() -> Value {
    json!({
        "redirect_uris": ["http://127.0.0.1:51000/callback"],
        "client_name": "Cursor",
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "none"
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut body = documented();
    body[member] = value;
    body
}

fn without(member: &str) -> Value {
    let mut body = documented();
    body.as_object_mut().expect("an object").remove(member);
    body
}

#[tokio::test]
async fn s0_1_the_endpoint_is_open_and_advertised() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        assert_eq!(advertised(&doorward).await["registration_endpoint"], doorward.url("/oauth/register"), "{policy}");
        registered(&doorward, &documented()).await;
        // The page's own example sends a token, which nobody asks for.
        let with_token = ["Content-Type: application/json", "Authorization: Bearer YOUR_JWT_TOKEN"];
        let answer = doorward.send("POST", "/oauth/register", &with_token, &documented().to_string()).await;
        assert_eq!(answer.status, 201, "{policy}");
    }
}

#[tokio::test]
async fn s0_2_clients_are_public_whatever_they_ask_for() {
    let (finradar, default) = (under("finradar").await, under("doorward").await);
    assert_eq!(advertised(&finradar).await["token_endpoint_auth_methods_supported"], json!(["none"]));
    for method in ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] {
        let answer = registered(&finradar, &with("token_endpoint_auth_method", json!(method))).await;
        assert_eq!((&answer["token_endpoint_auth_method"], answer.get("client_secret")), (&json!("none"), None), "{method}");
    }
    for doorward in [&finradar, &default] {
        let answer = registered(doorward, &without("token_endpoint_auth_method")).await;
        assert_eq!((&answer["token_endpoint_auth_method"], answer.get("client_secret")), (&json!("none"), None));
    }
    for method in ["client_secret_basic", "client_secret_post"] {
        let answer = registered(&default, &with("token_endpoint_auth_method", json!(method))).await;
        assert_eq!(answer["token_endpoint_auth_method"], method);
        assert!(answer["client_secret"].as_str().is_some_and(|secret| secret.starts_with("dws_")), "{answer}");
    }
}

#[tokio::test]
async fn s0_3_the_scope_is_mcp() {
    let (finradar, default) = (under("finradar").await, under("doorward").await);
    for (asked, by_default) in [
        (None, "mcp"),
        (Some("mcp"), "mcp"),
        (Some("everything admin"), "everything"),
        (Some("openid email profile"), "mcp"),
        (Some(""), "mcp"),
    ] {
        let body = asked.map_or_else(documented, |asked| with("scope", json!(asked)));
        assert_eq!(registered(&finradar, &body).await["scope"], "mcp", "{asked:?}");
        assert_eq!(registered(&default, &body).await["scope"], by_default, "{asked:?}");
    }
    assert_eq!(advertised(&finradar).await["scopes_supported"], json!(["mcp"]));
}

#[tokio::test]
async fn s0_4_grant_and_response_types_are_filtered_and_the_code_grant_is_required() {
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        let answer = registered(&doorward, &without("grant_types")).await;
        assert_eq!(answer["grant_types"], json!(["authorization_code", "refresh_token"]), "{policy}");
        let answer = registered(&doorward, &documented()).await;
        assert_eq!((&answer["grant_types"], &answer["response_types"]), (&json!(["authorization_code"]), &json!(["code"])), "{policy}");
        let greedy = ["authorization_code", "refresh_token", "implicit", "password", "client_credentials"];
        let answer = registered(&doorward, &with("grant_types", json!(greedy))).await;
        assert_eq!(answer["grant_types"], json!(["authorization_code", "refresh_token"]), "{policy}");
        let answer = registered(&doorward, &with("response_types", json!(["code", "token", "id_token"]))).await;
        assert_eq!(answer["response_types"], json!(["code"]), "{policy}");
        for grants in [json!(["refresh_token"]), json!(["client_credentials"])] {
            let refused = refused(&doorward, &with("grant_types", grants)).await;
            assert_eq!(refused, (400, "invalid_client_metadata".to_owned()), "{policy}");
        }
        assert_eq!(refused(&doorward, &with("response_types", json!(["token"]))).await.0, 400, "{policy}");
    }
    let (finradar, default) = (under("finradar").await, under("doorward").await);
    let asked = with("grant_types", json!(["authorization_code", device]));
    assert_eq!(registered(&finradar, &asked).await["grant_types"], json!(["authorization_code"]));
    assert_eq!(registered(&default, &asked).await["grant_types"], json!(["authorization_code", device]));
    let only_device = json!({ "grant_types": [device] });
    assert_eq!(refused(&finradar, &only_device).await, (400, "invalid_client_metadata".to_owned()));
    let metadata = advertised(&finradar).await;
    assert_eq!(metadata["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(metadata.get("device_authorization_endpoint"), None);
}

#[tokio::test]
async fn s0_5_one_to_five_redirects_are_required() {
    let (finradar, default) = (under("finradar").await, under("doorward").await);
    let some = |count: usize| with("redirect_uris", (0..count).map(|n| json!(format!("http://127.0.0.1:51000/{n}"))).collect());
    for (doorward, most) in [(&finradar, 5), (&default, 10)] {
        for count in [1, most] {
            assert_eq!(registered(doorward, &some(count)).await["redirect_uris"].as_array().map(Vec::len), Some(count));
        }
        for body in [some(0), some(most + 1), without("redirect_uris")] {
            assert_eq!(refused(doorward, &body).await, (400, "invalid_redirect_uri".to_owned()), "{body}");
        }
    }
}

#[tokio::test]
async fn s0_6_redirects_are_https_or_127_0_0_1_and_localhost_is_told_what_to_register() {
    let (finradar, default) = (under("finradar").await, under("doorward").await);
    let of = |uri: &str| with("redirect_uris", json!([uri]));
    for doorward in [&finradar, &default] {
        for good in ["https://app.example.com/cb", "http://127.0.0.1/cb", "http://127.0.0.1:51000/callback"] {
            assert_eq!(registered(doorward, &of(good)).await["redirect_uris"], json!([good]));
        }
        for bad in ["http://127.0.0.1:1/#fragment", "https://app.example.com/cb#f", "http://example.com/cb", "ftp://127.0.0.1/"] {
            assert_eq!(refused(doorward, &of(bad)).await, (400, "invalid_redirect_uri".to_owned()), "{bad}");
        }
    }
    for uri in ["http://localhost:51000/callback", "http://[::1]:51000/callback"] {
        let answer = register(&finradar, &of(uri)).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_redirect_uri"), "{uri}");
        let description = answer.json()["error_description"].as_str().expect("a sentence").to_owned();
        assert!(description.contains("register http://127.0.0.1 instead"), "{description}");
        assert_eq!(registered(&default, &of(uri)).await["redirect_uris"], json!([uri]));
    }
    let private = "cursor://anysphere.cursor-mcp/oauth/callback";
    assert_eq!(refused(&finradar, &of(private)).await, (400, "invalid_redirect_uri".to_owned()));
    assert_eq!(registered(&default, &of(private)).await["redirect_uris"], json!([private]));
}

/// Registers a client with another program than this one. Gives the status.
fn with_curl(doorward: &Doorward, name: &str) -> String {
    let (url, body) = (doorward.url("/oauth/register"), with("client_name", json!(name)).to_string());
    let curl =
        Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--json", &body, &url]).output().expect("curl runs");
    String::from_utf8_lossy(&curl.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_7_there_are_daily_caps_for_each_program_and_for_all() {
    let config = |caps: &str| format!("policy = \"finradar\"\n[registration]\n{caps}\n{GENEROUS}");
    let name = |n: u32| with("client_name", json!(format!("Cursor {n}")));
    let is_tomorrow = |answer: doorward_tests::http::Answer| {
        assert_eq!((answer.status, answer.error().as_str()), (429, "temporarily_unavailable"));
        let wait: u64 = answer.header("retry-after").expect("when to come back").parse().expect("seconds");
        assert!((1_200..=86_400).contains(&wait), "not within minutes: {wait}");
    };

    let per_program = Doorward::with(YES, &config("daily_per_program = 3")).await;
    for n in 0..3 {
        registered(&per_program, &name(n)).await;
    }
    is_tomorrow(register(&per_program, &name(3)).await);
    registered(&per_program, &name(0)).await; // nothing new: the same program in the same words
    assert_eq!(with_curl(&per_program, "curl"), "201", "another program is not held up");

    let in_all = Doorward::with(YES, &config("daily_per_program = 3\ndaily = 4")).await;
    assert_eq!((with_curl(&in_all, "curl 1"), with_curl(&in_all, "curl 2")), ("201".to_owned(), "201".to_owned()));
    registered(&in_all, &name(0)).await;
    registered(&in_all, &name(1)).await;
    is_tomorrow(register(&in_all, &name(2)).await);
    assert_eq!(with_curl(&in_all, "curl 3"), "429");

    // As it comes: 50 a day; Doorward's own policy has no daily cap.
    let (finradar, default) = (under("finradar").await, under("doorward").await);
    for n in 0..50 {
        registered(&finradar, &name(n)).await;
        registered(&default, &name(n)).await;
    }
    is_tomorrow(register(&finradar, &name(50)).await);
    registered(&default, &name(50)).await;
}

#[tokio::test]
async fn s0_8_the_answer_has_these_members_and_no_others() {
    let (finradar, default) = (under("finradar").await, under("doorward").await);
    let documented_members =
        ["client_id", "client_id_issued_at", "redirect_uris", "grant_types", "response_types", "token_endpoint_auth_method", "scope"];
    let named = [&documented_members[..], &["client_name"]].concat();
    let mut talkative = documented();
    for (member, value) in [
        ("client_uri", "https://example.com"),
        ("logo_uri", "https://example.com/logo.png"),
        ("software_id", "s"),
        ("application_type", "native"),
        ("token_endpoint_auth_method", "client_secret_basic"),
    ] {
        talkative[member] = json!(value);
    }
    assert_eq!(members(&registered(&finradar, &without("client_name")).await), names(&documented_members));
    for body in [documented(), talkative.clone()] {
        let answer = registered(&finradar, &body).await;
        assert_eq!(members(&answer), names(&named));
        let expected = json!({
            "client_id": answer["client_id"], "client_id_issued_at": answer["client_id_issued_at"], "client_name": "Cursor",
            "redirect_uris": ["http://127.0.0.1:51000/callback"], "grant_types": ["authorization_code"],
            "response_types": ["code"], "token_endpoint_auth_method": "none", "scope": "mcp"
        });
        assert_eq!(answer, expected);
        assert!(answer["client_id_issued_at"].as_i64().expect("seconds") > 1_700_000_000);
    }
    let everything = ["client_uri", "logo_uri", "software_id", "application_type", "client_secret", "client_secret_expires_at"];
    assert_eq!(members(&registered(&default, &talkative).await), names(&[&named[..], &everything, &MANAGEMENT].concat()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_9_errors_are_400_429_and_500_and_look_like_oauth() {
    for policy in ["finradar", "doorward"] {
        let doorward = Doorward::with(YES, &format!("policy = \"{policy}\"\n")).await;
        assert_eq!(refused(&doorward, &json!({})).await, (400, "invalid_redirect_uri".to_owned()));
        let unreadable = doorward.post_json("/oauth/register", "{").await;
        assert_eq!((unreadable.status, unreadable.error().as_str()), (400, "invalid_client_metadata"));
        for n in 0..10 {
            registered(&doorward, &with("client_name", json!(format!("Cursor {n}")))).await;
        }
        assert_eq!(refused(&doorward, &with("client_name", json!("one more"))).await, (429, "temporarily_unavailable".to_owned()));
        let other = rusqlite::Connection::open(doorward.database()).expect("opens");
        other.execute_batch("ALTER TABLE clients RENAME TO gone").expect("a damage that shows at once");
        let failed = register(&doorward, &with("client_name", json!("Cursor 0"))).await;
        assert_eq!((failed.status, failed.error().as_str()), (500, "server_error"));
        assert!(failed.json()["error_description"].as_str().is_some_and(|text| text.contains("could not be used")), "{failed:?}");
    }
}

#[tokio::test]
async fn s0_10_the_name_is_shown_and_cannot_be_more_than_a_name() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        doorward.person.from_now_on(Habit::Waits);
        let sent = "<b>Cursor</b>\u{202e}\r\n<script>alert(1)</script>";
        let client = Client::register(&doorward, &with("client_name", json!(sent))).await;
        let page = doorward
            .send(
                "GET",
                client.asked_with(&doorward, "", None).await.header("location").expect("a ticket"),
                &["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"],
                "",
            )
            .await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<script") && !page.body.contains("<b>Cursor"), "{}", page.body);
        let shown = doorward_tests::eventually("a question", async || doorward.person.shown().first().cloned()).await;
        assert_eq!(
            shown.client_name.as_deref(),
            Some("<b>Cursor</b>\u{27e6}U+202E\u{27e7} <script>alert(1)</script>"),
            "text for the window to escape: {policy}"
        );
    }
}

async fn client(doorward: &Doorward) -> Client {
    Client::register(doorward, &documented()).await
}

/// The error in the redirect that answers a request.
async fn told(doorward: &Doorward, client: &Client, name: &str, value: Option<&str>) -> Option<String> {
    let answer = client.asked_with(doorward, name, value).await;
    let to = answer.header("location")?.to_owned();
    assert!(to.starts_with(&client.redirect) || to.starts_with("/oauth/authorize/wait/"), "{to}");
    param(&to, "error")
}

async fn is_page(doorward: &Doorward, client: &Client, name: &str, value: Option<&str>) -> bool {
    let answer = client.asked_with(doorward, name, value).await;
    answer.status == 400 && answer.header("location").is_none()
}

#[tokio::test]
async fn s3_1_response_type_is_required_and_must_be_code() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        assert_eq!(told(&doorward, &client, "response_type", None).await.as_deref(), Some("invalid_request"), "{policy}");
        for other in ["token", "id_token", "code token"] {
            assert_eq!(told(&doorward, &client, "response_type", Some(other)).await.as_deref(), Some("unsupported_response_type"));
        }
        assert_eq!(told(&doorward, &client, "response_type", Some("code")).await, None);
    }
}

#[tokio::test]
async fn s3_2_client_id_is_required() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        assert!(is_page(&doorward, &client, "client_id", None).await, "{policy}");
        assert!(is_page(&doorward, &client, "client_id", Some("cursor")).await, "{policy}: the page's example is registered nowhere");
    }
}

#[tokio::test]
async fn s3_3_redirect_uri_must_match_with_any_loopback_port_and_is_required() {
    for (policy, may_be_left_out) in [("finradar", false), ("doorward", true)] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        for other in ["http://127.0.0.1:51000/other", "http://localhost:51000/callback", "https://evil.test/callback"] {
            assert!(is_page(&doorward, &client, "redirect_uri", Some(other)).await, "{policy} {other}");
        }
        let elsewhere = Client { redirect: "http://127.0.0.1:4711/callback".to_owned(), ..client.clone() };
        assert!(elsewhere.ask(&doorward).await.starts_with("http://127.0.0.1:4711/callback?code="), "{policy}");
        assert_eq!(is_page(&doorward, &client, "redirect_uri", None).await, !may_be_left_out, "{policy}");
        let two = Client::register(&doorward, &with("redirect_uris", json!([REDIRECT, "https://app.example.com/cb"]))).await;
        assert!(is_page(&doorward, &two, "redirect_uri", None).await, "{policy}: which of two is never guessed");
    }
}

#[tokio::test]
async fn s3_4_the_only_scope_is_mcp_and_it_is_the_default() {
    for (policy, granted) in [("finradar", "mcp"), ("doorward", "everything:look")] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        for asked in [None, Some("mcp"), Some("mcp admin"), Some("openid")] {
            let ticket = client.asked_with(&doorward, "scope", asked).await.header("location").expect("a ticket").to_owned();
            let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
            let code = param(&to, "code").unwrap_or_else(|| panic!("{policy} {asked:?}: {to}"));
            let answer = client.redeem(&doorward, &code, Secret::Nowhere).await;
            assert_eq!((answer.status, answer.json()["scope"].as_str()), (200, Some(granted)), "{policy} {asked:?}");
        }
    }
}

#[tokio::test]
async fn s3_5_state_is_required_and_echoed() {
    for (policy, without) in [("finradar", Some("invalid_request")), ("doorward", None)] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        assert_eq!(told(&doorward, &client, "state", None).await.as_deref(), without, "{policy}");
        let ticket = client.asked_with(&doorward, "state", Some("x y+z&=/?")).await.header("location").expect("a ticket").to_owned();
        let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
        assert_eq!(param(&to, "state").as_deref(), Some("x y+z&=/?"), "{policy}: byte for byte");
    }
}

#[tokio::test]
async fn s3_6_pkce_is_required_and_only_s256() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        for (name, value) in [
            ("code_challenge", None),
            ("code_challenge", Some("E2okHPeE...")),
            ("code_challenge_method", None),
            ("code_challenge_method", Some("plain")),
        ] {
            assert_eq!(told(&doorward, &client, name, value).await.as_deref(), Some("invalid_request"), "{policy} {name} {value:?}");
        }
        assert!(doorward.person.shown().is_empty(), "{policy}");
    }
}

#[tokio::test]
async fn s3_7_nothing_on_http_decides_and_no_page_can_be_framed() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        doorward.person.from_now_on(Habit::Waits);
        let client = client(&doorward).await;
        let ticket = client.asked_with(&doorward, "", None).await.header("location").expect("a ticket").to_owned();
        let browser = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
        let page = doorward.send("GET", &ticket, &browser, "").await;
        let unknown = doorward.send("GET", "/oauth/authorize?client_id=nobody", &browser, "").await;
        for page in [&page, &unknown] {
            assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{page:?}");
            assert_eq!(page.header("x-frame-options"), Some("DENY"));
            assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")));
            assert!(!page.body.contains("<form") && !page.body.contains("<button") && !page.body.contains("<input"), "{}", page.body);
        }
        // POST takes the request in the body (OAuth 2.1 §3.1); whatever decision it carries means nothing.
        let decision = "action=allow&decision=allow&approve=true&consent=yes&username=me&password=secret";
        let form_type = ["Content-Type: application/x-www-form-urlencoded"];
        for target in [ticket.as_str(), &format!("{ticket}/hold/1")] {
            assert_eq!(doorward.send("POST", target, &form_type, decision).await.status, 405, "{target}");
        }
        let posted = doorward.post_form("/oauth/authorize", decision).await;
        assert_eq!((posted.status, posted.header("location")), (400, None));
        for path in ["/oauth/approve", "/approve", "/oauth/consent", "/oauth/login", "/oauth/authorize/approve"] {
            assert_eq!(doorward.send("POST", path, &form_type, decision).await.status, 404, "{path}");
        }
        assert_eq!(doorward.broker.queue().open().len(), 1, "{policy}: it still waits for the person");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_8_the_login_is_the_operating_systems_and_another_user_is_nobody_here() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        let query = form(&[("response_type", "code"), ("client_id", client.id())]);
        for path in [format!("/oauth/authorize?{query}"), "/oauth/authorize".to_owned()] {
            let output = crate::session::as_another_user(&["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", &doorward.url(&path)])
                .output()
                .expect("curl runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), "403", "{policy} {path}");
        }
        assert!(doorward.person.shown().is_empty());
        assert!(client.ask(&doorward).await.contains("code="), "{policy}: this user is logged in by being this user");
    }
}

#[tokio::test]
async fn s3_9_allow_and_deny_go_back_by_redirect() {
    for policy in ["finradar", "doorward"] {
        let doorward = under(policy).await;
        let client = client(&doorward).await;
        let allowed = client.ask(&doorward).await;
        let (code, issuer) = (param(&allowed, "code").expect("a code"), doorward.url(""));
        assert!(allowed.starts_with(&format!("{REDIRECT}?code={code}&state=state-1")), "{allowed}");
        assert_eq!(param(&allowed, "iss").as_deref(), Some(issuer.as_str()), "and the issuer (RFC 9207)");
        assert_eq!(client.redeem(&doorward, &code, Secret::Nowhere).await.status, 200, "{policy}");
        doorward.person.from_now_on(Habit::Denies);
        let denied = client.ask(&doorward).await;
        let told = ["error", "state", "iss", "code"].map(|name| param(&denied, name));
        assert_eq!(told, [Some("access_denied".to_owned()), Some("state-1".to_owned()), Some(issuer), None], "{policy}");
    }
}
