//! Effects into actions: the only `match` on an order.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use super::direct_log::DirectLog;
use super::entry::{CurrentRun, Role};
use super::environment::environment;
use super::ledger::{self, RunRecord};
use super::leftovers::Cleanup;
use super::log_reader::LogReader;
use super::message::Message;
use super::output::{Output, Source};
use super::ownership::RunTree;
use super::port_taken::Lines;
use super::prepare::{Begin, Preparation, fill_port};
use super::raw_output::RawOutput;
use super::refusal::Refusal;
use super::run_loop::Loop;
use super::spawner::{HostEnds, OutputEnd, SpawnOrder};
use super::stdin::Stdin;
use super::watch::Watch;
use crate::config::{StdinMode, StdoutMode};
use crate::core::{Effect, Fact, Leftovers, Order, Phase, Restart, RunId};
use crate::identity::Identity;
use crate::marker::{self, Marker};

impl Loop {
    pub(super) fn perform(&mut self, effect: Effect) {
        let Some(index) = self.index(effect.sidecar) else {
            return;
        };
        match effect.order {
            Order::Prepare { run } => self.prepare(index, run),
            Order::Spawn { run } => match self.spawn(index, run) {
                Ok(()) => self.expect_answer(run),
                Err(refusal) => {
                    let Refusal { reason, transient } = refusal.while_doing("cannot start it");
                    let _ = self.tx.send(Message::Fact {
                        sidecar: effect.sidecar,
                        fact: Fact::SpawnFailed {
                            run,
                            reason,
                            transient,
                        },
                    }); // The loop reads this itself.
                }
            },
            Order::Adopt { run } => self.take_over(index, run),
            Order::Release { run } => self.order(|s| s.release(run)),
            Order::StartReadiness { run } => self.start_readiness(index, run),
            Order::StartLiveness { run } => self.start_watch(index, run, Watch::Liveness),
            Order::StartReadinessWatch { run } => self.start_watch(index, run, Watch::Readiness),
            Order::Split { successor } => self.split(index, successor),
            Order::HandOver { run, from } => self.hand_over(index, run, from),
            Order::Replace { by } => self.replace(index, by),
            Order::Forget => self.forget(index),
            Order::StopChecks { run } => {
                if let Some(current) = self.current(effect.sidecar, run) {
                    current.stop_helpers();
                }
                self.end_checks(run);
            }
            Order::AskStop { run } => {
                self.hurry(index);
                self.ask_stop(index, run);
            }
            Order::ForceStop { run } => {
                self.hurry(index);
                self.meter_force(run);
                self.order_about(run, |s| s.force_stop(run));
            }
            Order::Publish(notice) => self.announce(index, notice),
        }
    }

    fn prepare(&mut self, index: usize, run: RunId) {
        let (live, sweeper) = (self.live_trees(), self.sweeper());
        let fingerprint = self.fingerprint_of(index);
        let entry = &mut self.entries[index];
        let mut policy = entry.config.policy();
        if entry.role == Role::Successor {
            policy.restart = Restart::Never; // Its roll has failed then.
        }
        // The last run had the policy of its own configuration.
        self.fleet.set_policy(entry.core, policy);
        let marker = Marker {
            app_id: self.app_id.clone(),
            instance: self.instance.clone(),
            sidecar: entry.id.clone(),
            run,
        };
        let mut current = CurrentRun::new(run, entry.config.clone(), marker);
        current.fingerprint = fingerprint;
        entry.run = Some(current);
        let env = environment(&entry.config);
        let preparation = Preparation {
            config: entry.config.clone(),
            path: env.get("PATH").map(ToOwned::to_owned),
            id: entry.id.clone(),
            fingerprint,
            sweeper,
            live,
            reservations: self.reservations.clone(),
            // A successor does not ask for the port that its predecessor serves on.
            preferred: (entry.role == Role::Main)
                .then(|| entry.config.preferred_port.or(self.ports.last(&entry.id)))
                .flatten(),
            avoid: entry.avoid.clone(),
            seed: self.seed ^ run.0,
        };
        let (sidecar, tx, mut swept) = (entry.core, self.tx.clone(), self.swept.subscribe());
        let task = tokio::task::spawn_local(async move {
            let _ = swept.wait_for(|done| *done).await; // Ends early only when the loop does.
            let teller = tx.clone();
            let result = preparation
                .run(move |kind| {
                    let _ = teller.send(Message::Tell { sidecar, run, kind }); // As above.
                })
                .await;
            let message = match result {
                Ok(Begin::Prepared(prepared)) => Message::Prepared {
                    sidecar,
                    run,
                    prepared,
                },
                Ok(Begin::Found(left)) => Message::LeftoverFound { sidecar, run, left },
                Err(Refusal { reason, transient }) => Message::Fact {
                    sidecar,
                    fact: Fact::PrepareFailed {
                        run,
                        reason,
                        transient,
                    },
                },
            };
            let _ = tx.send(message); // As above.
        });
        if let Some(current) = &mut entry.run {
            current.helpers.push(task.abort_handle());
        }
    }

    /// The trees that run now: a holder of a port among them is ours and alive.
    fn live_trees(&self) -> Vec<RunTree> {
        let current = self.entries.iter().filter_map(|e| e.run.as_ref());
        current.filter_map(CurrentRun::tree).collect()
    }

