//! Who may speak at all: hosts, origins, other users, half-sent requests.

use std::time::{Duration, Instant};

use doorward_tests::{
    doorward::Doorward,
    hostile::Dice,
    http::{raw, read_answer, request},
};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

const PATHS: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource/mcp/everything",
    "/oauth/register",
    "/oauth/authorize?client_id=x",
    "/oauth/token",
    "/mcp/everything",
];

#[tokio::test]
async fn d1_c2_sec_b1_foreign_hosts_are_refused_on_every_path() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    let port = doorward.port;
    for path in PATHS {
        for host in ["evil.test", &format!("evil.test:{port}"), "127.0.0.1", "localhost:1", &format!("127.0.0.1.nip.io:{port}"), "[", ""] {
            let answer = raw(doorward.address(), request("GET", path, host, &[], "").as_bytes()).await;
            assert!(matches!(answer.status, 400 | 403), "{path} {host}: {answer:?}");
            assert!(!answer.body.contains("nip.io") && !answer.body.contains("evil"), "nothing is reflected");
        }
        let none = raw(doorward.address(), format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(none.status, 400, "{path}: no host");
        let twice =
            raw(doorward.address(), request("GET", path, &doorward.host(), &[&format!("Host: {}", doorward.host())], "").as_bytes()).await;
        assert_eq!(twice.status, 400, "{path}: two hosts");
        let absolute = format!("http://evil.test{path}");
        let foreign_target = raw(doorward.address(), request("GET", &absolute, &doorward.host(), &[], "").as_bytes()).await;
        assert!(matches!(foreign_target.status, 400 | 403), "{path}: a foreign absolute target");
    }
}

/// Names that are nearly ours, and others.
fn made_up_host(dice: &mut Dice, port: u16) -> String {
    let names = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1.nip.io",
        "evil.test",
        "localhost.evil.test",
        "127.1",
        "0.0.0.0",
        "[::]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f000001",
        "user@localhost",
        "127.0.0.2",
        "x.localhost",
        "",
    ];
    let port = match dice.below(6) {
        0 => String::new(),
        1 => ":".to_owned(),
        2 => format!(":{}", dice.below(65_536)),
        3 => format!(":0{port}"),
        4 => format!(":{port}{}", dice.one_of(&["0", "/", "#", "?", ".evil.test", "@evil.test", ",evil.test", " ", "\t"])),
        _ => format!(":{port}"),
    };
    let mut host = format!("{}{port}", dice.one_of(&names));
    if dice.below(3) == 0 {
        let at = dice.below(host.len() as u32 + 1) as usize;
        host.insert_str(at, dice.one_of(&["a", ".", "%00", "-", "1", ":", "[", "]", "\\", "xn--"]));
    }
    host
}

