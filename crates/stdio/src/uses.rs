//! Whether anybody uses a server.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

/// How many requests and streams there are.
#[derive(Clone)]
pub(crate) struct Uses(Arc<watch::Sender<usize>>);

/// One of them. It ends when it is dropped.
pub(crate) struct Use(Uses);

impl Uses {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Begins one.
    pub(crate) fn begin(&self) -> Use {
        self.0.send_modify(|uses| *uses += 1);
        Use(self.clone())
    }

    /// Whether there is one.
    pub(crate) fn any(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Returns when there was none for so long.
    pub(crate) async fn idle(&self, long: Duration) {
        let mut uses = self.0.subscribe();
        loop {
            // The sender is held by `self`: this cannot fail.
            let _ = uses.wait_for(|uses| *uses == 0).await;
            if timeout(long, uses.changed()).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.0.0.send_modify(|uses| *uses = uses.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_idle_after_the_last_use() {
        let (uses, from) = (Uses::new(), Instant::now());
        let used = uses.begin();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(100)).await;
            drop(used);
        });
        uses.idle(Duration::from_secs(10)).await;
        assert_eq!(from.elapsed().as_secs(), 110);
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_use_begins_the_time_anew() {
        let (uses, from) = (Uses::new(), Instant::now());
        let again = uses.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(9)).await;
            drop(again.begin());
        });
        uses.idle(Duration::from_secs(10)).await;
        assert_eq!(from.elapsed().as_secs(), 19);
    }
}
