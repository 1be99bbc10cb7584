//! `kill -9` at random moments, while programs register, are allowed, redeem, refresh and sign out (SEC-F4).

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use doorward_broker::control::{Choice, Command, Reply, client};
use doorward_tests::{
    eventually,
    flow::{PING, REDIRECT, VERIFIER, challenge, form, param},
    free_port,
    hostile::Dice,
    http::{Answer, complete, raw, request},
    programs::Process,
    upstream::Upstream,
};
use rusqlite::{Connection, OptionalExtension};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    cli::ask,
    session::{Keyring, Session},
};

/// The limits are a person's to set, and this load is no person's.
const LIMITS: &str = "[limits]\nregistrations = 1000000\nregistrations_per_program = 1000000\nunapproved_clients = 1000000\n\
                      questions = 1000\nquestions_per_program = 1000\n";

/// One login, as far as its answers arrived.
#[derive(Debug, Clone)]
struct Login {
    client: String,
    code: String,
    /// The access token and the refresh token of the last answer.
    tokens: Option<(String, String)>,
    /// Whether it signed out, and whether that was answered.
    signed_out: Option<bool>,
}

/// Everything that was answered, completely.
#[derive(Debug, Default)]
struct Acknowledged {
    clients: Vec<String>,
    logins: Vec<Login>,
}

/// A program that talks to a broker which may be gone at any moment: each step is `None` without a whole answer.
#[derive(Clone)]
struct Program {
    to: SocketAddr,
    acknowledged: Arc<Mutex<Acknowledged>>,
}

impl Program {
    fn on(port: u16) -> Self {
        Self { to: SocketAddr::from(([127, 0, 0, 1], port)), acknowledged: Arc::default() }
    }

    async fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Option<Answer> {
        complete(self.to, request(method, path, &self.to.to_string(), headers, body).as_bytes()).await
    }

    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Option<Answer> {
        self.send("POST", path, &["Content-Type: application/x-www-form-urlencoded"], &form(pairs)).await
    }

    async fn register(&self, name: &str) -> Option<String> {
        let body = json!({ "client_name": name, "redirect_uris": [REDIRECT] }).to_string();
        let answer = self.send("POST", "/oauth/register", &["Content-Type: application/json"], &body).await?;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.json()["client_id"].as_str().expect("an id").to_owned();
        self.acknowledged.lock().expect("lock").clients.push(id.clone());
        Some(id)
    }

