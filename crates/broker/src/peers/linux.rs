//! Linux: `sock_diag` over netlink tells the owner and the inode of a socket exactly and in microseconds; `/proc` tells
//! which process holds that inode.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use doorward_oauth::{
    program::{Parent, Program, ProgramFile, Sighting, Signature},
    tool::Process,
};
use doorward_words::Said;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with};

use super::{
    Account, OtherUser, PeerLookup, User,
    address::gets_answers_for,
    facts::Facts,
    family::{is_graphical, is_session_level},
    only_one,
    relay::{self, End, Relay},
};

/// The operating system's own answer. It looks through all processes only where it has to: a program that was seen at a socket
/// a moment ago is asked for first, and whether it still has the socket is looked up each time.
#[derive(Debug, Default)]
pub struct OsPeers {
    memory: Mutex<Memory>,
}

/// What was seen lately.
#[derive(Debug, Default)]
struct Memory {
    by_socket: HashMap<u32, Held>,
    /// The processes that had a socket last, newest first.
    processes: VecDeque<Seen>,
}

/// A process as it was at a moment.
#[derive(Debug, Clone)]
struct Seen {
    program: Arc<Program>,
    /// Whether it only passes on.
    relay: Option<Relay>,
    at: Instant,
}

impl Seen {
    fn now(pid: u32) -> Option<Self> {
        let program = describe(pid)?;
        let relay = relay::of(&program).or_else(|| in_container(pid).then_some(Relay::Container));
        Some(Self { program: Arc::new(program), relay, at: Instant::now() })
    }

    fn sighting(&self, end: End) -> Sighting {
        match self.relay {
            Some(relay) => relay.sighting(&self.program.name, end),
            None => Sighting::Seen(Program::clone(&self.program)),
        }
    }

    /// Whether it is true enough to be said again, and the process is still the same one.
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < FRESH && Stat::read(self.program.pid).is_some_and(|stat| unix_seconds(stat.started) == self.program.started)
    }
}

/// Who held a socket.
#[derive(Debug, Clone)]
struct Held {
    /// Its descriptor in `/proc`.
    descriptor: PathBuf,
    seen: Seen,
}

/// How long what was seen about a process is true enough to be said again.
const FRESH: Duration = Duration::from_secs(1);
/// How many sockets and processes are remembered.
const SOCKETS: usize = 512;
const PROCESSES: usize = 8;

impl PeerLookup for OsPeers {
    fn user_behind(&self, peer: SocketAddr, ours: SocketAddr) -> User {
        match find_socket(peer, ours) {
            Some(socket) if socket.uid == own_uid() => User::Same,
            Some(socket) => User::Other(Account::of_id(socket.uid)),
            None => User::CannotTell,
        }
    }

    fn behind(&self, peer: SocketAddr, ours: SocketAddr) -> Sighting {
        match find_socket(peer, ours) {
            Some(socket) => self.holder(socket.inode, End::Sends),
            None => Sighting::cannot_tell(Said::plain("why-closed")),
        }
    }

    fn remembered_behind(&self, peer: SocketAddr, ours: SocketAddr) -> Option<Sighting> {
        self.remembered(find_socket(peer, ours)?.inode, End::Sends)
    }

    fn listening_on(&self, host: &str, port: u16) -> Result<Sighting, OtherUser> {
        let mut sockets = listening_sockets(port);
        sockets.retain(|socket| gets_answers_for(host, socket.address));
        if let Some(foreign) = sockets.iter().find(|socket| socket.uid != own_uid()) {
            return Err(OtherUser { account: Account::of_id(foreign.uid) });
        }
        let inodes: BTreeSet<u32> = sockets.iter().map(|socket| socket.inode).collect();
        let mut holders: Vec<Sighting> = inodes.into_iter().map(|inode| self.holder(inode, End::Waits)).collect();
        holders.dedup_by_key(|seen| seen.program().map(|program| program.pid));
        Ok(only_one(holders, port))
    }

    fn process(&self, pid: u32) -> Sighting {
        match describe(pid) {
            Some(program) => Sighting::Seen(program),
            None => Sighting::cannot_tell(Said::plain("why-gone")),
        }
    }

    fn runs(&self, process: Process) -> bool {
        Stat::read(process.pid).is_some_and(|stat| unix_seconds(stat.started) == process.started)
    }

