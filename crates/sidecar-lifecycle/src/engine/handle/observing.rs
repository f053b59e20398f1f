//! Looking on: what is, what happens, what has been counted. Nothing here changes anything.

use std::sync::Arc;

use super::Engine;
use crate::config::SidecarConfig;
use crate::engine::events::{EventStream, EventSubscription};
use crate::engine::leaders::Leader;
use crate::engine::shared::lock;
use crate::event::{Event, Protection};
use crate::info::SidecarInfo;
use crate::logs::LogRing;
use crate::metrics::Metrics;

impl Engine {
    /// A sidecar as it is now; `None` if it was never started.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// if let Some(info) = engine.info("api").filter(|info| info.is_healthy) {
    ///     println!("{:?} for {} s", info.url, info.uptime_seconds);
    /// }
    /// # }
    /// ```
    pub fn info(&self, id: &str) -> Option<SidecarInfo> {
        self.inner.shared.info(id)
    }

    /// All sidecars that were started at least once, by id.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// for info in engine.list() {
    ///     println!("{}: {:?}", info.id, info.state);
    /// }
    /// # }
    /// ```
    pub fn list(&self) -> Vec<SidecarInfo> {
        self.inner.shared.all_infos()
    }

    /// The ids of all sidecars that are declared, started or not, in order.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, SidecarInfo};
    /// # fn example(engine: &Engine) {
    /// for id in engine.declared() {
    ///     let info = engine.info(&id).unwrap_or_else(|| SidecarInfo::idle(&id));
    ///     println!("{id}: {:?}", info.state);
    /// }
    /// # }
    /// ```
    pub fn declared(&self) -> Vec<String> {
        lock(&self.inner.declared).keys().cloned().collect()
    }

    /// What a sidecar was declared with last; `None` if it was not.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// if let Some(config) = engine.config("api") {
    ///     println!("it has {:?} to end", config.grace);
    /// }
    /// # }
    /// ```
    pub fn config(&self, id: &str) -> Option<Arc<SidecarConfig>> {
        let declared = lock(&self.inner.declared);
        declared.get(id).map(|(config, _)| config.clone())
    }

    /// Whose leader has this pid, or had it last, as far as this engine has spawned it. The answer
    /// holds the identity of the process that is meant: see [`Leader::is_alive`].
    ///
    /// The last few thousand are remembered.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use sidecar_lifecycle::{Engine, SidecarConfig};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder().name("sleep").args(["1000"]).build()?;
    /// let info = engine.ensure_running("web", config).await?;
    /// let pid = info.pid.expect("it runs");
    /// assert_eq!(engine.leader(pid).map(|leader| leader.id), Some("web".to_owned()));
    /// assert_eq!(engine.leader(std::process::id()), None, "this program is nobody's sidecar");
    /// # Ok(())
    /// # }
    /// # #[cfg(unix)] {
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(example())?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn leader(&self, pid: u32) -> Option<Leader> {
        lock(&self.inner.shared.leaders).get(pid)
    }

    /// The last lines of a sidecar's output, and those to come; `None` if it was not declared.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// if let Some(logs) = engine.logs("api") {
    ///     println!("{}", logs.last(20).join("\n"));
    /// }
    /// # }
    /// ```
    pub fn logs(&self, id: &str) -> Option<LogRing> {
        lock(&self.inner.declared)
            .get(id)
            .map(|(_, ring)| ring.clone())
    }

    /// Calls `subscriber` with every event from now on, in order, on the engine's thread. It must
    /// not wait for anything that the engine does. One that panics is told of in the log, and
    /// called again the next time.
    ///
    /// It is called as long as the engine lives. To end it sooner there is
    /// [`subscribe_until_dropped`](Engine::subscribe_until_dropped), and to take events on another
    /// thread [`events`](Engine::events).
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, EventKind};
    /// # fn example(engine: &Engine) {
    /// engine.subscribe(|event| {
    ///     if let EventKind::Crashed { reason, .. } = &event.kind {
    ///         eprintln!("{}: {reason}", event.sidecar);
    ///     }
    /// });
    /// # }
    /// ```
    pub fn subscribe(&self, subscriber: impl Fn(&Event) + Send + Sync + 'static) {
        self.inner.shared.subscribe(Arc::new(subscriber));
    }

    /// As [`subscribe`](Engine::subscribe), until the answer is dropped.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) {
    /// let subscription = engine.subscribe_until_dropped(|event| println!("{event:?}"));
    /// // … until this is enough:
    /// drop(subscription);
    /// # }
    /// ```
    pub fn subscribe_until_dropped(
        &self,
        subscriber: impl Fn(&Event) + Send + Sync + 'static,
    ) -> EventSubscription {
        let shared = &self.inner.shared;
        EventSubscription::new(shared, shared.subscribe(Arc::new(subscriber)))
    }

    /// Every event from now on, in order, in a queue of its own. Ask for it before what shall be
    /// heard of.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, EventKind, Phase};
    /// # fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// let events = engine.events();
    /// engine.start("api")?;
    /// for event in events {
    ///     println!("{}: {:?}", event.sidecar, event.kind);
    ///     if event.kind == (EventKind::PhaseChanged { from: Phase::Stopping, to: Phase::Idle }) {
    ///         break;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> EventStream {
        self.inner.shared.events()
    }

    /// What has been counted and timed so far, and how each sidecar is now. See
    /// [`metrics`](crate::metrics).
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, metrics::Counter};
    /// # fn example(engine: &Engine) {
    /// for (id, sidecar) in engine.metrics().sidecars {
    ///     println!("{id} has crashed {} times", sidecar.counters.get(Counter::Crashes));
    /// }
    /// # }
    /// ```
    pub fn metrics(&self) -> Metrics {
        let declared = lock(&self.inner.declared);
        let lines = declared.iter().map(|(id, (_, ring))| (id, ring.last_seq()));
        let lines = lines.map(|(id, lines)| (id.clone(), lines)).collect();
        drop(declared);
        self.inner.shared.metrics(lines)
    }

    /// What happens to the sidecars when this program is killed. It may change: a guardian can be
    /// killed too, which `protection_lost` tells.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, Protection};
    /// # fn example(engine: &Engine) {
    /// if engine.protection() == Protection::BestEffort {
    ///     eprintln!("if this program is killed, servers may live on until its next start");
    /// }
    /// # }
    /// ```
    pub fn protection(&self) -> Protection {
        self.inner.shared.protection()
    }
}
