//! Shows and withdraws the consent window. There is one window for all questions: it shows the oldest that was not put
//! off, and it is gone when there is none, because a web view that waits costs a hundred megabytes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use doorward_broker::consent::{ConsentQueue, PromptId, Prompter, Question};
use doorward_oauth::consent::Unanswered;
use doorward_words::{Said, spoken};
use tauri::{AppHandle, Manager};

use crate::{app::Desktop, fallback, notices::Notices, windows};

/// How long a web view may take to draw before the question is put without it.
const BLANK: Duration = Duration::from_secs(3);
/// How long a window that was made ahead of its question is kept.
const WARM: Duration = Duration::from_secs(60);

/// The front end of the desktop app.
pub(crate) struct WindowPrompter {
    app: AppHandle,
    queue: OnceLock<ConsentQueue>,
    notices: Notices,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each open question came in, for the log.
    came_in: HashMap<PromptId, Instant>,
    /// When the window was made ahead of its question, until a question or [`WARM`] ends that.
    warmed: Option<Instant>,
    /// The question that a person went to.
    chosen: Option<PromptId>,
    /// The question that the window was last told to show.
    shows: Option<PromptId>,
    /// Counts how often that changed: a question may come, be put off and come again.
    turn: u64,
}

impl WindowPrompter {
    pub(crate) fn new(app: AppHandle) -> Arc<Self> {
        let notices = Notices::new(app.clone());
        Arc::new(Self { app, queue: OnceLock::new(), notices, state: Mutex::default() })
    }

    /// The queue exists once the broker does.
    pub(crate) fn start(&self, queue: ConsentQueue) {
        let _ = self.queue.set(queue);
        self.refresh();
    }

    /// The question to show: the one that a person went to, or the oldest that was not put off; with its place among all.
    pub(crate) fn current(&self) -> (Option<Question>, usize, usize) {
        let open = self.queue.get().map(ConsentQueue::open).unwrap_or_default();
        let chosen = self.lock().chosen;
        let waits = |question: &Question| !question.put_off;
        let at = open.iter().position(|question| Some(question.id) == chosen && waits(question)).or_else(|| open.iter().position(waits));
        (at.and_then(|at| open.get(at).cloned()), at.map_or(0, |at| at + 1), open.len())
    }

    /// Goes so many questions on, or back. One that was put off is shown again.
    pub(crate) fn go(&self, step: isize) {
        let Some(queue) = self.queue.get() else { return };
        let (_, position, _) = self.current();
        let target = position.checked_add_signed(step).and_then(|place| queue.open().into_iter().nth(place.checked_sub(1)?));
        if let Some(question) = target {
            self.go_to(question.id);
        }
    }

    /// Goes to a question. One that was put off is shown again.
    pub(crate) fn go_to(&self, id: PromptId) {
        if let Some(queue) = self.queue.get() {
            queue.bring_back(id);
            self.lock().chosen = Some(id);
            self.refresh();
        }
    }

    /// The page has drawn a question: log how long the person did not see it.
    pub(crate) fn painted(&self, id: PromptId) {
        if let Some(queue) = self.queue.get() {
            queue.painted(id);
        }
        if let Some(came_in) = self.lock().came_in.get(&id) {
            tracing::debug!(%id, milliseconds = came_in.elapsed().as_millis(), "painted");
        }
    }

    /// Makes the window show what the queue holds now.
    pub(crate) fn refresh(&self) {
        let app = self.app.clone();
        let (current, _, _) = self.current();
        let id = current.as_ref().map(|question| question.id);
        let new_turn = {
            let mut state = self.lock();
            state.warmed = state.warmed.filter(|_| id.is_some());
            let changed = std::mem::replace(&mut state.shows, id) != id;
            state.turn += u64::from(changed);
            changed.then_some(state.turn)
        };
        if let (Some(id), Some(turn)) = (id, new_turn) {
            self.watch_for_blank(id, turn);
        }
        let ran = self.app.run_on_main_thread(move || match &current {
            None => windows::close_consent(&app),
            // A window that stays blank would cover the dialog that took its place.
            Some(question) if fallback::is_asking(question.id) => windows::close_consent(&app),
            Some(question) => {
                if let Err(error) = windows::show_consent(&app, question, question.request.may_take_focus) {
                    tracing::error!(%error, "the consent window cannot be made");
                    fallback::ask(&app, question);
                }
            }
        });
        if ran.is_err() {
            // The event loop is gone: nobody can be shown anything.
            self.give_up_all();
        }
    }

    /// A person asked for the consent window: it may take the keyboard.
    pub(crate) fn bring_to_front(&self) -> bool {
        let (app, current) = (self.app.clone(), self.current().0);
        self.app
            .run_on_main_thread(move || {
                let Some(question) = current.filter(|question| !fallback::bring_to_front(question.id)) else { return };
                if let Err(error) = windows::show_consent(&app, &question, true) {
                    tracing::error!(%error, "the consent window cannot be made");
                }
            })
            .is_ok()
    }

    fn give_up_all(&self) {
        let Some(queue) = self.queue.get() else { return };
        for question in queue.open() {
            let _ = queue.give_up(question.id, Unanswered::NotShown);
        }
    }

    /// Blank web views are a known fault of some drivers: then the question is put in a native dialog.
    fn watch_for_blank(&self, id: PromptId, turn: u64) {
        let (app, Some(queue)) = (self.app.clone(), self.queue.get().cloned()) else { return };
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(BLANK).await;
            let handle = app.clone();
            let _ = app.run_on_main_thread(move || {
                let same_turn = handle.try_state::<Desktop>().is_some_and(|desktop| desktop.prompter.lock().turn == turn);
                let Some(question) = queue.find(id).filter(|_| same_turn && queue.is_blank(id)) else { return };
                tracing::warn!(%id, "the consent window stays blank; asking in a native dialog");
                windows::close_consent(&handle);
                fallback::ask(&handle, &question);
            });
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prompter for WindowPrompter {
    fn show(&self, question: &Question) {
        self.lock().came_in.insert(question.id, Instant::now());
        if !question.request.may_take_focus {
            self.notices.waits(question);
        }
        self.refresh();
    }

    fn withdraw(&self, id: PromptId) {
        self.lock().came_in.remove(&id);
        self.notices.over(id);
        fallback::withdraw(&self.app, id);
        self.refresh();
    }

    fn learned(&self, _: &Question) {
        self.refresh();
    }

    fn notice(&self, said: &Said) {
        self.notices.happened(&spoken().tell(said));
    }

    fn expect_question(&self) {
        let now = Instant::now();
        {
            let mut state = self.lock();
            if state.warmed.is_some_and(|at| at.elapsed() < WARM) {
                return;
            }
            state.warmed = Some(now);
        }
        let app = self.app.clone();
        let _ = self.app.run_on_main_thread(move || {
            if let Err(error) = windows::warm_consent(&app) {
                tracing::warn!(%error, "the consent window could not be made ahead");
            }
        });
        let app = self.app.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(WARM).await;
            let Some(desktop) = app.try_state::<Desktop>() else { return };
            // Otherwise it has shown a question since, and what there is now is another window.
            if desktop.prompter.lock().warmed == Some(now) {
                desktop.prompter.refresh();
            }
        });
    }

    fn raise(&self) -> bool {
        let Some(queue) = self.queue.get() else { return false };
        let open = queue.open();
        if open.is_empty() {
            let app = self.app.clone();
            return self.app.run_on_main_thread(move || windows::open_main(&app)).is_ok();
        }
        for question in &open {
            queue.bring_back(question.id);
        }
        self.bring_to_front()
    }
}