    fn has_terminal(&self, pid: u32) -> bool {
        Stat::read(pid).is_some_and(|stat| stat.terminal != 0)
    }
}

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// What `sock_diag` says about one socket.
#[derive(Debug, Clone, Copy)]
struct Socket {
    address: IpAddr,
    port: u16,
    uid: u32,
    inode: u32,
}

/// `TCP_LISTEN` in the kernel's numbering.
const LISTEN: u32 = 10;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_DONE: u16 = 3;
const REQUEST: u16 = 1;
const DUMP: u16 = 0x300;
/// `struct nlmsghdr` and `struct inet_diag_req_v2`.
const HEADER: usize = 16;
const QUERY: usize = 72;
/// `struct inet_diag_msg`.
const ANSWER: usize = 72;

/// The client's end of a connection that we accepted: its local address is our peer's. A client may use an IPv6 socket
/// for an IPv4 connection, which is then in the IPv6 table only, as a mapped address.
fn find_socket(peer: SocketAddr, ours: SocketAddr) -> Option<Socket> {
    let families = match (peer.ip().to_canonical(), ours.ip().to_canonical()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            vec![(AddressFamily::INET, v4(from), v4(to)), (AddressFamily::INET6, v6(from.to_ipv6_mapped()), v6(to.to_ipv6_mapped()))]
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => vec![(AddressFamily::INET6, v6(from), v6(to))],
        _ => return None,
    };
    families.into_iter().find_map(|(family, from, to)| {
        let mut query = query(family, REQUEST, u32::MAX);
        query[24..26].copy_from_slice(&peer.port().to_be_bytes());
        query[26..28].copy_from_slice(&ours.port().to_be_bytes());
        query[28..44].copy_from_slice(&from);
        query[44..60].copy_from_slice(&to);
        let mut found = None;
        ask(&query, |socket| found = Some(socket)).ok()?;
        found
    })
}

fn listening_sockets(port: u16) -> Vec<Socket> {
    let mut found = Vec::new();
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        // A family that the kernel does not have is one in which nobody listens.
        let _ = ask(&query(family, REQUEST | DUMP, 1 << LISTEN), |socket| {
            if socket.port == port {
                found.push(socket);
            }
        });
    }
    found
}

fn query(family: AddressFamily, flags: u16, states: u32) -> [u8; QUERY] {
    let mut bytes = [0; QUERY];
    bytes[0..4].copy_from_slice(&(QUERY as u32).to_ne_bytes());
    bytes[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
    bytes[16] = family.as_raw() as u8;
    bytes[17] = 6; // TCP
    bytes[20..24].copy_from_slice(&states.to_ne_bytes());
    bytes[64..72].fill(0xFF); // no cookie
    bytes
}

fn ask(query: &[u8; QUERY], mut each: impl FnMut(Socket)) -> rustix::io::Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::SOCK_DIAG))?;
    send(&socket, query, SendFlags::empty())?;
    let dumping = u16::from_ne_bytes([query[6], query[7]]) & DUMP != 0;
    let mut buffer = vec![0_u8; if dumping { 32 * 1024 } else { 512 }];
    loop {
        let (_, length) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        let mut rest = &buffer[..length.min(buffer.len())];
        while rest.len() >= HEADER {
            let size = u32::from_ne_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
            let kind = u16::from_ne_bytes([rest[4], rest[5]]);
            if kind != SOCK_DIAG_BY_FAMILY || size > rest.len() || size < HEADER + ANSWER {
                // The end of a dump, or an error such as "no such socket".
                debug_assert!(kind == NLMSG_DONE || kind == 2, "an unknown netlink message {kind}");
                return Ok(());
            }
            each(read_answer(&rest[HEADER..HEADER + ANSWER]));
            if !dumping {
                return Ok(());
            }
            rest = &rest[size.next_multiple_of(4).min(rest.len())..];
        }
    }
}

/// `struct inet_diag_msg`: 4 bytes, `inet_diag_sockid` (ports, addresses), then expires, queues, uid, inode.
fn read_answer(bytes: &[u8]) -> Socket {
    let word = |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let mut address = [0; 16];
    address.copy_from_slice(&bytes[8..24]);
    let address = if AddressFamily::from_raw(u16::from(bytes[0])) == AddressFamily::INET {
        IpAddr::V4(Ipv4Addr::new(address[0], address[1], address[2], address[3]))
    } else {
        IpAddr::V6(Ipv6Addr::from(address))
    };
    Socket { address, port: u16::from_be_bytes([bytes[4], bytes[5]]), uid: word(64), inode: word(68) }
}

