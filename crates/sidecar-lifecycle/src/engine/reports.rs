//! What the spawner reports, taken in.

use super::leaders::Leader;
use super::message::{Message, Report};
use super::refusal::Refusal;
use super::run_loop::Loop;
use super::shared::lock;
use crate::core::{Fact, RunId};
use crate::event::EventKind;
use crate::sys::process::started_at;

impl Loop {
    /// Takes the spawner's word.
    pub(super) fn hear(&mut self, report: Report) {
        match report {
            Report::Spawned { run, leader } => {
                let Some(index) = self.index_of(run) else {
                    // A check is looked after elsewhere. Of anything else nobody knows any more.
                    if !self.checks.holds(run) {
                        self.order(|s| s.force_stop(run));
                    }
                    return;
                };
                let pid = leader.pid;
                self.record(index, run, &leader);
                let entry = &self.entries[index];
                // One that was taken over is older than this.
                let adopted = entry.run.as_ref().is_some_and(|r| r.left.is_some());
                let started = adopted.then(|| started_at(pid)).flatten();
                let now_leads = Leader::new(&entry.id, run, leader.clone(), started);
                lock(&self.shared.leaders).add(now_leads);
                if let Some(current) = &mut self.entries[index].run {
                    current.leader = Some(leader);
                }
                self.step(self.entries[index].core, Fact::Spawned { run, pid });
                // Only now: a line that is told before its run was would puzzle who listens. Its
                // place is looked up again: another entry may have been forgotten by that step.
                if let Some(index) = self.index_of(run)
                    && let Some(current) = &mut self.entries[index].run
                {
                    current.read_output(&self.tx);
                }
            }
            Report::SpawnFailed { run, refusal } => {
                if self.checks.could_not_start(run, &refusal.reason) {
                    return;
                }
                if let Some(index) = self.index_of(run) {
                    if self.was_lost(index) {
                        return;
                    }
                    let program = &self.entries[index].config_in_use().program;
                    let program = program.display().to_string();
                    let Refusal { reason, transient } = refusal.while_doing(&program);
                    let fact = Fact::SpawnFailed {
                        run,
                        reason,
                        transient,
                    };
                    self.step(self.entries[index].core, fact);
                }
            }
            Report::Exited { run, status } => {
                if self.checks.ended(run, status) {
                    self.order(|s| s.force_stop(run)); // What it has left behind, if anything.
                } else if let Some(index) = self.index_of(run) {
                    self.catch_up_with_log(index);
                    if let Some(output) = self.output_of(index) {
                        output.borrow_mut().drain();
                    }
                    let port_taken = self.port_was_taken(index);
                    if let Some(current) = &mut self.entries[index].run {
                        current.exited = true;
                        if std::mem::take(&mut current.told_by_stdin) {
                            // The rest of its tree was not told anything yet.
                            self.order(|s| s.ask_stop(run));
                        }
                    }
                    let fact = Fact::LeaderExited {
                        run,
                        status,
                        port_taken,
                    };
                    self.step(self.entries[index].core, fact);
                }
            }
            Report::TreeGone { run, survivors } => {
                // Whether or not anybody still waits for it.
                if survivors.is_empty()
                    && let Some(ledger) = &mut self.ledger
                {
                    ledger.forget(run);
                }
                let Some(index) = self.index_of(run) else {
                    return;
                };
                self.catch_up_with_log(index);
                if let Some(output) = self.output_of(index) {
                    output.borrow_mut().finish();
                }
                if let Some(raw) = &self.entries[index].raw {
                    raw.finish();
                }
                self.step(self.entries[index].core, Fact::TreeGone { run, survivors });
            }
            Report::Kept {
                run,
                pid,
                command,
                why,
            } => {
                if let Some(index) = self.index_of(run) {
                    self.tell(
                        self.entries[index].core,
                        run,
                        EventKind::Kept { pid, command, why },
                    );
                }
            }
            Report::Output { run, pieces } => {
                if let Some(output) = self.index_of(run).and_then(|i| self.output_of(i)) {
                    output.borrow_mut().expect(pieces);
                }
                self.read_on(run);
            }
            Report::LogTrouble { run, reason } => {
                if let Some(index) = self.index_of(run) {
                    self.tell(
                        self.entries[index].core,
                        run,
                        EventKind::LogTrouble { reason },
                    );
                }
            }
            Report::Answered { ping } => self.hear_answer(ping),
            Report::Lost => self.lose_guardian(),
            Report::StandbyLost => self.lose_standby(),
        }
    }

    /// Looks how far a sidecar has come that writes its log by itself.
    fn catch_up_with_log(&self, index: usize) {
        let current = self.entries[index].run.as_ref();
        if let Some(log) = current.and_then(|run| run.direct_log.as_ref()) {
            log.catch_up();
        }
    }

    /// Reads some of what a log has grown by. Others have their turn before the rest: a flood
    /// must not keep a stop waiting.
    pub(super) fn read_on(&mut self, run: RunId) {
        let output = self.index_of(run).and_then(|i| self.output_of(i));
        if output.is_some_and(|output| output.borrow_mut().read_some()) {
            let _ = self.tx.send(Message::ReadOn { run }); // The loop reads this itself.
        } else {
            self.order(|s| s.output_read(run));
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::engine::port_memory::PortMemory;
    use crate::engine::run_loop::Beginnings;
    use crate::engine::shared::Shared;
    use crate::engine::spawner::{SpawnOrder, Spawner};
    use std::path::PathBuf;
    use std::sync::{Arc, mpsc as channel};
    use std::time::Duration;
    use tokio::sync::mpsc;

    const LIMIT: Duration = Duration::from_secs(20);

    #[test]
    fn a_process_whose_run_nobody_knows_any_more_is_ended() {
        let (reports, heard) = channel::channel();
        let on = move |report| drop(reports.send(report));
        let (spawner, _) = Spawner::connect(on).unwrap();
        let (tx, rx) = mpsc::unbounded_channel();
        let mut engine = Loop::new(Beginnings {
            shared: Arc::new(Shared::new(spawner.protection(), None)),
            spawner,
            ledger: None,
            tx,
            rx,
            app_id: "app".into(),
            instance: "one".into(),
            state_dir: PathBuf::new(),
            ports: PortMemory::of_this_launch(),
            seed: 1,
        });
        let order = SpawnOrder {
            run: RunId(7),
            program: "/bin/sh".into(),
            argv: ["sh", "-c", "exec sleep 100"].map(Into::into).into(),
            env: [("PATH", "/usr/bin:/bin")].into_iter().collect(),
            cwd: None,
            marker: "app/one/web/7".into(),
            stop_signal: crate::sys::STOP_SIGNAL,
            grace: LIMIT,
            log: None,
            raw_stdout: false,
            direct_log: None,
            silent_stdin: false,
            keep: Vec::new(),
        };
        let _ends = engine.spawner.spawn(order).unwrap();
        let mut leader = None;
        loop {
            let report = heard.recv_timeout(LIMIT).expect("it was left to itself");
            match &report {
                Report::Spawned { leader: l, .. } => leader = Some(l.clone()),
                Report::TreeGone { .. } => break,
                _ => {}
            }
            engine.hear(report);
        }
        assert!(!leader.unwrap().is_alive());
    }
}
