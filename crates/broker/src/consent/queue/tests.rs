use std::sync::atomic::{AtomicI64, Ordering};

use doorward_oauth::{consent::ConsentKind, id::ServerName};

use super::*;

/// Begins in 1970, goes as timers do, and is ahead of them by the seconds that the computer slept.
struct TestClock {
    begun: Instant,
    slept: AtomicI64,
}

impl TestClock {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), slept: AtomicI64::new(0) })
    }

    fn sleep(&self, seconds: i64) {
        self.slept.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.slept.load(Ordering::SeqCst)).plus(self.begun.elapsed())
    }
}

#[derive(Default)]
struct Recorder {
    shown: Mutex<Vec<PromptId>>,
    withdrawn: Mutex<Vec<PromptId>>,
}

impl Prompter for Recorder {
    fn show(&self, question: &Question) {
        self.shown.lock().expect("lock").push(question.id);
    }
    fn withdraw(&self, id: PromptId) {
        self.withdrawn.lock().expect("lock").push(id);
    }
}

fn request() -> ConsentRequest {
    ConsentRequest {
        server: ServerName::parse("files").expect("a name"),
        kind: ConsentKind::Changed(Vec::new()),
        may_take_focus: false,
        asked_at: UnixTime::from_secs(0),
    }
}

fn queue(capacity: usize) -> (ConsentQueue, Arc<Recorder>) {
    queue_at(capacity, TestClock::new())
}

fn queue_at(capacity: usize, clock: Arc<TestClock>) -> (ConsentQueue, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let limits = Limits { questions: capacity, answer_seconds: 300, ..Limits::default() };
    (ConsentQueue::new(recorder.clone(), clock, &limits), recorder)
}

async fn asked(queue: &ConsentQueue) -> (PromptId, tokio::task::JoinHandle<Result<ConsentDecision, Unanswered>>) {
    let before = queue.open().len();
    let asking = tokio::spawn({
        let queue = queue.clone();
        async move { queue.ask(request()).await }
    });
    while queue.open().len() == before {
        tokio::task::yield_now().await;
    }
    (queue.open().last().expect("open").id, asking)
}

#[tokio::test(start_paused = true)]
async fn an_answer_counts_once() {
    let (queue, recorder) = queue(10);
    let (id, asking) = asked(&queue).await;
    assert_eq!(queue.answer(id, ConsentDecision::deny()), Ok(()));
    assert_eq!(queue.answer(id, ConsentDecision::as_shown()), Err(NotPending));
    assert_eq!(asking.await.expect("joined"), Ok(ConsentDecision::deny()));
    assert_eq!(*recorder.withdrawn.lock().expect("lock"), [id], "taken down once");
}