fn v4(address: Ipv4Addr) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&address.octets());
    bytes
}

fn v6(address: Ipv6Addr) -> [u8; 16] {
    address.octets()
}

impl OsPeers {
    /// The process that holds the socket. Several can, when it was inherited: the oldest opened it.
    fn holder(&self, inode: u32, end: End) -> Sighting {
        if let Some(seen) = self.remembered(inode, end) {
            return seen;
        }
        let wanted = name_of(inode);
        let recent: Vec<Seen> = self.lock().processes.iter().cloned().collect();
        let found = recent.iter().find_map(|seen| oldest_of_its_line(&seen.program, &wanted)).or_else(|| oldest(pids(), &wanted));
        let seen = |pid: u32| {
            let known = recent.iter().find(|seen| seen.program.pid == pid && seen.is_fresh()).cloned();
            known.or_else(|| Seen::now(pid))
        };
        let Some((descriptor, seen)) = found.and_then(|(pid, descriptor)| Some((descriptor, seen(pid)?))) else {
            return Sighting::cannot_tell(Said::plain("why-hidden-as-containers"));
        };
        let sighting = seen.sighting(end);
        self.remember(inode, Held { descriptor, seen });
        sighting
    }

    /// The process that held the socket a moment ago, if it still does.
    fn remembered(&self, inode: u32, end: End) -> Option<Sighting> {
        let held = self.lock().by_socket.get(&inode).cloned()?;
        let still = held.seen.is_fresh() && is_at(&held.descriptor, &name_of(inode));
        still.then(|| held.seen.sighting(end))
    }

    fn remember(&self, inode: u32, held: Held) {
        let mut memory = self.lock();
        memory.processes.retain(|seen| seen.program.pid != held.seen.program.pid);
        memory.processes.push_front(held.seen.clone());
        memory.processes.truncate(PROCESSES);
        if memory.by_socket.len() >= SOCKETS {
            memory.by_socket.retain(|_, held| held.seen.at.elapsed() < FRESH);
        }
        if memory.by_socket.len() < SOCKETS {
            memory.by_socket.insert(inode, held);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a socket is called where descriptors are listed.
fn name_of(inode: u32) -> String {
    format!("socket:[{inode}]")
}

/// The oldest of these processes that hold the socket, with its descriptor.
fn oldest(pids: impl Iterator<Item = u32>, wanted: &str) -> Option<(u32, PathBuf)> {
    let holders = pids.filter_map(|pid| Some((pid, descriptor(pid, wanted)?)));
    holders.filter_map(|(pid, descriptor)| Some((Stat::read(pid)?.started, pid, descriptor))).min().map(|(_, pid, at)| (pid, at))
}

/// The same among a process that holds it and those above it: who inherited a socket has it from one of them, and each is
/// older than the one below.
fn oldest_of_its_line(program: &Program, wanted: &str) -> Option<(u32, PathBuf)> {
    let own = descriptor(program.pid, wanted)?;
    let mut above = program.parents.iter().filter_map(|parent| Some((parent.pid, descriptor(parent.pid, wanted)?)));
    Some(above.next_back().unwrap_or((program.pid, own)))
}

fn is_at(descriptor: &Path, wanted: &str) -> bool {
    fs::read_link(descriptor).is_ok_and(|target| target.as_os_str() == wanted)
}

fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The descriptor by which a process holds the socket.
fn descriptor(pid: u32, wanted: &str) -> Option<PathBuf> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    descriptors.flatten().map(|fd| fd.path()).find(|path| is_at(path, wanted))
}

/// The parts of `/proc/PID/stat` that matter.
struct Stat {
    name: String,
    parent: u32,
    terminal: i32,
    /// In clock ticks since the computer started.
    started: u64,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses and may itself have some.
        let (before, after) = text.rsplit_once(')')?;
        let name = before.split_once('(')?.1.to_owned();
        let fields: Vec<&str> = after.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3);
        Some(Self { name, parent: field(4)?.parse().ok()?, terminal: field(7)?.parse().ok()?, started: field(22)?.parse().ok()? })
    }
}

