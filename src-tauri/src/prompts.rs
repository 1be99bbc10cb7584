//! Shows and withdraws the consent window. There is one window for all questions: it shows the oldest that was not put
//! off, and then what the same App asks besides; it is gone when there is none, because a web view that waits costs a hundred megabytes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use doorward_broker::consent::{
    ConsentQueue, PromptId, Prompter, Question,
    view::{QuestionView, grouped},
};
use doorward_oauth::{consent::Unanswered, time::UnixTime};
use doorward_words::{Said, spoken};
use tauri::{AppHandle, Manager};

use crate::{app::Desktop, fallback, notices::Notices, windows};

/// How long a web view may take to draw before the question is put without it.
const BLANK: Duration = Duration::from_secs(3);
/// How long a question that a person caused may take to get the keyboard, before it is notified as any other is.
const UNSEEN: Duration = Duration::from_secs(3);
/// How long a window that was made ahead of its question is kept.
const WARM: Duration = Duration::from_secs(60);

/// How long after the person came back it is told what lapsed meanwhile: what ended in a sleep is then written down.
#[cfg(target_os = "linux")]
const SETTLED: Duration = Duration::from_secs(2);

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
    /// The last question that was shown, also when it is over: those of its App come next.
    last: Option<QuestionView>,
    /// Counts how often that changed: a question may come, be put off and come again.
    turn: u64,
    /// Since when the person is away: until they are back nothing reaches for the keyboard, and what waits is not notified.
    away_since: Option<UnixTime>,
}

impl WindowPrompter {
    pub(crate) fn new(app: AppHandle) -> Arc<Self> {
        let notices = Notices::new(app.clone());
        Arc::new(Self { app, queue: OnceLock::new(), notices, state: Mutex::default() })
    }

    /// The queue exists once the broker does.
    pub(crate) fn start(&self, queue: ConsentQueue) {
        let _ = self.queue.set(queue);
        #[cfg(target_os = "linux")]
        tauri::async_runtime::spawn(crate::away::watch(self.app.clone()));
        self.refresh();
    }

    /// The question to show, of those that were not put off: the one that a person went to, or else the one that is shown, or one of the
    /// same App as the last, or the oldest; with its place among all.
    pub(crate) fn current(&self) -> (Option<Question>, usize, usize) {
        let open = self.open();
        let state = self.lock();
        let first = |wanted: &dyn Fn(&Question) -> bool| open.iter().position(|question| !question.put_off && wanted(question));
        let at = first(&|question| Some(question.id) == state.chosen)
            .or_else(|| first(&|question| Some(question.id) == state.shows))
            .or_else(|| state.last.as_ref().and_then(|last| first(&|question| QuestionView::from(question).belongs_to(last))))
            .or_else(|| first(&|_| true));
        (at.and_then(|at| open.get(at).cloned()), at.map_or(0, |at| at + 1), open.len())
    }

    /// The open questions, app by app.
    fn open(&self) -> Vec<Question> {
        grouped(self.queue.get().map(ConsentQueue::open).unwrap_or_default(), |question| QuestionView::from(question))
    }

    /// Goes so many questions on, or back. One that was put off is shown again.
    pub(crate) fn go(&self, step: isize) {
        let (_, position, _) = self.current();
        let target = position.checked_add_signed(step).and_then(|place| self.open().into_iter().nth(place.checked_sub(1)?));
        if let Some(question) = target {
            self.go_to(question.id);
        }
    }

    /// Goes to a question. One that was put off is shown again.
    fn go_to(&self, id: PromptId) {
        if let Some(queue) = self.queue.get() {
            queue.bring_back(id);
            self.lock().chosen = Some(id);
            self.refresh();
        }
    }