#[derive(Default)]
struct Kept(Mutex<Vec<(PromptId, &'static str)>>);

impl Journal for Kept {
    fn put(&self, question: &Question) {
        self.0.lock().expect("lock").push((question.id, "put"));
    }
    fn ended(&self, id: PromptId) {
        self.0.lock().expect("lock").push((id, "ended"));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_kept_which_questions_are_open_however_they_end() {
    let (queue, _) = queue(10);
    let kept = Arc::new(Kept::default());
    queue.keep(kept.clone());
    let (answered, _asking) = asked(&queue).await;
    queue.answer(answered, ConsentDecision::deny()).expect("open");
    let (hung_up, asking) = asked(&queue).await;
    asking.abort();
    assert!(asking.await.expect_err("aborted").is_cancelled());
    let (closed, _asking) = asked(&queue).await;
    queue.close();
    let expected = [answered, hung_up, closed].into_iter().flat_map(|id| [(id, "put"), (id, "ended")]).collect::<Vec<_>>();
    assert_eq!(*kept.0.lock().expect("lock"), expected);
}

#[tokio::test(start_paused = true)]
async fn silence_refuses() {
    let (queue, recorder) = queue(10);
    let (id, asking) = asked(&queue).await;
    assert_eq!(queue.find(id).expect("open").expires_at, UnixTime::from_secs(300));
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert_eq!(queue.open().len(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(asking.await.expect("joined"), Err(Unanswered::TimedOut));
    assert!(queue.open().is_empty());
    assert_eq!(*recorder.withdrawn.lock().expect("lock"), [id]);
    assert_eq!(queue.answer(id, ConsentDecision::as_shown()), Err(NotPending), "too late is no");
}

#[tokio::test(start_paused = true)]
async fn what_lapsed_while_the_computer_slept_cannot_be_answered_or_prolonged() {
    let clock = TestClock::new();
    let (queue, recorder) = queue_at(10, clock.clone());
    let (first, asking) = asked(&queue).await;
    clock.sleep(301);
    assert!(!queue.extend(first), "it is over");
    assert_eq!(queue.answer(first, ConsentDecision::as_shown()), Err(NotPending), "at once, before anybody looked");
    assert_eq!(asking.await.expect("joined"), Err(Unanswered::TimedOut));
    assert_eq!(*recorder.withdrawn.lock().expect("lock"), [first]);
}

#[tokio::test(start_paused = true)]
async fn what_lapsed_while_the_computer_slept_is_taken_down_within_a_second() {
    let clock = TestClock::new();
    let (queue, recorder) = queue_at(10, clock.clone());
    let (id, asking) = asked(&queue).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    clock.sleep(280);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(queue.find(id).is_some(), "eight seconds are left");
    clock.sleep(60 * 60);
    let woke = Instant::now();
    assert_eq!(asking.await.expect("joined"), Err(Unanswered::TimedOut));
    assert!(woke.elapsed() <= LOOK, "{:?}", woke.elapsed());
    assert_eq!(*recorder.withdrawn.lock().expect("lock"), [id]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_prolongs_nothing() {
    let clock = TestClock::new();
    let (queue, _) = queue_at(10, clock.clone());
    let (_, asking) = asked(&queue).await;
    clock.sleep(-60 * 60);
    let begun = Instant::now();
    assert_eq!(asking.await.expect("joined"), Err(Unanswered::TimedOut));
    assert!(begun.elapsed() <= Duration::from_secs(301), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn hanging_up_takes_the_window_down() {
    let (queue, recorder) = queue(10);
    let (id, asking) = asked(&queue).await;
    asking.abort();
    assert!(asking.await.expect_err("aborted").is_cancelled());
    assert_eq!(*recorder.withdrawn.lock().expect("lock"), [id]);
    assert_eq!(queue.answer(id, ConsentDecision::as_shown()), Err(NotPending));
}

#[tokio::test(start_paused = true)]
async fn the_question_past_the_capacity_is_turned_away() {
    let (queue, recorder) = queue(2);
    let first = asked(&queue).await;
    let _second = asked(&queue).await;
    assert_eq!(queue.ask(request()).await, Err(Unanswered::Full));
    assert_eq!(recorder.shown.lock().expect("lock").len(), 2, "it was never shown");
    queue.answer(first.0, ConsentDecision::deny()).expect("open");
    let (third, _asking) = asked(&queue).await;
    assert_eq!(queue.open().last().expect("open").id, third, "there is room again");
}

#[tokio::test(start_paused = true)]
async fn later_is_not_no() {
    let (queue, _) = queue(10);
    let (id, asking) = asked(&queue).await;
    queue.put_off(id);
    assert!(queue.find(id).expect("still open").put_off);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(queue.answer(id, ConsentDecision::as_shown()), Ok(()));
    assert_eq!(asking.await.expect("joined"), Ok(ConsentDecision::as_shown()));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_never_paints_is_known() {
    let (queue, _) = queue(10);
    let (id, _asking) = asked(&queue).await;
    assert!(queue.is_blank(id));
    queue.painted(id);
    assert!(!queue.is_blank(id));
    queue.put_off(id);
    queue.bring_back(id);
    assert!(queue.is_blank(id), "another window shows it now");
}

#[tokio::test(start_paused = true)]
async fn not_shown_is_told_truthfully() {
    let (queue, _) = queue(10);
    let (id, asking) = asked(&queue).await;
    queue.give_up(id, Unanswered::NotShown).expect("open");
    assert_eq!(asking.await.expect("joined"), Err(Unanswered::NotShown));
}

#[tokio::test(start_paused = true)]
async fn quitting_refuses_what_is_open_and_what_comes_later() {
    let (queue, _) = queue(10);
    let (_, asking) = asked(&queue).await;
    queue.close();
    assert_eq!(asking.await.expect("joined"), Err(Unanswered::Quitting));
    assert_eq!(queue.ask(request()).await, Err(Unanswered::Quitting));
}

#[tokio::test(start_paused = true)]
async fn the_number_of_waiting_questions_can_be_watched() {
    let (queue, _) = queue(10);
    let mut waiting = queue.waiting();
    let (id, _asking) = asked(&queue).await;
    assert_eq!(*waiting.borrow_and_update(), 1);
    queue.answer(id, ConsentDecision::deny()).expect("open");
    assert_eq!(*waiting.borrow_and_update(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_questions_none_is_lost_or_answered_twice() {
    let (queue, _) = queue(50);
    let asking: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let queue = queue.clone();
                async move { queue.ask(request()).await }
            })
        })
        .collect();
    while queue.open().len() < 50 {
        tokio::task::yield_now().await;
    }
    let wins: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let queue = queue.clone();
                async move { (1..=50).filter(|n| queue.answer(PromptId(*n), ConsentDecision::as_shown()).is_ok()).count() }
            })
        })
        .collect();
    let mut won = 0;
    for win in wins {
        won += win.await.expect("joined");
    }
    assert_eq!(won, 50);
    for asked in asking {
        assert_eq!(asked.await.expect("joined"), Ok(ConsentDecision::as_shown()));
    }
}

#[tokio::test(start_paused = true)]
async fn more_time_is_as_long_again_and_ten_times_at_the_most() {
    let (queue, _) = queue(5);
    let (id, waiting) = asked(&queue).await;
    let before = queue.find(id).expect("open").expires_at;
    assert!(queue.extend(id));
    assert_eq!(queue.find(id).expect("open").expires_at, before.plus(Duration::from_secs(300)));
    tokio::time::sleep(Duration::from_secs(599)).await;
    assert!(queue.find(id).is_some(), "it still waits");
    for _ in 0..9 {
        assert!(queue.extend(id));
    }
    assert!(!queue.extend(id));
    tokio::time::sleep(Duration::from_secs(9 * 300)).await;
    assert!(queue.find(id).is_some());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(waiting.await.expect("joined"), Err(Unanswered::TimedOut));
    assert!(!queue.extend(id), "it is over");
}
