//! The load: some connections, each of which asks, waits for the answer and asks again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{runtime::Runtime, sync::Barrier, task::JoinSet};

use crate::{courses::Course, results::Tally, wire::Line};

/// What a connection does at the least, however long it takes: the next step needs something from each.
const LEAST: usize = 3;

/// Threads of its own, and nothing on them but load.
pub(crate) struct Load {
    runtime: Runtime,
}

impl Load {
    pub(crate) fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("load").enable_all().build()?;
        Ok(Self { runtime })
    }

    /// Waits for something that is no course.
    pub(crate) fn wait_for<F: Future>(&self, what: F) -> F::Output {
        self.runtime.block_on(what)
    }

    /// Sends one request, for what is only asked once.
    pub(crate) fn ask_once(&self, to: SocketAddr, request: &[u8], status: u16) -> Result<()> {
        self.runtime.block_on(async {
            Line::connect(to).await?.expect(request, status).await?;
            Ok(())
        })
    }

    /// Runs each course on a connection of its own until `time` is over or one of them has nothing left to do. Gives the
    /// courses back with what they brought home.
    pub(crate) fn run<C: Course>(&self, to: SocketAddr, courses: Vec<C>, time: Duration) -> Result<(Tally, Vec<C>)> {
        self.runtime.block_on(async {
            let mut lines = Vec::new();
            for course in courses {
                lines.push((course, Line::connect(to).await?));
            }
            let start = Arc::new(Start { ready: Barrier::new(lines.len()), over: AtomicBool::new(false), time });
            let mut running = JoinSet::new();
            for (course, line) in lines {
                running.spawn(laps(course, line, start.clone()));
            }
            let (mut courses, mut times, mut spans) = (Vec::new(), Vec::new(), Vec::new());
            while let Some(ended) = running.join_next().await {
                let ran = ended??;
                courses.push(ran.course);
                times.extend(ran.times);
                spans.push((ran.begin, ran.end));
            }
            let begin = spans.iter().map(|span| span.0).min();
            let end = spans.iter().map(|span| span.1).max();
            let all = begin.zip(end).map_or(Duration::ZERO, |(begin, end)| end - begin);
            Ok((Tally { times, all }, courses))
        })
    }
}

/// What all connections share.
struct Start {
    ready: Barrier,
    /// One of them has nothing left to do.
    over: AtomicBool,
    time: Duration,
}

/// What one connection did.
struct Ran<C> {
    course: C,
    /// How long each lap took.
    times: Vec<Duration>,
    begin: Instant,
    end: Instant,
}

async fn laps<C: Course>(mut course: C, mut line: Line, start: Arc<Start>) -> Result<Ran<C>> {
    let mut times = Vec::with_capacity(64 * 1024);
    // The first lap does not count: the connection is new, and caches are cold.
    let mut more = course.lap(&mut line).await?;
    start.ready.wait().await;
    let begin = Instant::now();
    let mut now = begin;
    while more && (now < begin + start.time || times.len() + 1 < LEAST) && !start.over.load(Ordering::Relaxed) {
        more = course.lap(&mut line).await?;
        if more {
            let after = Instant::now();
            times.push(after - now);
            now = after;
        }
    }
    if !more {
        start.over.store(true, Ordering::Relaxed);
    }
    Ok(Ran { course, times, begin, end: now })
}
