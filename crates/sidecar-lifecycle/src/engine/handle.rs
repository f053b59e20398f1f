//! The engine as its users hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::events::{EventStream, EventSubscription};
use super::ledger::Ledger;
use super::message::Message;
use super::port_memory::PortMemory;
use super::run_loop::{Beginnings, Loop};
use super::shared::{EndOfLoop, Shared, lock};
use super::spawner::Spawner;
use super::stdin::SidecarStdin;
use super::waiters::{Until, Waiter};
use crate::census::registry;
use crate::config::{SidecarConfig, find_cycle};
use crate::core::{Fact, Policy};
use crate::error::Error;
use crate::event::{Event, Protection};
use crate::info::SidecarInfo;
use crate::logs::LogRing;
use crate::metrics::{Metrics, Telemetry};
use crate::sys::{errors_not_signals, monotonic};

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
    inner: Arc<Inner>,
}

struct Inner {
    tx: mpsc::UnboundedSender<Message>,
    shared: Arc<Shared>,
    declared: Mutex<BTreeMap<String, (Arc<SidecarConfig>, LogRing)>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

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
pub struct ShutdownReport {
    /// Every tree is empty. Otherwise the deadline came first, and the guardian goes on with it.
    pub complete: bool,
    /// How long it took.
    pub took: Duration,
}

/// Sets up an [`Engine`], see [`Engine::builder`].
///
/// ```no_run
/// # use sidecar_lifecycle::Engine;
/// # fn main() -> Result<(), sidecar_lifecycle::Error> {
/// let engine = Engine::builder("com.example.app", "/var/lib/example/state").build()?;
/// println!("{:?}", engine.protection());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct EngineBuilder {
    app_id: String,
    state_dir: PathBuf,
    remember_ports: bool,
    telemetry: Option<Arc<dyn Telemetry>>,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("app_id", &self.app_id)
            .field("state_dir", &self.state_dir)
            .field("remember_ports", &self.remember_ports)
            .field("telemetry", &self.telemetry.is_some())
            .finish()
    }
}

impl EngineBuilder {
    /// Whether a sidecar that may choose among ports is offered the one of the last launch first
    /// (it is, unless set): the port is part of a page's origin, and with it of its storage and
    /// its logins. Within a launch it is offered its last one in any case.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn main() -> Result<(), sidecar_lifecycle::Error> {
    /// let engine = Engine::builder("com.example.app", "/var/lib/example/state")
    ///     .remember_ports(false)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn remember_ports(mut self, on: bool) -> Self {
        self.remember_ports = on;
        self
    }

    /// Tells `telemetry` of each change of a number, on the engine's thread: it must not wait. The
    /// last one that is given counts. See [`Telemetry`] for an example.
    pub fn telemetry(mut self, telemetry: impl Telemetry + 'static) -> Self {
        self.telemetry = Some(Arc::new(telemetry));
        self
    }

    /// Starts the engine: its thread, its state file, and the sweep of what dead instances of the
    /// same app have left behind.
    ///
    /// Takes the guardian if [`guardian::start`](crate::guardian::start) was called, and warns in
    /// the log otherwise. The first engine of a program gets it; further ones protect their
    /// sidecars on a best-effort basis.
    ///
    /// # Errors
    /// [`Error::State`] if the state folder cannot be made or written, [`Error::Start`] if the
    /// system refuses a thread or a socket.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, Error};
    /// # fn main() -> Result<(), Error> {
    /// let engine = Engine::builder("com.example.app", "/var/lib/example/state").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(self) -> Result<Engine, Error> {
        let instance = format!("{:032x}", fastrand::u128(..));
        let state = |source| Error::State {
            path: self.state_dir.clone(),
            source,
        };
        let ledger = self.open_ledger(&instance).map_err(state)?;
        let (tx, rx) = mpsc::unbounded_channel();
        let reports = tx.clone();
        let (spawner, why) = Spawner::connect(move |report| {
            let _ = reports.send(Message::Spawner(report)); // The loop may have quit by now.
        })
        .map_err(Error::Start)?;
        if let Some(why) = why {
            log::warn!(
                "no guardian ({why}): if this program is killed, its sidecars' children may live \
                 on until its next start"
            );
        }
        let shared = Arc::new(Shared::new(spawner.protection(), self.telemetry));
        let beginnings = Beginnings {
            spawner,
            ledger: Some(ledger),
            shared: shared.clone(),
            tx: tx.clone(),
            rx,
            app_id: self.app_id,
            instance,
            ports: if self.remember_ports {
                PortMemory::kept_in(&self.state_dir)
            } else {
                PortMemory::of_this_launch()
            },
            state_dir: self.state_dir,
            seed: fastrand::u64(..),
        };
        let thread = thread::Builder::new()
            .name("sidecar-engine".into())
            .spawn(move || run_thread(beginnings))
            .map_err(Error::Start)?;
        let thread = Mutex::new(Some(thread));
        Ok(Engine {
            inner: Arc::new(Inner {
                tx,
                shared,
                declared: Mutex::default(),
                thread,
            }),
        })
    }
}