async fn foreign_hosts_reach_nothing(count: usize) {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    let port = doorward.port;
    let ours = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
    let mut dice = Dice::thrown();
    let seed = dice.to_string();
    let hosts: Vec<String> = std::iter::repeat_with(|| made_up_host(&mut dice, port))
        // Blanks around a value are no part of it (RFC 9110 §5.5).
        .filter(|host| !ours.contains(&host.trim().to_ascii_lowercase()))
        .take(count)
        .collect();
    let asked = hosts.iter().enumerate().map(|(n, host)| {
        let (to, path, seed) = (doorward.address(), PATHS[n % PATHS.len()], &seed);
        async move {
            let answer = raw(to, request("GET", path, host, &[], "").as_bytes()).await;
            assert!(matches!(answer.status, 400 | 403), "{path} {host:?}: {answer:?}, {seed}");
            let reflected = answer.headers.iter().any(|(_, value)| value.contains("evil")) || answer.body.contains("evil");
            assert!(!reflected, "{host:?}: {answer:?}, {seed}");
        }
    });
    futures_util::StreamExt::collect::<Vec<()>>(futures_util::StreamExt::buffer_unordered(futures_util::stream::iter(asked), 16)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_b1_hosts_that_are_nearly_ours_reach_nothing() {
    foreign_hosts_reach_nothing(300).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "ten thousand hosts: make soak"]
async fn sec_b1_of_ten_thousand_hosts_none_reaches_anything() {
    foreign_hosts_reach_nothing(10_000).await;
}

#[tokio::test]
async fn d1_c3_sec_b2_foreign_origins_are_refused_and_no_cors_header_is_ever_sent() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    for path in PATHS {
        for origin in ["https://evil.test", "null", "http://localhost:3000", &doorward.url("")] {
            for method in ["GET", "POST", "OPTIONS"] {
                let headers = [&format!("Origin: {origin}"), "Access-Control-Request-Method: POST", "Content-Type: application/json"];
                let answer = doorward.send(method, path, &headers, "{}").await;
                assert_eq!(answer.status, 403, "{method} {path} {origin}");
                assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control-")));
            }
        }
    }
    let fetched = doorward.send("GET", PATHS[0], &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"], "").await;
    assert_eq!(fetched.status, 403, "a page that reads metadata as a script");
}

#[tokio::test]
async fn d1_c1_both_loopback_addresses_are_served_and_no_other() {
    let doorward = Doorward::start().await;
    let v6 = std::net::SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], doorward.port));
    let host = format!("[::1]:{}", doorward.port);
    let answer = raw(v6, request("GET", PATHS[0], &host, &[], "").as_bytes()).await;
    assert_eq!(answer.status, 200);
    let table = std::fs::read_to_string("/proc/net/tcp").expect("reads") + &std::fs::read_to_string("/proc/net/tcp6").expect("reads");
    let port = format!("{:04X}", doorward.port);
    let listening: Vec<&str> = table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (address, local_port) = fields.get(1)?.split_once(':')?;
            (fields.get(3) == Some(&"0A") && local_port == port).then_some(address)
        })
        .collect();
    assert_eq!(listening, ["0100007F", "00000000000000000000000001000000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_a1_another_user_of_this_computer_is_refused_everywhere() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    for path in PATHS {
        let output = crate::session::as_another_user(&["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", &doorward.url(path)])
            .output()
            .expect("runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "403", "{path}");
    }
    let body = json!({ "redirect_uris": ["http://127.0.0.1:1/"] }).to_string();
    let url = doorward.url("/oauth/register");
    let register = ["curl", "-s", "-w", "%{http_code}", "-H", "Content-Type: application/json", "-d", &body, &url];
    let output = crate::session::as_another_user(&register).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("403") && text.contains("serves only the user who started it"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a thousand requests of another user: make soak"]
async fn sec_t_a1_of_a_thousand_requests_of_another_user_none_is_served() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    // curl asks for each number, each time on a connection of its own.
    let url = doorward.url("/.well-known/oauth-authorization-server?[1-1000]");
    let curl = ["curl", "-s", "-H", "Connection: close", "-o", "/dev/null", "-w", "%{http_code}\n", &url];
    let output = crate::session::as_another_user(&curl).output().expect("runs");
    let answers = String::from_utf8_lossy(&output.stdout);
    assert_eq!(answers.lines().filter(|code| *code == "403").count(), 1_000, "{answers}");
}

async fn half_sent_headers_are_cut(count: usize) {
    let doorward = Doorward::start().await;
    let mut half = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(doorward.address()).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-").await.expect("sent");
        half.push(stream);
    }
    // Whoever holds all connections there may be keeps others out until those are cut.
    if count < 256 {
        assert_eq!(doorward.get(PATHS[0]).await.status, 200);
    }
    let begun = Instant::now();
    for mut stream in half {
        read_answer(&mut stream).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(doorward.get(PATHS[0]).await.status, 200);
}

#[tokio::test]
async fn sec_u5_half_sent_headers_are_cut_and_others_are_served_meanwhile() {
    half_sent_headers_are_cut(100).await;
}

/// More than there may be connections: the rest is closed at once, and all is well again when the others are cut.
#[tokio::test]
#[ignore = "five hundred at once: make soak"]
async fn sec_u5_five_hundred_half_sent_headers_are_cut() {
    half_sent_headers_are_cut(500).await;
}

#[tokio::test]
async fn sec_u5_headers_above_16_kib_are_refused() {
    let doorward = Doorward::start().await;
    let answer = doorward.send("GET", PATHS[0], &[&format!("X-Long: {}", "x".repeat(20_000))], "").await;
    assert_eq!(answer.status, 431);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let doorward = Doorward::with(doorward_tests::person::Habit::Waits, "[limits]\nbody_seconds = 1\n").await;
    let mut stream = TcpStream::connect(doorward.address()).await.expect("connects");
    let head = format!(
        "POST /oauth/register HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        doorward.host()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let begun = Instant::now();
    let mut first = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 400");
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_reads_every_answer_but_never_authorizes() {
    const PAGE: &str = "Origin: http://localhost:6274";
    let doorward = Doorward::with(
        doorward_tests::person::Habit::Waits,
        "allowed_origins = [\"http://localhost:6274\"]\n[limits]\nregistrations = 100\nregistrations_per_program = 100\n",
    )
    .await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let preflight = [
        PAGE,
        "Sec-Fetch-Site: cross-site",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization, mcp-protocol-version, mcp-param-city, x-evil",
    ];
    for path in PATHS.into_iter().filter(|path| !path.contains("/authorize")) {
        let answer = doorward.send("OPTIONS", path, &preflight, "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("http://localhost:6274")), "{path}");
        let allowed = answer.header("access-control-allow-headers").expect("headers");
        assert!(allowed.contains("authorization") && allowed.contains("mcp-param-city") && !allowed.contains("x-evil"), "{allowed}");

        let answer = doorward.send("GET", path, &[PAGE, "Sec-Fetch-Site: cross-site"], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:6274"), "{path}");
        assert_eq!(answer.header("access-control-expose-headers"), Some("www-authenticate, mcp-session-id"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
    for path in ["/oauth/authorize?client_id=x", "/oauth/authorize/wait/x"] {
        for method in ["GET", "OPTIONS"] {
            let answer = doorward.send(method, path, &preflight, "").await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{method} {path}");
        }
    }
    for other in ["Origin: http://localhost:6275", "Origin: http://LOCALHOST:6274", "Origin: null"] {
        let answer = doorward.send("OPTIONS", "/oauth/token", &[other, "Access-Control-Request-Method: POST"], "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{other}");
    }
}
