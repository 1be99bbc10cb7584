//! Requests that no good program sends: made up, in floods, and with secrets in the wrong place.

use std::time::{Duration, Instant};

use doorward_tests::{
    caller::Caller,
    doorward::Doorward,
    eventually,
    flow::{PING, REDIRECT, VERIFIER, form, param, tokens_of},
    free_port,
    hostile::{BadRequest, Dice, Reader},
    http::{Answer, Line, raw, request},
    person::Habit,
    upstream::Upstream,
};
use futures_util::{StreamExt, future::join_all, stream};
use serde_json::{Value, json};

use crate::session::{Keyring, Session};

const PATIENCE: Duration = Duration::from_secs(20);

/// What is wrong with an answer to a bad request.
fn complaint(sent: &BadRequest, answer: &Answer) -> Option<String> {
    if answer.status == 0 {
        return Some("there was no answer".to_owned());
    }
    if sent.method == "HEAD" || answer.status < 400 {
        return (answer.status < 200).then(|| format!("{}", answer.status));
    }
    if answer.status >= 500 {
        return Some(format!("{} blames us", answer.status));
    }
    // What is no HTTP does not reach us; hyper turns it away without a word.
    if answer.body.is_empty() && matches!(answer.status, 400 | 414 | 431) && answer.header("content-type").is_none() {
        return None;
    }
    if answer.header("cache-control") != Some("no-store") || answer.header("x-content-type-options") != Some("nosniff") {
        return Some("it may be kept, or guessed at".to_owned());
    }
    let media = answer.header("content-type").unwrap_or_default();
    if media.starts_with("text/html") && sent.reader == Reader::Person {
        let Some(said) = answer.body.split("<main>").nth(1) else { return Some("it is no page of ours".to_owned()) };
        let markup = ["<script", "<form", "javascript:", "evil.test"].into_iter().find(|bad| said.contains(bad));
        return markup.map(|bad| format!("the page has {bad}"));
    }
    let Ok(json) = serde_json::from_str::<Value>(&answer.body) else { return Some(format!("{media} is no JSON")) };
    if sent.reader == Reader::McpClient && json["jsonrpc"] == "2.0" {
        return (!json["error"]["message"].is_string()).then(|| "no JSON-RPC error".to_owned());
    }
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let (code, description) = (text("error"), text("error_description"));
    let allowed = |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, ' '..='!' | '#'..='[' | ']'..='~'));
    let sound = allowed(&code) && allowed(&description) && code.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (!sound || !media.contains("json")).then(|| format!("{media}: no OAuth error"))
}

