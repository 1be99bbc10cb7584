//! For Windows, and as far as it goes for Wine: real connections, real processes.

use std::{
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use doorward_oauth::{
    program::{Program, ProgramFile, Sighting, Signature},
    tool::Process as Run,
};

use super::{OsPeers, process::Process, signature, sockets};
use crate::peers::{PeerLookup, User};

/// Wine says so itself: its `ntdll.dll` can name its version.
fn on_wine() -> bool {
    let ntdll = std::fs::read(r"C:\windows\system32\ntdll.dll").unwrap_or_default();
    ntdll.windows(16).any(|part| part == b"wine_get_version")
}

/// Why a test does not look at something on Wine.
fn wine_lacks(what: &str) -> bool {
    let wine = on_wine();
    if wine {
        // Not by a macro, whose words are only seen when a test fails.
        writeln!(std::io::stderr(), "NOT LOOKED AT: Wine {what}").expect("written");
    }
    wine
}

/// A socket whose options were asked for. Wine names the process of a socket only when that used it once; Windows always does.
fn known<T>(socket: T, ask: impl Fn(&T) -> std::io::Result<()>) -> T {
    ask(&socket).expect("it has options");
    socket
}

fn connection() -> (TcpListener, TcpStream, TcpStream, SocketAddr, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ours = listener.local_addr().expect("bound");
    let client = known(TcpStream::connect(ours).expect("connects"), |client| client.ttl().map(drop));
    let (server, peer) = listener.accept().expect("accepts");
    (listener, client, server, peer, ours)
}

/// This test program again, running only the helper below, which does what its environment says.
fn child(what: &str, port: u16) -> Child {
    Command::new(std::env::current_exe().expect("a path"))
        .args(["peers::windows::tests::a_helper_that_tests_start", "--exact", "--ignored", "--nocapture", "a word with spaces"])
        .env("DOORWARD_HELPER", what)
        .env("DOORWARD_HELPER_PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

#[test]
#[ignore = "no test: other tests start it as a program of its own"]
fn a_helper_that_tests_start() {
    let port: u16 = std::env::var("DOORWARD_HELPER_PORT").expect("a port").parse().expect("a number");
    let _held: Box<dyn std::any::Any> = match std::env::var("DOORWARD_HELPER").expect("what to do").as_str() {
        "connect" => Box::new(known(TcpStream::connect(("127.0.0.1", port)).expect("connects"), |client| client.ttl().map(drop))),
        "listen" => Box::new(known(TcpListener::bind(("127.0.0.1", port)).expect("a port"), |listener| listener.ttl().map(drop))),
        other => panic!("{other}"),
    };
    // Until who started it lets go of it.
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn seen(sighting: Sighting) -> Program {
    match sighting {
        Sighting::Seen(program) => program,
        other => panic!("{other:?}"),
    }
}

fn end(mut child: Child) {
    drop(child.stdin.take());
    child.wait().expect("ends");
}

#[test]
fn a_connection_of_this_process_is_seen_as_this_process() {
    let (_listener, client, server, peer, ours) = connection();
    let peers = OsPeers::default();
    assert_eq!(peers.user_behind(peer, ours), User::Same);
    let program = seen(peers.behind(peer, ours));
    assert_eq!(program.pid, std::process::id());
    assert!(program.executable.contains(":\\") && program.name.ends_with(".exe"), "{program:?}");
    assert!(!program.arguments.is_empty() && program.started > 1_600_000_000, "{program:?}");
    assert_eq!(program.file, ProgramFile::AsStarted);
    drop((client, server));
    let other = SocketAddr::new(peer.ip(), peer.port() ^ 1);
    assert_eq!(peers.user_behind(other, ours), User::CannotTell, "only that connection");
}

#[test]
fn a_connection_over_ipv6_is_found() {
    let listener = TcpListener::bind("[::1]:0").expect("a port");
    let ours = listener.local_addr().expect("bound");
    let _client = known(TcpStream::connect(ours).expect("connects"), |client| client.ttl().map(drop));
    let (_server, peer) = listener.accept().expect("accepts");
    assert!(sockets::client_row(peer, ours).is_some(), "the exact connection is in the table");
    let user = OsPeers::default().user_behind(peer, ours);
    if user == User::CannotTell && wine_lacks("names no process for a connection over IPv6") {
        return;
    }
    assert_eq!(user, User::Same);
}

#[test]
fn a_child_is_told_from_its_parent_by_the_exact_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ours = listener.local_addr().expect("bound");
    let child = child("connect", ours.port());
    let (_of_child, peer_of_child) = listener.accept().expect("accepts");
    let _client = known(TcpStream::connect(ours).expect("connects"), |client| client.ttl().map(drop));
    let (_of_us, peer_of_us) = listener.accept().expect("accepts");
    let peers = OsPeers::default();
    // It may have to use the connection first.
    let looks = || std::iter::repeat_with(|| peers.behind(peer_of_child, ours)).inspect(|_| std::thread::sleep(Duration::from_millis(20)));
    let program = seen(looks().take(300).find(|seen| seen.program().is_some()).expect("seen"));
    assert_eq!((program.pid, peers.user_behind(peer_of_child, ours)), (child.id(), User::Same));
    assert_eq!(program.arguments.last().map(String::as_str), Some("a word with spaces"));
    assert_eq!(program.parents.first().map(|parent| parent.pid), Some(std::process::id()), "{program:?}");
    assert_eq!(seen(peers.behind(peer_of_us, ours)).pid, std::process::id());
    end(child);
}

#[test]
fn the_listener_of_a_port_is_seen_and_an_empty_port_is_nobody() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let peers = OsPeers::default();
    assert_eq!(peers.listening_on("127.0.0.1", port), Ok(Sighting::Nobody));
    let child = child("listen", port);
    let found = (0..300).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        peers.listening_on("localhost", port).ok().filter(|seen| *seen != Sighting::Nobody)
    });
    assert_eq!(seen(found.expect("somebody listens")).pid, child.id());
    assert_eq!(peers.listening_on("[::1]", port), Ok(Sighting::Nobody), "another interface");
    end(child);
    assert_eq!(peers.listening_on("127.0.0.1", port), Ok(Sighting::Nobody));
}

