//! Ways to hear the engine's events, and to stop hearing them.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::mpsc;

use super::shared::Shared;
use crate::event::Event;
use crate::sys::monotonic;

/// Ends its subscription when it is dropped.
///
/// A call that the engine's thread has begun by then goes on to its end; none follows.
///
/// ```no_run
/// # fn show(engine: &sidecar_lifecycle::Engine) {
/// let subscription = engine.subscribe_until_dropped(|event| println!("{event:?}"));
/// // … until this is enough:
/// drop(subscription);
/// # }
/// ```
#[must_use = "dropping it ends the subscription"]
pub struct EventSubscription {
    shared: Weak<Shared>,
    id: u64,
}

impl EventSubscription {
    pub(super) fn new(shared: &Arc<Shared>, id: u64) -> EventSubscription {
        EventSubscription {
            shared: Arc::downgrade(shared),
            id,
        }
    }
}

impl Drop for EventSubscription {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.unsubscribe(self.id);
        }
    }
}

impl fmt::Debug for EventSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSubscription").finish_non_exhaustive()
    }
}

/// The engine's events in a queue of its own, for code that prefers to take them when it likes.
///
/// In order, none lost: the queue grows as long as nobody takes from it, so drop it when it is not
/// needed any more. It keeps no engine alive, and ends after the last event of a dropped one.
///
/// It can be awaited under any executor ([`next`](EventStream::next)), waited for on a plain
/// thread ([`next_within`](EventStream::next_within), or as an [`Iterator`]), or asked
/// ([`try_next`](EventStream::try_next)).
///
/// ```no_run
/// use sidecar_lifecycle::{Engine, EventKind};
///
/// async fn until_ready(engine: &Engine, id: &str) -> Option<String> {
///     let mut events = engine.events();
///     engine.start(id).ok()?;
///     while let Some(event) = events.next().await {
///         match event.kind {
///             EventKind::Ready { url, .. } if event.sidecar == id => return url,
///             EventKind::Failed { .. } if event.sidecar == id => return None,
///             _ => {}
///         }
///     }
///     None
/// }
/// ```
#[derive(Debug)]
pub struct EventStream {
    queue: mpsc::UnboundedReceiver<Event>,
    _subscription: EventSubscription,
}

impl EventStream {
    pub(super) fn new(
        queue: mpsc::UnboundedReceiver<Event>,
        subscription: EventSubscription,
    ) -> EventStream {
        EventStream {
            queue,
            _subscription: subscription,
        }
    }

    /// The next event; `None` when the engine is gone and all its events were taken.
    ///
    /// Dropping the future before it is done loses nothing.
    ///
    /// ```no_run
    /// # async fn print(engine: &sidecar_lifecycle::Engine) {
    /// let mut events = engine.events();
    /// while let Some(event) = events.next().await {
    ///     println!("{}: {:?}", event.sidecar, event.kind);
    /// }
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Event> {
        self.queue.recv().await
    }

    /// The next event, if there is one already. `None` says nothing about those to come.
    ///
    /// ```no_run
    /// # fn print(engine: &sidecar_lifecycle::Engine) {
    /// let mut events = engine.events();
    /// while let Some(event) = events.try_next() {
    ///     println!("{}: {:?}", event.sidecar, event.kind);
    /// }
    /// # }
    /// ```
    pub fn try_next(&mut self) -> Option<Event> {
        self.queue.try_recv().ok()
    }

    /// The next event, waited for on this thread; `None` when the time is up or the engine is
    /// gone. Not for the engine's own thread, which would wait for itself.
    ///
    /// ```no_run
    /// # fn print(engine: &sidecar_lifecycle::Engine) {
    /// use std::time::Duration;
    ///
    /// let mut events = engine.events();
    /// while let Some(event) = events.next_within(Duration::from_secs(10)) {
    ///     println!("{}: {:?}", event.sidecar, event.kind);
    /// }
    /// # }
    /// ```
    pub fn next_within(&mut self, limit: Duration) -> Option<Event> {
        let deadline = monotonic() + limit;
        self.block(|| {
            let left = deadline.saturating_sub(monotonic());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left);
            true
        })
    }

    /// Polls until there is an answer, or `wait` says that there is no time left.
    fn block(&mut self, mut wait: impl FnMut() -> bool) -> Option<Event> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut next = pin!(self.queue.recv());
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(event) = next.as_mut().poll(&mut context) {
                return event;
            }
            if !wait() {
                return None;
            }
        }
    }
}

impl Iterator for EventStream {
    type Item = Event;

    /// Waits on this thread for as long as it takes; ends with the engine.
    fn next(&mut self) -> Option<Event> {
        self.block(|| {
            thread::park();
            true
        })
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::RunId;
    use crate::event::{EventKind, Protection};

    fn shared() -> Arc<Shared> {
        Arc::new(Shared::new(Protection::BestEffort, None))
    }

    fn event(run: u64) -> Event {
        Event {
            mono_ms: 0.0,
            sidecar: "web".into(),
            run: RunId(run),
            kind: EventKind::PortChosen { port: 1 },
        }
    }

    #[test]
    fn a_stream_has_every_event_in_order_and_ends_with_the_engine() {
        let shared = shared();
        let stream = shared.events();
        for run in 0..10_000 {
            shared.publish(&event(run));
        }
        drop(shared);
        let runs: Vec<u64> = stream.map(|e| e.run.0).collect();
        assert_eq!(runs, (0..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn a_stream_that_is_waited_for_hears_another_thread() {
        let shared = shared();
        let mut stream = shared.events();
        assert_eq!(stream.try_next(), None);
        assert_eq!(stream.next_within(Duration::ZERO), None);
        let publisher = shared.clone();
        let thread = thread::spawn(move || publisher.publish(&event(7)));
        assert_eq!(stream.next_within(Duration::from_mins(1)), Some(event(7)));
        thread.join().expect("publishes");
    }

    #[test]
    fn a_dropped_subscription_is_not_called_any_more() {
        let shared = shared();
        let (tx, heard) = std::sync::mpsc::channel();
        let id = shared.subscribe(Arc::new(move |e: &Event| tx.send(e.run.0).expect("heard")));
        let subscription = EventSubscription::new(&shared, id);
        let stream = shared.events();
        shared.publish(&event(1));
        drop(subscription);
        drop(stream);
        shared.publish(&event(2));
        assert_eq!(heard.iter().collect::<Vec<_>>(), [1], "and its end is gone");
    }
}