/// Whether a process has process ids of its own, as in a container: what it is called there says nothing here. Flatpak does the same
/// for applications of the desktop, which are not meant.
fn in_container(pid: u32) -> bool {
    let ids = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let apart = ids(&pid.to_string()).zip(ids("self")).is_some_and(|(theirs, ours)| theirs != ours);
    apart && !Path::new(&format!("/proc/{pid}/root/.flatpak-info")).exists()
}

fn describe(pid: u32) -> Option<Program> {
    let stat = Stat::read(pid)?;
    let executable = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let (executable_path, file) = file_of(pid, &executable);
    let facts = Facts {
        pid,
        executable: executable_path,
        otherwise: stat.name,
        arguments: arguments(pid),
        folder: fs::read_link(format!("/proc/{pid}/cwd")).ok(),
        parents: parents(stat.parent),
        started: unix_seconds(stat.started),
        signature: Signature::NotLooked,
        file,
    };
    Some(facts.program())
}

/// The path of an executable, and what became of the file. The kernel adds a word to the path of one that is gone, also when another
/// file was put in its place; a file that really is called so is there.
fn file_of(pid: u32, link: &Path) -> (String, ProgramFile) {
    let shown = link.to_string_lossy().into_owned();
    let id = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    match shown.strip_suffix(" (deleted)") {
        Some(path) if id(link).is_none() || id(link) != id(Path::new(&format!("/proc/{pid}/exe"))) => {
            (path.to_owned(), ProgramFile::ChangedOrGone)
        }
        Some(_) | None => (shown, ProgramFile::AsStarted),
    }
}

/// Clock ticks since the computer started, as Unix seconds.
fn unix_seconds(ticks: u64) -> u64 {
    static BOOTED: LazyLock<u64> = LazyLock::new(|| {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok()).unwrap_or(0)
    });
    *BOOTED + ticks / rustix::param::clock_ticks_per_second().max(1)
}

