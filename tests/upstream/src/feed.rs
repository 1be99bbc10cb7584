//! What a client is sent, event by event. Whoever writes need not wait for whoever reads, and a reader that was cut off can
//! come back and read on.

use std::collections::VecDeque;

use futures_util::{Stream, stream};
use serde_json::Value;
use tokio::sync::watch;

/// How many events are kept for readers.
const KEPT: usize = 256;
/// How long a reader that was cut off should wait before it comes back, in milliseconds.
const RETRY: u32 = 100;

/// A stream of server-sent events.
#[derive(Debug)]
pub(crate) struct Feed {
    /// Where events have ids: the part of them that names this feed.
    number: Option<u64>,
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many events are no longer kept.
    gone: usize,
    events: VecDeque<String>,
    ended: bool,
    /// How often readers were cut off, and before which event the last time.
    hang_ups: u32,
    cut: usize,
}

impl State {
    /// The first event that is kept, from the one at `from` on, and its place.
    fn event(&self, from: usize) -> Option<(usize, &String)> {
        let at = from.max(self.gone);
        Some((at, self.events.get(at - self.gone)?))
    }

    /// The place of the next event.
    fn next(&self) -> usize {
        self.gone + self.events.len()
    }
}

impl Feed {
    /// One that a client can read once.
    pub(crate) fn once() -> Self {
        Self { number: None, state: watch::Sender::default() }
    }

    /// One that a client can read on after it was cut off (MCP 2025-11-25, "Resumability and Redelivery"). The first event has
    /// no content: it only tells where to read on.
    pub(crate) fn resumable(number: u64) -> Self {
        let this = Self { number: Some(number), state: watch::Sender::default() };
        this.push(&format!("retry: {RETRY}\ndata:\n\n"));
        this
    }

    /// The part of its events' ids that names it.
    pub(crate) fn number(&self) -> Option<u64> {
        self.number
    }

    /// Sends a message.
    pub(crate) fn send(&self, message: &Value) {
        self.push(&format!("event: message\ndata: {message}\n\n"));
    }

    /// Sends a line that says nothing.
    pub(crate) fn comment(&self, text: &str) {
        self.push(&format!(": {text}\n\n"));
    }

    fn push(&self, event: &str) {
        self.state.send_modify(|state| {
            let id = self.number.map(|number| format!("id: {number}-{}\n", state.next()));
            state.events.push_back(id.unwrap_or_default() + event);
            if state.events.len() > KEPT {
                state.events.pop_front();
                state.gone += 1;
            }
        });
    }

    /// Nothing more will come.
    pub(crate) fn end(&self) {
        self.state.send_modify(|state| state.ended = true);
    }

    /// Cuts off who reads now. More may come for those who come back.
    pub(crate) fn hang_up(&self) {
        self.state.send_modify(|state| {
            state.hang_ups += 1;
            state.cut = state.next();
        });
    }

    /// Waits until nobody reads.
    pub(crate) async fn left(&self) {
        self.state.closed().await;
    }

    /// The events from one of them on.
    pub(crate) fn read(&self, from: usize) -> impl Stream<Item = String> + Send + use<> {
        let state = self.state.subscribe();
        let hang_ups = state.borrow().hang_ups;
        stream::unfold((state, from), move |(mut state, from)| async move {
            loop {
                let next = {
                    let now = state.borrow_and_update();
                    let is_cut = now.hang_ups > hang_ups;
                    match now.event(from) {
                        Some((at, _)) if is_cut && at >= now.cut => return None,
                        Some((at, event)) => Some((event.clone(), at + 1)),
                        None if now.ended || is_cut => return None,
                        None => None,
                    }
                };
                if let Some((event, from)) = next {
                    return Some((event, (state, from)));
                }
                // Whoever wrote is gone without a word.
                state.changed().await.ok()?;
            }
        })
    }
}

/// Takes the id of an event apart: the number of the feed, and the place after the event.
pub(crate) fn after(id: &str) -> Option<(u64, usize)> {
    let (number, place) = id.split_once('-')?;
    Some((number.parse().ok()?, place.parse::<usize>().ok()? + 1))
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_reader_that_was_cut_off_reads_on_where_it_was() {
        let feed = Feed::resumable(7);
        let first = feed.read(0);
        feed.hang_up();
        feed.send(&json!(1));
        let read: Vec<String> = first.collect().await;
        assert_eq!(read, ["id: 7-0\nretry: 100\ndata:\n\n"]);
        let again = feed.read(after("7-0").expect("an id").1);
        feed.send(&json!(2));
        feed.end();
        let read: Vec<String> = again.collect().await;
        assert_eq!(read, ["id: 7-1\nevent: message\ndata: 1\n\n", "id: 7-2\nevent: message\ndata: 2\n\n"]);
    }

    #[tokio::test]
    async fn who_is_too_slow_loses_the_oldest() {
        let feed = Feed::once();
        let events = feed.read(0);
        for n in 0..KEPT + 2 {
            feed.send(&json!(n));
        }
        feed.end();
        let read: Vec<String> = events.collect().await;
        assert_eq!((read.len(), read[0].as_str()), (KEPT, "event: message\ndata: 2\n\n"));
    }
}
