//! What a sidecar does about others: it waits for what it needs, it is restarted with it, and it
//! leaves after those that need it.

use super::dependencies::{Need, Standing};
use super::effect::Notice;
use super::ids::SidecarId;
use super::run::{Run, Then, Turn};
use super::sidecar::Sidecar;
use super::state::{Phase, Wanted};

impl Sidecar {
    /// How it stands, for those that need it.
    pub(super) fn standing(&self) -> Standing {
        let led = self.run.as_ref().filter(|run| run.pid.is_some());
        match (self.phase, led.map(Run::id)) {
            (Phase::Idle, _) => self
                .completed
                .map_or(Standing::Stopped, Standing::Completed),
            (Phase::Failed, _) => Standing::Failed(self.failure.clone()),
            (Phase::Ready, Some(run)) => Standing::Ready(run),
            (Phase::Starting | Phase::Unhealthy, Some(run)) => Standing::Started(run),
            (Phase::Preparing | Phase::Waiting | Phase::Stopping, _)
            | (Phase::Starting | Phase::Ready | Phase::Unhealthy, None) => Standing::Coming,
        }
    }

    /// Takes news of what it needs. It acts upon them in [`Sidecar::look_around`].
    pub(super) fn hear_of(&mut self, on: SidecarId, standing: &Standing) {
        for need in self.needs.iter_mut().filter(|n| n.dependency.on == on) {
            need.standing.clone_from(standing);
        }
    }

    /// Why it cannot begin, now or by waiting.
    pub(super) fn hopeless(&self) -> Option<String> {
        self.needs.iter().find_map(Need::hopeless)
    }

    /// Whether it has to wait before it begins.
    pub(super) fn has_to_wait(&self) -> bool {
        self.held || self.needs.iter().any(|need| need.met().is_none())
    }

    /// Waits for others, without a deadline: theirs count.
    pub(super) fn wait_for_others(&mut self, turn: &mut Turn<'_>) {
        self.run = None;
        let unmet = self.needs.iter().filter(|need| need.met().is_none());
        let on: Vec<String> = unmet.map(|need| need.name.clone()).collect();
        let told = self.gate.as_ref().is_some_and(|gate| gate.told);
        if !told && !on.is_empty() {
            turn.publish(self.id, Notice::WaitingFor { on: on.clone() });
        }
        self.enter(turn, Phase::Waiting);
        self.gate = Some(Gate {
            told: told || !on.is_empty(),
        });
    }

    /// Something has changed around it.
    pub(super) fn look_around(&mut self, turn: &mut Turn<'_>) {
        match self.phase {
            Phase::Waiting if self.gate.is_some() => self.begin(turn),
            Phase::Preparing => {
                // Nothing was spawned that builds upon an older run.
                for need in &mut self.needs {
                    let _ = need.has_restarted(); // Noted is enough.
                }
            }
            Phase::Starting | Phase::Ready | Phase::Unhealthy => {
                if self.leaving.is_some() {
                    self.leave_now(turn);
                } else {
                    self.follow(turn);
                }
            }
            // Nothing of it is to go on, or it looks when its backoff is over.
            Phase::Idle | Phase::Stopping | Phase::Failed | Phase::Waiting => {}
        }
    }

    /// Is restarted with what it needs. That is no crash, and no user's wish either: what is
    /// counted stays counted.
    fn follow(&mut self, turn: &mut Turn<'_>) {
        let mut restarted = None;
        for need in &mut self.needs {
            if need.has_restarted() {
                restarted.get_or_insert_with(|| need.name.clone());
            }
        }
        if let Some(name) = restarted {
            let reason = format!("its dependency {name} has restarted");
            self.stop(turn, &reason, Then::Again);
        }
    }

    /// Everything is to stop: it does as soon as nothing that is up needs it.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>, reason: &str) {
        self.wanted = Wanted::Down;
        self.leaving.get_or_insert_with(|| reason.to_owned());
        self.leave_now(turn);
    }

    fn leave_now(&mut self, turn: &mut Turn<'_>) {
        if self.dependents_up == 0
            && let Some(reason) = self.leaving.take()
        {
            self.stop(turn, &reason, Then::Rest);
        }
    }

    /// It is wanted up again before its turn to stop has come.
    pub(super) fn stay(&mut self) {
        self.wanted = Wanted::Up;
        self.leaving = None;
    }

    /// Whether it is up, or will be by itself without asking its gate again.
    pub(super) fn is_under_way(&self) -> bool {
        let past = matches!(
            self.phase,
            Phase::Preparing | Phase::Starting | Phase::Ready | Phase::Unhealthy
        );
        past && self.wanted == Wanted::Up
    }
}

