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
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{courses::Course, results::Measured, wire::Line};

/// The part of the measured time that passes before anything counts: connections are new, caches are cold.
const WARMING_UP: u32 = 10;
/// What a connection does at the least, however long it takes: the next step needs something from each.
const LEAST: usize = 2;

/// Threads of its own, and nothing on them but load.
pub(crate) struct Load {
    runtime: Runtime,
}

impl Load {
    pub(crate) fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("load").enable_all().build()?;
        Ok(Self { runtime })
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
    pub(crate) fn run<C: Course>(&self, to: SocketAddr, courses: Vec<C>, time: Duration) -> Result<(Measured, Vec<C>)> {
        self.runtime.block_on(async {
            let mut lines = Vec::new();
            for course in courses {
                lines.push((course, Line::connect(to).await?));
            }
            let over = Arc::new(AtomicBool::new(false));
            let begin = Instant::now() + time / WARMING_UP;
            let mut running = JoinSet::new();
            for (course, line) in lines {
                running.spawn(laps(course, line, begin, begin + time, over.clone()));
            }
            let (mut courses, mut times, mut end) = (Vec::new(), Vec::new(), begin);
            while let Some(ended) = running.join_next().await {
                let (course, its_times, its_end) = ended??;
                courses.push(course);
                times.extend(its_times);
                end = end.max(its_end);
            }
            Ok((Measured::of(times, end - begin), courses))
        })
    }
}

/// What one connection did: its course, how long each lap took, and when the last one ended.
type Ran<C> = (C, Vec<Duration>, Instant);

async fn laps<C: Course>(mut course: C, mut line: Line, begin: Instant, end: Instant, over: Arc<AtomicBool>) -> Result<Ran<C>> {
    let mut times = Vec::with_capacity(64 * 1024);
    let (mut started, mut done) = (Instant::now(), 0);
    while (started < end || done < LEAST) && !over.load(Ordering::Relaxed) {
        if !course.lap(&mut line).await? {
            over.store(true, Ordering::Relaxed);
            break;
        }
        done += 1;
        let now = Instant::now();
        if started >= begin {
            times.push(now - started);
        }
        started = now;
    }
    Ok((course, times, started))
}
