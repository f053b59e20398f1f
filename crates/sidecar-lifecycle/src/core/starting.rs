//! What the table in `sidecar.rs` does on the way up.

use super::effect::{Notice, Order};
use super::run::{Ready, Run, Then, Turn};
use super::sidecar::Sidecar;
use super::state::{Phase, Wanted};
use super::timers::Timer;

impl Sidecar {
    /// A user wants it up and nothing runs.
    pub(super) fn start_afresh(&mut self, turn: &mut Turn<'_>) {
        self.wanted = Wanted::Up;
        self.forget();
        self.begin(turn);
    }

    /// A user wants it up while the last run is still being ended.
    pub(super) fn start_after(&mut self) {
        self.wanted = Wanted::Up;
        self.forget();
        if let Some(ending) = self.run.as_mut().and_then(|run| run.ending.as_mut()) {
            ending.then = Then::Again;
        }
    }

    /// A user's wish begins every count anew.
    pub(super) fn forget(&mut self) {
        self.history.forget();
        self.moves = 0;
    }

    /// Begins a new run. There is no other place that does.
    ///
    /// It asks the gate first, whatever leads here: a start, a backoff, a restart, a move.
    pub(super) fn begin(&mut self, turn: &mut Turn<'_>) {
        self.completed = None;
        if let Some(reason) = self.hopeless() {
            return self.give_up(turn, reason);
        }
        if self.has_to_wait() {
            return self.wait_for_others(turn);
        }
        for need in &mut self.needs {
            need.began_with = need.met();
        }
        let run = turn.ids.next();
        self.last_run = run;
        self.run = Some(Run::new(run));
        turn.order(self.id, Order::Prepare { run });
        self.enter(turn, Phase::Preparing);
    }

    pub(super) fn launch(&mut self, turn: &mut Turn<'_>, port: Option<u16>) {
        let Some(run) = &mut self.run else { return };
        run.port = port;
        turn.order(self.id, Order::Spawn { run: run.id });
        self.enter(turn, Phase::Starting);
    }

    /// It runs already.
    pub(super) fn take_over(&mut self, turn: &mut Turn<'_>, port: Option<u16>) {
        let Some(run) = &mut self.run else { return };
        run.port = port;
        run.adopted = true;
        turn.order(self.id, Order::Adopt { run: run.id });
        self.enter(turn, Phase::Starting);
    }

    /// Nothing was spawned. A leftover that has ended meanwhile is no failure: there is none.
    pub(super) fn not_spawned(&mut self, turn: &mut Turn<'_>, reason: &str, transient: bool) {
        let was_left = self.run.as_ref().is_some_and(|run| run.adopted);
        if !was_left {
            self.not_begun(turn, reason, transient);
        } else if self.wanted == Wanted::Down {
            self.rest(turn);
        } else {
            self.begin(turn);
        }
    }

    pub(super) fn spawned(&mut self, turn: &mut Turn<'_>, pid: u32) {
        self.announce(turn, pid);
        let Some(run) = &self.run else { return };
        if self.policy.has_check {
            self.timers.set(
                Timer::ReadyTimeout,
                turn.now.after(self.policy.ready_timeout),
            );
            turn.order(self.id, Order::StartReadiness { run: run.id });
        } else {
            let port = run.port;
            self.ready(turn, port, None);
        }
    }

    pub(super) fn announce(&mut self, turn: &mut Turn<'_>, pid: u32) {
        let Some(run) = &mut self.run else { return };
        run.pid = Some(pid);
        run.spawned_at = turn.now;
        let (adopted, run, port) = (run.adopted, run.id, run.port);
        let notice = if adopted {
            Notice::Adopted { run, pid, port }
        } else {
            Notice::Spawned { run, pid, port }
        };
        turn.publish(self.id, notice);
    }

