//! Who may speak at all: hosts, origins, other users, half-sent requests.

use std::time::{Duration, Instant};

use doorward_tests::{
    doorward::Doorward,
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

#[tokio::test]
async fn sec_u5_half_sent_headers_are_cut_and_others_are_served_meanwhile() {
    let doorward = Doorward::start().await;
    let mut half = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(doorward.address()).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-").await.expect("sent");
        half.push(stream);
    }
    assert_eq!(doorward.get(PATHS[0]).await.status, 200);
    let begun = Instant::now();
    for mut stream in half {
        read_answer(&mut stream).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
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
