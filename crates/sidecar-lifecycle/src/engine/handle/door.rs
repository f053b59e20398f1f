//! What a handle is: a sender to the engine's thread, and what the two share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::mpsc;

use super::EngineBuilder;
use crate::config::SidecarConfig;
use crate::engine::message::Message;
use crate::engine::shared::Shared;
use crate::error::Error;
use crate::logs::LogRing;

/// Starts, watches and ends sidecars. Cheap to clone; all clones are the same engine.
///
/// It works on a thread of its own. Calls return at once; what comes of them is told to
/// [`subscribe`](Engine::subscribe)rs. When the last clone is dropped, every sidecar is ended: the
/// drop waits until all trees are empty (30 s at the most; the guardian goes on after it) and all
/// hooks that are due were called (5 s at the most).
///
/// A subscriber or a hook that holds a clone keeps the engine alive: end it by
/// [`shutdown`](Engine::shutdown) then.
///
/// ```no_run
/// # use std::time::Duration;
/// # use sidecar_lifecycle::{Engine, Error, SidecarConfig};
/// # fn main() -> Result<(), Error> {
/// let engine = Engine::builder("com.example.app", "/var/lib/example/state").build()?;
/// engine.declare("web", SidecarConfig::builder().name("web-server").build()?)?;
/// engine.start("web")?;
/// // …
/// let report = engine.shutdown("the window was closed", Duration::from_secs(10));
/// assert!(report.complete);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
}

/// What all clones share. Its drop is the end of everything, see `shutdown.rs`.
pub(super) struct Inner {
    pub(super) tx: mpsc::UnboundedSender<Message>,
    pub(super) shared: Arc<Shared>,
    pub(super) declared: Mutex<Declared>,
    pub(super) thread: Mutex<Option<thread::JoinHandle<()>>>,
}

/// Configurations and last lines, by id.
pub(super) type Declared = BTreeMap<String, (Arc<SidecarConfig>, LogRing)>;

impl Engine {
    /// Begins setting one up. `app_id` names the app on this machine (its bundle identifier, say):
    /// leftovers are looked for under it. `state_dir` is a folder for the app's state files alone;
    /// it is made if it is missing. Every instance of the app on this machine names the same two.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn main() -> Result<(), sidecar_lifecycle::Error> {
    /// let engine = Engine::builder("com.example.app", "/var/lib/example/state").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(app_id: impl Into<String>, state_dir: impl Into<PathBuf>) -> EngineBuilder {
        EngineBuilder::new(app_id.into(), state_dir.into())
    }

    pub(super) fn send(&self, message: Message) -> Result<(), Error> {
        self.inner.tx.send(message).map_err(|_| Error::ShutDown)
    }
}