async fn bad_requests(count: usize) {
    let upstream = Upstream::start().await;
    let limits = "[limits]\nregistrations = 100000\nregistrations_per_program = 100000\nquestions = 5\nanswer_seconds = 1\n";
    let doorward = Doorward::with(Habit::Denies, limits).await;
    doorward.broker.add_server("everything", &upstream.url).await.expect("added");
    let client = doorward.register("x").await;
    let mut dice = Dice::thrown();
    let seed = dice.to_string();
    let sent: Vec<BadRequest> = (0..count).map(|_| BadRequest::made_up(&mut dice, &client)).collect();
    let answers = stream::iter(&sent).map(|sent| {
        let (to, bytes) = (doorward.address(), sent.bytes(&doorward.host()));
        async move { (sent, tokio::time::timeout(PATIENCE, raw(to, &bytes)).await) }
    });
    let answers: Vec<_> = answers.buffer_unordered(16).collect().await;
    let (mut refused, mut reached) = (0, 0);
    for (sent, answer) in answers {
        let answer = answer.unwrap_or_else(|_| panic!("no end: {sent:?}, {seed}"));
        refused += usize::from(answer.status >= 400);
        reached += usize::from(answer.header("cache-control").is_some());
        if let Some(complaint) = complaint(sent, &answer) {
            panic!("{complaint}: {answer:?} to {sent:?}, {seed}");
        }
    }
    assert!(refused > count * 3 / 4, "only {refused} of {count} were bad");
    assert!(reached > count * 3 / 4, "only {reached} of {count} came as far as us");
    assert!(upstream.seen().is_empty(), "nothing came through the guard");
    doorward.person.from_now_on(Habit::Allows);
    let tokens = doorward.tokens("honest").await;
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 200, "an honest program is served as ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_bad_requests_get_a_sound_refusal_each() {
    bad_requests(2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a hundred thousand: make soak"]
async fn a_hundred_thousand_bad_requests_get_a_sound_refusal_each() {
    bad_requests(100_000).await;
}

#[tokio::test]
async fn paths_that_are_no_text_or_no_number_are_refused_like_any_other() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    for (path, status) in [
        ("/oauth/register/%ff", 404),
        ("/mcp/%c0%ae", 404),
        ("/%ff", 404),
        ("/.well-known/oauth-protected-resource/mcp/%ff", 404),
        ("/oauth/authorize/wait/%ff", 404),
        ("/oauth/authorize/wait/x/hold/x", 410),
        ("/oauth/authorize/wait/x/hold/99999999999", 410),
    ] {
        let sent = BadRequest {
            method: "GET".to_owned(),
            target: path.to_owned(),
            headers: vec![],
            body: vec![],
            reader: if path.contains("authorize") { Reader::Person } else { Reader::OAuthClient },
        };
        let mut answer = doorward.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        // The guard's addresses speak JSON-RPC where a page could be read as another kind of server.
        if path.starts_with("/mcp/") {
            assert_eq!(answer.json()["jsonrpc"], "2.0");
            continue;
        }
        answer.headers.sort();
        assert_eq!(complaint(&sent, &answer), None, "{path}: {answer:?}");
    }
}

/// Where a secret can be sent, and whether it was taken there.
async fn taken_at(doorward: &Doorward, place: &str, secret: &str, client: &str, id: &str, credential: &str) -> bool {
    let basic = |user: &str, password: &str| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        format!("Authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
    };
    const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
    let token = |pairs: &[(&str, &str)]| form(&[&[("client_id", client)], pairs].concat());
    let answer = match place {
        "guard" => doorward.call(secret, PING).await,
        "code" => {
            let pairs = [("grant_type", "authorization_code"), ("code", secret), ("code_verifier", VERIFIER), ("redirect_uri", REDIRECT)];
            doorward.post_form("/oauth/token", &token(&pairs)).await
        }
        "refresh" => doorward.post_form("/oauth/token", &token(&[("grant_type", "refresh_token"), ("refresh_token", secret)])).await,
        "device" => {
            let kind = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
            doorward.post_form("/oauth/token", &token(&[kind, ("device_code", secret)])).await
        }
        "introspection" => {
            let answer =
                doorward.send("POST", "/oauth/introspect", &[FORM, &basic("everything", credential)], &form(&[("token", secret)])).await;
            return answer.status != 200 || answer.json() != json!({ "active": false });
        }
        "introspection's own" => doorward.send("POST", "/oauth/introspect", &[FORM, &basic("everything", secret)], "token=x").await,
        "client secret" => {
            let headers = [FORM, &basic(id, secret)];
            let answer = doorward.send("POST", "/oauth/revoke", &headers, "token=x").await;
            return answer.status == 200;
        }
        "management" => {
            let headers = [&format!("Authorization: Bearer {secret}") as &str];
            doorward.send("GET", &format!("/oauth/register/{id}"), &headers, "").await
        }
        "ticket" => doorward.get(&format!("/oauth/authorize/wait/{secret}")).await,
        "pushed" => {
            let uri = if secret.starts_with("urn:") { secret.to_owned() } else { format!("urn:ietf:params:oauth:request_uri:{secret}") };
            doorward.get(&format!("/oauth/authorize?{}", form(&[("client_id", client), ("request_uri", &uri)]))).await
        }
        other => panic!("{other}"),
    };
    answer.status < 400
}

#[tokio::test]
async fn sec_x5_a_secret_is_taken_where_it_belongs_and_nowhere_else() {
    let upstream = Upstream::start().await;
    let doorward = Doorward::guarding(&upstream.url).await;
    let credential = doorward.broker.new_credential("everything").await.expect("made");
    // REVEAL: the server that asks about tokens sends it.
    let credential = credential.reveal().to_owned();
    let grants = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"];
    let register = async |method: &str| {
        let body =
            json!({ "client_name": method, "redirect_uris": [REDIRECT], "grant_types": grants, "token_endpoint_auth_method": method });
        doorward.post_json("/oauth/register", &body.to_string()).await.json()
    };
    let (public, confidential) = (register("none").await, register("client_secret_basic").await);
    let text = |json: &Value, name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name}: {json}")).to_owned();
    let (client, id) = (text(&public, "client_id"), text(&confidential, "client_id"));
    let tokens = tokens_of(&client, &doorward.redeem(&client, &doorward.code(&client).await).await);
    let code = doorward.code(&client).await;
    let device = doorward.post_form("/oauth/device_authorization", &form(&[("client_id", &client)])).await.json();
    let ticket = doorward.ticket(&client).await.rsplit('/').next().expect("a ticket").to_owned();
    let target = doorward.ask_target(&client);
    let pushed = doorward.post_form("/oauth/par", target.split_once('?').expect("a query").1).await.json();
    let pushed = text(&pushed, "request_uri").rsplit(':').next().expect("a name").to_owned();
    let secrets = [
        ("guard", tokens.access.clone()),
        ("refresh", tokens.refresh.clone()),
        ("code", code),
        ("device", text(&device, "device_code")),
        ("ticket", ticket),
        ("pushed", pushed),
        ("management", text(&confidential, "registration_access_token")),
        ("client secret", text(&confidential, "client_secret")),
        ("introspection's own", credential.clone()),
    ];
    let prefixes = ["dwa_", "dwr_", "dwc_", "dwd_", "dws_", "dwm_", "dwt_", "dwp_"];
    let (mut tried, mut asked) = (0, 0);
    for (own, secret) in &secrets {
        let body = secret.get(4..).expect("a prefix");
        for place in [
            "guard",
            "code",
            "refresh",
            "device",
            "introspection",
            "introspection's own",
            "client secret",
            "management",
            "ticket",
            "pushed",
        ] {
            // An access token is what introspection is about.
            if place == *own || (*own, place) == ("guard", "introspection") {
                continue;
            }
            // As it is, and under the prefix of every other kind, among them the one that belongs there.
            for prefix in prefixes {
                // Whoever guesses a client's secret is turned away after ten; here the next guess comes a minute later.
                if place.contains("secret") || place.contains("own") {
                    asked += 1;
                    if asked % 8 == 0 {
                        doorward.clock.advance(Duration::from_secs(1));
                    }
                }
                let sent = format!("{prefix}{body}");
                let own_text_elsewhere = sent == *secret;
                assert!(
                    !taken_at(&doorward, place, &sent, &client, &id, &credential).await,
                    "{own} was taken at {place} (as it is: {own_text_elsewhere})"
                );
                tried += 1;
            }
        }
    }
    assert_eq!(tried, (9 * 10 - 9 - 1) * 8);
    // And each is still good where it belongs. A minute later a right secret counts again after wrong ones.
    for (own, secret) in &secrets {
        if matches!(*own, "client secret" | "introspection's own") {
            doorward.clock.advance(Duration::from_secs(61));
        }
        assert!(taken_at(&doorward, own, secret, &client, &id, &credential).await, "{own} is not good any more");
    }
}

