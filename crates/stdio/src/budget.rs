//! Room for bytes that wait for somebody. What is held takes room until the last of it is gone, wherever it went.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many bytes and no more.
#[derive(Clone)]
pub(crate) struct Budget {
    free: Arc<Semaphore>,
    all: usize,
}

/// Room that is taken.
pub(crate) struct Room {
    _taken: OwnedSemaphorePermit,
}

/// Bytes and the room that they take.
struct Held {
    bytes: Vec<u8>,
    _room: Room,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Room {
    /// Puts bytes in. They may be a little longer than the room.
    pub(crate) fn fill(self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Held { bytes, _room: self })
    }
}

impl Budget {
    pub(crate) fn new(all: usize) -> Self {
        let all = all.min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(all)), all }
    }

    /// Room for so many bytes, if there is any now.
    pub(crate) fn take(&self, length: usize) -> Option<Room> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(self.units(length)?).ok()?;
        Some(Room { _taken: permit })
    }

    /// Room for so many bytes, as soon as there is any. `None` for more than there will ever be.
    pub(crate) async fn wait(&self, length: usize) -> Option<Room> {
        let permit = Arc::clone(&self.free).acquire_many_owned(self.units(length)?).await.ok()?;
        Some(Room { _taken: permit })
    }

    /// Takes the bytes in, if there is room now.
    pub(crate) fn hold(&self, bytes: Vec<u8>) -> Option<Bytes> {
        Some(self.take(bytes.len())?.fill(bytes))
    }

    fn units(&self, length: usize) -> Option<u32> {
        if length > self.all { None } else { u32::try_from(length).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_free_again_when_the_last_slice_is_gone() {
        let budget = Budget::new(10);
        let held = budget.hold(vec![0; 8]).expect("room");
        let slice = held.slice(2..3);
        assert!(budget.hold(vec![0; 3]).is_none(), "it is full");
        drop(held);
        assert!(budget.hold(vec![0; 3]).is_none(), "a part of it is still somewhere");
        drop(slice);
        assert!(budget.hold(vec![0; 10]).is_some());
        assert!(budget.hold(vec![0; 11]).is_none(), "more than there is");
    }

    #[tokio::test]
    async fn who_waits_gets_room_when_there_is_some() {
        let budget = Budget::new(10);
        let held = budget.take(10);
        let later = tokio::spawn({
            let budget = budget.clone();
            async move { budget.wait(5).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!later.is_finished());
        drop(held);
        assert!(later.await.expect("it runs"));
        assert!(budget.wait(11).await.is_none(), "that will never be");
    }
}