    pub(super) fn ready(&mut self, turn: &mut Turn<'_>, port: Option<u16>, url: Option<String>) {
        let Some(run) = &mut self.run else { return };
        let took = turn.now.since(run.spawned_at);
        run.ready = Some(Ready {
            at: turn.now,
            port,
            url,
            took,
        });
        self.moves = 0;
        self.tell_ready(turn);
        self.enter(turn, Phase::Ready);
        self.start_watches(turn);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::bench::{Bench, checked, restarting};
    use super::super::input::Fact;
    use super::super::policy::Policy;
    use super::*;

    #[test]
    fn from_start_to_ready_to_stopped() {
        let mut bench = Bench::new(checked());
        assert_eq!(bench.start().names(), ["Prepare"]);
        assert_eq!(bench.prepared().names(), ["Spawn"]);
        assert_eq!(bench.spawned().names(), ["Spawned", "StartReadiness"]);
        assert_eq!(bench.state(), (Wanted::Up, Phase::Starting));
        bench.wait(Duration::from_millis(500));
        let run = bench.run();
        bench.fact(Fact::CheckPassed {
            run,
            port: Some(5174),
            url: Some("http://localhost".into()),
        });
        let ready = Notice::Ready {
            run,
            pid: 101,
            port: Some(5174),
            url: Some("http://localhost".into()),
            took: Duration::from_millis(500),
        };
        assert_eq!(bench.orders[0], Order::Publish(ready));
        assert_eq!(bench.names(), ["Ready", "StartLiveness"]);
        assert_eq!(
            bench.fleet.next_deadline(),
            None,
            "at rest nothing wakes up"
        );
        assert_eq!(bench.stop().names(), ["StopChecks", "Stopping", "AskStop"]);
        assert_eq!(bench.exited(0).names(), ["Exited"]);
        bench.wait(Duration::from_millis(20)).gone();
        let took = Duration::from_millis(20);
        assert_eq!(
            bench.orders[0],
            Order::Publish(Notice::Stopped {
                run,
                survivors: vec![],
                took
            })
        );
        assert_eq!(bench.state(), (Wanted::Down, Phase::Idle));
        assert!(bench.fleet.all_down() && bench.fleet.next_deadline().is_none());
    }

    #[test]
    fn without_a_check_ready_is_spawned() {
        let mut bench = Bench::new(Policy::default());
        assert_eq!(bench.up().names(), ["Spawned", "Ready"]);
        assert_eq!(bench.start().names(), [""; 0], "starting is idempotent");
    }

    #[test]
    fn what_cannot_be_prepared_or_spawned_has_failed() {
        let mut bench = Bench::new(restarting());
        bench.start();
        let run = bench.run();
        bench.fact(Fact::PrepareFailed {
            run,
            reason: "no such program".into(),
            transient: false,
        });
        assert_eq!(
            (bench.reason(), bench.state().1),
            ("no such program".into(), Phase::Failed)
        );
        bench.start().prepared();
        let run = bench.run();
        bench.fact(Fact::SpawnFailed {
            run,
            reason: "no such interpreter".into(),
            transient: false,
        });
        assert_eq!(
            (bench.reason(), bench.state()),
            ("no such interpreter".into(), (Wanted::Up, Phase::Failed))
        );
        bench.stop();
        assert_eq!(
            bench.state(),
            (Wanted::Down, Phase::Failed),
            "that it has failed stays true"
        );
    }

    #[test]
    fn the_last_wish_counts_while_a_tree_is_ended() {
        let mut bench = Bench::new(Policy::default());
        bench.up().stop().start();
        let told = Notice::PhaseChanged {
            from: Phase::Stopping,
            to: Phase::Stopping,
        };
        assert_eq!(
            bench.orders,
            [Order::Publish(told)],
            "the change of mind is told"
        );
        assert_eq!(bench.gone().names(), ["Stopped", "Prepare"]);
        bench.prepared().spawned().restart().stop().gone();
        assert_eq!(bench.state(), (Wanted::Down, Phase::Idle));
    }
}
