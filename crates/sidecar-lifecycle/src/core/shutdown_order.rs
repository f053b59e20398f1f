//! In what order everything stops: who needs somebody stops before them.

use std::collections::BTreeMap;

use super::effect::Effect;
use super::fleet::Fleet;
use super::ids::SidecarId;
use super::input::Fact;
use super::time::Mono;

impl Fleet {
    /// All are wanted down from now on. Each gets its stop as soon as nothing that is up needs it;
    /// what is independent stops at the same time.
    pub(super) fn stop_all(&mut self, now: Mono, fact: &Fact, out: &mut Vec<Effect>) {
        self.cancel_all_rolls(fact, now, out);
        for id in self.dependents_first() {
            self.act(id, now, out, |sidecar, turn| sidecar.step(turn, fact));
        }
    }

    /// All ids, each behind everything that needs it.
    fn dependents_first(&self) -> Vec<SidecarId> {
        let mut waits: BTreeMap<SidecarId, usize> = BTreeMap::new();
        let mut order: Vec<SidecarId> = Vec::new();
        for sidecar in self.all() {
            waits.insert(sidecar.id(), sidecar.dependents.len());
            if sidecar.dependents.is_empty() {
                order.push(sidecar.id());
            }
        }
        let mut next = 0;
        while let Some(&id) = order.get(next) {
            next += 1;
            for on in self.needed_by(id) {
                if let Some(left) = waits.get_mut(&on) {
                    *left -= 1;
                    if *left == 0 {
                        order.push(on);
                    }
                }
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::super::crew::Crew;
    use super::super::policy::{Policy, Restart};
    use super::super::state::{Phase, Wanted};
    use super::*;

    fn asked(crew: &Crew) -> Vec<String> {
        let asks = |line: &String| line.ends_with("AskStop");
        crew.story().into_iter().filter(asks).collect()
    }

    fn up() -> Crew {
        let policy = Policy {
            restart: Restart::Always,
            ..Policy::default()
        };
        let mut crew = Crew::new(&policy, &["db", "api>db", "web>api", "job>db", "lone"]);
        crew.start("web").start("job").start("lone");
        for name in ["db", "api", "web", "job", "lone"] {
            crew.runs(name);
        }
        crew
    }

    #[test]
    fn who_needs_somebody_stops_before_them_and_others_at_the_same_time() {
        let mut crew = up();
        assert_eq!(
            asked(crew.stop_all()),
            ["web AskStop", "job AskStop", "lone AskStop"]
        );
        assert_eq!(
            crew.get("db").wanted(),
            Wanted::Down,
            "told before its turn"
        );
        assert_eq!(asked(crew.gone("web")), ["api AskStop"]);
        assert_eq!(asked(crew.gone("job")), [""; 0], "api still needs it");
        assert_eq!(asked(crew.gone("api")), ["db AskStop"]);
        crew.gone("db").gone("lone");
        assert!(crew.fleet.all_down());
    }

    #[test]
    fn who_crashes_before_its_turn_rests() {
        let mut crew = up();
        crew.stop_all().exited("db", 1).gone("db");
        assert_eq!(crew.phase("db"), Phase::Idle);
        crew.gone("web").gone("api").gone("job").gone("lone");
        assert!(crew.fleet.all_down() && crew.fleet.next_deadline().is_none());
    }

    #[test]
    fn a_start_takes_it_and_what_it_needs_out_of_the_queue() {
        let mut crew = up();
        crew.stop_all().start("api");
        assert_eq!(crew.get("api").wanted(), Wanted::Up);
        assert_eq!(crew.get("db").wanted(), Wanted::Up);
        crew.gone("web").gone("job").gone("lone");
        assert_eq!(
            (crew.phase("api"), crew.phase("db")),
            (Phase::Ready, Phase::Ready)
        );
        // At the host's exit no start is heard.
        let reason = "shutdown".to_owned();
        crew.say(SidecarId(0), Fact::HostExiting { reason });
        assert_eq!(asked(&crew), ["api AskStop"]);
        crew.start("api").gone("api");
        assert_eq!(asked(&crew), ["db AskStop"]);
    }

    #[test]
    fn a_stop_of_one_overtakes_its_turn() {
        let mut crew = up();
        crew.stop_all();
        assert_eq!(asked(crew.stop("db")), ["db AskStop"]);
    }

    #[test]
    fn needs_that_are_cut_let_it_go() {
        let mut crew = up();
        crew.stop_all();
        for name in ["api", "job"] {
            let id = crew.id(name);
            crew.fleet.set_dependencies(id, vec![]).unwrap();
        }
        assert_eq!(asked(crew.wait(Mono::default().0)), ["db AskStop"]);
    }
}