/// That it waits for others before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gate {
    /// Whether it was told for whom: once a wait.
    told: bool,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::bench::restarting;
    use super::super::crew::Crew;
    use super::super::dependencies::Condition;
    use super::super::effect::Order;
    use super::super::input::Fact;
    use super::super::policy::Policy;
    use super::*;

    fn has(crew: &Crew, what: &str) -> bool {
        crew.story().iter().any(|line| line == what)
    }

    #[test]
    fn it_says_for_whom_it_waits_once() {
        let mut crew = Crew::new(&Policy::default(), &["web>db cache", "db", "cache"]);
        crew.start("web");
        let on = vec!["db".to_owned(), "cache".to_owned()];
        let told = Order::Publish(Notice::WaitingFor { on });
        assert!(crew.out.iter().any(|effect| effect.order == told));
        assert!(!has(crew.runs("db"), "web WaitingFor"));
        assert_eq!(crew.phase("web"), Phase::Waiting);
        assert!(has(crew.runs("cache"), "web Prepare"));
    }

    #[test]
    fn who_waits_for_what_will_not_come_fails() {
        let mut crew = Crew::new(&Policy::default(), &["top>web", "web>db", "db"]);
        crew.start("top").runs("db").exited("db", 1).gone("db");
        // It was ready for a moment, so web runs on; its next start is what fails.
        crew.runs("web").exited("web", 1).gone("web");
        assert_eq!(crew.phase("web"), Phase::Failed);

        let mut crew = Crew::new(&Policy::default(), &["top>web", "web>db", "db"]);
        let run = {
            crew.start("top");
            crew.run(crew.id("db"))
        };
        let reason = "no such program".to_owned();
        crew.say(
            crew.id("db"),
            Fact::PrepareFailed {
                run,
                reason,
                transient: false,
            },
        );
        assert_eq!(
            crew.get("web").failure,
            "its dependency db failed: no such program"
        );
        assert_eq!(
            crew.get("top").failure,
            "its dependency web failed: its dependency db failed: no such program"
        );
        // A start clears them all.
        assert!(has(crew.start("top"), "db Prepare"));
        assert_eq!(
            crew.stop("db").get("web").failure,
            "its dependency db was stopped"
        );
        assert!(crew.fleet.all_down() && crew.fleet.next_deadline().is_none());
    }

    #[test]
    fn it_waits_through_the_restarts_of_what_it_needs() {
        let mut crew = Crew::new(&restarting(), &["web>db", "db"]);
        crew.start("web").runs("db").runs("web");
        crew.exited("web", 1).gone("web").exited("db", 1);
        crew.wait(Duration::from_secs(1));
        assert!(
            has(&crew, "web WaitingFor"),
            "after its backoff it asks its gate"
        );
        assert_eq!(
            (crew.phase("web"), crew.phase("db")),
            (Phase::Waiting, Phase::Stopping)
        );
        crew.gone("db").wait(Duration::from_secs(1));
        assert!(has(crew.runs("db"), "web Prepare"));
    }

    #[test]
    fn it_is_restarted_with_what_it_needs_if_that_is_asked_for() {
        for (on_restart, follows) in [("restart", true), ("ignore", false)] {
            for crashes in [true, false] {
                let mut crew = Crew::new(&restarting(), &["web", "db"]);
                crew.needs("web", "db", Condition::Ready, on_restart);
                crew.start("web").runs("db").runs("web");
                if crashes {
                    crew.exited("db", 1).gone("db").wait(Duration::from_secs(1));
                } else {
                    crew.restart("db").gone("db");
                }
                assert_eq!(
                    crew.phase("web"),
                    Phase::Ready,
                    "it comes with the next ready"
                );
                crew.runs("db");
                assert_eq!(has(&crew, "web Stopping"), follows);
                assert!(!has(&crew, "web Crashed"));
                if follows {
                    assert_eq!(crew.gone("web").story(), ["web Stopped", "web Prepare"]);
                }
            }
        }
    }

    #[test]
    fn the_same_run_ready_again_is_no_restart() {
        let policy = Policy {
            has_readiness: true,
            readiness_failures: 1,
            ..Policy::default()
        };
        let mut crew = Crew::new(&policy, &["web", "db"]);
        crew.needs("web", "db", Condition::Ready, "restart");
        crew.start("web").runs("db").runs("web");
        let (db, reason) = (crew.id("db"), "status 503".to_owned());
        let run = crew.run(db);
        crew.say(db, Fact::ReadinessFailed { run, reason });
        assert_eq!(crew.phase("db"), Phase::Unhealthy);
        assert_eq!(
            crew.say(db, Fact::ReadinessPassed { run }).story(),
            ["db Ready"]
        );
    }

    #[test]
    fn a_stop_of_one_does_not_touch_who_needs_it() {
        let mut crew = Crew::new(&Policy::default(), &["web>db", "db"]);
        crew.start("web").runs("db").runs("web");
        assert_eq!(
            crew.stop("db").story(),
            ["db StopChecks", "db Stopping", "db AskStop"]
        );
        crew.gone("db");
        assert_eq!(
            (crew.phase("db"), crew.phase("web")),
            (Phase::Idle, Phase::Ready)
        );
    }
}
