//! Log lines on their way to pages: replayed from where a page was, then in batches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use sidecar_lifecycle::{LogLine, LogRing, Subscription};
use tauri::ipc::Channel;

/// No page gets more than one message in this time: a flood of lines must not become a flood of
/// messages.
const PAUSE: Duration = Duration::from_millis(50);
/// Lines that wait for their message. More than a page shows; beyond it the oldest are left out.
const MAX_WAITING: usize = 2_000;

/// One message.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Batch {
    lines: Vec<LogLine>,
    /// Lines left out because they came faster than they could be shown.
    dropped: u64,
}

/// The subscriptions of all pages.
#[derive(Default)]
pub(crate) struct LogStreams {
    open: Mutex<HashMap<u64, (String, Subscription)>>,
    next: Mutex<u64>,
}

/// Lines between the engine's thread and the next message.
struct Waiting {
    channel: Channel<Batch>,
    buffer: Mutex<Buffer>,
}

#[derive(Default)]
struct Buffer {
    lines: Vec<LogLine>,
    dropped: u64,
    scheduled: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LogStreams {
    pub(crate) fn open(
        &self,
        page: &str,
        ring: &LogRing,
        since_seq: u64,
        channel: Channel<Batch>,
    ) -> u64 {
        let waiting = Arc::new(Waiting {
            channel,
            buffer: Mutex::default(),
        });
        let subscription = ring.subscribe(since_seq, move |line| Waiting::push(&waiting, line));
        let id = {
            let mut next = lock(&self.next);
            *next += 1;
            *next
        };
        lock(&self.open).insert(id, (page.to_owned(), subscription));
        id
    }

    pub(crate) fn close(&self, page: &str, id: u64) {
        let mut open = lock(&self.open);
        // A page ends its own subscriptions only.
        if open.get(&id).is_some_and(|(owner, _)| owner == page) {
            open.remove(&id);
        }
    }

    pub(crate) fn forget_page(&self, page: &str) {
        lock(&self.open).retain(|_, (owner, _)| owner != page);
    }
}

impl Waiting {
    /// Takes a line; the first one in an empty buffer sets the next message on its way.
    fn push(this: &Arc<Waiting>, line: &LogLine) {
        let mut buffer = lock(&this.buffer);
        if buffer.lines.len() == MAX_WAITING {
            buffer.lines.remove(0);
            buffer.dropped += 1;
        }
        buffer.lines.push(line.clone());
        if !std::mem::replace(&mut buffer.scheduled, true) {
            let this = Arc::clone(this);
            tauri::async_runtime::spawn(async move {
                tokio::time::sleep(PAUSE).await;
                this.flush();
            });
        }
    }

    fn flush(&self) {
        let batch = {
            let mut buffer = lock(&self.buffer);
            buffer.scheduled = false;
            Batch {
                lines: std::mem::take(&mut buffer.lines),
                dropped: std::mem::take(&mut buffer.dropped),
            }
        };
        if let Err(e) = self.channel.send(batch) {
            log::debug!("a page no longer takes its log lines: {e}");
        }
    }
}
