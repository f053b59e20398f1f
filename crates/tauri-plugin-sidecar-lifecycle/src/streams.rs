//! What pages have subscribed to. A page that goes takes its channels with it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use sidecar_lifecycle::{Engine, Event, EventSubscription, LogLine, LogRing, Subscription};
use tauri::ipc::Channel;

use crate::outbox::{Outbox, Pace, lock};
use crate::scope::Scope;

/// No page gets more than one message of log lines in this time.
const LOG_PACE: Pace = Pace {
    pause: std::time::Duration::from_millis(50),
    eager: false,
    // More than a page shows.
    most: 2_000,
};
/// Events are few and waited for: the first goes at once.
const EVENT_PACE: Pace = Pace {
    pause: std::time::Duration::from_millis(10),
    eager: true,
    // None is left out: whoever misses one has a wrong picture.
    most: usize::MAX,
};

/// One message of log lines.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct LogBatch {
    /// In their order.
    #[cfg_attr(test, ts(type = "Array<LogLine>"))]
    lines: Vec<LogLine>,
    /// Lines left out before these because they came faster than they could be shown.
    dropped: u64,
}

/// Subscriptions of one kind, by number, each with the page that asked for it.
pub(crate) struct Open<S> {
    last: AtomicU64,
    open: Mutex<HashMap<u64, (String, S)>>,
}

impl<S> Default for Open<S> {
    fn default() -> Self {
        Open {
            last: AtomicU64::default(),
            open: Mutex::default(),
        }
    }
}

impl<S> Open<S> {
    fn add(&self, page: &str, subscription: S) -> u64 {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.open).insert(number, (page.to_owned(), subscription));
        number
    }

    /// A page ends its own subscriptions only.
    pub(crate) fn close(&self, page: &str, number: u64) {
        let mut open = lock(&self.open);
        let own = open.get(&number).is_some_and(|(owner, _)| owner == page);
        let ended = own.then(|| open.remove(&number));
        // What ends it may wait for somebody who is about to add one.
        drop(open);
        drop(ended);
    }

    fn forget_page(&self, page: &str) {
        let mut open = lock(&self.open);
        let of_page = |_: &u64, (owner, _): &mut (String, S)| owner == page;
        let gone: Vec<_> = open.extract_if(of_page).collect();
        drop(open);
        drop(gone);
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Streams {
    pub(crate) logs: Open<Subscription>,
    pub(crate) events: Open<EventSubscription>,
}

impl Streams {
    /// Sends the lines after `since_seq`, and then all new ones.
    pub(crate) fn open_logs(
        &self,
        page: &str,
        ring: &LogRing,
        since_seq: u64,
        channel: Channel<LogBatch>,
    ) -> u64 {
        let outbox = Outbox::new(LOG_PACE, move |lines, dropped| {
            channel.send(LogBatch { lines, dropped })
        });
        let subscription =
            ring.subscribe(since_seq, move |line: &LogLine| outbox.push(line.clone()));
        self.logs.add(page, subscription)
    }

    /// Sends all events from now on of what the scope reaches, or of these alone.
    pub(crate) fn open_events(
        &self,
        page: &str,
        engine: &Engine,
        scope: Scope,
        ids: Option<Vec<String>>,
        channel: Channel<Vec<Event>>,
    ) -> u64 {
        let outbox = Outbox::new(EVENT_PACE, move |events, _| channel.send(events));
        let subscription = engine.subscribe_until_dropped(move |event: &Event| {
            let wanted = ids.as_ref().is_none_or(|ids| ids.contains(&event.sidecar));
            if wanted && scope.reaches(&event.sidecar) {
                outbox.push(scope.trim(event));
            }
        });
        self.events.add(page, subscription)
    }

    pub(crate) fn forget_page(&self, page: &str) {
        self.logs.forget_page(page);
        self.events.forget_page(page);
    }
}
