//! A guardian that does not answer: it is stopped, hangs, or has no turn.
//!
//! Nothing is ordered twice because of that. What was asked stays asked, in its order, and is done
//! when the guardian goes on; until then whoever waits for it is told why he waits.

use std::collections::VecDeque;
use std::time::Duration;

use super::message::Message;
use super::run_loop::{Loop, millis};
use crate::core::RunId;
use crate::event::EventKind;

/// How long an order may go unanswered before that is told. The guardian takes a millisecond.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Orders that wait for their answers, oldest first.
#[derive(Debug, Default)]
pub(super) struct Silence(VecDeque<Asked>);

#[derive(Debug)]
struct Asked {
    ping: u64,
    run: RunId,
    at: Duration,
    told: bool,
}

impl Silence {
    fn ask(&mut self, ping: u64, run: RunId, now: Duration) {
        self.0.push_back(Asked {
            ping,
            run,
            at: now,
            told: false,
        });
    }

    /// When the next one is overdue.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let next = self.0.iter().find(|asked| !asked.told);
        next.map(|asked| asked.at + ANSWER_LIMIT)
    }

    /// The runs of which that has to be told now, each once.
    fn overdue(&mut self, now: Duration) -> Vec<RunId> {
        let known: Vec<RunId> = self.0.iter().filter(|a| a.told).map(|a| a.run).collect();
        let due = |asked: &&mut Asked| !asked.told && asked.at + ANSWER_LIMIT <= now;
        let mut runs = Vec::new();
        for asked in self.0.iter_mut().filter(due) {
            asked.told = true;
            if !known.contains(&asked.run) && !runs.contains(&asked.run) {
                runs.push(asked.run);
            }
        }
        runs
    }

    /// Takes an answer to this and all before. Answers the runs that were told of, each once, with
    /// how long the oldest of their orders has waited.
    fn answer(&mut self, ping: u64, now: Duration) -> Vec<(RunId, Duration)> {
        let mut runs: Vec<(RunId, Duration)> = Vec::new();
        while let Some(asked) = self.0.pop_front_if(|asked| asked.ping <= ping) {
            if asked.told && runs.iter().all(|(run, _)| *run != asked.run) {
                runs.push((asked.run, now.saturating_sub(asked.at)));
            }
        }
        runs
    }

    /// Nobody is there any more who could answer.
    pub(super) fn end(&mut self) {
        self.0.clear();
    }
}

impl Loop {
    /// Gives an order about a run, and expects a sign that it was carried out.
    pub(super) fn order_about(
        &mut self,
        run: RunId,
        send: impl FnOnce(&mut super::spawner::Spawner) -> std::io::Result<()>,
    ) {
        self.order(send);
        self.expect_answer(run);
    }

    /// An order about this run has just been given.
    pub(super) fn expect_answer(&mut self, run: RunId) {
        match self.spawner.ping() {
            Ok(Some(ping)) => self.silence.ask(ping, run, self.clock.now()),
            Ok(None) => {}
            Err(e) => log::warn!("the guardian does not take orders: {e}"),
        }
    }

    /// What the guardian did not take at once goes when it reads again.
    pub(super) fn watch_backlog(&mut self) {
        if !self.spawner.has_backlog() {
            return;
        }
        let tx = self.tx.clone();
        let then = move || drop(tx.send(Message::SpawnerListens));
        if let Err(e) = self.spawner.watch_backlog(then) {
            log::error!("cannot wait for the guardian: {e}");
        }
    }

    pub(super) fn hear_answer(&mut self, ping: u64) {
        for (run, waited) in self.silence.answer(ping, self.clock.now()) {
            let waited_ms = millis(waited);
            self.tell_of_run(run, EventKind::GuardianAnswers { waited_ms });
        }
    }

    pub(super) fn tell_silence(&mut self) {
        for run in self.silence.overdue(self.clock.now()) {
            let reason = format!(
                "the guardian has not answered for {ANSWER_LIMIT:?}: it is stopped, or the system \
                 gives it no time. What it was asked is done when it goes on"
            );
            self.tell_of_run(run, EventKind::GuardianSilent { reason });
        }
    }

    fn tell_of_run(&mut self, run: RunId, kind: EventKind) {
        // A run that was given up meanwhile has nobody who waits for it.
        if let Some(index) = self.index_of(run) {
            self.tell(self.entries[index].core, run, kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn each_run_is_told_of_once_and_once_more_when_it_is_answered() {
        let mut silence = Silence::default();
        assert_eq!(silence.deadline(), None, "at rest nothing wakes up");
        silence.ask(1, RunId(7), secs(10));
        silence.ask(2, RunId(7), secs(11));
        silence.ask(3, RunId(8), secs(12));
        assert_eq!(silence.deadline(), Some(secs(15)));
        assert_eq!(silence.overdue(secs(14)), []);
        assert_eq!(silence.overdue(secs(15)), [RunId(7)]);
        assert_eq!(silence.deadline(), Some(secs(16)));
        assert_eq!(silence.overdue(secs(17)), [RunId(8)]);
        assert_eq!(silence.deadline(), None, "nothing more is to be told");
        assert_eq!(silence.answer(2, secs(20)), [(RunId(7), secs(10))]);
        assert_eq!(silence.answer(3, secs(20)), [(RunId(8), secs(8))]);
    }

    #[test]
    fn an_answer_in_time_is_no_news() {
        let mut silence = Silence::default();
        silence.ask(1, RunId(7), secs(10));
        assert_eq!(silence.answer(1, secs(11)), []);
        assert_eq!(silence.deadline(), None);
    }
}
