//! Messages on their way to a page, several in one: a flood of news must not become a flood of
//! messages.

use std::panic::{AssertUnwindSafe, catch_unwind};
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
        tauri::async_runtime::spawn(Arc::clone(self).deliver_after(wait));
    }

    /// Sends messages until none waits. One at a time does so: the next message must not overtake
    /// one that takes long to be written.
    async fn deliver_after(self: Arc<Self>, mut wait: Duration) {
        loop {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            let (waiting, dropped) = {
                let mut buffer = lock(&self.buffer);
                let waiting = std::mem::take(&mut buffer.waiting);
                (waiting, std::mem::take(&mut buffer.dropped))
            };
            // A panic, which its hook has told of, takes this message with it and no later one.
            let deliver = AssertUnwindSafe(|| (self.deliver)(waiting, dropped));
            if let Ok(Err(e)) = catch_unwind(deliver) {
                log::debug!("a page no longer takes what it asked for: {e}");
            }
            let mut buffer = lock(&self.buffer);
            buffer.sent_at = Some(Instant::now());
            if buffer.waiting.is_empty() {
                buffer.scheduled = false;
                return;
            }
            wait = self.pace.pause;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Time enough for another message to set out, if it may.
    const WHILE: Duration = Duration::from_millis(300);
    /// Only a failing test gets near it.
    const DEADLINE: Duration = Duration::from_secs(30);
    const PACE: Pace = Pace {
        pause: Duration::from_millis(1),
        eager: true,
        most: usize::MAX,
    };

    #[test]
    fn a_message_that_takes_long_is_not_overtaken() {
        let (begun, first_begins) = mpsc::channel();
        let (overtook, overtaken) = mpsc::channel();
        let (tell, arrived) = mpsc::channel();
        let overtaken = Mutex::new(overtaken);
        let outbox = Outbox::new(PACE, move |sent, _| {
            let is_first = sent == [1];
            if is_first {
                begun.send(()).unwrap();
                let _ = lock(&overtaken).recv_timeout(WHILE);
            }
            let _ = tell.send(sent);
            if !is_first {
                let _ = overtook.send(());
            }
            Ok(())
        });
        outbox.push(1);
        first_begins.recv_timeout(DEADLINE).unwrap();
        outbox.push(2);
        let order = [(); 2].map(|()| arrived.recv_timeout(DEADLINE).unwrap());
        assert_eq!(order, [[1], [2]]);
    }

    #[test]
    fn a_message_that_cannot_be_written_is_the_only_one_that_is_lost() {
        let (tell, arrived) = mpsc::channel();
        let outbox = Outbox::new(PACE, move |sent: Vec<i32>, _| {
            tell.send(sent.clone()).unwrap();
            assert_ne!(sent, [1], "on purpose");
            Ok(())
        });
        outbox.push(1);
        assert_eq!(arrived.recv_timeout(DEADLINE), Ok(vec![1]));
        outbox.push(2);
        assert_eq!(arrived.recv_timeout(DEADLINE), Ok(vec![2]));
    }
}
