//! What the table in `sidecar.rs` does when something ends that nobody has asked to.

use std::time::Duration;

use super::effect::{Notice, Order};
use super::input::ExitStatus;
use super::policy::Restart;
use super::run::{Ending, Then, Turn};
use super::sidecar::Sidecar;
use super::state::Phase;

impl Sidecar {
    pub(super) fn not_ready(&mut self, turn: &mut Turn<'_>) {
        let reason = format!("not ready within {:?}", self.policy.ready_timeout);
        let then = self.crashed(turn, None, reason);
        self.stop(turn, "not ready in time", then);
    }

    /// The leader ended and nobody had asked it to. What it has left behind is ended before
    /// anything else: a new run beside an old server would find its port taken.
    pub(super) fn leader_exited(&mut self, turn: &mut Turn<'_>, status: ExitStatus) {
        self.leader_is_gone(turn, status);
        let then = if self.ended_well(status) {
            let ready_for = self.ready_for(turn);
            self.history.ended(turn.now, ready_for, self.policy.window);
            Then::Ended
        } else {
            self.crashed_with(turn, status, "")
        };
        self.end_tree(turn, then, false);
    }

    pub(super) fn leader_is_gone(&mut self, turn: &mut Turn<'_>, status: ExitStatus) {
        let Some(run) = self.run() else { return };
        turn.order(self.id, Order::StopChecks { run });
        self.note_exit(turn, status, false);
    }

    /// Whether an exit that nobody asked for is no crash.
    ///
    /// A server that ends before it is ready has failed whatever it returns: some end with 0 when
    /// their port is taken.
    fn ended_well(&self, status: ExitStatus) -> bool {
        match status {
            ExitStatus::Code(code) => {
                self.phase != Phase::Starting
                    && self.policy.success_codes.contains(&code)
                    && !self.policy.permanent_codes.contains(&code)
            }
            ExitStatus::Signal(_) | ExitStatus::Unknown => false,
        }
    }

    /// An exit is a crash. `why` is added to its reason, if more is known.
    pub(super) fn crashed_with(
        &mut self,
        turn: &mut Turn<'_>,
        status: ExitStatus,
        why: &str,
    ) -> Then {
        let before = if self.phase == Phase::Starting {
            " before it was ready"
        } else {
            ""
        };
        let reason = match status {
            ExitStatus::Code(code) if self.policy.permanent_codes.contains(&code) => {
                let reason = format!("ended with code {code}, which is final{why}");
                return self.crash(turn, Some(status), reason, true);
            }
            ExitStatus::Code(code) => format!("ended with code {code}{before}{why}"),
            ExitStatus::Signal(signal) => format!("ended by signal {signal}{before}{why}"),
            ExitStatus::Unknown => {
                format!("ended{before}, how is not known since it was adopted{why}")
            }
        };
        self.crashed(turn, Some(status), reason)
    }

    /// Tells once that a leader that was told of has ended.
    pub(super) fn note_exit(&mut self, turn: &mut Turn<'_>, status: ExitStatus, asked: bool) {
        let Some(run) = &mut self.run else { return };
        if run.pid.is_some() && !std::mem::replace(&mut run.exited, true) {
            turn.publish(
                self.id,
                Notice::Exited {
                    run: run.id,
                    status,
                    asked,
                },
            );
        }
    }

    /// The tree is gone and nobody has seen its leader end.
    pub(super) fn vanished(&mut self, turn: &mut Turn<'_>, survivors: &[u32]) {
        let Some(run) = self.run() else { return };
        turn.order(self.id, Order::StopChecks { run });
        let then = self.crashed(turn, None, "its processes are gone".to_owned());
        self.ended_at_once(turn, then, survivors);
    }

    /// There is nothing to be asked to end.
    fn ended_at_once(&mut self, turn: &mut Turn<'_>, then: Then, survivors: &[u32]) {
        if let Some(run) = &mut self.run {
            run.ending = Some(Ending {
                since: turn.now,
                told: false,
                then,
            });
        }
        self.settle(turn, survivors);
    }

