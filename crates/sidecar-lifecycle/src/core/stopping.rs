//! What the table in `sidecar.rs` does on the way down, and what follows.

use super::effect::{Notice, Order};
use super::policy::{Leftovers, Restart};
use super::run::{Ending, Then, Turn};
use super::sidecar::Sidecar;
use super::state::{Phase, Wanted};
use super::timers::Timer;

impl Sidecar {
    /// Ends what runs. The intent is told before the first signal goes out.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>, reason: &str, then: Then) {
        let Some(run) = self.run() else { return };
        turn.order(self.id, Order::StopChecks { run });
        turn.publish(
            self.id,
            Notice::Stopping {
                run,
                reason: reason.to_owned(),
            },
        );
        self.end_tree(turn, then, true);
    }

    pub(super) fn end_tree(&mut self, turn: &mut Turn<'_>, then: Then, told: bool) {
        let Some(run) = &mut self.run else { return };
        run.ending = Some(Ending {
            since: turn.now,
            told,
            then,
        });
        turn.order(self.id, Order::AskStop { run: run.id });
        self.enter(turn, Phase::Stopping);
        self.timers
            .set(Timer::Grace, turn.now.after(self.policy.grace));
    }

    /// A user wants it down while it is being ended, whatever was to follow.
    pub(super) fn stay_down(&mut self, turn: &mut Turn<'_>, reason: &str) {
        self.wanted = Wanted::Down;
        let Some(run) = &mut self.run else { return };
        let Some(ending) = &mut run.ending else {
            return;
        };
        ending.then = Then::Rest;
        if !std::mem::replace(&mut ending.told, true) {
            let notice = Notice::Stopping {
                run: run.id,
                reason: reason.to_owned(),
            };
            turn.publish(self.id, notice);
        }
    }

    /// Stops before anything was spawned. Without its run, a late answer is a stale one.
    pub(super) fn abandon(&mut self, turn: &mut Turn<'_>) {
        if let Some(run) = self.run() {
            turn.order(self.id, Order::StopChecks { run });
        }
        self.rest(turn);
    }

    pub(super) fn force(&mut self, turn: &mut Turn<'_>) {
        let Some(run) = self.run() else { return };
        turn.order(self.id, Order::ForceStop { run });
        self.timers
            .set(Timer::ForceLimit, turn.now.after(self.policy.force_limit));
    }

    /// Nobody has said that the tree is gone, and nobody will be waited for any longer. Nothing
    /// may follow: whether the tree is empty is not known.
    pub(super) fn out_of_reach(&mut self, turn: &mut Turn<'_>) {
        let limit = self.policy.force_limit;
        let leader = self
            .run
            .as_ref()
            .filter(|run| !run.exited)
            .and_then(|run| run.pid);
        let who = leader.map_or("its processes".to_owned(), |pid| {
            format!("its leader, pid {pid},")
        });
        self.tell_stopped(turn, leader.into_iter().collect());
        self.give_up(
            turn,
            format!("{who} did not end within {limit:?} of being ended by force"),
        );
    }

    /// The tree is gone, or what is left of it cannot be ended.
    pub(super) fn settle(&mut self, turn: &mut Turn<'_>, survivors: &[u32]) {
        self.tell_stopped(turn, survivors.to_vec());
        if !survivors.is_empty() {
            // A new run beside them would fight over the port and the files with them.
            let pids: Vec<String> = survivors.iter().map(u32::to_string).collect();
            let reason = format!(
                "could not end its processes, even by force: {}",
                pids.join(", ")
            );
            return self.give_up(turn, reason);
        }
        let ending = self.run.as_mut().and_then(|run| run.ending.take());
        let down = self.wanted == Wanted::Down;
        match (
            ending.map_or(Then::Rest, |ending| ending.then),
            self.policy.restart,
        ) {
            (Then::Rest, _) => self.rest(turn),
            (Then::Ended, restart) if down || restart != Restart::Always => {
                let run = self.run();
                self.rest(turn);
                self.completed = run;
            }
            // It was waiting for its turn to stop when it ended.
            (Then::Crashed { .. } | Then::Elsewhere | Then::Again, _) if down => self.rest(turn),
            (Then::Again | Then::Elsewhere, _) => self.begin(turn),
            (Then::Ended | Then::Crashed { last: false, .. }, _) => {
                self.wait(turn);
            }
            (Then::Crashed { reason, last: true }, _) => self.give_up(turn, reason),
        }
    }

    /// Every `Spawned` is owed exactly one of these.
    fn tell_stopped(&self, turn: &mut Turn<'_>, survivors: Vec<u32>) {
        let Some(run) = &self.run else { return };
        if run.pid.is_some() {
            let since = run.ending.as_ref().map_or(turn.now, |ending| ending.since);
            let took = turn.now.since(since);
            turn.publish(
                self.id,
                Notice::Stopped {
                    run: run.id,
                    survivors,
                    took,
                },
            );
        }
    }

    fn wait(&mut self, turn: &mut Turn<'_>) {
        let attempt = self.history.attempt();
        let max = self.most_crashes(attempt);
        let delay = self.history.delay(&self.policy);
        let Some(run) = self.run.take() else { return };
        turn.publish(
            self.id,
            Notice::Restarting {
                run: run.id,
                attempt,
                max,
                delay,
            },
        );
        self.enter(turn, Phase::Waiting);
        self.timers.set(Timer::Backoff, turn.now.after(delay));
    }

    /// The host exits. Whoever is to outlive it is left to itself at once, whoever needs it; before
    /// its spawn was answered there is nobody to be left, and it is stopped like others.
    pub(super) fn leave_or_release(&mut self, turn: &mut Turn<'_>, reason: &str) {
        let Some(run) = &self.run else { return };
        let (id, leader) = (run.id, run.pid);
        if self.policy.leftovers == Leftovers::End || (leader.is_none() && !run.adopted) {
            return self.leave(turn, reason);
        }
        turn.order(self.id, Order::StopChecks { run: id });
        turn.order(self.id, Order::Release { run: id });
        if let Some(pid) = leader {
            turn.publish(self.id, Notice::Released { run: id, pid });
        }
        self.leaving = None;
        self.rest(turn);
    }

    pub(super) fn rest(&mut self, turn: &mut Turn<'_>) {
        self.wanted = Wanted::Down;
        self.run = None;
        self.enter(turn, Phase::Idle);
    }

    /// Nothing is tried until a user asks. It stays wanted up: `Up` and `Failed` together say
    /// more than either.
    pub(super) fn give_up(&mut self, turn: &mut Turn<'_>, reason: String) {
        self.run = None;
        self.failure.clone_from(&reason);
        let run = self.last_run;
        turn.publish(self.id, Notice::Failed { run, reason });
        self.enter(turn, Phase::Failed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::bench::{Bench, restarting};
    use super::super::input::Fact;
    use super::super::policy::Policy;
    use super::*;

    #[test]
    fn force_comes_exactly_when_grace_has_run_out() {
        let mut bench = Bench::new(Policy::default());
        bench.up().stop().wait(Duration::from_secs(3)).stop();
        assert_eq!(bench.names(), [""; 0], "a second stop changes nothing");
        assert_eq!(bench.wait(Duration::from_millis(1999)).names(), [""; 0]);
        assert_eq!(bench.wait(Duration::from_millis(1)).names(), ["ForceStop"]);
        assert_eq!(
            bench.wait(Duration::from_secs(5)).names(),
            ["Stopped", "Failed"]
        );
        assert_eq!(
            bench.reason(),
            "its leader, pid 101, did not end within 5s of being ended by force"
        );
    }

    #[test]
    fn nothing_is_started_beside_survivors() {
        let mut bench = Bench::new(Policy {
            restart: Restart::Always,
            ..Policy::default()
        });
        bench.up().restart();
        let run = bench.run();
        bench.fact(Fact::TreeGone {
            run,
            survivors: vec![7, 8],
        });
        assert_eq!(bench.names(), ["Stopped", "Failed"]);
        assert_eq!(
            bench.reason(),
            "could not end its processes, even by force: 7, 8"
        );
    }

    #[test]
    fn a_stop_overtakes_the_preparation() {
        let mut bench = Bench::new(Policy::default());
        bench.start();
        let run = bench.run();
        assert_eq!(bench.stop().names(), ["StopChecks"]);
        assert_eq!(bench.state(), (Wanted::Down, Phase::Idle));
        assert_eq!(
            bench.fact(Fact::Prepared { run, port: None }).names(),
            [""; 0]
        );
    }

    #[test]
    fn a_stop_overtakes_the_spawn() {
        let mut bench = Bench::new(Policy::default());
        bench.start().prepared();
        assert_eq!(bench.stop().names(), ["StopChecks", "Stopping", "AskStop"]);
        assert_eq!(
            bench.spawned().names(),
            ["Spawned"],
            "it ran for a moment, and a stop is owed"
        );
        assert_eq!(bench.gone().names(), ["Stopped"]);
        bench.start().prepared().stop();
        let run = bench.run();
        bench.fact(Fact::SpawnFailed {
            run,
            reason: "no such file".into(),
            transient: false,
        });
        assert_eq!(
            (bench.names(), bench.state()),
            (vec![], (Wanted::Down, Phase::Idle))
        );
    }

    #[test]
    fn a_stop_during_backoff_ends_it() {
        let mut bench = Bench::new(restarting());
        bench.up().exited(1).gone().stop();
        assert_eq!(bench.state(), (Wanted::Down, Phase::Idle));
        assert_eq!(
            (bench.fleet.next_deadline(), bench.fleet.all_down()),
            (None, true)
        );
    }
}
