//! The life of a server's process: started when it is needed, started again when it failed, ended when nobody needs it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_words::{Said, Says as _};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{clock, command::Launch, era::Era, lively::Lively, running::Running, state::State, trouble::Trouble, uses::Uses, wire::Shared};

/// The process of a server, or the lack of one.
pub(crate) struct Life {
    pub(crate) shared: Arc<Shared>,
    pub(crate) uses: Uses,
    launch: Arc<dyn Launch>,
    now: Mutex<Now>,
    /// Changes after each change of the phase.
    state: watch::Sender<State>,
    /// Ends with the last handle of the server.
    all: CancellationToken,
}

struct Now {
    phase: Phase,
    /// Counts starts.
    attempt: u64,
    /// How the last start failed that did, and which it was.
    failed_start: Option<(u64, Trouble)>,
    /// Why there is none, after a failure.
    reason: Said,
    /// How many failures there were since the last long health.
    failures: u32,
    /// It spoke as before, last time.
    is_legacy: bool,
    /// Ends the process.
    stop: CancellationToken,
}

enum Phase {
    Stopped,
    Starting,
    Running(Arc<Running>),
    Ending,
    Waiting { until: Instant },
}

/// How a process came to its end.
enum End {
    /// It was asked to, or nobody needed it.
    Meant,
    /// The start failed.
    NotStarted(Trouble),
    /// It failed later, for that reason.
    Failed(Said),
}

/// What is to be done by who needs the process.
enum Step {
    /// To wait for the end of a start.
    ForStart(u64),
    /// To wait until something changes.
    ForChange,
    Until(Instant),
    Done(Result<Arc<Running>, Trouble>),
}

impl Life {
    pub(crate) fn new(shared: Arc<Shared>, launch: Arc<dyn Launch>) -> Arc<Self> {
        let all = CancellationToken::new();
        let now = Now {
            phase: Phase::Stopped,
            attempt: 0,
            failed_start: None,
            reason: Said::verbatim(""),
            failures: 0,
            is_legacy: false,
            stop: all.child_token(),
        };
        Arc::new(Self { shared, uses: Uses::new(), launch, now: Mutex::new(now), state: watch::Sender::new(State::Stopped), all })
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// The process, if there is one.
    pub(crate) fn present(&self) -> Option<Arc<Running>> {
        match &self.now().phase {
            Phase::Running(running) => Some(Arc::clone(running)),
            Phase::Stopped | Phase::Starting | Phase::Ending | Phase::Waiting { .. } => None,
        }
    }

    /// The process, which is started if there is none. Whoever calls this counts as a use from before.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(crate) async fn running(self: &Arc<Self>) -> Result<Arc<Running>, Trouble> {
        let mut state = self.state.subscribe();
        let mut start = None;
        loop {
            state.mark_unchanged();
            match self.step(start.take()) {
                Step::Done(done) => return done,
                Step::Until(until) => sleep_until(until).await,
                Step::ForStart(attempt) => {
                    start = Some(attempt);
                    // The sender is held by `self`: this cannot fail.
                    let _ = state.changed().await;
                }
                Step::ForChange => {
                    let _ = state.changed().await;
                }
            }
        }
    }

    fn step(self: &Arc<Self>, start: Option<u64>) -> Step {
        let mut now = self.now();
        if let Some((attempt, trouble)) = &now.failed_start
            && start == Some(*attempt)
        {
            return Step::Done(Err(trouble.clone()));
        }
        let left = match &now.phase {
            Phase::Running(running) if !running.wire.over().is_cancelled() => return Step::Done(Ok(Arc::clone(running))),
            Phase::Starting => return Step::ForStart(now.attempt),
            Phase::Running(_) | Phase::Ending => return Step::ForChange,
            Phase::Stopped => Duration::ZERO,
            Phase::Waiting { until } => until.saturating_duration_since(Instant::now()),
        };
        if left.is_zero() {
            return self.begin(&mut now).map_or_else(|trouble| Step::Done(Err(trouble)), Step::ForStart);
        }
        if left <= self.shared.settings.held {
            return Step::Until(Instant::now() + left);
        }
        let seconds = left.as_millis().div_ceil(1000);
        Step::Done(Err(Trouble::Waiting { server: self.shared.server.clone(), last: now.reason.clone(), seconds }))
    }

    /// Begins a start, and says which it is.
    fn begin(self: &Arc<Self>, now: &mut Now) -> Result<u64, Trouble> {
        if self.all.is_cancelled() {
            return Err(self.stopped());
        }
        now.attempt += 1;
        now.phase = Phase::Starting;
        now.stop = self.all.child_token();
        self.state.send_replace(State::Starting { since: clock::now() });
        let (life, attempt, stop) = (Arc::clone(self), now.attempt, now.stop.clone());
        tokio::spawn(async move {
            let end = life.live(&stop).await;
            life.died(attempt, end);
        });
        Ok(attempt)
    }

    fn stopped(&self) -> Trouble {
        Trouble::Stopped { server: self.shared.server.clone() }
    }

    /// Starts a process now, if there is none, none is on its way, and none has to wait.
    pub(crate) fn wake(self: &Arc<Self>) {
        let mut now = self.now();
        if matches!(now.phase, Phase::Stopped) {
            // It is refused only when everything ends.
            let _ = self.begin(&mut now);
        }
    }

    /// The wait after a failure is over. Who has a stream open waits for what a process says, and asks for nothing.
    fn waited(self: &Arc<Self>, failed: u64) {
        let mut now = self.now();
        let waits = matches!(now.phase, Phase::Waiting { .. }) && now.attempt == failed;
        if waits && self.shared.hearers.has_streams() {
            let _ = self.begin(&mut now);
        }
    }

