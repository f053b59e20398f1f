//! How a run in the foreground ends.

use std::sync::mpsc::Sender;

use sidecar_lifecycle::{Event, EventKind, Phase};

/// What the main thread waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// A request to end, the nth one.
    Terminate { signal: &'static str, count: u32 },
    /// Nobody reads our output any more.
    ReaderGone,
    /// It has failed for good.
    Failed,
    /// It is down, and nobody asked for it.
    Ended,
}

/// Turns events into news for the main thread.
pub(crate) fn watch(event: &Event, news: &Sender<News>) {
    let item = match &event.kind {
        EventKind::Failed { .. } => News::Failed,
        EventKind::PhaseChanged {
            to: Phase::Idle, ..
        } => News::Ended,
        _ => return,
    };
    let _ = news.send(item); // The main thread has ended: so has everything.
}
