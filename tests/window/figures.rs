//! The figures of docs/performance.md that need a screen. They are printed beside what is wanted, and nothing fails here: a computer that is
//! busy would.

use std::{
    collections::HashMap,
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use doorward_tests::{
    caller::Caller,
    desk::{Desk, signal},
    eventually,
    programs::Process,
    screen::CONSENT,
};

use crate::timing::Painted;

/// How often the app is started, and how often three questions are asked.
const ROUNDS: usize = 20;
/// After this, what begins or ends with a window has.
const SETTLED: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures, and wants a quiet computer: make bench"]
async fn what_windows_cost() {
    println!("\n{:46}{:>10}{:>12}{:>12}", "windows", "wanted", "half of all", "19 of 20");
    let mut starts = starts().await;
    told("start to first answer, tray app", 500, "ms", &mut starts);
    let (mut cold, mut warm, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let painted = Painted::measure().await;
        cold.push(painted.cold);
        warm.push(painted.warm);
        again.push(painted.again);
    }
    told("question to picture, made ahead", 300, "ms", &mut warm);
    told("question to picture, nothing made ahead", 1_000, "ms", &mut cold);
    told("question to picture, after another one", 1_000, "ms", &mut again);
    memory().await;
}

fn told(what: &str, most: u64, unit: &str, measured: &mut [u64]) {
    measured.sort_unstable();
    let at = |percent: usize| measured[(measured.len() * percent).div_ceil(100) - 1];
    let verdict = if at(95) <= most { "met" } else { "missed" };
    println!(
        "{what:46}{:>10}{:>12}{:>12}  {verdict}",
        format!("≤ {most} {unit}"),
        format!("{} {unit}", at(50)),
        format!("{} {unit}", at(95))
    );
}

/// From the start of the process to its first answer, with the data and the keyring of an earlier start, in milliseconds.
async fn starts() -> Vec<u64> {
    let mut desk = Desk::new();
    desk.start_hidden().await;
    let mut starts = Vec::new();
    for _ in 0..ROUNDS {
        assert!(signal(desk.pid, "TERM"));
        desk.ended().await;
        let begin = Instant::now();
        let app = Process::start(desk.graphical(desk.program("doorward-desktop")).args(desk.arguments()).arg("--hidden"));
        desk.pid = app.0.id();
        desk.app = Some(app);
        while !answers(desk.port) {
            std::thread::sleep(Duration::from_millis(1));
        }
        starts.push(u64::try_from(begin.elapsed().as_millis()).expect("fits"));
    }
    starts
}

fn answers(port: u16) -> bool {
    let Ok(mut line) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let request = format!("GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    line.write_all(request.as_bytes()).and_then(|()| line.read_to_string(&mut answer)).is_ok() && answer.starts_with("HTTP/1.1 200")
}

/// The memory of the app and of every process it started, in MiB (proportional set size).
async fn memory() {
    let mut desk = Desk::new();
    desk.start_hidden().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    tokio::time::sleep(SETTLED).await;
    told("memory, no window", 95, "MiB", &mut [memory_of(desk.pid)]);
    let asked = Caller::register(desk.port, "Journey").await.ask().await;
    desk.on_screen(CONSENT).await;
    tokio::time::sleep(SETTLED).await;
    told("memory, with the consent window", 210, "MiB", &mut [memory_of(desk.pid)]);
    drop(asked);
    eventually("its window is gone", async || desk.web_views().is_empty().then_some(())).await;
    tokio::time::sleep(SETTLED).await;
    told("memory, after it", 140, "MiB", &mut [memory_of(desk.pid)]);
}

fn memory_of(app: u32) -> u64 {
    let processes = fs::read_dir("/proc").expect("readable").flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: HashMap<u32, u32> = processes.filter_map(|pid| Some((pid, parent_of(pid)?))).collect();
    let is_of_app = |pid: u32| std::iter::successors(Some(pid), |pid| parents.get(pid).copied()).any(|pid| pid == app);
    let kib: u64 = parents.keys().filter(|pid| is_of_app(**pid)).filter_map(|pid| proportional_kib(*pid)).sum();
    kib / 1_024
}

/// `PID (NAME) STATE PARENT …`, where a name may hold anything.
fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn proportional_kib(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pss:"))?.trim().strip_suffix("kB")?.trim().parse().ok()
}
