//! The end: asked for, forced, or come with the drop of the last handle.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use super::Engine;
use super::door::{Declared, Inner};
use crate::core::Policy;
use crate::engine::message::Message;
use crate::engine::shared::lock;
use crate::sys::monotonic;

/// What came of a [`shutdown`](Engine::shutdown).
///
/// ```no_run
/// # use std::time::Duration;
/// # use sidecar_lifecycle::Engine;
/// # fn example(engine: &Engine) {
/// let report = engine.shutdown("quit", Duration::from_secs(10));
/// if !report.complete {
///     eprintln!("after {:?} something still runs", report.took);
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "`complete` says whether anything is left"]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Every tree is empty. Otherwise the deadline came first, and the guardian goes on with it.
    pub complete: bool,
    /// How long it took.
    pub took: Duration,
}

impl Engine {
    /// Ends every sidecar and waits until all trees are empty, or until the time is up. Starts
    /// nothing afterwards. Calling it again waits for the same end.
    ///
    /// It does not wait for hooks; the drop of the last handle does. Not for the engine's own
    /// thread (a subscriber, say), which would wait for itself: see
    /// [`begin_shutdown`](Engine::begin_shutdown).
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// let report = engine.shutdown("quit", Duration::from_secs(10));
    /// println!("nothing left: {} after {:?}", report.complete, report.took);
    /// # }
    /// ```
    pub fn shutdown(&self, reason: &str, limit: Duration) -> ShutdownReport {
        let began = monotonic();
        let sent = self.send(Message::Shutdown {
            reason: reason.to_owned(),
        });
        if let Err(e) = sent {
            log::warn!("nothing is left to shut down: {e}");
        }
        ShutdownReport {
            complete: self.inner.shared.wait_until_down(limit),
            took: monotonic().saturating_sub(began),
        }
    }

    /// Begins a shutdown and does not wait for it. [`is_down`](Engine::is_down) says when it is
    /// done.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, on_termination};
    /// # fn example(engine: &Engine) -> std::io::Result<()> {
    /// let stopping = engine.clone();
    /// on_termination(move |t| match t.count {
    ///     1 => stopping.begin_shutdown(t.name()),
    ///     _ => stopping.force(),
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn begin_shutdown(&self, reason: &str) {
        let _ = self.send(Message::Shutdown {
            reason: reason.to_owned(),
        }); // Done already.
    }

    /// Cuts every grace short: what still runs is ended by force, now. It is meant for a second
    /// Ctrl+C, after [`begin_shutdown`](Engine::begin_shutdown); without a shutdown, an end by
    /// force is a crash like any other.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// engine.begin_shutdown("interrupted");
    /// // Whoever interrupts twice does not want to wait:
    /// engine.force();
    /// # }
    /// ```
    pub fn force(&self) {
        let _ = self.send(Message::Force); // Nothing left to force.
    }

    /// How long stopping all may take at the most: the graces of those that depend on each other
    /// add up, since they end one after the other, each with the time that force may take.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// let report = engine.shutdown("quit", engine.stop_limit());
    /// # }
    /// ```
    pub fn stop_limit(&self) -> Duration {
        stop_limit(&lock(&self.inner.declared))
    }

    /// Whether nothing runs any more after a shutdown.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// engine.begin_shutdown("quit");
    /// // Later, on a tick of the app's own:
    /// if engine.is_down() {
    ///     println!("nothing is left");
    /// }
    /// # }
    /// ```
    pub fn is_down(&self) -> bool {
        self.inner.shared.is_down()
    }
}

fn stop_limit(declared: &Declared) -> Duration {
    fn chain<'a>(
        id: &'a str,
        declared: &'a Declared,
        known: &mut BTreeMap<&'a str, Duration>,
    ) -> Duration {
        if let Some(length) = known.get(id) {
            return *length;
        }
        let Some((config, _)) = declared.get(id) else {
            return Duration::ZERO;
        };
        let below = config.depends_on.iter();
        let below = below.map(|d| chain(&d.id, declared, known)).max();
        let own = config.grace.saturating_add(Policy::default().force_limit);
        let length = own.saturating_add(below.unwrap_or_default());
        known.insert(id, length);
        length
    }
    let mut known = BTreeMap::new();
    let chains = declared.keys().map(|id| chain(id, declared, &mut known));
    chains.max().unwrap_or_default()
}

impl Drop for Inner {
    fn drop(&mut self) {
        /// Besides the graces: for who reads the process table and reaps. The guardian goes on
        /// after it.
        const MARGIN: Duration = Duration::from_secs(10);
        /// A hook that never returns must not keep the app from exiting.
        const HOOKS_LIMIT: Duration = Duration::from_secs(5);
        let limit = stop_limit(&lock(&self.declared)).saturating_add(MARGIN);
        let _ = self.tx.send(Message::Shutdown {
            reason: "the engine was dropped".into(),
        });
        self.shared.wait_until_down(limit);
        self.shared.close();
        let _ = self.tx.send(Message::Quit); // It has quit already.
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            log::error!("the engine's thread panicked");
        }
        self.shared.hooks.finish(HOOKS_LIMIT);
    }
}
