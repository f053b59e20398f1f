//! How a run in the foreground ends.

use std::collections::BTreeSet;
use std::sync::mpsc::Sender;

use sidecar_lifecycle::{Event, EventKind, Phase};

/// What the main thread waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// A request to end, the nth one.
    Terminate { signal: &'static str, count: u32 },
    /// Nobody reads our output any more.
    ReaderGone,
    /// This sidecar has failed for good.
    Failed { sidecar: String },
    /// This one is down, and no other run of it follows by itself.
    Ended { sidecar: String },
    /// This one is on its way: one that had ended is needed again.
    Began { sidecar: String },
}

/// Turns events into news for the main thread.
pub(crate) fn watch(event: &Event, news: &Sender<News>) {
    let sidecar = event.sidecar.clone();
    let item = match &event.kind {
        EventKind::Failed { .. } => News::Failed { sidecar },
        EventKind::PhaseChanged { to, .. } => match to {
            Phase::Idle => News::Ended { sidecar },
            Phase::Preparing => News::Began { sidecar },
            _ => return,
        },
        _ => return,
    };
    let _ = news.send(item); // The main thread has ended: so has everything.
}

/// Which sidecars have come to their end.
#[derive(Debug)]
pub(crate) struct Standing {
    running: BTreeSet<String>,
}

impl Standing {
    /// All of them are about to begin.
    pub(crate) fn new<'a>(sidecars: impl IntoIterator<Item = &'a String>) -> Standing {
        let running = sidecars.into_iter().cloned().collect();
        Standing { running }
    }

    pub(crate) fn ended(&mut self, sidecar: &str) {
        self.running.remove(sidecar);
    }

    pub(crate) fn began(&mut self, sidecar: String) {
        self.running.insert(sidecar);
    }

    /// Nothing runs, and nothing will.
    pub(crate) fn is_over(&self) -> bool {
        self.running.is_empty()
    }
}
