//! The person, as a double: answers each question as told, and remembers what was shown.

use std::sync::{Arc, Mutex, OnceLock};

use doorward_broker::consent::{ConsentQueue, PromptId, Prompter, Question, view::QuestionView};
use doorward_oauth::consent::ConsentDecision;
use doorward_words::Said;

/// What the person does with a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Habit {
    /// Leaves it.
    Waits,
    /// Allows what is proposed, at once.
    Allows,
    /// Denies, at once.
    Denies,
    /// Says exactly this, at once.
    Says(ConsentDecision),
}

impl Habit {
    fn answer(&self) -> Option<ConsentDecision> {
        match self {
            Self::Waits => None,
            Self::Allows => Some(ConsentDecision::as_shown()),
            Self::Denies => Some(ConsentDecision::deny()),
            Self::Says(decision) => Some(decision.clone()),
        }
    }
}

/// A scripted person.
pub struct Person {
    queue: OnceLock<ConsentQueue>,
    habit: Mutex<Habit>,
    shown: Mutex<Vec<QuestionView>>,
    withdrawn: Mutex<Vec<PromptId>>,
    noticed: Mutex<Vec<String>>,
}

impl Person {
    /// A person with a habit.
    pub fn who(habit: Habit) -> Arc<Self> {
        Arc::new(Self {
            queue: OnceLock::new(),
            habit: Mutex::new(habit),
            shown: Mutex::default(),
            withdrawn: Mutex::default(),
            noticed: Mutex::default(),
        })
    }

    /// The queue exists once the broker does.
    pub fn meet(&self, queue: ConsentQueue) {
        let _ = self.queue.set(queue);
    }

    /// From now on.
    pub fn from_now_on(&self, habit: Habit) {
        *self.habit.lock().expect("lock") = habit;
    }

    /// Everything that was shown so far.
    pub fn shown(&self) -> Vec<QuestionView> {
        self.shown.lock().expect("lock").clone()
    }

    /// Everything that was only told so far.
    pub fn noticed(&self) -> Vec<String> {
        self.noticed.lock().expect("lock").clone()
    }

    /// Everything that was taken down so far.
    pub fn withdrawn(&self) -> Vec<PromptId> {
        self.withdrawn.lock().expect("lock").clone()
    }

    /// Allows what the oldest open question proposes.
    pub fn allow(&self) {
        self.says(ConsentDecision::as_shown());
    }

    /// Answers the oldest open question.
    pub fn says(&self, decision: ConsentDecision) {
        let queue = self.queue.get().expect("met");
        let oldest = queue.open().first().expect("a question").id;
        queue.answer(oldest, decision).expect("open");
    }
}

impl Prompter for Person {
    fn show(&self, question: &Question) {
        self.shown.lock().expect("lock").push(QuestionView::from(question));
        let answer = self.habit.lock().expect("lock").answer();
        if let (Some(decision), Some(queue)) = (answer, self.queue.get().cloned()) {
            let id = question.id;
            // Not from within `show`: a person needs a moment, and so does the queue.
            tokio::spawn(async move { queue.answer(id, decision) });
        }
    }

    fn notice(&self, said: &Said) {
        self.noticed.lock().expect("lock").push(said.to_string());
    }

    fn withdraw(&self, id: PromptId) {
        self.withdrawn.lock().expect("lock").push(id);
    }
}
