//! Asks about a run's health: until it is ready, and from then on.

use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::message::Message;
use super::port_taken;
use super::question::{Asker, Question, pause};
use super::run_loop::Loop;
use super::sparing::Sparing;
use crate::config::{HealthCheck, Probe, SidecarConfig};
use crate::core::{Fact, RunId};
use crate::sys::{has_descriptors, monotonic};

/// The shortest pause between two questions on the way up.
const SHORTEST: Duration = Duration::from_millis(2);
/// The same for a command, which costs a process each time.
const SHORTEST_FOR_COMMANDS: Duration = Duration::from_millis(100);

/// Which of the checks that go on is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    Readiness,
    Liveness,
}

impl Watch {
    fn probe(self, config: &SidecarConfig) -> Option<&Probe> {
        match self {
            Watch::Readiness => config.readiness.as_ref(),
            Watch::Liveness => config.liveness.as_ref(),
        }
    }

    fn fact(self, run: RunId, verdict: Result<(), String>) -> Fact {
        match (self, verdict) {
            (Watch::Readiness, Ok(())) => Fact::ReadinessPassed { run },
            (Watch::Readiness, Err(reason)) => Fact::ReadinessFailed { run, reason },
            (Watch::Liveness, Ok(())) => Fact::LivenessPassed { run },
            (Watch::Liveness, Err(reason)) => Fact::LivenessFailed { run, reason },
        }
    }
}

impl Loop {
    /// Asks until it is ready.
    pub(super) fn start_readiness(&mut self, index: usize, run: RunId) {
        let config = self.entries[index].config_in_use();
        let (interval, passes) = (config.startup_interval, config.success_threshold);
        let limit = config.check_timeout;
        let Some(check) = config.check.clone() else {
            return;
        };
        let Some(question) = self.question(index, run, check, limit) else {
            return;
        };
        let mut lines = self.lines_of(index);
        let task = tokio::task::spawn_local(async move {
            let spawned = monotonic();
            let mut in_a_row = 0;
            loop {
                let asked = question.ask().await;
                in_a_row = if asked.is_ok() { in_a_row + 1 } else { 0 };
                if let Ok(answer) = asked {
                    if in_a_row >= passes {
                        let (port, url) = (answer.port, answer.url);
                        return question.asker.tell(Fact::CheckPassed { run, port, url });
                    }
                } else if let Some(port) = port_taken::by_a_stranger(&question, &mut lines) {
                    return question.asker.tell(Fact::PortTaken { run, port });
                }
                let age = monotonic().saturating_sub(spawned);
                pause(interval.unwrap_or_else(|| shortest(&question.check).max(age / 100))).await;
            }
        });
        self.keep_helper(index, task.abort_handle());
    }

    /// Asks on, once it is ready.
    pub(super) fn start_watch(&mut self, index: usize, run: RunId, watch: Watch) {
        let config = self.entries[index].config_in_use();
        let Some(probe) = watch.probe(config) else {
            return;
        };
        let Some(check) = probe.check.clone().or_else(|| config.check.clone()) else {
            return;
        };
        let interval = probe.interval.unwrap_or_else(|| check.interval());
        let limit = probe.timeout;
        let Some(question) = self.question(index, run, check, limit) else {
            return;
        };
        let task = tokio::task::spawn_local(async move {
            loop {
                sleep(interval).await;
                let verdict = question.ask().await.map(drop);
                if verdict.is_err() && !has_descriptors() {
                    // Who cannot open a socket cannot ask: that is no fault of the sidecar's.
                    log::warn!("its health is not known: too many files are open here");
                    continue;
                }
                question.asker.tell(watch.fact(run, verdict));
            }
        });
        self.keep_helper(index, task.abort_handle());
    }

    fn question(
        &self,
        index: usize,
        run: RunId,
        check: HealthCheck,
        limit: Option<Duration>,
    ) -> Option<Question> {
        let entry = &self.entries[index];
        let current = entry.run.as_ref().filter(|r| r.run == run)?;
        Some(Question {
            limit: limit.unwrap_or_else(|| check.timeout()),
            check,
            port: current.port,
            any_status: current.config.any_http_status,
            own_listener: current.config.own_listener,
            tree: current.tree()?,
            output: current.output.clone()?,
            sparing: Sparing::default(),
            asker: Asker {
                sidecar: entry.core,
                id: entry.id.clone(),
                run,
                tx: self.tx.clone(),
                customs: self.customs.clone(),
            },
        })
    }

    fn keep_helper(&mut self, index: usize, helper: AbortHandle) {
        if let Some(current) = &mut self.entries[index].run {
            current.helpers.push(helper);
        }
    }
}

impl Fact {
    /// Whether it is what a check has answered.
    pub(super) fn is_of_health(&self) -> bool {
        matches!(
            self,
            Fact::CheckPassed { .. }
                | Fact::ReadinessPassed { .. }
                | Fact::ReadinessFailed { .. }
                | Fact::LivenessPassed { .. }
                | Fact::LivenessFailed { .. }
        )
    }
}

impl Asker {
    fn tell(&self, fact: Fact) {
        let sidecar = self.sidecar;
        let _ = self.tx.send(Message::Fact { sidecar, fact }); // The loop may have quit.
    }
}

fn shortest(check: &HealthCheck) -> Duration {
    match check {
        HealthCheck::Command { .. } => SHORTEST_FOR_COMMANDS,
        HealthCheck::Http { .. } | HealthCheck::Tcp { .. } | HealthCheck::Custom(_) => SHORTEST,
    }
}
