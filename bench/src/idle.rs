//! The memory of Doorward with streams that are open and on which nothing comes: what clients of MCP 2025-11-25 and older keep
//! open, one for each session.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    Child, Role,
    courses::{self, To},
    goals::mib,
    load::Load,
    results::{Results, median},
    wire::Line,
};

/// With how many streams the memory is measured; first without any.
pub(crate) const STREAMS: [usize; 4] = [0, 1, 10, 100];
/// After this, what begins with a stream has begun, and what ends with a call has ended.
const SETTLED: Duration = Duration::from_secs(1);

/// Resident memory in bytes with as many open streams as [`STREAMS`] says, in a process of its own. `None` where the system
/// does not say.
pub(crate) type Held = Option<[u64; STREAMS.len()]>;

/// Starts a Doorward, opens streams and looks at its memory. `sign_in` gives a token for its server `echo`.
pub(crate) fn measure(load: &Load, folder: &Path, upstream: &str, sign_in: impl FnOnce(&Child) -> Result<String>) -> Result<Held> {
    let doorward = Child::start(Role::Doorward, folder, upstream)?;
    let to = To::guarded(doorward.address, "/mcp/echo", &sign_in(&doorward)?);
    // What the first session and the first call bring about is no matter of open streams.
    load.wait_for(async { begin(&to).await?.0.expect(&courses::call(&to), 200).await.map(drop) })?;
    let (mut open, mut held) = (Vec::new(), [0; STREAMS.len()]);
    for (streams, held) in STREAMS.into_iter().zip(&mut held) {
        while open.len() < streams {
            open.push(load.wait_for(listen(&to)).with_context(|| format!("stream {}", open.len() + 1))?);
        }
        std::thread::sleep(SETTLED);
        let Some(bytes) = doorward.resident_memory() else { return Ok(None) };
        *held = bytes;
        if !open.iter().all(Line::is_idle) {
            bail!("of {streams} streams that are to be idle, not all are");
        }
    }
    Ok(Some(held))
}

/// Begins a session on a new connection.
async fn begin(to: &To) -> Result<(Line, To)> {
    let mut line = Line::connect(to.host).await?;
    let answer = line.expect(&courses::initialize(to), 200).await?;
    let to = to.in_session(answer.header(b"mcp-session-id:").context("no session was begun")?);
    Ok((line, to))
}

/// Begins a session and opens its stream.
async fn listen(to: &To) -> Result<Line> {
    let (mut line, to) = begin(to).await?;
    line.open(&courses::listen(&to)).await?;
    Ok(line)
}

/// What so many streams add, in bytes: the median of the processes' differences.
fn added(results: &Results, at: usize) -> f64 {
    median(results.idle.iter().map(|held| held[at] as f64 - held[0] as f64).collect())
}

/// The table.
pub(crate) fn print(results: &Results) {
    if results.idle.is_empty() {
        return;
    }
    println!("\n{:>14}{:>18}{:>18}{:>14}", "idle streams", "resident memory", "more than with 0", "for each");
    for (at, streams) in STREAMS.into_iter().enumerate() {
        let all = median(results.idle.iter().map(|held| mib(held[at])).collect());
        let (more, each) = match streams {
            0 => (String::new(), String::new()),
            _ => {
                let kib = added(results, at) / 1024.0;
                (format!("{kib:+.0} KiB"), format!("{:.1} KiB", kib / streams as f64))
            }
        };
        println!("{streams:>14}{:>18}{more:>18}{each:>14}", format!("{all:.1} MiB"));
    }
}

/// The same for programs.
pub(crate) fn document(results: &Results) -> Value {
    let row = |(at, streams): (usize, usize)| {
        let all: Vec<u64> = results.idle.iter().map(|held| held[at]).collect();
        json!({ "streams": streams, "resident_bytes": all, "median_more_than_with_none": added(results, at) })
    };
    STREAMS.into_iter().enumerate().map(row).collect()
}