    /// Asks, is allowed, and gets a code.
    async fn code(&self, client: &str) -> Option<String> {
        let (resource, challenge) = (format!("http://{}/mcp/everything", self.to), challenge(VERIFIER));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
        ]);
        let ticket = self.send("GET", &format!("/oauth/authorize?{query}"), &[], "").await?;
        let answer = self.send("GET", ticket.header("location").expect("a ticket"), &[], "").await?;
        param(answer.header("location").expect("a redirect"), "code")
    }

    async fn redeem(&self, client: &str, code: &str) -> Option<Answer> {
        let pairs = [("grant_type", "authorization_code"), ("client_id", client), ("code", code), ("code_verifier", VERIFIER)];
        self.post("/oauth/token", &pairs).await
    }

    async fn refresh(&self, client: &str, token: &str) -> Option<Answer> {
        self.post("/oauth/token", &[("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)]).await
    }

    /// Registers, logs in several times, uses what it got, and sometimes signs out; again and again until the broker is gone.
    async fn live(self, name: String) -> Option<()> {
        for n in 0.. {
            let client = self.register(&format!("{name} {n}")).await?;
            for n in 0..4 {
                self.log_in(&client, n % 3 == 2).await?;
            }
        }
        None
    }

    async fn log_in(&self, client: &str, signs_out: bool) -> Option<()> {
        let code = self.code(client).await?;
        let at = {
            let logins = &mut self.acknowledged.lock().expect("lock").logins;
            logins.push(Login { client: client.to_owned(), code: code.clone(), tokens: None, signed_out: None });
            logins.len() - 1
        };
        let note = |note: &dyn Fn(&mut Login)| note(&mut self.acknowledged.lock().expect("lock").logins[at]);
        let (access, mut refresh) = tokens(&self.redeem(client, &code).await?);
        note(&|login| login.tokens = Some((access.clone(), refresh.clone())));
        for _ in 0..2 {
            let next = tokens(&self.refresh(client, &refresh).await?);
            note(&|login| login.tokens = Some(next.clone()));
            refresh = next.1;
        }
        if signs_out {
            note(&|login| login.signed_out = Some(false));
            let answer = self.post("/oauth/revoke", &[("client_id", client), ("token", &refresh)]).await?;
            assert_eq!(answer.status, 200, "{answer:?}");
            note(&|login| login.signed_out = Some(true));
        }
        Some(())
    }

    /// Registers, again and again until the broker is gone.
    async fn only_register(self, name: String) -> Option<()> {
        for n in 0.. {
            self.register(&format!("{name} {n}")).await?;
        }
        None
    }

    /// What the guarded server's address answers.
    async fn call(&self, token: &str) -> u16 {
        let headers = [&format!("Authorization: Bearer {token}") as &str, "Content-Type: application/json"];
        raw(self.to, request("POST", "/mcp/everything", &self.to.to_string(), &headers, PING).as_bytes()).await.status
    }
}

fn tokens(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name}: {json}")).to_owned();
    (text("access_token"), text("refresh_token"))
}

/// Says yes to everything until the broker is gone.
async fn says_yes(socket: PathBuf) -> Option<()> {
    while let Ok(Reply::Requests(open)) = client::call(&socket, &Command::Requests).await {
        for question in open {
            // The program that asked may be gone already.
            let _ = client::call(&socket, &Command::Approve { id: question.id, typed: None, choice: Choice::default() }).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

/// What rests on the disk.
struct Disk(Connection);

impl Disk {
    fn is_sound(&self) {
        let check: String = self.0.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
        assert_eq!(check, "ok");
        let orphans =
            self.0.prepare("PRAGMA foreign_key_check").expect("sound").query([]).expect("checked").next().expect("read").is_some();
        assert!(!orphans, "something hangs on a grant that is gone");
    }

    fn has_client(&self, id: &str) -> bool {
        self.0.query_row("SELECT 1 FROM clients WHERE id = ?1", [id], |_| Ok(())).optional().expect("read").is_some()
    }

    fn has_grant_of(&self, access: &str) -> bool {
        let sql = "SELECT 1 FROM access_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.digest = ?1";
        self.0.query_row(sql, [Sha256::digest(access).as_slice()], |_| Ok(())).optional().expect("read").is_some()
    }

    /// Whether a code was redeemed; `None`: it is not there.
    fn spent(&self, code: &str) -> Option<bool> {
        self.0
            .query_row("SELECT spent FROM codes WHERE digest = ?1", [Sha256::digest(code).as_slice()], |row| row.get(0))
            .optional()
            .expect("read")
    }
}

/// One login after the crash: what was answered holds, and nothing else does.
async fn holds(login: &Login, program: &Program, disk: &Disk) {
    let Login { client, code, .. } = login;
    let Some((access, refresh)) = &login.tokens else {
        // The code arrived and no tokens did: it was redeemed or it was not, and it is redeemed once.
        let spent = disk.spent(code).expect("a code that was delivered is on the disk");
        let answer = program.redeem(client, code).await.expect("answered");
        assert_eq!(answer.status, if spent { 400 } else { 200 }, "{answer:?}");
        assert_eq!(program.redeem(client, code).await.expect("answered").status, 400, "a second time");
        return;
    };
    let granted = disk.has_grant_of(access);
    assert!(granted || login.signed_out.is_some(), "tokens that were given out are lost: {login:?}");
    assert!(!granted || login.signed_out != Some(true), "it signed out, and the grant is still there: {login:?}");
    assert_eq!(program.call(access).await, if granted { 200 } else { 401 }, "{login:?}");
    let answer = program.refresh(client, refresh).await.expect("answered");
    assert_eq!(answer.status, if granted { 200 } else { 400 }, "{login:?}: {answer:?}");
    assert_eq!(program.redeem(client, code).await.expect("answered").error(), "invalid_grant", "redeemed twice: {login:?}");
    // Whoever redeems it twice knows its verifier, so that ended the grant, and the tokens with it.
    assert!(!disk.has_grant_of(access));
    for access in [access.clone()].into_iter().chain(granted.then(|| tokens(&answer).0)) {
        assert_eq!(program.call(&access).await, 401, "a token outlived its grant: {login:?}");
    }
}

async fn kills_under_load(kills: u32) {
    let (session, upstream, port) = (Session::with(Keyring::Unlocked), Upstream::start().await, free_port());
    let config = session.home().join(".config/doorward/profile-ci");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(config.join("config.toml"), LIMITS).expect("written");
    let socket = session.home().join("run/doorward/profile-ci/control.sock");
    let mut dice = Dice::thrown();
    let (mut clients, mut kept, mut logins, mut slowest) = (Vec::new(), Vec::<Login>::new(), 0, Duration::ZERO);
    let mut broker = session.serve_scripted(port);
    session.doorward(&["--profile", "ci", "add", "everything", &upstream.url, "--yes"]);
    for kill in 0..kills {
        let program = Program::on(port);
        let mut load = tokio::task::JoinSet::new();
        for n in 0..6 {
            load.spawn(program.clone().live(format!("agent {kill} {n}")));
        }
        for n in 0..2 {
            load.spawn(program.clone().only_register(format!("visitor {kill} {n}")));
        }
        load.spawn(says_yes(socket.clone()));
        let moment = Duration::from_millis(50 + u64::from(dice.below(500)));
        tokio::time::sleep(moment).await;
        broker.kill();
        while let Some(ended) = load.join_next().await {
            ended.expect("no answer was wrong");
        }
        let begun = Instant::now();
        broker = session.serve_scripted(port);
        slowest = slowest.max(begun.elapsed());

        let disk = Disk(Connection::open(session.data().join("doorward.db")).expect("opens"));
        disk.is_sound();
        let acknowledged = std::mem::take(&mut *program.acknowledged.lock().expect("lock"));
        for id in &acknowledged.clients {
            assert!(disk.has_client(id), "{id} was acknowledged and is lost after kill {kill} at {moment:?}, {dice}");
        }
        clients.extend(acknowledged.clients);
        // Those of earlier kills still work, with the next tokens of their chain.
        for login in &mut kept {
            let (access, refresh) = login.tokens.as_ref().expect("kept for them");
            assert_eq!(program.call(access).await, 200, "{login:?}, {dice}");
            let answer = program.refresh(&login.client, refresh).await.expect("answered");
            login.tokens = Some(tokens(&answer));
        }
        logins += acknowledged.logins.len();
        for (n, login) in acknowledged.logins.into_iter().enumerate() {
            if n == 0 && kept.len() < 5 && login.tokens.is_some() && login.signed_out.is_none() {
                kept.push(login);
            } else {
                holds(&login, &program, &disk).await;
            }
        }
        // What the looking did is on the disk as well.
        disk.is_sound();
    }
    let disk = Disk(Connection::open(session.data().join("doorward.db")).expect("opens"));
    assert!(clients.iter().all(|id| disk.has_client(id)), "a registration was lost later on, {dice}");
    println!(
        "{kills} kills: {} registrations, {logins} logins, {} chains followed, at most {slowest:?} to be back",
        clients.len(),
        kept.len()
    );
    assert!(clients.len() as u32 > kills && logins as u32 > kills, "the load was no load");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_f4_kill_9_under_load_loses_nothing_that_was_acknowledged() {
    kills_under_load(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two hundred kills: make soak"]
async fn sec_f4_two_hundred_kills_lose_nothing_that_was_acknowledged() {
    kills_under_load(200).await;
}

/// The statements of each version, in order.
fn migrations() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/broker/src/store/migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("lists").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).expect("reads")).collect()
}

/// All tables, indexes and triggers.
fn schema(db: &Connection) -> Vec<String> {
    let sql = "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name";
    db.prepare(sql).and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect()).expect("reads")
}

/// A file of the first version with many registrations, for the key that `like` belongs to.
fn of_the_first_version(path: &Path, like: &Path) {
    let db = Connection::open(path).expect("opens");
    db.execute_batch(&migrations()[0]).expect("made");
    db.execute("ATTACH ?1 AS newest", [like.to_string_lossy()]).expect("attached");
    db.execute_batch(&format!(
        "INSERT INTO settings SELECT name, value FROM newest.settings;
         INSERT INTO apps VALUES ('a', 'k', 'App', NULL, 1);
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {REGISTERED})
         INSERT INTO clients SELECT 'client ' || n, 'a', n, '{{}}', '{{}}' FROM n;
         PRAGMA user_version = 1;"
    ))
    .expect("filled");
}

/// How many there are in it.
const REGISTERED: i64 = 20_000;

/// An upgrade that is killed leaves a version that is whole, and the next start ends it.
async fn kills_while_upgrading(kills: u32) {
    let (session, port) = (Session::with(Keyring::Unlocked), free_port());
    let database = session.data().join("doorward.db");
    session.serve_scripted(port).kill();
    let (newest, old) = (session.home().join("newest.db"), session.home().join("old.db"));
    // With what is in its write-ahead log.
    Connection::open(&database).and_then(|db| db.execute("VACUUM INTO ?1", [newest.to_string_lossy()])).expect("copied");
    of_the_first_version(&old, &newest);
    let known: Vec<Vec<String>> = (0..=migrations().len())
        .map(|version| {
            let db = Connection::open_in_memory().expect("memory");
            migrations()[..version].iter().for_each(|sql| db.execute_batch(sql).expect("made"));
            schema(&db)
        })
        .collect();
    let mut dice = Dice::thrown();
    let (mut longest, mut versions) = (Duration::from_millis(500), std::collections::BTreeMap::<u32, u32>::new());
    for kill in 0..=kills {
        for file in std::fs::read_dir(session.data()).expect("lists").flatten().filter(|file| file.path().is_file()) {
            std::fs::remove_file(file.path()).expect("removed");
        }
        std::fs::copy(&old, &database).expect("copied");
        if kill > 0 {
            let mut command = session.program("doorward");
            command.args(["--profile", "ci", "serve", "--no-gui", "--scripted-approval", "--port", &port.to_string()]);
            let mut broker = Process::start(command.stderr(std::process::Stdio::null()));
            let moment = longest * dice.below(1_000) / 1_000;
            tokio::time::sleep(moment).await;
            broker.kill();
            let db = Connection::open(&database).expect("opens");
            let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
            let version: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("reads");
            assert_eq!((sound.as_str(), &schema(&db)), ("ok", &known[version as usize]), "killed after {moment:?}, {dice}");
            *versions.entry(version).or_default() += 1;
        }
        let begun = Instant::now();
        let mut broker = session.serve_scripted(port);
        longest = longest.max(begun.elapsed());
        broker.kill();
        let db = Connection::open(&database).expect("opens");
        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counts");
        assert_eq!(count("PRAGMA user_version"), migrations().len() as i64, "the next start ends it, {dice}");
        let copies = std::fs::read_dir(session.data()).expect("lists").flatten();
        let kept = copies.filter(|file| file.file_name().to_string_lossy().ends_with(".db") && file.path() != database).count();
        assert!(kept <= 1, "{kept} copies");
    }
    println!("{kills} kills in {longest:?} of upgrading: versions found {versions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_f6_an_upgrade_that_is_killed_leaves_the_old_or_the_new() {
    kills_while_upgrading(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "fifty kills: make soak"]
async fn sec_f6_fifty_kills_while_upgrading_leave_the_old_or_the_new() {
    kills_while_upgrading(50).await;
}

/// Moment 12: a question that was open when Doorward died was refused, and that is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_open_at_a_crash_is_refused_in_the_history_and_one_that_ended_is_not_told_twice() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    let mut broker = session.serve_scripted(port);
    let run = |arguments: &[&str]| session.doorward(&[&["--profile", "ci"], arguments].concat());
    assert!(run(&["add", "everything", "http://127.0.0.1:1/mcp", "--yes"]).status.success());
    let history = || -> serde_json::Value { serde_json::from_slice(&run(&["log", "--requests", "--json"]).stdout).expect("JSON") };
    let id_of_the_open_one = async || {
        eventually("a question", async || {
            let open: serde_json::Value = serde_json::from_slice(&run(&["requests", "--json"]).stdout).ok()?;
            Some(open.get(0)?["id"].to_string())
        })
        .await
    };
    let answered = ask(port).await;
    assert!(run(&["approve", &id_of_the_open_one().await]).status.success());
    answered.await.expect("joined");
    let cut_off = ask(port).await;
    id_of_the_open_one().await;
    let database = session.home().join(".local/share/doorward/profile-ci/doorward.db");
    eventually("it is on the disk", async || {
        let db = Connection::open(&database).ok()?;
        db.query_row("SELECT count(*) FROM open_questions", [], |row| row.get(0)).ok().filter(|open: &i64| *open == 1)
    })
    .await;
    let before = history().as_array().map(Vec::len);
    broker.kill();
    cut_off.await.expect("joined");
    let _broker = session.serve_scripted(port);
    let told = history();
    assert_eq!(told.as_array().map(Vec::len), before.map(|before| before + 1), "{told}");
    let refused = &told[0];
    assert_eq!((refused["outcome"].as_str(), refused["server"].as_str()), (Some("refused"), Some("everything")), "{told}");
    assert_eq!(refused["detail"], "Doorward ended before it was answered.");
    assert_eq!(refused["client_name"], "Claude Code");
}
