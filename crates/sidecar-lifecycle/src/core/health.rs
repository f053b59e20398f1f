//! What the table in `sidecar.rs` does with checks of a run that has been ready.
//!
//! A failed readiness check marks: the processes run on, and who wants to may keep away from them.
//! Only lost liveness ends a run.

use super::effect::{Notice, Order};
use super::run::Turn;
use super::sidecar::Sidecar;
use super::state::Phase;

impl Sidecar {
    /// Tells that it is ready, for the first time or again.
    pub(super) fn tell_ready(&self, turn: &mut Turn<'_>) {
        let Some(run) = &self.run else { return };
        let (Some(pid), Some(ready)) = (run.pid, &run.ready) else {
            return;
        };
        turn.publish(
            self.id,
            Notice::Ready {
                run: run.id,
                pid,
                port: ready.port,
                url: ready.url.clone(),
                took: ready.took,
            },
        );
    }

    pub(super) fn start_watches(&self, turn: &mut Turn<'_>) {
        let Some(run) = self.run() else { return };
        if self.policy.has_liveness {
            turn.order(self.id, Order::StartLiveness { run });
        }
        if self.policy.has_readiness {
            turn.order(self.id, Order::StartReadinessWatch { run });
        }
    }

    pub(super) fn alive(&mut self) {
        if let Some(run) = &mut self.run {
            run.dead.broken();
        }
    }

    pub(super) fn not_alive(&mut self, turn: &mut Turn<'_>, reason: &str) {
        let Some(run) = &mut self.run else { return };
        if !run.dead.again(self.policy.liveness_failures) {
            return;
        }
        if self.phase == Phase::Ready {
            self.mark(turn, reason);
        }
        let then = self.crashed(turn, None, format!("liveness lost: {reason}"));
        self.stop(turn, "liveness lost", then);
    }

    pub(super) fn passed(&mut self, turn: &mut Turn<'_>) {
        let Some(run) = &mut self.run else { return };
        run.unready.broken();
        if self.phase == Phase::Unhealthy && run.recovered.again(self.policy.readiness_successes) {
            run.unhealthy_at = None;
            self.tell_ready(turn);
            self.enter(turn, Phase::Ready);
        }
    }

    pub(super) fn not_passed(&mut self, turn: &mut Turn<'_>, reason: &str) {
        let Some(run) = &mut self.run else { return };
        run.recovered.broken();
        if run.unready.again(self.policy.readiness_failures) && self.phase == Phase::Ready {
            self.mark(turn, reason);
        }
    }

    fn mark(&mut self, turn: &mut Turn<'_>, reason: &str) {
        let Some(run) = &mut self.run else { return };
        run.unhealthy_at = Some(turn.now);
        run.recovered.broken();
        let (run, Some(pid)) = (run.id, run.pid) else {
            return;
        };
        let reason = reason.to_owned();
        turn.publish(self.id, Notice::Unhealthy { run, pid, reason });
        self.enter(turn, Phase::Unhealthy);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::bench::{Bench, checked, restarting};
    use super::super::effect::Order;
    use super::super::input::Fact;
    use super::super::policy::Policy;
    use super::super::run::Turn;
    use super::*;

    fn watched() -> Policy {
        Policy {
            has_readiness: true,
            readiness_failures: 2,
            readiness_successes: 2,
            ..restarting()
        }
    }

    fn failed(bench: &mut Bench) -> &mut Bench {
        let (run, reason) = (bench.run(), "status 503".to_owned());
        bench.fact(Fact::ReadinessFailed { run, reason })
    }

    fn passed(bench: &mut Bench) -> &mut Bench {
        let run = bench.run();
        bench.fact(Fact::ReadinessPassed { run })
    }

    #[test]
    fn only_failures_in_a_row_lose_liveness() {
        let mut bench = Bench::new(checked());
        bench.up();
        let run = bench.run();
        let failed = Fact::LivenessFailed {
            run,
            reason: "status 500".into(),
        };
        bench.fact(Fact::CheckPassed {
            run,
            port: None,
            url: None,
        });
        bench
            .fact(failed.clone())
            .fact(failed.clone())
            .fact(Fact::LivenessPassed { run });
        bench.fact(failed.clone()).fact(failed.clone());
        assert_eq!((bench.names(), bench.state().1), (vec![], Phase::Ready));
        bench.fact(failed);
        assert_eq!(
            bench.names(),
            ["Unhealthy", "Crashed", "StopChecks", "Stopping", "AskStop"]
        );
        assert_eq!(bench.gone().reason(), "liveness lost: status 500");
    }

    #[test]
    fn readiness_marks_and_nothing_is_ended() {
        let mut bench = Bench::new(watched());
        assert_eq!(
            bench.up().names(),
            ["Spawned", "Ready", "StartReadinessWatch"]
        );
        let ready = bench.orders[1].clone();
        failed(&mut bench);
        passed(&mut bench);
        assert_eq!(failed(&mut bench).names(), [""; 0], "not in a row");
        assert_eq!(failed(&mut bench).names(), ["Unhealthy"]);
        assert_eq!(failed(&mut bench).names(), [""; 0], "told once");
        assert_eq!(bench.state().1, Phase::Unhealthy);
        bench.wait(Duration::from_secs(3));
        passed(&mut bench);
        failed(&mut bench);
        assert_eq!(passed(&mut bench).names(), [""; 0], "not in a row");
        passed(&mut bench);
        assert_eq!(bench.orders[0], ready, "the start took as long as it took");
        assert_eq!(
            (bench.names(), bench.state().1),
            (vec!["Ready".to_owned()], Phase::Ready)
        );
    }

    #[test]
    fn liveness_counts_while_unhealthy_too() {
        let mut bench = Bench::new(watched());
        bench.up();
        failed(&mut bench);
        failed(&mut bench);
        let run = bench.run();
        for _ in 0..3 {
            let reason = "no answer".to_owned();
            bench.fact(Fact::LivenessFailed { run, reason });
        }
        assert_eq!(
            bench.names(),
            ["Crashed", "StopChecks", "Stopping", "AskStop"],
            "that it is unhealthy was told already"
        );
    }

    #[test]
    fn time_spent_unhealthy_proves_nothing() {
        let mut bench = Bench::new(watched());
        bench.up().wait(Duration::from_secs(9));
        failed(&mut bench);
        failed(&mut bench);
        bench.wait(Duration::from_mins(10));
        let mut sidecar = bench.fleet.get(bench.id).unwrap().clone();
        let turn = Turn {
            now: bench.now,
            ids: &mut super::super::ids::RunIds::default(),
            out: &mut Vec::new(),
        };
        assert_eq!(sidecar.ready_for(&turn), Duration::from_secs(9));
        sidecar.run.as_mut().unwrap().unhealthy_at = None;
        assert_eq!(sidecar.ready_for(&turn), Duration::from_secs(609));
        let told = |order: &Order| matches!(order, Order::Publish(Notice::Ready { .. }));
        assert!(!bench.orders.iter().any(told));
    }
}