    /// Nothing of it runs, and nothing will of this run. What may pass by itself is a crash like
    /// any other, for which the restart policy is there; trying again does not mend the rest.
    pub(super) fn not_begun(&mut self, turn: &mut Turn<'_>, reason: &str, transient: bool) {
        if !transient {
            return self.give_up(turn, reason.to_owned());
        }
        let then = self.crashed(turn, None, reason.to_owned());
        self.ended_at_once(turn, then, &[]);
    }

    pub(super) fn crashed(
        &mut self,
        turn: &mut Turn<'_>,
        status: Option<ExitStatus>,
        reason: String,
    ) -> Then {
        self.crash(turn, status, reason, false)
    }

    fn crash(
        &mut self,
        turn: &mut Turn<'_>,
        status: Option<ExitStatus>,
        reason: String,
        is_final: bool,
    ) -> Then {
        let attempt = self
            .history
            .crashed(turn.now, self.ready_for(turn), self.policy.window);
        let max = if is_final {
            attempt
        } else {
            self.most_crashes(attempt)
        };
        if let Some(run) = self.run() {
            let reason = reason.clone();
            turn.publish(
                self.id,
                Notice::Crashed {
                    run,
                    status,
                    reason,
                    attempt,
                    max,
                },
            );
        }
        Then::Crashed {
            reason,
            last: attempt >= max,
        }
    }

    /// For how long it was ready: from the first time on, without what it was unhealthy at its
    /// end. A spell of being unhealthy that it has recovered from counts.
    pub(super) fn ready_for(&self, turn: &Turn<'_>) -> Duration {
        let Some(run) = &self.run else {
            return Duration::ZERO;
        };
        let until = run.unhealthy_at.unwrap_or(turn.now);
        run.ready
            .as_ref()
            .map_or(Duration::ZERO, |ready| until.since(ready.at))
    }