/// Registrations without end, from `lines` connections.
async fn flood(to: std::net::SocketAddr, count: usize, lines: usize) -> (usize, usize) {
    let send = |line: usize| async move {
        let (mut taken, mut refused) = (0, 0);
        let mut connection = Line::to(to).await;
        for n in (line..count).step_by(lines) {
            let body = json!({ "client_name": format!("flood {n}"), "redirect_uris": [REDIRECT] }).to_string();
            let answer =
                connection.send(&request("POST", "/oauth/register", &to.to_string(), &["Content-Type: application/json"], &body)).await;
            match answer.status {
                201 => taken += 1,
                429 => refused += 1,
                _ => panic!("{answer:?}"),
            }
        }
        (taken, refused)
    };
    join_all((0..lines).map(send)).await.into_iter().fold((0, 0), |(a, b), (taken, refused)| (a + taken, b + refused))
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_b3_a_flood_from_one_program_is_turned_away_and_an_honest_login_works_meanwhile() {
    let upstream = Upstream::start().await;
    let doorward = Doorward::with(Habit::Allows, "").await;
    doorward.broker.add_server("everything", &upstream.url).await.expect("added");
    let begun = Instant::now();
    let flooding = tokio::spawn(flood(doorward.address(), 1_000, 8));
    // Another program: curl registers it.
    for n in 0..3 {
        let honest = Caller::register_through_curl(doorward.port, &format!("honest {n}")).await;
        let code = param(&honest.ask().await.sent_to().await, "code").expect("a code");
        let token = honest.redeem(&code).await;
        assert_eq!(honest.call(&token).await.status, 200);
    }
    let (taken, refused) = flooding.await.expect("joined");
    let allowed = 11 + begun.elapsed().as_secs() as usize / 6;
    assert!(taken <= allowed && refused == 1_000 - taken, "{taken} were taken in {:?}, ten a minute may be", begun.elapsed());
}

/// Memory of a process, in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Without the limit of speed, which is the first wall, the second one holds: what nobody approved makes room.
async fn flooded(count: usize) {
    let (session, upstream, port) = (Session::with(Keyring::Unlocked), Upstream::start().await, free_port());
    let config = session.home().join(".config/doorward/profile-ci");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(config.join("config.toml"), "[limits]\nregistrations = 1000000\nregistrations_per_program = 1000000\n")
        .expect("written");
    let broker = session.serve_scripted(port);
    session.doorward(&["--profile", "ci", "add", "everything", &upstream.url, "--yes"]);
    let approve = || {
        let listed = session.doorward(&["--profile", "ci", "requests", "--json"]).stdout;
        let requests: Value = serde_json::from_slice(&listed).ok()?;
        let id = requests[0]["id"].as_u64()?;
        session.doorward(&["--profile", "ci", "approve", &id.to_string()]).status.success().then_some(())
    };
    let mut approved = Vec::new();
    for n in 0..5 {
        let caller = Caller::register(port, &format!("approved {n}")).await;
        let asked = caller.ask().await;
        eventually("it is approved", async || approve()).await;
        let code = param(&asked.sent_to().await, "code").expect("a code");
        let token = caller.redeem(&code).await;
        approved.push((caller, token));
    }
    let to = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    flood(to, 300, 8).await;
    let before = resident(broker.0.id());
    assert_eq!(flood(to, count, 8).await, (count, 0));
    let after = resident(broker.0.id());
    assert!(after < before + 8 * 1024, "it grew from {before} to {after} KiB");
    for (caller, token) in &approved {
        assert_eq!(caller.call(token).await.status, 200, "{} was approved and is not any more", caller.name);
    }
    let files: u64 =
        ["doorward.db", "doorward.db-wal"].iter().filter_map(|file| Some(session.data().join(file).metadata().ok()?.len())).sum();
    assert!(files < 16 * 1024 * 1024, "{files} bytes");
    let db = rusqlite::Connection::open(session.data().join("doorward.db")).expect("opens");
    let rows: i64 =
        db.query_row("SELECT (SELECT count(*) FROM clients) + (SELECT count(*) FROM apps)", [], |row| row.get(0)).expect("counts");
    assert!(rows <= 2 * (200 + 5), "{rows} rows");
    println!("{count} registrations: {} KiB more memory, {files} bytes on the disk", after.saturating_sub(before));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_d4_a_flood_of_registrations_leaves_the_approved_ones_and_bounded_traces() {
    flooded(10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a hundred thousand: make soak"]
async fn sec_d4_a_hundred_thousand_registrations_leave_no_more_than_ten_thousand() {
    flooded(100_000).await;
}

/// Guesses at everything that can be guessed, from one program and with members that nobody asked for.
async fn guesses(count: usize) {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    let tokens = doorward.tokens("guessed at").await;
    let body = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_post" }).to_string();
    let confidential = doorward.post_json("/oauth/register", &body).await.json();
    let id = confidential["client_id"].as_str().expect("an id");
    let begun = Instant::now();
    let host = doorward.host();
    let guess = |n: usize| {
        let (text, more) = (format!("{n:0>43}"), format!("x{}", n % 30));
        let (code, refresh, secret) = (format!("dwc_{text}"), format!("dwr_{text}"), format!("dws_{text}"));
        let of_client = ("client_id", tokens.client.as_str());
        let pairs = match n % 4 {
            0 => vec![of_client, ("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)],
            1 => vec![of_client, ("grant_type", "refresh_token"), ("refresh_token", &refresh)],
            2 => vec![("client_id", id), ("client_secret", &secret), ("grant_type", "refresh_token"), ("refresh_token", "x")],
            _ => {
                let bearer = format!("Authorization: Bearer dwa_{text}");
                return request("POST", "/mcp/everything", &host, &["Content-Type: application/json", &bearer], PING);
            }
        };
        let body = form(&[&pairs[..], &[(more.as_str(), "1")]].concat());
        request("POST", "/oauth/token", &host, &["Content-Type: application/x-www-form-urlencoded"], &body)
    };
    let send = |line: usize| {
        let (guess, to) = (&guess, doorward.address());
        async move {
            let (mut evaluated, mut connection) = (0, Line::to(to).await);
            for n in (line..count).step_by(8) {
                let answer = connection.send(&guess(n).replace("Connection: close\r\n", "")).await;
                match (n % 4, answer.status) {
                    (0 | 1, 400) => assert_eq!(answer.error(), "invalid_grant"),
                    (2, 401) => evaluated += 1,
                    (2, 429) | (3, 401) => {}
                    _ => panic!("guess {n}: {answer:?}"),
                }
            }
            evaluated
        }
    };
    let evaluated: usize = join_all((0..8).map(send)).await.into_iter().sum();
    let most = 10 * (1 + begun.elapsed().as_secs() as usize / 60) + 8;
    assert!(evaluated <= most, "{evaluated} guesses at a secret were looked at in {:?}", begun.elapsed());
    assert_eq!(doorward.refresh(&tokens).await.status, 200, "nobody was logged out");
    println!("{count} guesses in {:?}: {evaluated} secrets compared, nothing found", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_b3_guesses_find_nothing_and_secrets_are_compared_ten_times_a_minute() {
    guesses(1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a hundred thousand: make soak"]
async fn sec_b3_a_hundred_thousand_guesses_find_nothing() {
    guesses(100_000).await;
}
