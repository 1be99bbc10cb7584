//! One process: started, greeted, looked after, ended.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::DropGuard;

use crate::{
    command::Command,
    era::{self, Greeting},
    process::{self, Process},
    pump,
    trouble::{Ending, Trouble},
    wire::{Shared, Wire},
};

/// A process and the tasks that carry what it says.
pub(crate) struct Lively {
    pub(crate) wire: Arc<Wire>,
    process: Process,
    /// Why nothing is read any more, once that is so.
    reading: watch::Receiver<Option<Ending>>,
    listening: JoinHandle<()>,
    /// Ends the tasks.
    _over: DropGuard,
}

/// Why there is no greeting.
enum NoGreeting {
    /// The process ended at the question that only servers of today know. There are such.
    EndedAtProbe(Trouble),
    Trouble(Trouble),
}

impl Lively {
    /// Starts a command and greets what runs then: as a server of today first, unless it `is_legacy`.
    ///
    /// # Errors
    /// [`Trouble`]. Nothing is left running then.
    pub(crate) async fn start(shared: &Arc<Shared>, command: &Command, is_legacy: bool) -> Result<(Self, Greeting), Trouble> {
        let mut probe = !is_legacy;
        loop {
            let mut lively = Self::begin(shared, command)?;
            match lively.greet(probe).await {
                Ok(greeting) => return Ok((lively, greeting)),
                Err(no_greeting) => {
                    lively.end().await;
                    match no_greeting {
                        // Some servers of before end at a question that they do not know.
                        NoGreeting::EndedAtProbe(_) if probe => probe = false,
                        NoGreeting::EndedAtProbe(trouble) | NoGreeting::Trouble(trouble) => return Err(trouble),
                    }
                }
            }
        }
    }

    fn begin(shared: &Arc<Shared>, command: &Command) -> Result<Self, Trouble> {
        let (process, pipes) = Process::start(command).map_err(|why| Trouble::NotStarted { server: shared.server.clone(), why })?;
        shared.log.remark(format!("Started as process {}.", process.pid()));
        let (wire, queues) = Wire::new(Arc::clone(shared));
        tokio::spawn(pump::write(Arc::clone(&wire), queues, pipes.stdin));
        let listening = tokio::spawn(pump::listen(Arc::clone(&wire), pipes.stderr));
        let (ending, reading) = watch::channel(None);
        tokio::spawn(pump::read(Arc::clone(&wire), pipes.stdout, ending));
        let over = wire.over().clone().drop_guard();
        Ok(Self { wire, process, reading, listening, _over: over })
    }

    /// Its number in the operating system.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    async fn greet(&mut self, probe: bool) -> Result<Greeting, NoGreeting> {
        let (wire, only_probed) = (Arc::clone(&self.wire), AtomicBool::new(probe));
        tokio::select! {
            biased;
            greeted = era::greet(&wire, probe, || only_probed.store(false, Ordering::Relaxed)) => greeted.map_err(NoGreeting::Trouble),
            ending = self.ended() => {
                let at_probe = only_probed.load(Ordering::Relaxed) && matches!(ending, Ending::Exit { .. } | Ending::Closed);
                let trouble = Trouble::EndedAtStart { server: wire.shared.server.clone(), ending };
                Err(if at_probe { NoGreeting::EndedAtProbe(trouble) } else { NoGreeting::Trouble(trouble) })
            }
        }
    }

    /// Waits for its end, or for a reason to end it. It may be dropped and called again.
    pub(crate) async fn ended(&mut self) -> Ending {
        let Self { process, reading, .. } = self;
        let mut reading_ended = reading.clone();
        let read = async { reading_ended.wait_for(Option::is_some).await.ok().and_then(|ending| ending.clone()) };
        tokio::select! {
            ending = read => match ending {
                // Most likely because it ends.
                Some(Ending::Closed) | None => match timeout(pump::LAST_WORDS, process.wait()).await {
                    Ok(status) => Ending::Exit { how: process::how(&status) },
                    Err(_) => Ending::Closed,
                },
                Some(ending @ (Ending::LongLine { .. } | Ending::Garbage { .. } | Ending::Exit { .. })) => ending,
            },
            status = process.wait() => {
                // What it wrote last counts still.
                let _ = timeout(pump::LAST_WORDS, reading.wait_for(Option::is_some)).await;
                Ending::Exit { how: process::how(&status) }
            }
        }
    }

    /// Ends it and all that it started. Nothing can be asked any more.
    pub(crate) async fn end(self) {
        let settings = &self.wire.shared.settings;
        // Closes its standard input.
        self.wire.over().cancel();
        self.process.end(settings.farewell, settings.terminate).await;
        // It ends by itself; this only waits, so that the log has the last words when the state says that it ended.
        let _ = timeout(pump::LAST_WORDS, self.listening).await;
    }
}
