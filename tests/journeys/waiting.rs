//! Tickets: being held, hanging up, coming back, and whose answer it is (AZ-16, AZ-18, AZ-19).

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use doorward_oauth::{consent::ConsentDecision, id::ServerName};
use doorward_tests::{
    doorward::Doorward,
    eventually,
    flow::{VERIFIER, challenge, form, param},
    http,
    person::Habit,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const BROWSER: [&str; 3] = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"];

async fn waiting() -> Doorward {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    doorward.person.from_now_on(Habit::Waits);
    doorward
}

/// Opens a connection that is held on `path`.
async fn held(doorward: &Doorward, path: &str, headers: &[&str]) -> TcpStream {
    let mut stream = TcpStream::connect(doorward.address()).await.expect("connects");
    stream.write_all(http::request("GET", path, &doorward.host(), headers, "").as_bytes()).await.expect("sent");
    stream
}

async fn one_question(doorward: &Doorward) {
    eventually("one open question", async || (doorward.broker.queue().open().len() == 1).then_some(())).await;
}

async fn no_question(doorward: &Doorward) {
    eventually("no open question", async || doorward.broker.queue().open().is_empty().then_some(())).await;
}

#[tokio::test]
async fn az18_authorize_answers_at_once_and_only_the_ticket_asks() {
    let doorward = waiting().await;
    let client = doorward.register("FastMCP Client").await;
    let first = doorward.ticket(&client).await;
    let second = doorward.ticket(&client).await;
    assert_ne!(first, second, "tickets are for one fetcher");
    assert!(doorward.person.shown().is_empty(), "nothing is asked yet");
    let stream = held(&doorward, &second, &[]).await;
    one_question(&doorward).await;
    assert_eq!(doorward.person.shown().len(), 1);
    drop(stream);
}

#[tokio::test]
async fn az18_a_browser_gets_a_page_with_the_number_that_cannot_approve_anything() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    let page = doorward.send("GET", &ticket, &BROWSER, "").await;
    one_question(&doorward).await;
    let number = doorward.person.shown()[0].number.expect("a page shows it");
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("<strong>{number}</strong>")), "{}", page.body);
    assert!(!page.body.contains("<script") && !page.body.contains("<form") && !page.body.contains("<button"));
    let next = page.body.split("url=").nth(1).and_then(|rest| rest.split('"').next()).expect("a refresh").to_owned();
    assert_eq!(next, format!("{ticket}/hold/1"));
    let mut stream = held(&doorward, &next, &BROWSER).await;
    doorward.person.allow();
    let answer = http::read_answer(&mut stream).await;
    assert!(param(answer.header("location").expect("a redirect"), "code").is_some());
}

#[tokio::test]
async fn az16_a_client_without_a_page_is_held_without_a_byte_and_shows_no_number() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    let stream = held(&doorward, &ticket, &[]).await;
    one_question(&doorward).await;
    assert_eq!(doorward.person.shown()[0].number, None);
    let mut byte = [0];
    assert!(stream.try_read(&mut byte).is_err(), "nothing was sent yet");
}

