//! What is wanted of a sidecar: checked here, decided on the engine's thread.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::Engine;
use super::door::Declared;
use crate::config::{SidecarConfig, find_cycle};
use crate::core::{Fact, Phase, RunId};
use crate::engine::killing::Killer;
use crate::engine::message::Message;
use crate::engine::raw_output::SidecarOutput;
use crate::engine::shared::lock;
use crate::engine::stdin::SidecarStdin;
use crate::error::Error;
use crate::logs::LogRing;

impl Engine {
    /// Makes a sidecar known without starting it. The same configuration again changes nothing;
    /// another one is accepted only while the sidecar is down. A run that begins at that moment
    /// keeps the one that it began with; the next run has the other one. (Closures count as the
    /// same: see [`CustomCheck`](crate::CustomCheck).)
    ///
    /// # Errors
    /// [`Error::Config`] with all that is wrong, [`Error::Conflict`] if the sidecar runs with
    /// another configuration or is being prepared with it, [`Error::ShutDown`].
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
            // One that is being prepared is not down, though nothing of it runs yet.
            Some((false, _)) if self.info(id).is_some_and(|i| has_begun(i.state)) => {
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

    /// Ends the whole tree of this very run by force, at once, and is done when it is gone. It is a
    /// stop: no other run follows, whatever the restart policy says. (In a rolling restart, the one
    /// of the two runs that is not meant goes on.)
    ///
    /// A run that has ended is never mistaken for the present one, as a pid could be.
    ///
    /// # Errors
    /// [`Error::StaleRun`] if the run has ended or is not one of this sidecar, [`Error::Survived`]
    /// if force has not ended it, [`Error::ShutDown`].
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # async fn example(engine: &Engine, pid: u32) -> Result<(), sidecar_lifecycle::Error> {
    /// if let Some(recorder) = engine.leader(pid) {
    ///     engine.kill(&recorder.id, recorder.run).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn kill(
        &self,
        id: &str,
        run: RunId,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static {
        let (answer, heard) = oneshot::channel();
        let id = id.to_owned();
        let sent = self.send(Message::Kill(Killer { id, run, answer }));
        async move {
            sent?;
            heard.await.unwrap_or(Err(Error::ShutDown))
        }
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

    /// What writes to its stdin. It has to be configured as
    /// [`StdinMode::Piped`](crate::StdinMode::Piped).
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use sidecar_lifecycle::{Engine, SidecarConfig, StdinMode};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder().name("cat").stdin(StdinMode::Piped).build()?;
    /// engine.declare("cat", config)?;
    /// assert!(engine.stdin("cat").is_ok(), "for whenever it runs");
    /// assert_eq!(engine.stdin("dog").err().map(|e| e.code()), Some("unknown-sidecar"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Unknown`] if it was not declared. What else can be wrong is told by the first write.
    pub fn stdin(&self, id: &str) -> Result<SidecarStdin, Error> {
        if !lock(&self.inner.declared).contains_key(id) {
            return Err(Error::Unknown { id: id.to_owned() });
        }
        let (id, tx) = (id.to_owned(), self.inner.tx.clone());
        let run = None;
        Ok(SidecarStdin { id, run, tx })
    }

    /// What reads its stdout. It has to be configured as
    /// [`StdoutMode::Raw`](crate::StdoutMode::Raw).
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use sidecar_lifecycle::{Engine, SidecarConfig, StdoutMode};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder().name("cat").stdout(StdoutMode::Raw).build()?;
    /// engine.declare("cat", config)?;
    /// assert!(engine.output("cat").is_ok(), "for whenever it runs");
    /// assert_eq!(engine.output("dog").err().map(|e| e.code()), Some("unknown-sidecar"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Unknown`] if it was not declared. What else can be wrong is told by the first read.
    pub fn output(&self, id: &str) -> Result<SidecarOutput, Error> {
        if !lock(&self.inner.declared).contains_key(id) {
            return Err(Error::Unknown { id: id.to_owned() });
        }
        let (id, tx) = (id.to_owned(), self.inner.tx.clone());
        Ok(SidecarOutput { id, tx })
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
}

/// Whether there is a run that its configuration belongs to.
fn has_begun(phase: Phase) -> bool {
    phase == Phase::Preparing || phase.may_have_processes()
}

/// Refuses a configuration that would have a sidecar wait for itself.
fn check_cycles(id: &str, config: &SidecarConfig, declared: &Declared) -> Result<(), Error> {
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
