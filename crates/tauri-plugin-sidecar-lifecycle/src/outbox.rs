//! Messages on their way to a page, several in one: a flood of news must not become a flood of
//! messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

type Deliver<T> = Box<dyn Fn(Vec<T>, u64) -> tauri::Result<()> + Send + Sync>;

/// What waits for its message.
pub(crate) struct Outbox<T> {
    pace: Pace,
    deliver: Deliver<T>,
    buffer: Mutex<Buffer<T>>,
}

/// How often, and how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// From one message to the next at the least.
    pub(crate) pause: Duration,
    /// Whether the first after a pause goes at once. What comes with it goes in the next one then.
    pub(crate) eager: bool,
    /// So many wait for their message; beyond it the oldest are left out.
    pub(crate) most: usize,
}

struct Buffer<T> {
    waiting: Vec<T>,
    dropped: u64,
    scheduled: bool,
    sent_at: Option<Instant>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Send + 'static> Outbox<T> {
    /// `deliver` gets what has waited, and how much was left out before it.
    pub(crate) fn new(
        pace: Pace,
        deliver: impl Fn(Vec<T>, u64) -> tauri::Result<()> + Send + Sync + 'static,
    ) -> Arc<Outbox<T>> {
        Arc::new(Outbox {
            pace,
            deliver: Box::new(deliver),
            buffer: Mutex::new(Buffer {
                waiting: Vec::new(),
                dropped: 0,
                scheduled: false,
                sent_at: None,
            }),
        })
    }

    /// Takes one; the first in an empty buffer sets the next message on its way.
    pub(crate) fn push(self: &Arc<Self>, one: T) {
        let mut buffer = lock(&self.buffer);
        if buffer.waiting.len() == self.pace.most {
            buffer.waiting.remove(0);
            buffer.dropped += 1;
        }
        buffer.waiting.push(one);
        if std::mem::replace(&mut buffer.scheduled, true) {
            return;
        }
        let wait = match buffer.sent_at {
            _ if !self.pace.eager => self.pace.pause,
            Some(at) => self.pace.pause.saturating_sub(at.elapsed()),
            None => Duration::ZERO,
        };
        drop(buffer);
        let this = Arc::clone(self);
        tauri::async_runtime::spawn(async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            this.flush();
        });
    }

    fn flush(&self) {
        let (waiting, dropped) = {
            let mut buffer = lock(&self.buffer);
            buffer.scheduled = false;
            buffer.sent_at = Some(Instant::now());
            let waiting = std::mem::take(&mut buffer.waiting);
            (waiting, std::mem::take(&mut buffer.dropped))
        };
        if let Err(e) = (self.deliver)(waiting, dropped) {
            log::debug!("a page no longer takes what it asked for: {e}");
        }
    }
}
