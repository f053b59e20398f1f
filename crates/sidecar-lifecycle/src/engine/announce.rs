//! Notices of the core into events for the world.

use std::collections::HashSet;

use super::entry::Role;
use super::ownership::{self, Reaper, RunTree};
use super::run_loop::{Loop, millis};
use crate::core::{ExitStatus, Notice, Phase, RunId};
use crate::event::EventKind;
use crate::identity::Identity;
use crate::marker::VARIABLE;
use crate::sys::{monotonic, process};

/// Lines that go with a crash or a failure.
const LAST_LINES: usize = 20;

fn code_or_signal(status: Option<ExitStatus>) -> (Option<i32>, Option<i32>) {
    match status {
        None | Some(ExitStatus::Unknown) => (None, None),
        Some(ExitStatus::Code(code)) => (Some(code), None),
        Some(ExitStatus::Signal(signal)) => (None, Some(signal)),
    }
}

/// What a notice says of the phase of its run, while the run has processes.
fn phase_of(notice: &Notice) -> Option<Phase> {
    match notice {
        Notice::Ready { .. } => Some(Phase::Ready),
        Notice::Unhealthy { .. } => Some(Phase::Unhealthy),
        Notice::Stopping { .. } => Some(Phase::Stopping),
        Notice::PhaseChanged { to, .. } => Some(*to).filter(|to| to.may_have_processes()),
        Notice::Spawned { .. }
        | Notice::Adopted { .. }
        | Notice::Released { .. }
        | Notice::PortTaken { .. }
        | Notice::WaitingFor { .. }
        | Notice::RollDegraded { .. }
        | Notice::RollFailed { .. }
        | Notice::Exited { .. }
        | Notice::Crashed { .. }
        | Notice::Restarting { .. }
        | Notice::Stopped { .. }
        | Notice::Failed { .. } => None,
    }
}

impl Loop {
    /// Turns the core's notice into an event, with what only the shell knows.
    pub(super) fn announce(&mut self, index: usize, notice: Notice) {
        let entry = &mut self.entries[index];
        if let Notice::PhaseChanged { to, .. } = &notice
            && matches!(to, Phase::Idle | Phase::Failed | Phase::Waiting)
            && let Some(current) = &mut entry.run
        {
            current.end();
        }
        // A sidecar's phase is that of whom its name stands for: see `replace`.
        if entry.role != Role::Main && matches!(notice, Notice::PhaseChanged { .. }) {
            return;
        }
        let since = entry.run.as_ref().map_or(0, |r| r.lines_before);
        let last_lines = || entry.ring.last_since(since, LAST_LINES);
        let run = match &notice {
            Notice::PhaseChanged { .. }
            | Notice::WaitingFor { .. }
            | Notice::RollDegraded { .. }
            | Notice::RollFailed { .. } => entry.run.as_ref().map_or(RunId(0), |r| r.run),
            Notice::Spawned { run, .. }
            | Notice::Adopted { run, .. }
            | Notice::Released { run, .. }
            | Notice::PortTaken { run, .. }
            | Notice::Ready { run, .. }
            | Notice::Unhealthy { run, .. }
            | Notice::Exited { run, .. }
            | Notice::Crashed { run, .. }
            | Notice::Restarting { run, .. }
            | Notice::Stopping { run, .. }
            | Notice::Stopped { run, .. }
            | Notice::Failed { run, .. } => *run,
        };
        if let (Some(phase), Some(ledger)) = (phase_of(&notice), &mut self.ledger) {
            ledger.note_phase(run, phase);
        }
        let leader = entry.run.as_ref().and_then(|r| r.leader.as_ref());
        let leader = leader.map(|l| l.pid);
        let mut became_ready = false;
        let kind = match notice {
            Notice::Spawned { pid, port, .. } => {
                entry.runs += 1;
                let protection = self.spawner.protection();
                EventKind::Spawned {
                    pid,
                    port,
                    protection,
                }
            }
            Notice::Adopted { pid, port, .. } => {
                entry.runs += 1;
                EventKind::Adopted { pid, port }
            }
            Notice::Released { pid, .. } => EventKind::Released { pid },
            Notice::PortTaken { port, .. } => {
                entry.avoid.push(port);
                EventKind::PortTaken { port }
            }
            Notice::WaitingFor { on } => EventKind::WaitingFor { sidecars: on },
            Notice::RollDegraded { reason } => EventKind::RollDegraded { reason },
            Notice::RollFailed { reason } => EventKind::RollFailed { reason },
            Notice::Ready {
                pid,
                port,
                url,
                took,
                ..
            } => {
                if let Some(current) = &mut entry.run {
                    current.port = port;
                    current.url.clone_from(&url);
                    // It is told again when it has recovered.
                    current.ready_at.get_or_insert_with(monotonic);
                    // It has bound the port, or never will.
                    if let Some(prepared) = &mut current.prepared {
                        prepared.reservation = None;
                    }
                }
                if let Some(ledger) = &mut self.ledger {
                    ledger.note_place(run, port, url.as_deref());
                }
                became_ready = true;
                entry.avoid.clear();
                let lasting = entry.role == Role::Main && entry.config_in_use().port.is_choice();
                if let Some(port) = port.filter(|_| lasting) {
                    self.ports.remember(&entry.id, port);
                }
                EventKind::Ready {
                    pid,
                    port,
                    url,
                    start_ms: millis(took),
                }
            }
            Notice::Unhealthy { pid, reason, .. } => {
                let (port, url) = entry
                    .run
                    .as_ref()
                    .map_or((None, None), |r| (r.port, r.url.clone()));
                EventKind::Unhealthy {
                    pid,
                    port,
                    url,
                    reason,
                }
            }
            Notice::Exited { status, asked, .. } => {
                let (code, signal) = code_or_signal(Some(status));
                EventKind::Exited {
                    code,
                    signal,
                    asked,
                }
            }
            Notice::Crashed {
                status,
                reason,
                attempt,
                max,
                ..
            } => {
                let (code, signal) = code_or_signal(status);
                EventKind::Crashed {
                    reason,
                    attempt,
                    max,
                    code,
                    signal,
                    last_lines: last_lines(),
                }
            }
            Notice::Restarting {
                attempt,
                max,
                delay,
                ..
            } => EventKind::Restarting {
                attempt,
                max,
                delay_ms: millis(delay),
            },
            Notice::Stopping { reason, .. } => EventKind::Stopping { reason },
            Notice::Stopped {
                mut survivors,
                took,
                ..
            } => {
                let is_open = self.ledger.as_ref().is_some_and(|l| l.holds(run));
                if is_open && survivors.iter().all(|&pid| Some(pid) == leader) {
                    survivors = self.left_of(index, run).unwrap_or(survivors);
                }
                EventKind::Stopped {
                    survivors,
                    took_ms: millis(took),
                }
            }
            Notice::Failed { reason, .. } => EventKind::Failed {
                reason,
                last_lines: last_lines(),
            },
            Notice::PhaseChanged { from, to } => EventKind::PhaseChanged { from, to },
        };
        self.refresh_info(index, &kind);
        let id = self.entries[index].id.clone();
        let hook = self.hook_for(index, run, &kind);
        let left = match &kind {
            EventKind::Stopped { survivors, .. } => Some(survivors.clone()),
            _ => None,
        };
        self.publish(&id, run, kind);
        if let Some(survivors) = left {
            self.answer_killers(run, &survivors);
        }
        if let Some(hook) = hook {
            self.shared.hooks.queue(hook);
        }
        if became_ready {
            // Not now: it reads the whole process table, and `ready` is waited for.
            self.unrecorded.push(run);
        }
    }

