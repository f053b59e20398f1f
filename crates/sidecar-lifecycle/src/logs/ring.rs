//! The last lines of a sidecar, with sequence numbers, for readers that come late or come again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::splitter;

/// Which of the two a line was written to.
///
/// ```
/// use sidecar_lifecycle::{LogLine, Stream};
///
/// fn is_complaint(line: &LogLine) -> bool {
///     line.stream == Stream::Stderr
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of output, with its colour codes. The log file has the bytes as they were.
///
/// As JSON, for a page that shows it:
///
/// ```
/// use sidecar_lifecycle::{LogLine, Stream};
///
/// let line = LogLine { seq: 7, stream: Stream::Stderr, line: "EADDRINUSE".to_owned() };
/// assert_eq!(
///     serde_json::to_string(&line)?,
///     r#"{"seq":7,"stream":"stderr","line":"EADDRINUSE"}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogLine {
    /// Counts up from 1 through all runs of a sidecar. A gap tells of lines that are missing: they
    /// were forgotten, or came faster than they could be read back, or were thrown away while the
    /// log file could not be written. In the last two cases one number stands for all of them.
    pub seq: u64,
    /// Where it was written to.
    pub stream: Stream,
    /// The text, without its line end. A line longer than 64 KiB comes in pieces. Bytes that are no
    /// UTF-8 are U+FFFD, and control characters their pictures (`␀`), but for tabs, carriage returns
    /// and escapes.
    pub line: String,
}

type Listener = Arc<dyn Fn(&LogLine) + Send + Sync>;

/// The last lines of one sidecar: 2,000, or fewer where they would take more than 1 MiB of memory.
/// Cheap to clone; all clones are the same ring.
///
/// A view that asks from time to time and neither repeats nor hides anything:
///
/// ```
/// use sidecar_lifecycle::LogRing;
///
/// /// Shows what is new, and says from where to go on.
/// fn poll(logs: &LogRing, seen: u64) -> u64 {
///     let mut last = seen;
///     for line in logs.since(seen) {
///         if line.seq > last + 1 {
///             println!("… something is missing here");
///         }
///         println!("{}", line.line);
///         last = line.seq;
///     }
///     last
/// }
///
/// let logs = LogRing::default(); // That of a sidecar: `Engine::logs`.
/// assert_eq!(poll(&logs, 0), logs.last_seq());
/// ```
#[derive(Clone, Default)]
pub struct LogRing {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    lines: VecDeque<LogLine>,
    /// Those after these, as they came. Somebody has to ask before they are taken apart: most lines
    /// of a flood are forgotten before anybody does.
    unread: VecDeque<Unread>,
    /// Lines among the unread.
    unread_lines: usize,
    /// What all of them take in memory.
    bytes: usize,
    last: u64,
    listeners: Vec<(u64, Listener)>,
    next_listener: u64,
}

/// Whole lines that came at once.
struct Unread {
    /// The number of the first one.
    seq: u64,
    stream: Stream,
    lines: usize,
    bytes: Vec<u8>,
}

/// Lines that are remembered for readers that come late.
const CAPACITY: usize = 2_000;
/// What they may take in memory: lines of 64 KiB would take 128 MiB else, for each sidecar.
const CAPACITY_BYTES: usize = 1 << 20;