fn arguments(pid: u32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut arguments: Vec<String> = bytes.split(|b| *b == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    // The list ends with a zero, which splits off one empty word.
    arguments.pop();
    arguments
}

/// The processes above, nearest first, up to the level at which a person starts things: the shell and its terminal are
/// still named, the session is not.
fn parents(mut pid: u32) -> Vec<Parent> {
    let mut above = Vec::new();
    while pid > 1 && above.len() < 12 {
        let Some(stat) = Stat::read(pid) else { break };
        let session = is_session_level(&stat.name);
        let ends_here = session && matches!(stat.name.as_str(), "systemd" | "init" | "dbus-daemon" | "dbus-run-session");
        if ends_here {
            break;
        }
        let graphical = is_graphical(&stat.name, "");
        above.push(Parent { pid, name: stat.name, started: unix_seconds(stat.started), graphical });
        pid = stat.parent;
    }
    above
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_of_this_process_is_seen_as_this_process() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
        let (_server, peer) = listener.accept().expect("accepts");
        let ours = listener.local_addr().expect("bound");
        let peers = OsPeers::default();
        assert_eq!(peers.user_behind(peer, ours), User::Same);
        for time in ["looked for", "remembered"] {
            let seen = peers.behind(peer, ours);
            assert_eq!(seen.program().expect("seen").pid, std::process::id(), "{time}");
        }
        drop(client);
        assert!(peers.behind(peer, ours).program().is_none(), "what is remembered is looked up again");
    }

    #[test]
    fn an_inherited_socket_is_its_first_owners_also_when_the_heir_was_seen_last() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let ours = listener.local_addr().expect("bound");
        let connect = || {
            let client = TcpStream::connect(ours).expect("connects");
            let (server, peer) = listener.accept().expect("accepts");
            (client, server, peer)
        };
        let (given_away, _server_1, peer_1) = connect();
        let (shared, _server_2, peer_2) = connect();
        let copy = shared.try_clone().expect("cloned");
        let mut heir = std::process::Command::new("sleep")
            .arg("60")
            .stdin(std::os::fd::OwnedFd::from(given_away))
            .stdout(std::os::fd::OwnedFd::from(copy))
            .spawn()
            .expect("starts");
        let peers = OsPeers::default();
        // It holds the socket from the moment it runs its program.
        let seen = (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            peers.behind(peer_1, ours).program().map(|program| program.name.clone()).filter(|name| name == "sleep")
        });
        assert_eq!(seen.as_deref(), Some("sleep"));
        assert_eq!(peers.behind(peer_2, ours).program().expect("seen").pid, std::process::id());
        heir.kill().expect("ends");
        heir.wait().expect("ended");
    }

    #[test]
    fn what_is_behind_a_relay_or_in_a_container_cannot_be_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let ssh = folder.path().join("ssh");
        fs::copy("/usr/bin/python3", &ssh).expect("copied");
        // A process with process ids of its own; needs root.
        let unshare = ["unshare", "--pid", "--fork", "--kill-child", "/usr/bin/python3"].map(AsRef::as_ref);
        let copied: [&std::ffi::OsStr; 3] = ["env".as_ref(), "PYTHONHOME=/usr".as_ref(), ssh.as_os_str()];
        for (command, says) in [(&copied[..], "through ssh"), (&unshare, "inside a container")] {
            let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
            let mut listening = std::process::Command::new(command[0])
                .args(&command[1..])
                .args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .expect("starts");
            let peers = OsPeers::default();
            let seen = (0..300).find_map(|_| {
                std::thread::sleep(Duration::from_millis(20));
                Some(peers.listening_on("127.0.0.1", port).expect("ours")).filter(|seen| *seen != Sighting::Nobody)
            });
            listening.kill().expect("ends");
            listening.wait().expect("ended");
            let Some(Sighting::CannotTell { why }) = seen else { panic!("{command:?}: {seen:?}") };
            assert!(why.to_string().contains(says), "{why}");
        }
    }

    #[test]
    fn a_program_whose_file_was_deleted_or_replaced_is_said_to_be_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        // The third is really called so.
        for (name, change) in [("agent", "deleted"), ("agent", "replaced"), ("agent (deleted)", "nothing"), ("agent", "nothing")] {
            let path = folder.path().join(name);
            fs::copy("/usr/bin/sleep", &path).expect("copied");
            let mut running = std::process::Command::new(&path).arg("60").spawn().expect("starts");
            let other = folder.path().join("other");
            match change {
                "deleted" => fs::remove_file(&path).expect("removes"),
                "replaced" => {
                    fs::write(&other, "another program").expect("writes");
                    fs::rename(&other, &path).expect("replaces");
                }
                _ => {}
            }
            let seen = OsPeers::default().process(running.id());
            running.kill().expect("ends");
            running.wait().expect("ended");
            let program = seen.program().expect("seen");
            let expected = if change == "nothing" { ProgramFile::AsStarted } else { ProgramFile::ChangedOrGone };
            assert_eq!((program.file, program.executable.as_str()), (expected, path.to_str().expect("text")), "{name}, {change}");
            assert_eq!((program.name.as_str(), &program.signature), (name, &Signature::NotLooked));
            let _ = fs::remove_file(&path);
        }
    }

    #[test]
    fn a_run_is_told_from_another_one_with_its_process_id() {
        let peers = OsPeers::default();
        let program = peers.process(std::process::id()).program().expect("seen").clone();
        let run = Process { pid: program.pid, started: program.started };
        assert!(peers.runs(run));
        assert!(!peers.runs(Process { started: run.started - 1, ..run }), "an earlier run with the same id");
        assert!(!program.parents.is_empty(), "what runs the tests");
    }

    #[test]
    fn an_ipv6_socket_with_a_mapped_address_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let _client = TcpStream::connect(format!("[::ffff:127.0.0.1]:{port}")).expect("connects");
        let (_server, peer) = listener.accept().expect("accepts");
        assert_eq!(OsPeers::default().user_behind(peer, listener.local_addr().expect("bound")), User::Same);
    }

    #[test]
    fn the_listener_of_a_port_is_seen_and_an_empty_port_is_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let peers = OsPeers::default();
        let seen = peers.listening_on("localhost", port).expect("ours");
        let program = seen.program().expect("seen");
        assert_eq!(program.pid, std::process::id());
        assert!(Path::new(&program.executable).is_absolute());
        assert!(!program.arguments.is_empty() && program.started > 0);
        assert_eq!(peers.listening_on("[::1]", port), Ok(Sighting::Nobody), "another interface");
        drop(listener);
        assert_eq!(peers.listening_on("127.0.0.1", port), Ok(Sighting::Nobody));
    }
}