    /// Who is left of a run of which nobody can say that it is gone: who was seen in it, and who
    /// says by his environment that he is of it. Nothing where the process table cannot be read,
    /// for want of a descriptor say: without ourselves in it, it says nothing of others.
    fn left_of(&self, index: usize, run: RunId) -> Option<Vec<u32>> {
        let table = process::all_processes();
        table.iter().find(|f| f.pid == std::process::id())?;
        let seen = self.ledger.as_ref().map_or(Vec::new(), |l| l.members(run));
        let current = self.entries[index].run.as_ref();
        let marker = current.map(|r| r.marker.to_string().into_bytes());
        let is_marked = |pid| marker.is_some() && process::environ_var(pid, VARIABLE) == marker;
        let mut left: Vec<u32> = table
            .into_iter()
            .filter(|f| !f.zombie)
            .filter(|f| {
                let known = |i: &Identity| (i.pid, i.start) == (f.pid, f.start);
                seen.iter().any(known) || is_marked(f.pid)
            })
            .map(|f| f.pid)
            .collect();
        left.sort_unstable();
        Some(left)
    }

    /// Writes down who is in the trees of those that have become ready, for whoever may have to
    /// end them without the guardian.
    pub(super) fn record_members(&mut self) {
        let up = |core| {
            self.fleet
                .get(core)
                .is_some_and(|c| c.phase().may_have_processes())
        };
        let alone = self.entries.iter().filter(|e| up(e.core)).count() == 1;
        let reaper = self.spawner.guardian().map(|pid| Reaper { pid, alone });
        let due: HashSet<RunId> = self.unrecorded.drain(..).collect();
        let current = self.entries.iter().filter_map(|e| e.run.as_ref());
        let trees: Vec<(RunId, RunTree)> = current
            .filter(|run| due.contains(&run.run))
            .filter_map(|run| Some((run.run, run.tree()?)))
            .collect();
        let members = ownership::with_escapees(trees.iter().map(|(_, tree)| tree), reaper);
        if let Some(ledger) = &mut self.ledger {
            for ((run, _), members) in trees.iter().zip(members) {
                let members = members.into_iter().filter_map(Identity::of).collect();
                ledger.add_members(*run, members);
            }
        }
    }

    fn refresh_info(&mut self, index: usize, kind: &EventKind) {
        let entry = &self.entries[index];
        if entry.role != Role::Main {
            return; // Its name stands for another one.
        }
        let Some(core) = self.fleet.get(entry.core) else {
            return;
        };
        let failure = match kind {
            EventKind::Failed { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        self.shared.set_info(entry, core, failure);
    }
}
