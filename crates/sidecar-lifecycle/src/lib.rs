//! Start, watch and end child processes so that none is ever left behind.
//!
//! ```no_run
//! use std::time::Duration;
//! use sidecar_lifecycle::{Engine, EventKind, HealthCheck, SidecarConfig, guardian};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // First of all: it forks, and no thread may exist yet.
//!     if let Err(e) = guardian::start() {
//!         eprintln!("{e}"); // Goes on, with best-effort protection.
//!     }
//!     let state = std::env::temp_dir().join("example-state");
//!     let engine = Engine::builder("com.example.app", state).build()?;
//!     let events = engine.events();
//!
//!     let config = SidecarConfig::builder()
//!         .name("python3")
//!         .args(["-m", "http.server", "{port}"])
//!         .port_range(8080..=8090)
//!         .health_check(HealthCheck::http("/"))
//!         .auto_restart(true)
//!         .build()?;
//!     engine.declare("web", config)?;
//!     engine.start("web")?;
//!
//!     for event in events {
//!         match event.kind {
//!             EventKind::Ready { url, .. } => {
//!                 println!("ready: {url:?}");
//!                 break;
//!             }
//!             EventKind::Failed { reason, .. } => return Err(reason.into()),
//!             _ => {}
//!         }
//!     }
//!     let report = engine.shutdown("done", Duration::from_secs(10));
//!     println!("nothing left: {}", report.complete);
//!     Ok(())
//! }
//! ```
//!
//! # Vocabulary
//!
//! - **sidecar**: a program that another one needs beside itself, under an id of its own. It is
//!   *declared* with a [`SidecarConfig`], and then started, stopped and restarted as often as is
//!   wanted.
//! - **run**: one life of a sidecar, from its preparation until its tree is gone. Each has a
//!   [`RunId`], which is never used twice within an engine.
//! - **leader**: the process that the engine spawns for a run. **Tree**: the leader and all that
//!   comes of it. A package manager is often the leader, and the server something deep in the tree.
//! - **escapee**: a process of the tree that has left it, by `setsid`, by a double fork, or
//!   because its parent has ended. It still belongs to the run.
//! - **guardian**: a small process of its own (Unix) that spawns the leaders, outlives the host
//!   and ends the trees. **Lifeline**: the socket between the two; it closes when the host dies,
//!   however it dies.
//! - **host**: the program that this crate is used in.
//! - **grace**: the time between the stop signal and force.
//! - **backoff**: the delay before a new run after a crash.
//! - **startup check**: asked until it passes for the first time, within the
//!   [ready time-out](SidecarBuilder::ready_timeout). **Readiness**: asked on after that; a sidecar
//!   without it is marked as unhealthy and runs on. **Liveness**: asked on too; losing it is a
//!   crash.
//! - **crash**: an end that nobody asked for and whose exit code is not among the
//!   [success codes](SidecarBuilder::success_exit_codes), a start that timed out, or lost
//!   liveness. Before it is ready, every end that nobody asked for is one; so is a start that the
//!   system refuses for a reason that may pass (no memory, too many processes or open files).
//! - **protection**: what happens to the trees when the host dies, see [`Protection`].
//! - **leftover**: a process of a dead instance of the same app. **Stranger**: everything else.
//!
//! # How a run goes
//!
//! Two things are kept apart: what is [wanted](Wanted) (up or down) and what is observed, the
//! [`Phase`]:
//!
//! ```text
//!            start          port, program     spawned, check passed
//!   Idle ────────► Preparing ──────► Starting ────────────────────► Ready ◄──► Unhealthy
//!    ▲               ▲    │             │ │                          │             │
//!    │       backoff │    │ cannot      │ │ stop, restart, exit,     │ the same,   │
//!    │       is over │    ▼ begin       │ │ ready time-out           │ or liveness │
//!    │               │  Failed ◄────────┘ │                          │ lost        │
//!    │            Waiting ▲ given up      ▼                          ▼             │
//!    └───────────────┴────┴─────────── Stopping ◄──────────────────────────────────┘
//!          when the tree is gone       ask, grace, force
//! ```
//!
//! 1. **Prepare.** What the sidecar [depends on](SidecarBuilder::depends_on) is waited for, and
//!    started if it is down. The program is looked for on the `PATH` that the sidecar will have.
//!    A port is picked and tested on all four addresses (`127.0.0.1`, `::1`, `0.0.0.0`, `::`);
//!    `{port}` in arguments is replaced, and `PORT` is set, beside another
//!    [variable](SidecarBuilder::port_variable) that was asked for.
//! 2. **Spawn.** `spawned` tells the leader's pid. The process carries a [`marker`] in its
//!    environment.
//! 3. **Check.** Ready means three things at once: the check passes, the listener belongs to the
//!    run's own tree ([unless told otherwise](SidecarBuilder::own_listener)), and the run is
//!    alive. Without a check it is ready as soon as it runs.
//! 4. **Run.** Readiness and liveness are asked, if they are configured; else nothing wakes up.
//! 5. **Stop.** `stopping` records the intent before the first signal. The whole tree is asked
//!    (with the [stop signal](SidecarBuilder::stop_signal), or by
//!    [words on its stdin](SidecarBuilder::stop_input)), and forced after the grace. `stopped` comes
//!    when the tree is empty, and names what could not be ended.
//! 6. **Again, or not.** After a crash a new run follows, if the [policy](Restart) says so, after
//!    a backoff: the first delay doubled with each crash, with full jitter, 30 s at the most. A
//!    run that stays ready for 10 s, or twice the last delay if that is longer, clears the
//!    record. After [so many](SidecarBuilder::max_restart_attempts) crashes within
//!    [a minute](SidecarBuilder::restart_window) it is given up: `failed`, until somebody starts it
//!    again.
//!
//! Everything that happens is an [`Event`], in order, in one stream ([`Engine::subscribe`],
//! [`Engine::events`]). [`EventKind`] has the grammar; the main rule is that every `spawned` is
//! followed by exactly one `stopped`. The decisions themselves are made by [`core`], which has
//! no I/O and no clock and can be tested alone.
//!
//! # What is promised, and what is not
//!
//! - **Nothing is left behind** when the host ends in order ([`Engine::shutdown`], or the drop of
//!   its last handle), and as far as [`Engine::protection`] says when it does not:
//!
//!   | | when the host is killed | what is covered |
//!   | --- | --- | --- |
//!   | [`Guardian`](Protection::Guardian) on Linux | the guardian asks, waits for the grace, forces | the whole tree with its escapees: orphans become the guardian's children |
//!   | [`GuardianWithStandby`](Protection::GuardianWithStandby) on Linux | the same; when the guardian is killed in the same instant, its standby does it | the whole tree with its escapees, when any two of host, guardian and standby die |
//!   | [`Guardian`](Protection::Guardian) on macOS | the same as on Linux | orphans go to init; escapees are known by their process group and marker, and one that has changed both is lost |
//!   | [`Kernel`](Protection::Kernel) on Windows | the job object ends the tree at once, without grace | the whole tree: a job cannot be left |
//!   | [`BestEffort`](Protection::BestEffort) | on Linux the kernel kills the leader, elsewhere nothing happens | the rest is ended at the next start |
//!
//!   Host and guardian killed in the same instant are the one gap of `Guardian`: what is left
//!   then is ended when an engine of the same app starts again. On Linux
//!   [`guardian::start_with_standby`] closes it, at the price of one more process.
//! - **Nobody else is harmed.** A process is a pid, its start time and the boot
//!   ([`identity`]), never a pid alone. A stranger on a port is named and left alone. Editors,
//!   browsers and terminals that a sidecar has opened are
//!   [released](SidecarBuilder::keep) and told of as `kept`.
//! - **A stop ends.** Time-outs bound every step; a tree that not even force can end (a process in
//!   uninterruptible sleep) is told of with its pids, and nothing is started beside it.
//! - **A late message changes nothing.** Answers carry the id of their run, and one about an old
//!   run is dropped in one place.
//!
//! Not promised: that the port is still free when the sidecar binds it (a foreign program may be
//! faster between test and bind), that a marker survives in a program that wipes its environment,
//! and that output is complete which a daemon writes after its run has ended.
//!
//! Linux is where all of this runs and is tested. What is for Windows is tested under Wine, what is
//! for macOS is type-checked; neither has run on a real machine yet.
//!
//! # Threads, processes and costs
//!
//! The engine works on threads of its own, never on the host's executor, and none of them is there
//! for one sidecar alone on Unix:
//!
//! | thread | is there | does |
//! | --- | --- | --- |
//! | `sidecar-engine` | always | decides, probes, reads output; calls subscribers and [`metrics::Telemetry`] |
//! | `sidecar-reports` | on Unix | hears the guardian |
//! | `sidecar-warden` | on Unix without a guardian | does the guardian's work |
//! | `sidecar-jobs`, `sidecar-output` | on Windows | job objects; two readers for each run |
//! | `sidecar-hooks` | from the first due hook on | calls [hooks](SidecarBuilder::on_crash) |
//! | `termination` | after [`on_termination`] | waits for signals |
//! | one more | from the first [custom check](HealthCheck::custom) on | asks custom checks |
//! | two helpers at the most | while there is blocking work | look for leftovers, test ports |
//!
//! At rest, with sidecars that are ready and are not checked, nothing wakes up: no timer runs, and
//! [metrics] are counted when something happens. Starting the guardian takes about a millisecond
//! and less than one MiB of private memory. A thousand sidecars cost host and guardian together less
//! than 40 MiB, all in all.
//!
//! A sidecar without a log file takes five or six descriptors of the host. [`guardian::start`], or the
//! first engine of a host that goes without a guardian, raises the soft limit, which is often 1024,
//! as far as the system allows, and sidecars get the old one back.
//!
//! Subscribers and telemetry must not wait for anything that the engine does. Hooks may: one that
//! blocks delays those after it and nothing else.
//!
//! # What lies on disk
//!
//! - The **state folder** given to [`Engine::builder`] holds two files for each running instance,
//!   `<instance>.json` and its lock, readable for the user only: host, guardian, and each run's
//!   processes. They go when the engine has shut down. Files whose lock nobody holds belong to
//!   dead instances: their leftovers are ended before anything is spawned. `ports.json` beside them
//!   keeps the last port of each sidecar that may choose, unless
//!   [that is not wanted](EngineBuilder::remember_ports).
//! - A **log file**, where [one is configured](SidecarBuilder::log_file), is fresh with the
//!   first run of each engine. It is rotated [by size](SidecarBuilder::log_limit) at line ends,
//!   to `.1`, `.2` and so on behind its name, of which [some](SidecarBuilder::log_files) are kept.
//!   The last engine's are kept beside it as `.prev`, `.prev.1` and so on, in place of those of
//!   the engine before. On Unix the guardian writes and rotates it, so that it is whole even when
//!   the host is killed. What cannot be written (a full disk) is thrown away and told of once
//!   ([`LogTrouble`](EventKind::LogTrouble)), and writing is tried again with each piece.
//! - The last lines are in memory too ([`LogRing`]), read back from the file. A sidecar that writes
//!   faster than its files can be read back before they are rotated away leaves a gap in the
//!   sequence numbers there.
//! - The user's **shared folder** (`/tmp/sidecar-lifecycle-UID` on Unix) holds a lock file for each
//!   port that is picked and not bound yet, and for each instance where its state folder is, for
//!   the [`census`].
//! - Nothing else. [`environ`] keeps a shell's environment where its caller says.
//!
//! # A fleet
//!
//! Dependencies are ids. A start brings up what is needed first, a stop goes the other way round,
//! and what has nothing to do with each other goes side by side.
//!
//! ```no_run
//! use std::time::Duration;
//! use sidecar_lifecycle::{
//!     Condition, Dependency, Engine, HealthCheck, OnDependencyRestart, SidecarConfig,
//! };
//! use sidecar_lifecycle::ports::PortWish;
//!
//! # fn fleet(engine: &Engine) -> Result<(), Box<dyn std::error::Error>> {
//! let db = SidecarConfig::builder()
//!     .name("redis-server")
//!     .args(["--port", "{port}"])
//!     .port(PortWish::Fixed(6379))
//!     .health_check(HealthCheck::tcp())
//!     .liveness(Duration::from_secs(10))
//!     .auto_restart(true)
//!     .build()?;
//! let migration = SidecarConfig::builder()
//!     .program("./migrate")
//!     .depends_on("db") // An id means: ready.
//!     .build()?;
//! let api = SidecarConfig::builder()
//!     .program("./api")
//!     .port_range(4000..=4010)
//!     .health_check(HealthCheck::http("/health"))
//!     .depends_on("db")
//!     .depends_on(Dependency::on("migration", Condition::Completed))
//!     .on_dependency_restart(OnDependencyRestart::Restart)
//!     .on_crash(|crash| eprintln!("{crash}: {:?}", crash.last_lines))
//!     .build()?;
//! for (id, config) in [("db", db), ("migration", migration), ("api", api)] {
//!     engine.declare(id, config)?;
//! }
//! engine.start("api")?; // And, before it, what it needs.
//! # Ok(())
//! # }
//! ```
//!
//! The same can stand in a file or in an app's own configuration, as JSON with the builder's names
//! in camelCase. ([`SidecarBuilder::from`] takes it further: closures are no data.)
//!
//! ```no_run
//! use sidecar_lifecycle::{Engine, FleetConfig};
//!
//! # fn fleet(engine: &Engine) -> Result<(), Box<dyn std::error::Error>> {
//! let mut fleet = FleetConfig::from_json(r#"{
//!     "sidecars": {
//!         "db": { "name": "redis-server", "args": ["--port", "{port}"], "port": 6379, "healthCheck": "tcp" },
//!         "migration": { "program": "./migrate", "dependsOn": ["db"] },
//!         "api": {
//!             "program": "./api",
//!             "port": "4000-4010",
//!             "healthCheck": { "type": "http", "path": "/health" },
//!             "dependsOn": ["db", { "id": "migration", "condition": "completed" }]
//!         }
//!     }
//! }"#)?;
//! fleet.resolve("/opt/shop".as_ref()); // Where relative paths count from.
//! for (id, config) in fleet.in_start_order() {
//!     engine.declare(id, config.clone())?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! There are two kinds. What is wrong with a *call* comes back as an [`Error`]: an unknown id, a
//! configuration that contradicts itself ([`ConfigError`] tells all mistakes at once, each with its
//! place), a state folder that cannot be written. What goes wrong *later* is an event, since
//! nobody waits for it: a missing program or a held port ends in `failed` with a reason in words, an
//! end that nobody asked for in `crashed` with the last lines.
//!
//! ```
//! use sidecar_lifecycle::{Engine, Error, SidecarConfig};
//!
//! fn declare(engine: &Engine) -> Result<(), Error> {
//!     let config = SidecarConfig::builder().name("api").build()?;
//!     match engine.declare("api", config) {
//!         Err(Error::Conflict { id }) => {
//!             eprintln!("{id} runs with another configuration: it stays as it is");
//!             Ok(())
//!         }
//!         other => other,
//!     }
//! }
//! ```
//!
//! For programs, [`Error::code`] is a stable name.
//!
//! # Besides the engine
//!
//! [`census`] tells who runs sidecars on this machine, [`ports`] picks free ports and finds out who
//! holds one, [`environ`] asks the login shell for the
//! environment that a double-clicked app does not have, [`metrics`] are numbers for Prometheus and
//! OpenTelemetry, [`identity`] and [`marker`] say which process is meant and whose it is.

