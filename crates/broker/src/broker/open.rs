//! What is open on each grant: the calls that run and the streams on which a client listens. All of it ends when the grant is taken
//! back.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use doorward_oauth::id::GrantId;
use tokio_util::sync::CancellationToken;

/// By grant.
#[derive(Default)]
pub(super) struct Streams {
    of: Mutex<HashMap<GrantId, Open>>,
}

/// What is open on one grant.
#[derive(Debug, Clone, Default)]
pub(super) struct Open {
    /// Ends it.
    pub(super) ends: CancellationToken,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicUsize,
    streams: AtomicUsize,
}

/// One call or one stream, which counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    counts: Arc<Counts>,
    is_call: bool,
}

impl Counts {
    const fn of(&self, is_call: bool) -> &AtomicUsize {
        if is_call { &self.calls } else { &self.streams }
    }
}

impl Open {
    /// Counts a call, or a stream.
    pub(super) fn count(&self, is_call: bool) -> Counted {
        self.counts.of(is_call).fetch_add(1, Ordering::Relaxed);
        Counted { counts: self.counts.clone(), is_call }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counts.of(self.is_call).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Streams {
    /// What is open on a grant.
    pub(super) fn of(&self, grant: &GrantId) -> Open {
        self.lock().entry(grant.clone()).or_default().clone()
    }

    /// How many calls run on a grant, and how many streams are open.
    pub(super) fn counted(&self, grant: &GrantId) -> (usize, usize) {
        let open = self.lock().get(grant).map(|open| open.counts.clone());
        open.map_or((0, 0), |counts| (counts.calls.load(Ordering::Relaxed), counts.streams.load(Ordering::Relaxed)))
    }

    /// Ends what is open on grants.
    pub(super) fn end(&self, grants: &[GrantId]) {
        let mut all = self.lock();
        for open in grants.iter().filter_map(|grant| all.remove(grant)) {
            open.ends.cancel();
        }
    }

    /// Ends all there is.
    pub(super) fn end_all(&self) {
        for (_, open) in self.lock().drain() {
            open.ends.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<GrantId, Open>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_counted_until_it_ends_and_ends_with_its_grant() {
        let (streams, grant, other) = (Streams::default(), GrantId::from_text("g"), GrantId::from_text("h"));
        let open = streams.of(&grant);
        let (call, stream) = (open.count(true), open.count(false));
        let another = streams.of(&grant).count(true);
        assert_eq!((streams.counted(&grant), streams.counted(&other)), ((2, 1), (0, 0)));
        drop((call, stream));
        assert_eq!(streams.counted(&grant), (1, 0));
        streams.end(std::slice::from_ref(&grant));
        assert!(open.ends.is_cancelled() && !streams.of(&other).ends.is_cancelled());
        assert!(!streams.of(&grant).ends.is_cancelled(), "what comes after it is not meant");
        drop(another);
        assert_eq!(streams.counted(&grant), (0, 0));
        let last = streams.of(&other);
        streams.end_all();
        assert!(last.ends.is_cancelled());
    }
}