    /// Goes to a question and brings it to the front; to the oldest when that one is over.
    pub(crate) fn bring_up(&self, id: PromptId) {
        self.go_to(id);
        self.bring_to_front();
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
            state.last = current.as_ref().map(QuestionView::from).or(state.last.take());
            state.turn += u64::from(changed);
            changed.then_some(state.turn)
        };
        if let (Some(id), Some(turn)) = (id, new_turn) {
            self.watch_for_blank(id, turn);
        }
        let anew = new_turn.is_some();
        let current = current.map(|question| self.as_put(question));
        let ran = self.app.run_on_main_thread(move || match &current {
            None => windows::close_consent(&app),
            // A window that stays blank would cover the dialog that took its place.
            Some(question) if fallback::is_asking(question.id) => windows::close_consent(&app),
            Some(question) => {
                if let Err(error) = windows::show_consent(&app, question, question.request.may_take_focus, anew) {
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
    fn bring_to_front(&self) -> bool {
        let (app, current, is_away) = (self.app.clone(), self.current().0, self.is_away());
        self.app
            .run_on_main_thread(move || {
                let Some(question) = current else { return };
                let in_a_dialog = if is_away { fallback::is_asking(question.id) } else { fallback::bring_to_front(question.id) };
                if in_a_dialog {
                    return;
                }
                if let Err(error) = windows::show_consent(&app, &question, !is_away, true) {
                    tracing::error!(%error, "the consent window cannot be made");
                }
            })
            .is_ok()
    }

    /// A question as it is put now: to a person who is away without reaching for the keyboard.
    fn as_put(&self, mut question: Question) -> Question {
        question.request.may_take_focus &= !self.is_away();
        question
    }

    fn is_away(&self) -> bool {
        self.lock().away_since.is_some()
    }

    /// The person went away, or still is.
    #[cfg(target_os = "linux")]
    pub(crate) fn went_away(&self, now: UnixTime) {
        let mut state = self.lock();
        if state.away_since.is_none() {
            tracing::debug!("the person is away");
            state.away_since = Some(now);
        }
    }

    /// The person is back, or still is there. What lapsed meanwhile is told, and what waits is put as if it were new.
    #[cfg(target_os = "linux")]
    pub(crate) fn came_back(&self) {
        let Some(since) = self.lock().away_since.take() else { return };
        tracing::debug!("the person is back");
        let app = self.app.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(SETTLED).await;
            let Some(desktop) = app.try_state::<Desktop>() else { return };
            let Desktop { broker, prompter, .. } = &*desktop;
            if let Some(again) = &mut prompter.lock().away_since {
                // Away again: all of it is told then.
                *again = since.min(*again);
                return;
            }
            match broker.lapsed_since(since).await {
                Ok(lapsed) => prompter.notices.lapsed(&lapsed),
                Err(error) => tracing::warn!(%error, "what lapsed meanwhile is not known"),
            }
            if let (Some(question), _, _) = prompter.current() {
                prompter.notify(&question);
            }
            // Also to be watched as a new one: on a locked screen nothing need draw.
            prompter.lock().shows = None;
            prompter.refresh();
        });
    }

    /// Says that a question waits: at once when nobody at this computer caused it, otherwise when its window does not get the keyboard.
    /// Not every desktop gives it.
    fn notify(&self, question: &Question) {
        if !question.request.may_take_focus {
            self.notices.waits(question);
            return;
        }
        let (app, id) = (self.app.clone(), question.id);
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(UNSEEN).await;
            let handle = app.clone();
            let _ = app.run_on_main_thread(move || {
                let Some(desktop) = handle.try_state::<Desktop>() else { return };
                let waits = desktop.broker.queue().find(id).filter(|question| !question.put_off);
                if let Some(question) = waits.filter(|_| !windows::consent_has_focus(&handle) && !fallback::has_focus()) {
                    desktop.prompter.notices.waits(&question);
                }
            });
        });
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
                let Some(desktop) = handle.try_state::<Desktop>().filter(|desktop| desktop.prompter.lock().turn == turn) else { return };
                let Some(question) = queue.find(id).filter(|_| queue.is_blank(id) && !desktop.prompter.is_away()) else { return };
                tracing::warn!(%id, "the consent window stays blank; asking in a native dialog");
                #[cfg(target_os = "linux")]
                crate::renderer::stayed_blank(&desktop.places.state);
                windows::close_consent(&handle);
                fallback::ask(&handle, &desktop.prompter.as_put(question));
            });
        });
    }

    /// An import ended, with so many servers added unless it failed, and the window that began it is gone.
    pub(crate) fn import_ended(&self, added: Option<usize>) {
        if let Some(added) = added {
            self.notices.import_ended(added);
        }
        windows::main_changed(&self.app);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prompter for WindowPrompter {
    fn show(&self, question: &Question) {
        self.lock().came_in.insert(question.id, Instant::now());
        if !self.is_away() {
            self.notify(question);
        }
        self.refresh();
    }

    fn withdraw(&self, id: PromptId) {
        self.lock().came_in.remove(&id);
        self.notices.over(id);
        fallback::withdraw(&self.app, id);
        self.refresh();
    }

    fn learned(&self, question: &Question) {
        let (app, question) = (self.app.clone(), question.clone());
        let _ = self.app.run_on_main_thread(move || {
            if fallback::is_asking(question.id) {
                fallback::ask_anew(&app, &question);
            } else {
                windows::tell_consent(&app);
            }
        });
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