    /// After how many crashes it is given up, with `attempt` of them in the window.
    pub(super) fn most_crashes(&self, attempt: u32) -> u32 {
        let was_ready = self.run.as_ref().is_some_and(|run| run.ready.is_some());
        match self.policy.restart {
            Restart::Never => attempt,
            Restart::OnFailure | Restart::Always if !was_ready && !self.policy.restart_unready => {
                attempt
            }
            Restart::OnFailure | Restart::Always => self.policy.max_restarts.max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, checked, restarting};
    use super::super::input::Fact;
    use super::super::policy::Policy;
    use super::super::state::Wanted;
    use super::*;

    #[test]
    fn an_end_before_ready_is_a_crash_whatever_the_code() {
        let mut bench = Bench::new(checked());
        assert_eq!(
            bench.up().exited(0).names(),
            ["StopChecks", "Exited", "Crashed", "AskStop"]
        );
        assert_eq!(bench.gone().names(), ["Stopped", "Failed"]);
        assert_eq!(bench.reason(), "ended with code 0 before it was ready");
        assert_eq!(bench.state(), (Wanted::Up, Phase::Failed));
    }

    #[test]
    fn a_clean_end_is_no_crash_and_comes_back_only_if_always() {
        for (restart, last, state) in [
            (Restart::Never, vec!["Stopped"], (Wanted::Down, Phase::Idle)),
            (
                Restart::OnFailure,
                vec!["Stopped"],
                (Wanted::Down, Phase::Idle),
            ),
            (
                Restart::Always,
                vec!["Stopped", "Restarting"],
                (Wanted::Up, Phase::Waiting),
            ),
        ] {
            let mut bench = Bench::new(Policy {
                restart,
                max_restarts: 0,
                ..Policy::default()
            });
            assert_eq!(
                bench.up().exited(0).names(),
                ["StopChecks", "Exited", "AskStop"]
            );
            assert_eq!(bench.gone().names(), last);
            assert_eq!(bench.state(), state);
        }
    }

    #[test]
    fn the_exit_codes_of_the_success_set_are_no_crash() {
        let mut bench = Bench::new(Policy {
            success_codes: vec![3],
            ..Policy::default()
        });
        bench.up().exited(3).gone();
        assert_eq!(bench.state(), (Wanted::Down, Phase::Idle));
        bench.up().exited(0).gone();
        assert_eq!(bench.state(), (Wanted::Up, Phase::Failed));
    }

    #[test]
    fn a_final_code_is_not_tried_again() {
        let mut bench = Bench::new(Policy {
            restart: Restart::Always,
            success_codes: vec![0, 78],
            permanent_codes: vec![78],
            ..Policy::default()
        });
        bench.up().exited(78);
        let crashed = |order: &Order| matches!(order, Order::Publish(Notice::Crashed { .. }));
        assert!(bench.orders.iter().any(crashed), "a crash, not a clean end");
        assert_eq!(bench.gone().reason(), "ended with code 78, which is final");
        bench.up().exited(1).gone();
        assert_eq!(bench.state().1, Phase::Waiting, "others are not final");
    }

    #[test]
    fn crashes_are_followed_by_runs_until_there_are_too_many() {
        let mut bench = Bench::new(restarting());
        bench.start();
        for _ in 1..3 {
            bench.prepared().spawned().exited(1);
            assert_eq!(bench.gone().names(), ["Stopped", "Restarting"]);
            assert_eq!(bench.wait(Duration::from_secs(1)).names(), ["Prepare"]);
        }
        bench.prepared().spawned().exited(1);
        assert_eq!(bench.gone().names(), ["Stopped", "Failed"]);
        // A user's start is not counted and begins the count anew.
        bench.up().exited(1);
        let attempt = |order: &Order| match order {
            Order::Publish(Notice::Crashed { attempt, max, .. }) => Some((*attempt, *max)),
            _ => None,
        };
        assert_eq!(bench.orders.iter().find_map(attempt), Some((1, 3)));
    }

    #[test]
    fn a_crash_before_ready_is_final_where_that_is_asked_for() {
        let policy = Policy {
            has_check: true,
            restart_unready: false,
            ..restarting()
        };
        let mut bench = Bench::new(policy);
        bench.up().exited(1);
        assert_eq!(bench.gone().names(), ["Stopped", "Failed"]);
        bench.up();
        let run = bench.run();
        bench
            .fact(Fact::CheckPassed {
                run,
                port: None,
                url: None,
            })
            .exited(1);
        assert_eq!(bench.gone().names(), ["Stopped", "Restarting"]);
    }

    #[test]
    fn a_start_that_times_out_is_a_crash_and_its_tree_is_ended() {
        let mut bench = Bench::new(checked());
        bench.up().wait(Duration::from_millis(119_999));
        assert_eq!(bench.state().1, Phase::Starting);
        bench.wait(Duration::from_millis(1));
        assert_eq!(
            bench.names(),
            ["Crashed", "StopChecks", "Stopping", "AskStop"]
        );
        assert_eq!(bench.exited(0).gone().reason(), "not ready within 120s");
    }

    #[test]
    fn what_could_not_begin_for_a_passing_reason_is_tried_again() {
        let mut bench = Bench::new(restarting());
        bench.start();
        for preparing in [true, false] {
            let run = bench.run();
            let (reason, transient) = ("too many open files".to_owned(), true);
            let names = if preparing {
                let fact = Fact::PrepareFailed {
                    run,
                    reason,
                    transient,
                };
                bench.fact(fact).names()
            } else {
                let fact = Fact::SpawnFailed {
                    run,
                    reason,
                    transient,
                };
                bench.prepared().fact(fact).names()
            };
            assert_eq!(names, ["Crashed", "Restarting"], "nothing was spawned");
            assert_eq!(bench.state(), (Wanted::Up, Phase::Waiting));
            assert_eq!(bench.wait(Duration::from_secs(1)).names(), ["Prepare"]);
        }
        // It counts as every crash does, and is given up as after every crash.
        let run = bench.run();
        bench.prepared().fact(Fact::SpawnFailed {
            run,
            reason: "no memory".into(),
            transient: true,
        });
        assert_eq!(bench.names(), ["Crashed", "Failed"]);
        assert_eq!(bench.reason(), "no memory");
    }

    #[test]
    fn a_tree_that_is_gone_before_its_leader_was_seen_to_end_is_a_crash() {
        let mut bench = Bench::new(restarting());
        assert_eq!(
            bench.up().gone().names(),
            ["StopChecks", "Crashed", "Stopped", "Restarting"]
        );
    }
}
