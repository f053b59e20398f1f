//! Setting an engine up, and the thread that it works on.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::mpsc;

use super::Engine;
use super::door::Inner;
use crate::census::registry;
use crate::engine::ledger::Ledger;
use crate::engine::message::Message;
use crate::engine::port_memory::PortMemory;
use crate::engine::run_loop::{Beginnings, Loop};
use crate::engine::shared::{EndOfLoop, Shared};
use crate::engine::spawner::Spawner;
use crate::error::Error;
use crate::metrics::Telemetry;
use crate::sys::errors_not_signals;

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
    /// last one that is given counts.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use sidecar_lifecycle::Engine;
    /// use sidecar_lifecycle::metrics::{Counter, Telemetry};
    ///
    /// #[derive(Default)]
    /// struct Crashes(AtomicU64);
    ///
    /// impl Telemetry for Crashes {
    ///     fn count(&self, _sidecar: &str, counter: Counter, by: u64) {
    ///         if counter == Counter::Crashes {
    ///             self.0.fetch_add(by, Ordering::Relaxed);
    ///         }
    ///     }
    /// }
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let crashes = Arc::new(Crashes::default());
    /// let engine = Engine::builder("com.example.app", state).telemetry(crashes.clone()).build()?;
    /// assert_eq!(crashes.0.load(Ordering::Relaxed), 0, "nothing was started yet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    pub(super) fn new(app_id: String, state_dir: PathBuf) -> EngineBuilder {
        EngineBuilder {
            app_id,
            state_dir,
            remember_ports: true,
            telemetry: None,
        }
    }

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
        let spawner = &beginnings.spawner;
        ledger.set_guardians(spawner.guardian(), spawner.standby());
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