/// Ends its subscription when it is dropped.
///
/// ```
/// use sidecar_lifecycle::{LogRing, Subscription};
///
/// /// A view that gets lines for as long as it is there.
/// struct View {
///     _lines: Subscription,
/// }
///
/// let view = View { _lines: LogRing::default().subscribe(0, |line| println!("{}", line.line)) };
/// drop(view); // No line is printed any more.
/// ```
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

    /// For who looks at the lines.
    fn lock_read(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        inner.read();
        inner
    }

    /// Takes lines with their ends, none of them longer than a line may be.
    pub(crate) fn push_lines(&self, stream: Stream, bytes: Vec<u8>) {
        let mut inner = self.lock();
        if inner.listeners.is_empty() {
            inner.put_off(stream, bytes);
            return;
        }
        drop(inner);
        for line in splitter::lines(&bytes) {
            self.push(stream, line);
        }
    }

    pub(crate) fn push(&self, stream: Stream, line: String) {
        let mut inner = self.lock_read();
        inner.last += 1;
        let line = LogLine {
            seq: inner.last,
            stream,
            line,
        };
        inner.make_room(&line);
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

    /// Something is missing here: the next line's number shows it.
    pub(crate) fn skip(&self) {
        self.lock().last += 1;
    }

    /// The remembered lines of one stream after sequence number `seq`, oldest first.
    ///
    /// ```
    /// use sidecar_lifecycle::{LogRing, Stream};
    ///
    /// /// What it complained of since a view was cleared.
    /// fn complaints(logs: &LogRing, cleared_at: u64) -> usize {
    ///     logs.since_on(Stream::Stderr, cleared_at).len()
    /// }
    /// # assert_eq!(complaints(&LogRing::default(), 0), 0);
    /// ```
    pub fn since_on(&self, stream: Stream, seq: u64) -> Vec<LogLine> {
        let mut lines = self.since(seq);
        lines.retain(|line| line.stream == stream);
        lines
    }

    /// The remembered lines after sequence number `seq`, oldest first.
    ///
    /// ```
    /// use sidecar_lifecycle::LogRing;
    ///
    /// /// What a page missed while it was reloaded.
    /// fn missed(logs: &LogRing, shown: u64) -> String {
    ///     logs.since(shown).into_iter().map(|line| line.line + "\n").collect()
    /// }
    /// # assert_eq!(missed(&LogRing::default(), 0), "");
    /// ```
    pub fn since(&self, seq: u64) -> Vec<LogLine> {
        let inner = self.lock_read();
        let from = inner.lines.partition_point(|l| l.seq <= seq);
        inner.lines.range(from..).cloned().collect()
    }

    /// The sequence number of the newest line; 0 before the first.
    ///
    /// ```
    /// use sidecar_lifecycle::LogRing;
    ///
    /// let logs = LogRing::default();
    /// assert_eq!(logs.last_seq(), 0);
    /// let cleared_at = logs.last_seq(); // Of a view whose lines were cleared away.
    /// assert_eq!(logs.since(cleared_at), []);
    /// ```
    pub fn last_seq(&self) -> u64 {
        self.lock().last
    }

    /// The text of the last `count` lines, oldest first.
    ///
    /// ```
    /// # let logs = sidecar_lifecycle::LogRing::default();
    /// let excerpt = logs.last(20).join("\n"); // For a trouble page, say.
    /// ```
    pub fn last(&self, count: usize) -> Vec<String> {
        self.last_since(0, count)
    }

    /// The text of the last `count` lines after sequence number `seq`, oldest first.
    ///
    /// ```
    /// # let logs = sidecar_lifecycle::LogRing::default();
    /// let before = logs.last_seq();
    /// // … a new run begins, and crashes:
    /// let its_own_words = logs.last_since(before, 20);
    /// ```
    pub fn last_since(&self, seq: u64, count: usize) -> Vec<String> {
        let inner = self.lock_read();
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
    /// twice and none left out. It is called on the engine's thread and must not wait; it may ask
    /// the ring.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// # let logs = sidecar_lifecycle::LogRing::default();
    ///
    /// let (tx, lines) = mpsc::channel();
    /// let subscription = logs.subscribe(0, move |line| {
    ///     let _ = tx.send(line.clone()); // Nobody reads any more.
    /// });
    /// // … on a thread of the view's own: `for line in lines { … }`, until:
    /// drop(subscription);
    /// assert!(lines.recv().is_err(), "the feed has ended");
    /// ```
    pub fn subscribe(
        &self,
        mut seq: u64,
        listener: impl Fn(&LogLine) + Send + Sync + 'static,
    ) -> Subscription {
        loop {
            let mut inner = self.lock_read();
            let from = inner.lines.partition_point(|l| l.seq <= seq);
            if from == inner.lines.len() {
                // Joined under the lock: no line can come in between.
                let id = inner.next_listener;
                inner.next_listener += 1;
                inner.listeners.push((id, Arc::new(listener)));
                drop(inner);
                let ring = self.clone();
                return Subscription { ring, id };
            }
            let lines: Vec<LogLine> = inner.lines.range(from..).cloned().collect();
            drop(inner);
            for line in &lines {
                listener(line);
                seq = line.seq;
            }
        }
    }
}

impl Inner {
    /// Remembers lines without a look at them.
    fn put_off(&mut self, stream: Stream, bytes: Vec<u8>) {
        let unread = Unread {
            seq: self.last + 1,
            stream,
            lines: memchr::memchr_iter(b'\n', &bytes).count(),
            bytes,
        };
        self.last += unread.lines as u64;
        self.unread_lines += unread.lines;
        self.bytes += unread.least();
        self.unread.push_back(unread);
        // What `make_room` would forget, if it were asked for each of these lines: the lines taken
        // apart one by one, the unread only when none of theirs would be left.
        while (self.lines.len() + self.unread_lines > CAPACITY || self.bytes > CAPACITY_BYTES)
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= footprint(&oldest);
        }
        while let Some(oldest) = self.unread.front()
            && (self.unread_lines - oldest.lines >= CAPACITY
                || self.bytes - oldest.least() > CAPACITY_BYTES)
        {
            self.unread_lines -= oldest.lines;
            self.bytes -= oldest.least();
            self.unread.pop_front();
        }
    }

    /// Takes the unread lines apart.
    fn read(&mut self) {
        self.unread_lines = 0;
        for unread in std::mem::take(&mut self.unread) {
            self.bytes -= unread.least();
            for (seq, line) in (unread.seq..).zip(splitter::lines(&unread.bytes)) {
                let stream = unread.stream;
                let line = LogLine { seq, stream, line };
                self.make_room(&line);
                self.lines.push_back(line);
            }
        }
    }

    fn make_room(&mut self, line: &LogLine) {
        self.bytes += footprint(line);
        while self.lines.len() >= CAPACITY || self.bytes > CAPACITY_BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= footprint(&oldest);
        }
    }
}

impl Unread {
    /// What its lines will take in memory at the least: a line is not shorter when it is shown, but
    /// for a line end of one byte or two.
    fn least(&self) -> usize {
        self.bytes.len() + self.lines * (size_of::<LogLine>() - 2)
    }
}

/// What a line takes in memory.
fn footprint(line: &LogLine) -> usize {
    size_of::<LogLine>() + line.line.capacity()
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