#[tokio::test]
async fn hanging_up_takes_the_question_down() {
    let doorward = waiting().await;
    for how in ["close", "reset", "half-close"] {
        let client = doorward.register(how).await;
        let ticket = doorward.ticket(&client).await;
        let mut stream = held(&doorward, &ticket, &[]).await;
        one_question(&doorward).await;
        let begun = Instant::now();
        match how {
            "close" => drop(stream),
            "reset" => {
                stream.set_zero_linger().expect("set");
                drop(stream);
            }
            _ => {
                stream.shutdown().await.expect("shut");
                Box::leak(Box::new(stream));
            }
        }
        no_question(&doorward).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{how}: {:?}", begun.elapsed());
    }
    assert_eq!(doorward.person.withdrawn().len(), 3);
    eventually("the history says so", async || {
        let history = doorward.broker.history(5).await.expect("history");
        (history.iter().filter(|event| event.outcome == "withdrawn").count() == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn silence_refuses_and_is_not_called_a_denial() {
    let doorward = Doorward::with(Habit::Waits, "[limits]\nanswer_seconds = 1\n").await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    let answer = doorward.get(&ticket).await;
    let to = answer.header("location").expect("a redirect");
    assert_eq!(param(to, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(to, "error_description").as_deref(), Some("Nobody answered in time."));
}

#[tokio::test]
async fn what_lapsed_while_the_computer_slept_cannot_be_allowed_and_is_in_the_history() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    let mut asking = held(&doorward, &ticket, &[]).await;
    one_question(&doorward).await;
    let (queue, before) = (doorward.broker.queue(), doorward.broker.now());
    let id = queue.open()[0].id;
    assert!(doorward.broker.lapsed_since(before).await.expect("read").is_empty());

    // Timers do not count what a computer sleeps; its clock does.
    doorward.clock.advance(Duration::from_secs(60 * 60));
    assert!(queue.answer(id, ConsentDecision::as_shown()).is_err(), "too late is no");
    let answer = http::read_answer(&mut asking).await;
    let to = answer.header("location").expect("a redirect");
    assert_eq!((param(to, "code"), param(to, "error").as_deref()), (None, Some("access_denied")));
    assert!(doorward.broker.apps().await.expect("apps").is_empty());
    let lapsed = eventually("the history says so", async || {
        let lapsed = doorward.broker.lapsed_since(before).await.expect("read");
        (!lapsed.is_empty()).then_some(lapsed)
    })
    .await;
    assert_eq!(lapsed.iter().map(ServerName::as_str).collect::<Vec<_>>(), ["everything"]);
}

#[tokio::test]
async fn az19_two_equal_requests_are_one_question_with_one_code() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let (first, second) = (doorward.ticket(&client).await, doorward.ticket(&client).await);
    let mut owner = held(&doorward, &first, &[]).await;
    one_question(&doorward).await;
    let mut bystander = held(&doorward, &second, &[]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(doorward.person.shown().len(), 1, "one question");
    doorward.person.allow();
    let answer = http::read_answer(&mut owner).await;
    assert!(param(answer.header("location").expect("a redirect"), "code").is_some());
    let other = http::read_answer(&mut bystander).await;
    assert_eq!((other.status, other.header("location")), (409, None), "the code is minted once, for whoever asked first");
}

async fn bystanders_get_no_code(count: usize) {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    let mut owner = held(&doorward, &ticket, &[]).await;
    one_question(&doorward).await;
    let mut thieves = Vec::new();
    // As many as may be connected at once.
    for _ in 0..count.min(200) {
        let other = doorward.ticket(&client).await;
        thieves.push(held(&doorward, &other, &[]).await);
    }
    doorward.person.allow();
    let answer = http::read_answer(&mut owner).await;
    assert!(param(answer.header("location").expect("a redirect"), "code").is_some());
    for mut thief in thieves {
        assert_eq!(http::read_answer(&mut thief).await.status, 409);
    }
    for _ in 0..count {
        assert_eq!(doorward.get(&ticket).await.status, 410, "and the ticket is used up");
    }
}

#[tokio::test]
async fn sec_c3_a_bystander_with_the_same_address_never_gets_the_code() {
    bystanders_get_no_code(20).await;
}

#[tokio::test]
#[ignore = "a thousand bystanders: make soak"]
async fn sec_c3_of_a_thousand_bystanders_none_gets_the_code() {
    bystanders_get_no_code(1_000).await;
}

/// A page sends the browser to Doorward again and again, in the name of one program: few questions wait, and others are asked.
async fn navigations_raise_few_questions(count: usize) {
    let limits = "[limits]\nregistrations = 1000\nregistrations_per_program = 1000\n";
    let doorward = Doorward::with(Habit::Waits, limits).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let mut clients = Vec::new();
    for n in 0..20 {
        clients.push(doorward.register(&format!("page {n}")).await);
    }
    let navigation = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: cross-site"];
    let mut most = 0;
    for n in 0..count {
        let ticket = doorward.ticket_with_state(&clients[n % clients.len()], &n.to_string()).await;
        let answer = doorward.send("GET", &ticket, &navigation, "").await;
        assert!(matches!(answer.status, 200 | 303), "{answer:?}");
        let to = answer.header("location").unwrap_or_default();
        assert!(!to.contains("code="), "{to}");
        most = most.max(doorward.broker.queue().open().len());
    }
    assert!((1..=5).contains(&most), "{most} questions at once");
    println!("{count} navigations: {} questions shown, at most {most} at once", doorward.person.shown().len());
}

#[tokio::test]
async fn sec_b4_a_page_that_navigates_again_and_again_raises_few_questions() {
    navigations_raise_few_questions(100).await;
}

#[tokio::test]
#[ignore = "a thousand navigations: make soak"]
async fn sec_b4_a_thousand_navigations_raise_few_questions() {
    navigations_raise_few_questions(1_000).await;
}

#[tokio::test]
async fn one_client_has_one_open_question_and_the_newer_one_counts() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let old = doorward.ticket_with_state(&client, "old").await;
    let mut abandoned = held(&doorward, &old, &[]).await;
    one_question(&doorward).await;
    let new = doorward.ticket_with_state(&client, "new").await;
    let _stream = held(&doorward, &new, &[]).await;
    let to = http::read_answer(&mut abandoned).await.header("location").expect("a redirect").to_owned();
    assert_eq!(param(&to, "error_description").as_deref(), Some("A newer request of the same program took its place."));
    one_question(&doorward).await;
}

#[tokio::test]
async fn the_question_past_the_bound_is_turned_away() {
    let limits = "[limits]\nquestions_per_program = 2\nregistrations_per_program = 100\n";
    let doorward = Doorward::with(Habit::Waits, limits).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let mut streams = Vec::new();
    for n in 0..2 {
        let client = doorward.register(&format!("app {n}")).await;
        let ticket = doorward.ticket(&client).await;
        streams.push(held(&doorward, &ticket, &[]).await);
        eventually("asked", async || (doorward.broker.queue().open().len() == n + 1).then_some(())).await;
    }
    let client = doorward.register("one too many").await;
    let ticket = doorward.ticket(&client).await;
    let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
    assert_eq!(param(&to, "error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(doorward.person.shown().len(), 2);
}

#[tokio::test]
async fn quitting_refuses_what_is_open_with_the_reason() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    let mut stream = held(&doorward, &ticket, &[]).await;
    one_question(&doorward).await;
    doorward.stop().await;
    let to = http::read_answer(&mut stream).await.header("location").expect("a redirect").to_owned();
    assert_eq!(param(&to, "error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(param(&to, "error_description").as_deref(), Some("Doorward was closed before anybody answered."));
}

#[tokio::test]
async fn unknown_and_malformed_tickets_are_gone() {
    let doorward = waiting().await;
    for ticket in ["x", "dwt_x", &format!("dwt_{}", "A".repeat(43)), &format!("dwa_{}", "A".repeat(43))] {
        assert_eq!(doorward.get(&format!("/oauth/authorize/wait/{ticket}")).await.status, 410, "{ticket}");
    }
}

/// A client that follows redirects and refreshes: a program, its arguments, and `URL` where the address belongs.
type Follower = (&'static str, &'static [&'static str]);
const FOLLOWERS: [Follower; 3] = [
    ("curl", &["--silent", "--location", "URL"]),
    ("node", &["-e", "fetch(process.argv[1]).then((answer) => answer.text()).catch((error) => process.exit(error.cause))", "URL"]),
    ("python3", &["-c", "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=100).read()", "URL"]),
];

/// Has each client ask, waits, says yes, and expects that each comes to its own redirect URI with one code.
async fn all_are_held(doorward: &Doorward, clients: &[Follower], wait: Duration) {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let end = axum::Router::new().route(
        "/callback",
        axum::routing::get(move |uri: axum::http::Uri| {
            let arrived = arrived.clone();
            async move { arrived.send(uri.to_string()).map_err(|_| axum::http::StatusCode::GONE) }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let redirect = format!("http://127.0.0.1:{}/callback", listener.local_addr().expect("bound").port());
    tokio::spawn(async move { axum::serve(listener, end).await });
    let mut running = Vec::new();
    for (program, arguments) in clients {
        let client = doorward.register(program).await;
        let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
        let mut pairs = doorward.ask_pairs(&client, &resource, program, &challenge);
        pairs.iter_mut().filter(|(name, _)| *name == "redirect_uri").for_each(|pair| pair.1 = &redirect);
        let url = doorward.url(&format!("/oauth/authorize?{}", form(&pairs)));
        let arguments = arguments.iter().map(|argument| argument.replace("URL", &url));
        let child = tokio::process::Command::new(program).args(arguments).stdout(Stdio::null()).kill_on_drop(true).spawn();
        running.push(child.expect("runs"));
    }
    let open = || doorward.broker.queue().open().len();
    eventually("every client asked", async || (open() == clients.len()).then_some(())).await;
    tokio::time::sleep(wait).await;
    assert_eq!(open(), clients.len(), "all came back, hop after hop");
    assert_eq!(doorward.person.shown().len(), clients.len(), "and were asked about once");
    for _ in clients {
        doorward.person.allow();
    }
    let mut came: Vec<String> = Vec::new();
    for _ in clients {
        let uri = tokio::time::timeout(Duration::from_secs(60), arrivals.recv()).await.expect("in time").expect("open");
        assert!(param(&uri, "code").is_some(), "{uri}");
        came.push(param(&uri, "state").expect("its state"));
    }
    came.sort_unstable();
    let mut expected: Vec<_> = clients.iter().map(|(program, _)| *program).collect();
    expected.sort_unstable();
    assert_eq!(came, expected, "each came once");
}

/// A person may take longer than any client waits for one answer. Three clients, each with its own way of following
/// redirects, are held across a hop and get their code.
#[tokio::test(flavor = "multi_thread")]
async fn az18_curl_node_and_python_are_held_across_hops() {
    let doorward = waiting().await;
    all_are_held(&doorward, &FOLLOWERS, Duration::from_secs(58)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes five minutes and a browser: make soak"]
async fn az18_a_wait_of_five_minutes_loses_no_client() {
    let doorward = Doorward::with(Habit::Waits, "[limits]\nanswer_seconds = 330\n").await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let profile = tempfile::tempdir().expect("a folder");
    let folder: &'static str = format!("--user-data-dir={}", profile.path().display()).leak();
    let chromium = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", folder];
    let chromium: &'static [&'static str] =
        [&chromium[..], &["--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "URL"]].concat().leak();
    let requests: Follower = ("/usr/bin/python3", &["-c", "import sys, requests; requests.get(sys.argv[1], timeout=100)", "URL"]);
    let clients = [&FOLLOWERS[..], &[requests, ("chromium", chromium)]].concat();
    all_are_held(&doorward, &clients, Duration::from_secs(300)).await;
}

#[tokio::test]
async fn az18_a_browser_hop_ends_with_a_fresh_page_that_comes_back() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    doorward.send("GET", &ticket, &BROWSER, "").await;
    one_question(&doorward).await;
    let begun = Instant::now();
    let page = doorward.send("GET", &format!("{ticket}/hold/1"), &BROWSER, "").await;
    assert!(begun.elapsed() >= Duration::from_secs(24) && begun.elapsed() < Duration::from_secs(27), "{:?}", begun.elapsed());
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("url={ticket}/hold/2\"")), "{}", page.body);
    let mut stream = held(&doorward, &format!("{ticket}/hold/2"), &BROWSER).await;
    doorward.person.allow();
    assert!(http::read_answer(&mut stream).await.header("location").is_some());
    assert_eq!(doorward.person.shown().len(), 1, "one question all along");
}

#[tokio::test]
async fn a_browser_that_does_not_come_back_withdraws_after_the_grace() {
    let doorward = waiting().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    doorward.send("GET", &ticket, &BROWSER, "").await;
    one_question(&doorward).await;
    let begun = Instant::now();
    no_question(&doorward).await;
    assert!(begun.elapsed() > Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_flood_of_requests_ends_no_question_that_waits() {
    let doorward = waiting().await;
    let client = doorward.register("Patient").await;
    let ticket = doorward.ticket(&client).await;
    let mut stream = held(&doorward, &ticket, &[]).await;
    one_question(&doorward).await;
    let loud = doorward.register("Loud").await;
    for n in 0..600 {
        doorward.ticket_with_state(&loud, &format!("flood-{n}")).await;
    }
    doorward.person.allow();
    let answer = http::read_answer(&mut stream).await;
    assert!(param(answer.header("location").expect("a redirect"), "code").is_some());
    let again = doorward.get(&ticket).await;
    assert_eq!(again.status, 410, "an answer is given once");
}
