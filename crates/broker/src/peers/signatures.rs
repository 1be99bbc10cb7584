//! Signatures are looked at beside the question: where a whole file has to be read, a person does not wait for it. What is not known
//! in time is asked for again by [`super::with_signature`].

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::program::Signature;

use super::still_looking;

/// How long somebody waits for a signature: half of what a question has for everything.
const PATIENCE: Duration = Duration::from_millis(50);
/// How many are remembered.
const MOST: usize = 64;

/// What is known of signatures. `K` tells apart what is signed, and a changed file from what it was.
#[derive(Debug)]
pub(super) struct Signatures<K> {
    shared: Arc<Shared<K>>,
}

#[derive(Debug)]
struct Shared<K> {
    /// `None` while somebody looks.
    known: Mutex<HashMap<K, Option<Signature>>>,
    /// Something became known.
    changed: Condvar,
}

impl<K> Default for Signatures<K> {
    fn default() -> Self {
        Self { shared: Arc::new(Shared { known: Mutex::default(), changed: Condvar::new() }) }
    }
}

impl<K: Clone + Eq + Hash + Send + 'static> Signatures<K> {
    /// The signature of a program. `look` is run once for each, on a thread of its own, and may take as long as it likes.
    pub(super) fn of(&self, what: K, look: impl FnOnce(&K) -> Signature + Send + 'static) -> Signature {
        let mut known = self.shared.lock();
        if !known.contains_key(&what) {
            if known.len() >= MOST {
                known.retain(|_, signature| signature.is_none());
            }
            known.insert(what.clone(), None);
            let (shared, what) = (self.shared.clone(), what.clone());
            std::thread::spawn(move || {
                let signature = look(&what);
                shared.lock().insert(what, Some(signature));
                shared.changed.notify_all();
            });
        }
        let unknown = |known: &mut HashMap<K, Option<Signature>>| matches!(known.get(&what), Some(None));
        let waited = self.shared.changed.wait_timeout_while(known, PATIENCE, unknown);
        let (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        known.get(&what).cloned().flatten().unwrap_or_else(still_looking)
    }
}

impl<K> Shared<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Option<Signature>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicU32, Ordering},
            mpsc,
        },
        time::Instant,
    };

    use super::*;

    fn signed(by: &str) -> Signature {
        Signature::Signed { by: by.to_owned() }
    }

    #[test]
    fn a_signature_is_looked_at_once() {
        let looks = Arc::new(AtomicU32::new(0));
        let signatures = Signatures::default();
        for _ in 0..3 {
            let looks = looks.clone();
            let seen = signatures.of("a", move |_| {
                looks.fetch_add(1, Ordering::Relaxed);
                signed("Example")
            });
            assert_eq!(seen, signed("Example"));
        }
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        assert_eq!(signatures.of("b", |_| Signature::Unsigned), Signature::Unsigned, "another file");
    }

    #[test]
    fn nobody_waits_long_and_the_next_one_is_told() {
        let signatures = Signatures::default();
        let (go_on, waits) = mpsc::channel::<()>();
        let started = Instant::now();
        let seen = signatures.of("a", move |_| {
            let _ = waits.recv();
            signed("Example")
        });
        assert_eq!(seen, still_looking());
        assert!(started.elapsed() < PATIENCE * 20, "{:?}", started.elapsed());
        go_on.send(()).expect("it waits");
        let told = (0..100).any(|_| signatures.of("a", |_| unreachable!("it is looked at once")) == signed("Example"));
        assert!(told);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let signatures = Signatures::default();
        for n in 0..(MOST * 3) {
            assert_eq!(signatures.of(n, |n| signed(&n.to_string())), signed(&n.to_string()));
        }
        assert!(signatures.shared.lock().len() <= MOST);
    }
}
