//! The thread that has the jobs: it waits at one completion port for commands, for the ends of
//! processes and for output.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::run::Run;
use super::spawner::Streams;
use crate::core::{ExitStatus, RunId};
use crate::engine::message::Report;
use crate::engine::refusal::Refusal;
use crate::engine::spawner::SpawnOrder;
use crate::identity::Identity;
use crate::sys::windows::completion::CompletionPort;
use crate::sys::{KILL_SIGNAL, monotonic};

/// How often an ending run is looked at besides the moments when its end is told: the system
/// does not promise to deliver what a job says.
const TICK: Duration = Duration::from_millis(50);
/// The same while only the last bytes of output are missing.
const DRAIN_TICK: Duration = Duration::from_millis(5);

/// What the host wants.
pub(super) enum Command {
    Spawn(Box<(SpawnOrder, Streams)>),
    AskStop(RunId),
    ForceStop(RunId),
    OutputRead(RunId),
    Adopt(RunId, Vec<Identity>),
    Quit,
}

/// When all who are ending are looked at again, however much the others have to tell meanwhile: a
/// sidecar that floods its log rings without a pause.
#[derive(Default)]
struct Round(Option<Duration>);

impl Round {
    /// How long it is until the next one, with at most `tick` between two; for ever without.
    fn left(&mut self, now: Duration, tick: Option<Duration>) -> Option<Duration> {
        let latest = tick.map(|tick| now + tick);
        self.0 = latest.map(|latest| self.0.map_or(latest, |due| due.min(latest)));
        self.0.map(|due| due.saturating_sub(now))
    }

    /// Whether its time has come. The next one is counted anew then.
    fn is_due(&mut self, now: Duration) -> bool {
        self.0.take_if(|due| *due <= now).is_some()
    }
}

/// Everything that the thread owns. Dropping it ends every tree.
pub(super) struct Jobs<F> {
    port: Arc<CompletionPort>,
    commands: mpsc::Receiver<Command>,
    on: F,
    /// By the key under which they ring. A key is never used twice: a late packet finds nobody.
    runs: BTreeMap<usize, Run>,
    next_key: usize,
}

impl Jobs<()> {
    /// The key of a packet that only says: look for commands.
    pub(super) const WAKE: usize = 0;
}

impl<F: Fn(Report)> Jobs<F> {
    pub(super) fn new(
        port: Arc<CompletionPort>,
        commands: mpsc::Receiver<Command>,
        on: F,
    ) -> Jobs<F> {
        Jobs {
            port,
            commands,
            on,
            runs: BTreeMap::new(),
            next_key: Jobs::WAKE + 1,
        }
    }

    /// Runs until the host lets go of it.
    pub(super) fn run(mut self) {
        if let Err(e) = self.serve() {
            log::error!("the jobs' completion port failed: {e}");
            self.runs.clear(); // Ends every tree, before anybody hears of it.
            (self.on)(Report::Lost);
        }
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut round = Round::default();
        loop {
            let limit = round.left(monotonic(), self.patience());
            let rung = self.port.wait(limit)?;
            loop {
                match self.commands.try_recv() {
                    Ok(Command::Quit) | Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
                    Ok(command) => self.obey(command),
                    Err(mpsc::TryRecvError::Empty) => break,
                }
            }
            if let Some(key) = rung {
                self.look(key);
            }
            if !round.is_due(monotonic()) {
                continue;
            }
            let ending: Vec<usize> = self
                .runs
                .iter()
                .filter(|(_, r)| r.is_ending())
                .map(|(&k, _)| k)
                .collect();
            for key in ending {
                self.look(key);
            }
        }
    }

    /// How long nothing may happen before we look again. For ever, when nothing is ending.
    fn patience(&self) -> Option<Duration> {
        if self.runs.values().any(Run::is_draining) {
            Some(DRAIN_TICK)
        } else {
            self.runs.values().any(Run::is_ending).then_some(TICK)
        }
    }

    fn look(&mut self, key: usize) {
        if let Some(run) = self.runs.get_mut(&key)
            && run.look(monotonic(), &self.on)
        {
            self.runs.remove(&key);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Spawn(spawn) => {
                let (order, streams) = *spawn;
                self.spawn(&order, streams);
            }
            Command::AskStop(run) => {
                if let Some((&key, run)) = self.runs.iter_mut().find(|(_, r)| r.id == run) {
                    run.ask(&self.on);
                    self.look(key);
                }
            }
            Command::ForceStop(run) => {
                if let Some((&key, run)) = self.runs.iter_mut().find(|(_, r)| r.id == run) {
                    run.force(monotonic(), &self.on);
                    self.look(key);
                }
            }
            Command::OutputRead(id) => {
                if let Some(run) = self.runs.values_mut().find(|r| r.id == id) {
                    run.output_read(&self.on);
                }
            }
            Command::Adopt(run, known) => self.adopt(run, &known),
            Command::Quit => {} // Taken where commands are received.
        }
    }

    fn spawn(&mut self, order: &SpawnOrder, streams: Streams) {
        let key = self.next_key;
        self.next_key += 1;
        let run = order.run;
        match Run::start(order, streams, &self.port, key) {
            Ok((entry, leader)) => {
                self.runs.insert(key, entry);
                (self.on)(Report::Spawned { run, leader });
                self.look(key); // It may have ended before it could be rung for.
            }
            Err(e) => {
                (self.on)(Report::SpawnFailed {
                    run,
                    refusal: Refusal::from(e).while_doing("cannot execute it"),
                });
            }
        }
    }

    /// Its job was closed by the thread that had it, which has ended the tree. Those who are known
    /// are ended once more, in case that did not reach them: nobody else would.
    fn adopt(&mut self, run: RunId, known: &[Identity]) {
        for process in known {
            if let Err(e) = process.signal(KILL_SIGNAL) {
                log::warn!("cannot end {}: {e}", process.pid);
            }
        }
        let survivors = known
            .iter()
            .filter(|p| p.is_alive())
            .map(|p| p.pid)
            .collect();
        (self.on)(Report::Exited {
            run,
            status: ExitStatus::Code(1),
        });
        (self.on)(Report::TreeGone { run, survivors });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_round_comes_though_somebody_rings_all_the_time() {
        let mut round = Round::default();
        let mut rounds = Vec::new();
        for ms in 0..=150 {
            let now = MS * ms;
            if round.is_due(now) {
                rounds.push(ms);
            }
            assert!(round.left(now, Some(TICK)) <= Some(TICK));
        }
        assert_eq!(rounds, [50, 100, 150]);
    }

    #[test]
    fn a_shorter_wait_brings_it_forward_and_a_longer_one_does_not_put_it_off() {
        let mut round = Round::default();
        assert_eq!(round.left(MS * 10, Some(TICK)), Some(TICK));
        assert_eq!(round.left(MS * 20, Some(DRAIN_TICK)), Some(DRAIN_TICK));
        assert_eq!(round.left(MS * 21, Some(TICK)), Some(MS * 4));
        assert!(!round.is_due(MS * 24));
        assert!(round.is_due(MS * 25));
    }

    #[test]
    fn where_nobody_is_ending_there_is_none() {
        let mut round = Round::default();
        assert_eq!(round.left(MS, None), None);
        assert!(!round.is_due(MS * 1000));
        assert_eq!(round.left(MS, Some(TICK)), Some(TICK));
        assert_eq!(round.left(MS * 1000, None), None);
        assert!(!round.is_due(MS * 2000));
    }
}