impl EngineBuilder {
    /// On a thread that may write what it likes, where there is one to be had: this one is the
    /// host's, signals and all.
    fn open_ledger(&self, instance: &str) -> io::Result<Ledger> {
        let open = || {
            let ledger = Ledger::open(&self.state_dir, &self.app_id, instance)?;
            if let Err(e) = registry::enter(instance, &self.app_id, &self.state_dir) {
                log::warn!("`sidecar ps` will not see this app: {e}");
            }
            Ok(ledger)
        };
        thread::scope(|scope| {
            let careful = || {
                errors_not_signals();
                open()
            };
            match thread::Builder::new().spawn_scoped(scope, careful) {
                Ok(opened) => opened.join().map_err(|_| io::Error::other("it panicked"))?,
                Err(_) => open(),
            }
        })
    }
}

fn run_thread(mut beginnings: Beginnings) {
    // Dropped last, and by a panic too: nobody waits for a loop that has ended.
    let _ended = EndOfLoop(beginnings.shared.clone());
    errors_not_signals();
    if let Some(ledger) = &mut beginnings.ledger {
        ledger.set_guardian(beginnings.spawner.guardian());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build();
    match runtime {
        Ok(runtime) => {
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async { Loop::new(beginnings).run().await });
            runtime.shutdown_background();
        }
        Err(e) => log::error!("the engine cannot run: {e}"),
    }
}

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
        EngineBuilder {
            app_id: app_id.into(),
            state_dir: state_dir.into(),
            remember_ports: true,
            telemetry: None,
        }
    }

    /// Makes a sidecar known without starting it. The same configuration again changes nothing;
    /// another one is accepted only while the sidecar is down. (Closures count as the same: see
    /// [`CustomCheck`](crate::CustomCheck).)
    ///
    /// # Errors
    /// [`Error::Config`] with all that is wrong, [`Error::Conflict`] if the sidecar runs with
    /// another configuration, [`Error::ShutDown`].
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, SidecarConfig};
    /// # fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// let config = SidecarConfig::builder().name("api").build()?;
    /// engine.declare("api", config)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn declare(&self, id: &str, config: SidecarConfig) -> Result<(), Error> {
        config.validate()?;
        let mut declared = lock(&self.inner.declared);
        check_cycles(id, &config, &declared)?;
        let known = declared.get(id).map(|(c, r)| (**c == config, r.clone()));
        let ring = match known {
            Some((true, _)) => return Ok(()),
            Some((false, _)) if self.info(id).is_some_and(|i| i.is_running) => {
                return Err(Error::Conflict { id: id.to_owned() });
            }
            Some((false, ring)) => ring,
            None => LogRing::default(),
        };
        let config = Arc::new(config);
        declared.insert(id.to_owned(), (config.clone(), ring.clone()));
        self.send(Message::Declare {
            id: id.to_owned(),
            config,
            ring,
        })
    }

    /// Wants it up. Does nothing while it is; clears a failure, and ends a backoff.
    ///
    /// Returns at once: `ready` or `failed` tells what has come of it.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it was not declared, [`Error::ShutDown`].
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.start("api")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self, id: &str) -> Result<(), Error> {
        self.ask(id, Fact::StartRequested)
    }

    /// Wants it down. `reason` is told with `stopping`.
    ///
    /// Returns at once: `stopped` tells that the tree is empty. Before it was spawned, and during
    /// a backoff, there is nothing to stop; then only its phase changes.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it was not declared, [`Error::ShutDown`].
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.stop("api", "the project was closed")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self, id: &str, reason: &str) -> Result<(), Error> {
        self.ask(
            id,
            Fact::StopRequested {
                reason: reason.to_owned(),
            },
        )
    }

    /// Wants a new run instead of the current one. Asked for ten times at once, it is done once.
    /// One that is down is started.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it was not declared, [`Error::ShutDown`].
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.restart("api", "its configuration file has changed")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn restart(&self, id: &str, reason: &str) -> Result<(), Error> {
        self.ask(
            id,
            Fact::RestartRequested {
                reason: reason.to_owned(),
            },
        )
    }

    /// Replaces the current run by a new one without a gap: the new one starts on another port and
    /// becomes ready, what was sent to the old one is handed over
    /// ([`on_hand_over`](crate::SidecarBuilder::on_hand_over)), then the old one is stopped. Should
    /// the new one fail, the old one serves on, and a `roll_failed` event says why.
    ///
    /// Where that cannot be, since its port is fixed or it is not ready, it is restarted, and a
    /// `roll_degraded` event says so. Asked for twice at once, it is done once.
    ///
    /// # Errors
    /// As [`start`](Engine::start).
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.roll("api", "a new build")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn roll(&self, id: &str, reason: &str) -> Result<(), Error> {
        self.ask(
            id,
            Fact::RollRequested {
                reason: reason.to_owned(),
            },
        )
    }

    /// Wants every sidecar down: side by side, but none before those that depend on it. They can be
    /// started again, unlike after a [`shutdown`](Engine::shutdown).
    ///
    /// # Errors
    /// [`Error::ShutDown`].
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.stop_all("the project was closed")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_all(&self, reason: &str) -> Result<(), Error> {
        self.send(Message::StopAll {
            reason: reason.to_owned(),
        })
    }

    /// Declares it, wants it up and waits until it is ready. Asked for many times at once, it is
    /// started once; one that is ready is answered at once.
    ///
    /// The wish is made by this call and not by the first poll of the future, which needs no
    /// particular executor.
    ///
    /// ```no_run
    /// use sidecar_lifecycle::{Engine, HealthCheck, SidecarConfig};
    ///
    /// # async fn example(engine: Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// let config = SidecarConfig::builder()
    ///     .name("api-server")
    ///     .port_range(8080..8200)
    ///     .health_check(HealthCheck::http("/health"))
    ///     .build()?;
    /// let info = engine.ensure_running("api", config).await?;
    /// println!("it answers at {:?}", info.url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Conflict`] if it runs with another configuration, [`Error::Failed`] when it is
    /// given up, [`Error::Stopped`] when somebody stops it meanwhile.
    pub fn ensure_running(
        &self,
        id: &str,
        config: SidecarConfig,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        let wished = self
            .declare(id, config)
            .and_then(|()| self.start(id))
            .map(|()| self.wait(id, Until::Ready));
        async move { wished?.await }
    }

    /// Waits until it is ready; at once if it is. A crash with another run to follow is waited
    /// through.
    ///
    /// # Errors
    /// [`Error::Failed`] when it is given up, [`Error::Stopped`] if nobody wants it up (any more).
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # async fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.restart("api", "its configuration has changed")?;
    /// let info = engine.wait_ready("api").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        self.wait(id, Until::Ready)
    }

    /// Waits until nothing of it runs and nothing will of itself; at once if that is so.
    ///
    /// # Errors
    /// [`Error::ShutDown`] if the engine ended meanwhile.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # async fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.stop("api", "its folder is to be deleted")?;
    /// engine.wait_down("api").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_down(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        self.wait(id, Until::Down)
    }

    fn wait(
        &self,
        id: &str,
        until: Until,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        let (answer, heard) = oneshot::channel();
        let sent = if lock(&self.inner.declared).contains_key(id) {
            let id = id.to_owned();
            self.send(Message::Wait(Waiter { id, until, answer }))
        } else {
            Err(Error::Unknown { id: id.to_owned() })
        };
        async move {
            sent?;
            heard.await.unwrap_or(Err(Error::ShutDown))
        }
    }

    /// What writes to its stdin. It has to be configured as
    /// [`StdinMode::Piped`](crate::StdinMode::Piped). See [`SidecarStdin`] for an example.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it was not declared. What else can be wrong is told by the first write.
    pub fn stdin(&self, id: &str) -> Result<SidecarStdin, Error> {
        if !lock(&self.inner.declared).contains_key(id) {
            return Err(Error::Unknown { id: id.to_owned() });
        }
        let (id, tx) = (id.to_owned(), self.inner.tx.clone());
        Ok(SidecarStdin { id, tx })
    }

    fn ask(&self, id: &str, fact: Fact) -> Result<(), Error> {
        let ask_up = !matches!(fact, Fact::StopRequested { .. });
        self.check_known(id, ask_up)?;
        self.send(Message::Ask {
            id: id.to_owned(),
            fact,
        })
    }

    /// Whether it is declared, and all that it needs if it is to be started.
    fn check_known(&self, id: &str, with_dependencies: bool) -> Result<(), Error> {
        let declared = lock(&self.inner.declared);
        let mut queue = vec![(id.to_owned(), None)];
        let mut seen = BTreeSet::new();
        while let Some((id, needed_by)) = queue.pop() {
            let Some((config, _)) = declared.get(&id) else {
                return Err(match needed_by {
                    None => Error::Unknown { id },
                    Some(needed_by) => Error::UnknownDependency { id, needed_by },
                });
            };
            if with_dependencies && seen.insert(id.clone()) {
                let needs = config.depends_on.iter();
                queue.extend(needs.map(|d| (d.id.clone(), Some(id.clone()))));
            }
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        self.inner.tx.send(message).map_err(|_| Error::ShutDown)
    }

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

fn stop_limit(declared: &BTreeMap<String, (Arc<SidecarConfig>, LogRing)>) -> Duration {
    fn chain<'a>(
        id: &'a str,
        declared: &'a BTreeMap<String, (Arc<SidecarConfig>, LogRing)>,
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

/// Refuses a configuration that would have a sidecar wait for itself.
fn check_cycles(
    id: &str,
    config: &SidecarConfig,
    declared: &BTreeMap<String, (Arc<SidecarConfig>, LogRing)>,
) -> Result<(), Error> {
    let needs = |of: &str| -> Vec<String> {
        let config = if of == id {
            Some(config)
        } else {
            declared.get(of).map(|(config, _)| config.as_ref())
        };
        let dependencies = config.into_iter().flat_map(|c| &c.depends_on);
        dependencies.map(|d| d.id.clone()).collect()
    };
    match find_cycle(id, needs) {
        Some(cycle) => Err(Error::Cycle(cycle)),
        None => Ok(()),
    }
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