    fn spawn(&mut self, index: usize, run: RunId) -> Result<(), Refusal> {
        let log = self.open_log(index, run)?;
        let outlives = self.entries[index].config_in_use().leftovers != Leftovers::End;
        let (log, direct) = match log {
            Some(log) if outlives => {
                let ring = self.entries[index].ring.clone();
                let begun = DirectLog::begin(&log.path, log.rotation, ring);
                (None, Some(begun.map_err(Refusal::from)?))
            }
            None if outlives => return Err(Refusal::passing("there is no room for its log")),
            log => (log, None),
        };
        let (direct_file, direct_log) = direct.unzip();
        let is_logged = log.is_some();
        let mut env = self.environment_of(index);
        let entry = &mut self.entries[index];
        let Some(current) = entry.run.as_mut().filter(|r| r.run == run) else {
            return Ok(());
        };
        let Some(prepared) = &current.prepared else {
            return Ok(());
        };
        let config = &current.config;
        let marker = current.marker.to_string();
        env.set(marker::VARIABLE, marker.clone());
        let mut argv = vec![prepared.program.clone().into_os_string()];
        argv.extend(fill_port(&config.args, prepared.port));
        let mut ends = self.spawner.spawn(SpawnOrder {
            run,
            program: prepared.program.clone(),
            argv,
            env,
            cwd: config.cwd.clone(),
            marker,
            stop_signal: config.stop_signal,
            grace: config.grace,
            log,
            raw_stdout: config.stdout == StdoutMode::Raw,
            direct_log: direct_file,
            silent_stdin: config.stdin != StdinMode::Null,
            keep: config.keep.clone(),
        })?;
        let stdin = ends.stdin.take().map(|end| Stdin::new(end, config.stdin));
        let raw = if config.stdout == StdoutMode::Raw {
            ends.output[0].take()
        } else {
            None
        };
        let raw = raw.map(|end| RawOutput::new(entry.id.clone(), run, end));
        let streams = stdin.transpose().and_then(|stdin| {
            let pipes = clone_output(&ends)?;
            Ok((stdin, raw.transpose()?, pipes))
        });
        let (stdin, raw, pipes) = match streams {
            Ok(streams) => streams,
            Err(e) => {
                // The order to spawn it is out already, and nobody would look after it.
                self.order(|s| s.force_stop(run));
                return Err(e.into());
            }
        };
        let ring = entry.ring.clone();
        current.stdin = stdin;
        current.lines_before = ring.last_seq();
        let output = match &direct_log {
            Some(log) => log.output(),
            None if is_logged => Output::new(ring, Source::Log(LogReader::default())),
            None => Output::new(ring, Source::Pipes(pipes)),
        };
        current.direct_log = direct_log;
        current.output = Some(output);
        current.unread = Some(ends);
        self.begin_output(index, raw);
        Ok(())
    }

    /// Asks the tree to end, by its stdin if that was wished for. Its input ends in any case: some
    /// programs only listen to that.
    fn ask_stop(&mut self, index: usize, run: RunId) {
        let entry = &mut self.entries[index];
        if let Some(current) = entry.run.as_mut().filter(|r| r.run == run) {
            let farewell = current.config.stop_input.as_ref().zip(current.stdin.take());
            if let Some((text, stdin)) = farewell.filter(|_| !current.exited) {
                match stdin.farewell(text) {
                    Ok(stdin) => {
                        current.stdin = Some(stdin);
                        current.told_by_stdin = true;
                        return;
                    }
                    Err(e) => log::warn!("{} gets the signal at once: {e}", entry.id),
                }
            }
        }
        self.order_about(run, |s| s.ask_stop(run));
    }

    fn hurry(&self, index: usize) {
        if let Some(output) = self.output_of(index) {
            output.borrow_mut().hurry();
        }
    }

    pub(super) fn output_of(&self, index: usize) -> Option<Rc<RefCell<Output>>> {
        self.entries[index]
            .run
            .as_ref()
            .and_then(|r| r.output.clone())
    }

    pub(super) fn record(&mut self, index: usize, run: RunId, leader: &Identity) {
        let entry = &self.entries[index];
        let config = entry.config_in_use();
        let current = entry.run.as_ref();
        let left = current.and_then(|r| r.left.as_deref());
        let record = RunRecord {
            sidecar: entry.id.clone(),
            run,
            leader: leader.clone(),
            command: config.program.display().to_string(),
            phase: Some(Phase::Starting),
            members: left.map_or(Vec::new(), |left| left.record.members.clone()),
            makers: left.map_or_else(
                || ledger::makers_of([leader].into_iter()),
                |left| left.record.makers.clone(),
            ),
            leftovers: config.leftovers,
            fingerprint: current.map_or(0, |r| r.fingerprint),
            port: current.and_then(|r| r.port),
            url: left.and_then(|left| left.record.url.clone()),
            marker: left.map(|left| left.marker.clone()),
            cleanup: Cleanup::of(config),
        };
        let was_left = left.is_some();
        let outlives = record.leftovers != Leftovers::End;
        if let Some(ledger) = &mut self.ledger {
            ledger.record(record);
            // Whoever is to outlive this host has to be known to the next one, whenever it dies.
            ledger.catch_up(outlives);
        }
        if was_left {
            // Where it stood before, it is forgotten only now.
            self.estate.forget(leader);
        }
        self.write_down(); // Before it is told of, unless many begin at once.
    }

    /// The lines of the current run, to be looked through for what it says.
    pub(super) fn lines_of(&self, index: usize) -> Lines {
        let entry = &self.entries[index];
        let before = entry.run.as_ref().map_or(0, |r| r.lines_before);
        Lines::after(entry.ring.clone(), before)
    }
}

pub(super) fn clone_output(ends: &HostEnds) -> io::Result<[Option<OutputEnd>; 2]> {
    let clone = |end: &Option<OutputEnd>| end.as_ref().map(OutputEnd::try_clone).transpose();
    let [out, err] = &ends.output;
    Ok([clone(out)?, clone(err)?])
}
