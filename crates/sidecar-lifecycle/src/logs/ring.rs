//! The last lines of a sidecar, with sequence numbers, for readers that come late or come again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Which of the two a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of output, with its colour codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Counts up from 1 through all runs of a sidecar. A gap tells of lines that were forgotten.
    pub seq: u64,
    /// Where it was written to.
    pub stream: Stream,
    /// The text, without its line end.
    pub line: String,
}

type Listener = Arc<dyn Fn(&LogLine) + Send + Sync>;

/// The last lines of one sidecar. Cheap to clone; all clones are the same ring.
#[derive(Clone, Default)]
pub struct LogRing {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    lines: VecDeque<LogLine>,
    last: u64,
    listeners: Vec<(u64, Listener)>,
    next_listener: u64,
}

/// Lines that are remembered for readers that come late.
const CAPACITY: usize = 2_000;

/// Ends its subscription when it is dropped.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    ring: LogRing,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let id = self.id;
        self.ring.lock().listeners.retain(|(i, _)| *i != id);
    }
}

impl LogRing {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, stream: Stream, line: String) {
        let mut inner = self.lock();
        inner.last += 1;
        let line = LogLine {
            seq: inner.last,
            stream,
            line,
        };
        if inner.lines.len() == CAPACITY {
            inner.lines.pop_front();
        }
        if inner.listeners.is_empty() {
            inner.lines.push_back(line);
            return;
        }
        let listeners: Vec<Listener> = inner.listeners.iter().map(|(_, l)| l.clone()).collect();
        inner.lines.push_back(line.clone());
        drop(inner); // A listener may read the ring.
        for listener in listeners {
            listener(&line);
        }
    }

    /// The remembered lines after sequence number `seq`, oldest first.
    pub fn since(&self, seq: u64) -> Vec<LogLine> {
        let inner = self.lock();
        let from = inner.lines.partition_point(|l| l.seq <= seq);
        inner.lines.range(from..).cloned().collect()
    }

    /// The sequence number of the newest line; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.lock().last
    }

    /// The text of the last `count` lines, oldest first.
    pub fn last(&self, count: usize) -> Vec<String> {
        self.last_since(0, count)
    }

    /// The text of the last `count` lines after sequence number `seq`, oldest first.
    pub fn last_since(&self, seq: u64, count: usize) -> Vec<String> {
        let inner = self.lock();
        let from = inner.lines.partition_point(|l| l.seq <= seq);
        let skip = inner.lines.len().saturating_sub(count).max(from);
        inner
            .lines
            .iter()
            .skip(skip)
            .map(|l| l.line.clone())
            .collect()
    }

    /// Calls `listener` with the remembered lines after `seq` and then with every new one, none
    /// twice and none left out. It is called on the engine's thread and must not wait.
    pub fn subscribe(
        &self,
        seq: u64,
        listener: impl Fn(&LogLine) + Send + Sync + 'static,
    ) -> Subscription {
        let mut inner = self.lock();
        // Replayed under the lock: a line that comes now waits, and is neither lost nor doubled.
        let from = inner.lines.partition_point(|l| l.seq <= seq);
        for line in inner.lines.range(from..) {
            listener(line);
        }
        let id = inner.next_listener;
        inner.next_listener += 1;
        inner.listeners.push((id, Arc::new(listener)));
        drop(inner);
        Subscription {
            ring: self.clone(),
            id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_comes_again_misses_nothing_and_sees_nothing_twice() {
        let ring = LogRing::default();
        for i in 1..=5 {
            ring.push(Stream::Stdout, format!("line {i}"));
        }
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let subscription = ring.subscribe(3, move |l| sink.lock().unwrap().push(l.seq));
        ring.push(Stream::Stderr, "six".into());
        drop(subscription);
        ring.push(Stream::Stdout, "seven".into());
        assert_eq!(*seen.lock().unwrap(), [4, 5, 6]);
        assert_eq!(ring.since(5).len(), 2);
        assert_eq!(ring.last(1), ["seven"]);
        assert_eq!(
            ring.last_since(6, 20),
            ["seven"],
            "lines of an earlier run are not this run's"
        );
        assert!(ring.last_since(ring.last_seq(), 20).is_empty());
    }

    #[test]
    fn the_oldest_lines_are_forgotten_and_the_gap_shows() {
        let ring = LogRing::default();
        for i in 0..CAPACITY + 10 {
            ring.push(Stream::Stdout, i.to_string());
        }
        let lines = ring.since(0);
        assert_eq!(lines.len(), CAPACITY);
        assert_eq!(lines[0].seq, 11);
    }
}