#![warn(missing_docs)]

#[cfg(test)]
mod bindings;
pub mod census;
pub mod config;
pub mod core;
mod engine;
pub mod environ;
mod error;
mod error_code;
mod event;
pub mod guardian;
pub mod identity;
mod info;
pub mod logs;
#[cfg(test)]
mod mangled;
pub mod marker;
pub mod metrics;
pub mod ports;
mod support;
mod sys;
mod termination;
mod wildcard;

pub use config::{
    CheckContext, ConfigError, ConfigFile, CrashInfo, CustomCheck, Dependency, FleetConfig,
    HandOver, HealthCheck, IntoVerdict, Probe, Problem, SidecarBuilder, SidecarConfig, StateChange,
    StdinMode, StdoutMode,
};
pub use core::{Condition, Leftovers, OnDependencyRestart, Phase, Restart, RunId, Wanted};
pub use engine::{
    Engine, EngineBuilder, EventStream, EventSubscription, Leader, OutputError, OutputPosition,
    ShutdownReport, SidecarOutput, SidecarStdin, StdinError,
};
pub use error::Error;
pub use event::{Event, EventKind, Protection};
pub use info::SidecarInfo;
pub use logs::{LogLine, LogRing, Stream, Subscription};
pub use support::{Support, check_shared_folder};
pub use termination::{Termination, on_termination};
// Not for everybody: the plugin's scopes match ids in the same way.
#[doc(hidden)]
pub use wildcard::matches_wildcard;

/// Renames a file in place of another, on Windows also while a virus scanner looks at it.
// Not for everybody: Berth's settings are written in the same way.
#[doc(hidden)]
pub fn replace_file(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    sys::replace(from, to)
}

/// `CLOCK_MONOTONIC` in milliseconds, as [`Event::mono_ms`] has it.
///
/// ```no_run
/// # fn age(event: &sidecar_lifecycle::Event) {
/// println!("{:.1} ms ago", sidecar_lifecycle::mono_ms() - event.mono_ms);
/// # }
/// ```
pub fn mono_ms() -> f64 {
    sys::monotonic().as_micros() as f64 / 1000.0
}

/// The examples of the page that a registry shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
