//! For a Mac: real connections, real processes.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use doorward_oauth::{
    program::{Program, ProgramFile, Sighting, Signature},
    tool::Process as Run,
};

use super::{OsPeers, process::Process, signature};
use crate::peers::{PeerLookup, User};

/// `nc`, which the system brings: it connects to a port, or listens on one, until it is ended.
fn nc(arguments: &[&str]) -> Child {
    Command::new("/usr/bin/nc").args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("starts")
}

fn end(mut child: Child) {
    child.kill().expect("ends");
    child.wait().expect("ended");
}

fn seen(sighting: Sighting) -> Program {
    match sighting {
        Sighting::Seen(program) => program,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_connection_of_this_process_is_seen_as_this_process() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(address).expect("a port");
        let ours = listener.local_addr().expect("bound");
        let _client = TcpStream::connect(ours).expect("connects");
        let (_server, peer) = listener.accept().expect("accepts");
        let peers = OsPeers::default();
        assert_eq!(peers.user_behind(peer, ours), User::Same, "{address}");
        let program = seen(peers.behind(peer, ours));
        assert_eq!(program.pid, std::process::id());
        assert!(program.executable.starts_with('/') && !program.arguments.is_empty() && program.started > 1_600_000_000, "{program:?}");
        assert_eq!(program.file, ProgramFile::AsStarted);
        let other = SocketAddr::new(peer.ip(), peer.port() ^ 1);
        assert_eq!(peers.user_behind(other, ours), User::CannotTell, "only that connection");
    }
}

#[test]
fn a_child_is_told_from_its_parent_by_the_exact_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ours = listener.local_addr().expect("bound");
    let child = nc(&["127.0.0.1", &ours.port().to_string()]);
    let (_of_child, peer_of_child) = listener.accept().expect("accepts");
    let _client = TcpStream::connect(ours).expect("connects");
    let (_of_us, peer_of_us) = listener.accept().expect("accepts");
    let peers = OsPeers::default();
    let program = seen(peers.behind(peer_of_child, ours));
    assert_eq!((program.pid, program.name.as_str()), (child.id(), "nc"));
    assert_eq!(program.arguments, ["/usr/bin/nc", "127.0.0.1", &ours.port().to_string()]);
    assert_eq!(program.parents.first().map(|parent| parent.pid), Some(std::process::id()), "{program:?}");
    assert_eq!(program.signature, Signature::Signed { by: "Apple".into() });
    assert_eq!(seen(peers.behind(peer_of_us, ours)).pid, std::process::id());
    end(child);
}

#[test]
fn the_listener_of_a_port_is_seen_and_an_empty_port_is_nobody() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let peers = OsPeers::default();
    assert_eq!(peers.listening_on("127.0.0.1", port), Ok(Sighting::Nobody));
    let child = nc(&["-l", "127.0.0.1", &port.to_string()]);
    let found = (0..300).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        Some(peers.listening_on("localhost", port).expect("ours")).filter(|seen| *seen != Sighting::Nobody)
    });
    assert_eq!(seen(found.expect("somebody listens")).pid, child.id());
    assert_eq!(peers.listening_on("[::1]", port), Ok(Sighting::Nobody), "another interface");
    end(child);
    assert_eq!(peers.listening_on("127.0.0.1", port), Ok(Sighting::Nobody));
}

#[test]
fn a_run_is_told_from_another_one_with_its_process_id_and_ends() {
    let child = nc(&["-l", "127.0.0.1", "0"]);
    let peers = OsPeers::default();
    let program = seen(peers.process(child.id()));
    let run = Run { pid: program.pid, started: program.started };
    assert!(peers.runs(run));
    assert!(!peers.runs(Run { started: run.started - 1, ..run }), "an earlier run with the same id");
    end(child);
    assert!(!peers.runs(run) && peers.process(run.pid).program().is_none());
}

#[test]
fn the_folder_that_a_process_runs_in_is_read() {
    let folder = Process::read(std::process::id()).and_then(|own| own.folder()).expect("a folder");
    assert_eq!(folder, std::env::current_dir().expect("a folder").canonicalize().expect("exists"));
}

#[test]
fn a_process_of_the_system_is_not_ours_and_its_name_is_known() {
    assert!(Process::read(1).is_none(), "launchd is root's");
    let path = super::kernel::path(1).expect("a path");
    assert_eq!(path, "/sbin/launchd");
}

#[test]
fn this_test_has_no_signature_that_names_anybody() {
    // A linker on a Mac signs what it makes, in nobody's name.
    assert_eq!(signature::of(std::process::id()), Signature::Unsigned);
}