#[test]
fn a_run_is_told_from_another_one_with_its_process_id_and_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let child = child("connect", listener.local_addr().expect("bound").port());
    let _connection = listener.accept().expect("accepts");
    let peers = OsPeers::default();
    let program = seen(peers.process(child.id()));
    let run = Run { pid: program.pid, started: program.started };
    assert!(peers.runs(run));
    assert!(!peers.runs(Run { started: run.started - 1, ..run }), "an earlier run with the same id");
    // The child is ours until it goes out of scope: Windows keeps it to be asked, and it does not run.
    let mut child = child;
    drop(child.stdin.take());
    child.wait().expect("ends");
    assert!(!peers.runs(run) && peers.process(run.pid).program().is_none());
}

#[test]
fn the_folder_that_a_process_runs_in_is_read() {
    let folder = Process::open(std::process::id()).and_then(|own| own.folder()).expect("a folder");
    let expected = std::env::current_dir().expect("a folder");
    assert_eq!(folder.canonicalize().expect("exists"), expected.canonicalize().expect("exists"));
}

#[test]
fn a_process_with_a_console_is_told_from_one_without() {
    use std::os::windows::process::CommandExt;
    const DETACHED_PROCESS: u32 = 0x8;
    const CREATE_NEW_CONSOLE: u32 = 0x10;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.args(["peers::windows::tests::a_helper_that_tests_start", "--exact", "--ignored"]);
    command.env("DOORWARD_HELPER", "connect").env("DOORWARD_HELPER_PORT", port.to_string());
    let detached = command.creation_flags(DETACHED_PROCESS).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("starts");
    let _connection = listener.accept().expect("accepts");
    let peers = OsPeers::default();
    assert!(!peers.has_terminal(detached.id()), "it was started without one");
    end(detached);
    let with_a_console = command.creation_flags(CREATE_NEW_CONSOLE).spawn().expect("starts");
    let _connection = listener.accept().expect("accepts");
    let has = peers.has_terminal(with_a_console.id());
    end(with_a_console);
    assert!(has || wine_lacks("does not say which process has a console"), "it was started with one");
}

#[tokio::test]
async fn the_process_at_the_other_end_of_a_pipe_is_known() {
    use tokio::net::windows::named_pipe::{ClientOptions, ServerOptions};
    let name = format!(r"\\.\pipe\doorward-test-{}", std::process::id());
    let server = ServerOptions::new().first_pipe_instance(true).create(&name).expect("a pipe");
    let _client = ClientOptions::new().open(&name).expect("opens");
    server.connect().await.expect("connects");
    assert_eq!(super::client_of(&server), Some((std::process::id(), User::Same)));
}

#[test]
fn a_program_that_nobody_signed_is_not_signed() {
    let own = std::env::current_exe().expect("a path");
    assert_eq!(signature::of(&own), Signature::Unsigned);
}

#[test]
fn the_system_shell_is_signed_by_its_maker_also_where_a_catalogue_says_so() {
    if wine_lacks("brings programs of its own, which nobody signed") {
        return;
    }
    let Signature::Signed { by } = signature::of(r"C:\Windows\System32\cmd.exe".as_ref()) else { panic!("it is signed") };
    assert!(by.starts_with("Microsoft"), "{by}");
}

#[test]
fn a_signed_program_that_was_changed_is_broken() {
    if wine_lacks("brings programs of its own, which nobody signed") {
        return;
    }
    // One that has its signature in the file.
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("changed.dll");
    let mut bytes = std::fs::read(r"C:\Windows\System32\kernel32.dll").expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&copy, bytes).expect("writes");
    assert_eq!(signature::of(&copy), Signature::Broken);
}