    /// Ends the process, and returns when it has ended. Failures are forgotten.
    pub(crate) async fn stop(&self) {
        let mut state = self.state.subscribe();
        loop {
            state.mark_unchanged();
            if self.has_stopped() {
                return;
            }
            let _ = state.changed().await;
        }
    }

    fn has_stopped(&self) -> bool {
        let mut now = self.now();
        match now.phase {
            Phase::Starting | Phase::Running(_) | Phase::Ending => {
                now.stop.cancel();
                false
            }
            Phase::Stopped | Phase::Waiting { .. } => {
                (now.phase, now.failures) = (Phase::Stopped, 0);
                self.state.send_if_modified(|state| std::mem::replace(state, State::Stopped) != State::Stopped);
                true
            }
        }
    }

    /// Ends everything, for good. It does not wait.
    pub(crate) fn end(&self) {
        self.all.cancel();
        self.shared.hearers.end();
    }

    /// One process, from its start to its end.
    async fn live(self: &Arc<Self>, stop: &CancellationToken) -> End {
        let after = self.shared.settings.start;
        let started = tokio::select! {
            biased;
            () = stop.cancelled() => return End::NotStarted(self.stopped()),
            started = timeout(after, self.start()) => started,
        };
        let lively = match started {
            Ok(Ok((lively, running))) => {
                self.is_running(&lively, &running);
                lively
            }
            Ok(Err(trouble)) => return End::NotStarted(trouble),
            Err(_) => return End::NotStarted(Trouble::SilentAtStart { server: self.shared.server.clone(), after }),
        };
        self.tend(lively, stop).await
    }

    async fn start(&self) -> Result<(Lively, Arc<Running>), Trouble> {
        let command = self.launch.command().await;
        let command = command.map_err(|why| Trouble::NotStarted { server: self.shared.server.clone(), why: why.0 })?;
        self.shared.log.mask(&command.environment);
        let is_legacy = std::mem::take(&mut self.now().is_legacy);
        let (lively, greeting) = Lively::start(&self.shared, &command, is_legacy).await?;
        // If it does not begin as it did last time, it is asked anew the next time.
        self.now().is_legacy = greeting.era == Era::Legacy;
        let running = Arc::new(Running::new(Arc::clone(&lively.wire), greeting));
        Ok((lively, running))
    }

    fn is_running(&self, lively: &Lively, running: &Arc<Running>) {
        let mut now = self.now();
        now.phase = Phase::Running(Arc::clone(running));
        let (pid, protocol) = (lively.pid(), running.greeting.version.clone());
        tracing::info!(server = %self.shared.server, pid, protocol, "a server runs");
        self.state.send_replace(State::Running { pid, since: clock::now(), protocol });
        let running = Arc::clone(running);
        tokio::spawn(async move { running.tell_wants().await });
    }

    /// Looks after a process until it ends.
    async fn tend(&self, mut lively: Lively, stop: &CancellationToken) -> End {
        let since = Instant::now();
        let ending = loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break None,
                ending = lively.ended() => break Some(ending),
                () = self.uses.idle(self.shared.settings.idle) => {
                    if self.may_end() {
                        break None;
                    }
                }
            }
        };
        let server = self.shared.server.clone();
        let (trouble, end) = match ending {
            None => (self.stopped(), End::Meant),
            Some(ending) => {
                let reason = Said::plain("server-ended").with("server", server.as_ref()).with_said("ending", ending.said());
                (Trouble::Ended { server, ending }, End::Failed(reason))
            }
        };
        {
            let mut now = self.now();
            now.phase = Phase::Ending;
            if since.elapsed() >= self.shared.settings.healthy {
                now.failures = 0;
            }
        }
        lively.wire.end(&trouble);
        match &end {
            End::Meant => self.shared.hearers.end_subscriptions(),
            End::NotStarted(_) | End::Failed(_) => self.shared.hearers.cut_subscriptions(),
        }
        lively.end().await;
        end
    }

    /// Whether it is really idle: who came in the last moment counts before they ask for the process.
    fn may_end(&self) -> bool {
        let mut now = self.now();
        let idle = !self.uses.any();
        if idle {
            now.phase = Phase::Ending;
        }
        idle
    }

    fn died(self: &Arc<Self>, attempt: u64, end: End) {
        let mut now = self.now();
        let reason = match end {
            End::NotStarted(trouble) => {
                let reason = trouble.said();
                let was_stopped = trouble == self.stopped();
                now.failed_start = Some((attempt, trouble));
                (!was_stopped).then_some(reason)
            }
            End::Failed(reason) => Some(reason),
            End::Meant => None,
        };
        let Some(reason) = reason else {
            now.phase = Phase::Stopped;
            self.shared.log.remark("Stopped.");
            self.state.send_replace(State::Stopped);
            return;
        };
        tracing::warn!(server = %self.shared.server, reason = reason.to_string(), "a server failed");
        self.shared.log.remark(reason.to_string());
        let settings = &self.shared.settings;
        let wait = settings.first_wait.saturating_mul(2_u32.saturating_pow(now.failures)).min(settings.longest_wait);
        now.failures += 1;
        now.reason.clone_from(&reason);
        now.phase = Phase::Waiting { until: Instant::now() + wait };
        self.state.send_replace(State::Failed { reason, next_try: clock::now() + wait });
        let (life, all) = (Arc::downgrade(self), self.all.clone());
        tokio::spawn(async move {
            if timeout(wait, all.cancelled()).await.is_err()
                && let Some(life) = life.upgrade()
            {
                life.waited(attempt);
            }
        });
    }
}
