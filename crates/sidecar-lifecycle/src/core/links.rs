//! The edges between sidecars: setting them, and what a start does along them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::dependencies::{Cycle, Dependency, Need, Standing};
use super::effect::Effect;
use super::fleet::Fleet;
use super::ids::SidecarId;
use super::input::Fact;
use super::sidecar::Sidecar;
use super::state::Wanted;
use super::time::Mono;
use super::timers::Timer;

impl Fleet {
    /// Says whom a sidecar needs, in place of whom it needed before. What runs is left alone; who
    /// waits looks again at the next [`Fleet::tick`], which is due at once. Does nothing if there
    /// is no sidecar of this id.
    ///
    /// A dependency on an id that the fleet does not know is never met: it fails the start.
    ///
    /// # Errors
    ///
    /// If they would lead back to the sidecar itself. Then nothing changes.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Condition, Dependency, Fleet, OnDependencyRestart, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let (web, db) = (fleet.add("web", Policy::default()), fleet.add("db", Policy::default()));
    /// let on = |on| {
    ///     let (condition, on_restart) = (Condition::Ready, OnDependencyRestart::Ignore);
    ///     vec![Dependency { on, condition, on_restart }]
    /// };
    /// fleet.set_dependencies(web, on(db))?;
    /// let cycle = fleet.set_dependencies(db, on(web)).unwrap_err();
    /// assert_eq!(cycle.names, ["db", "web", "db"]);
    /// # Ok::<(), sidecar_lifecycle::core::Cycle>(())
    /// ```
    pub fn set_dependencies(
        &mut self,
        id: SidecarId,
        dependencies: Vec<Dependency>,
    ) -> Result<(), Cycle> {
        if self.get(id).is_none() {
            return Ok(());
        }
        if let Some(cycle) = self.cycle(id, &dependencies) {
            return Err(cycle);
        }
        if let Some(successor) = self.successor(id) {
            if let Some(cycle) = self.cycle(successor, &dependencies) {
                return Err(cycle);
            }
            self.link(successor, dependencies.clone());
        }
        self.link(id, dependencies);
        Ok(())
    }

    pub(super) fn link(&mut self, id: SidecarId, dependencies: Vec<Dependency>) {
        let before = self.unlink(id);
        let need = |dependency: Dependency| {
            let on = self.get(dependency.on);
            let mut need = Need {
                dependency,
                name: on.map_or_else(
                    || format!("number {}", dependency.on),
                    |on| on.name().to_owned(),
                ),
                standing: on.map_or(Standing::Unknown, Sidecar::standing),
                began_with: None,
            };
            need.began_with = need.met();
            need
        };
        let needs = dependencies.into_iter().map(need).collect();
        if let Some(sidecar) = self.get_mut(id) {
            sidecar.needs = needs;
        }
        let up = self.get(id).is_some_and(|sidecar| !sidecar.is_down());
        let after = self.needed_by(id);
        for on in &after {
            if let Some(on) = self.get_mut(*on) {
                on.dependents.insert(id);
                on.dependents_up += usize::from(up);
            }
        }
        // There are no effects to give here: who may have to act is due at once.
        self.look_again(id, |sidecar| sidecar.gate.is_some());
        for on in before.difference(&after) {
            self.look_again(*on, |on| on.leaving.is_some());
        }
    }

    /// Cuts its edges to whom it needs, and returns those.
    pub(super) fn unlink(&mut self, id: SidecarId) -> BTreeSet<SidecarId> {
        let before = self.needed_by(id);
        let up = self.get(id).is_some_and(|sidecar| !sidecar.is_down());
        for on in &before {
            if let Some(on) = self.get_mut(*on)
                && on.dependents.remove(&id)
            {
                on.dependents_up -= usize::from(up);
            }
        }
        if let Some(sidecar) = self.get_mut(id) {
            sidecar.needs.clear();
        }
        before
    }

    /// Whom it needs, each once.
    pub(super) fn needed_by(&self, id: SidecarId) -> BTreeSet<SidecarId> {
        let needs = self.get(id).map_or(&[][..], |sidecar| &sidecar.needs);
        needs.iter().map(|need| need.dependency.on).collect()
    }

    fn look_again(&mut self, id: SidecarId, concerned: impl FnOnce(&Sidecar) -> bool) {
        let (now, mut out) = (Mono::default(), Vec::new());
        if self.get(id).is_some_and(concerned) {
            self.with(id, now, &mut out, |sidecar, turn| {
                sidecar.timers.set(Timer::LookAround, turn.now);
            });
        }
    }

    /// The way back from `dependencies` to `id`, if there is one.
    fn cycle(&self, id: SidecarId, dependencies: &[Dependency]) -> Option<Cycle> {
        let mut from: BTreeMap<SidecarId, SidecarId> = BTreeMap::new();
        let mut left: Vec<SidecarId> = Vec::new();
        let visit = |on, by, from: &mut BTreeMap<_, _>, left: &mut Vec<_>| {
            if let Entry::Vacant(place) = from.entry(on) {
                place.insert(by);
                left.push(on);
            }
        };
        for dependency in dependencies {
            visit(dependency.on, id, &mut from, &mut left);
        }
        while let Some(at) = left.pop() {
            if at == id {
                break;
            }
            for need in self.get(at).map_or(&[][..], |sidecar| &sidecar.needs) {
                visit(need.dependency.on, at, &mut from, &mut left);
            }
        }
        let mut at = *from.get(&id)?;
        let mut way = vec![id, at];
        while at != id {
            at = from[&at];
            way.push(at);
        }
        way.reverse();
        let name = |id: &SidecarId| self.get(*id).map_or(String::new(), |s| s.name().to_owned());
        Some(Cycle {
            names: way.iter().map(name).collect(),
        })
    }

    /// Starts, as a user would, everything that it needs and that is down, whom others need first.
    pub(super) fn start_needed(&mut self, id: SidecarId, now: Mono, out: &mut Vec<Effect>) {
        for id in self.needed_first(id) {
            let off = |sidecar: &Sidecar| sidecar.is_down() || sidecar.wanted() == Wanted::Down;
            if self.get(id).is_some_and(off) {
                self.act(id, now, out, |sidecar, turn| {
                    sidecar.step(turn, &Fact::StartRequested);
                });
            }
        }
    }

    /// All that it needs and what those need, but not behind what is under way or has completed;
    /// each after all that it needs itself.
    fn needed_first(&self, id: SidecarId) -> Vec<SidecarId> {
        let (mut order, mut seen, mut left) = (Vec::new(), BTreeSet::new(), vec![(id, false)]);
        while let Some((at, done)) = left.pop() {
            if done {
                order.push(at);
                continue;
            }
            if !seen.insert(at) {
                continue;
            }
            left.push((at, true));
            let Some(sidecar) = self.get(at) else {
                continue;
            };
            let open = sidecar.needs.iter().filter(|need| {
                need.met().is_none() || {
                    // It is met now, but by something that is about to stop.
                    let on = self.get(need.dependency.on);
                    on.is_some_and(|on| on.leaving.is_some())
                }
            });
            let open = open.map(|need| need.dependency.on);
            let under_way = |on: &SidecarId| self.get(*on).is_some_and(Sidecar::is_under_way);
            left.extend(open.filter(|on| !under_way(on)).map(|on| (on, false)));
        }
        order.pop(); // The sidecar itself.
        order
    }
}

#[cfg(test)]
mod tests {
    use super::super::crew::{Crew, needs_ready};
    use super::super::dependencies::{Condition, OnDependencyRestart};
    use super::super::policy::Policy;
    use super::super::state::Phase;
    use super::*;

    #[test]
    fn a_cycle_is_named_in_order_and_changes_nothing() {
        let mut crew = Crew::new(
            &Policy::default(),
            &["web>api", "api>db cache", "db", "cache"],
        );
        let need = |id| vec![needs_ready(id, OnDependencyRestart::Ignore)];
        let (web, db) = (crew.id("web"), crew.id("db"));
        let before = crew.fleet.clone();
        let cycle = crew.fleet.set_dependencies(db, need(web)).unwrap_err();
        assert_eq!(cycle.names, ["db", "web", "api", "db"]);
        assert!(cycle.to_string().contains("db → web → api → db"), "{cycle}");
        let cycle = crew.fleet.set_dependencies(web, need(web)).unwrap_err();
        assert_eq!(cycle.names, ["web", "web"]);
        assert_eq!(crew.fleet, before);
        // Two ways to the same place are no cycle, and what was cut is none any more.
        let api = crew.id("api");
        crew.fleet.set_dependencies(api, vec![]).unwrap();
        crew.fleet.set_dependencies(db, need(web)).unwrap();
    }

    #[test]
    fn a_start_starts_what_is_needed_deepest_first() {
        let names = [
            "web>api cache",
            "api>db cache",
            "db>cache",
            "cache",
            "other",
        ];
        let mut crew = Crew::new(&Policy::default(), &names);
        assert_eq!(
            crew.start("web").story(),
            [
                "cache Prepare",
                "db WaitingFor",
                "api WaitingFor",
                "web WaitingFor"
            ]
        );
        assert_eq!(crew.runs("cache").story()[2..], ["db Prepare"]);
        assert_eq!(crew.runs("db").story()[2..], ["api Prepare"]);
        assert_eq!(crew.runs("api").story()[2..], ["web Prepare"]);
        assert_eq!(crew.phase("other"), Phase::Idle);
    }

    #[test]
    fn a_long_chain_starts_and_stops_as_a_short_one() {
        let names: Vec<String> = (0..1000)
            .map(|n: u32| format!("s{n}>s{}", n.saturating_add(1)))
            .chain(["s1000".to_owned()])
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut crew = Crew::new(&Policy::default(), &names);
        let waits = |line: &&String| line.ends_with("WaitingFor");
        assert_eq!(crew.start("s0").story().iter().filter(waits).count(), 1000);
        for n in (0..=1000).rev() {
            crew.id_runs(SidecarId(n));
        }
        crew.stop_all();
        for n in 0..=1000 {
            crew.id_gone(SidecarId(n));
        }
        assert!(crew.fleet.all_down());
    }

    #[test]
    fn what_has_completed_is_not_run_again() {
        let mut crew = Crew::new(&Policy::default(), &["web", "migrate"]);
        crew.needs("web", "migrate", Condition::Completed, "restart");
        crew.start("web").runs("migrate").exited("migrate", 0);
        assert_eq!(crew.phase("web"), Phase::Waiting, "its tree may still live");
        assert_eq!(
            crew.gone("migrate").story(),
            ["migrate Stopped", "web Prepare"]
        );
        crew.runs("web").stop("web").gone("web");
        assert_eq!(crew.start("web").story(), ["web Prepare"]);
        crew.runs("web")
            .start("migrate")
            .runs("migrate")
            .exited("migrate", 0);
        assert!(
            crew.gone("migrate")
                .story()
                .contains(&"web Stopping".to_owned())
        );
    }

    #[test]
    fn needs_that_are_set_anew_count_for_who_waits() {
        let mut crew = Crew::new(&Policy::default(), &["web>db", "db", "cache"]);
        crew.start("web");
        crew.needs("web", "cache", Condition::Started, "ignore");
        assert_eq!(crew.fleet.next_deadline(), Some(Mono::default()), "at once");
        assert_eq!(crew.wait(Mono::default().0).story(), ["cache Prepare"]);
        assert!(
            crew.runs("cache")
                .story()
                .contains(&"web Prepare".to_owned())
        );
    }

    #[test]
    fn what_is_not_there_any_more_fails_the_start() {
        let mut crew = Crew::new(&Policy::default(), &["web>db", "db"]);
        let db = crew.id("db");
        crew.start("web");
        assert!(!crew.fleet.remove(db), "it is up");
        crew.runs("db").stop("db").gone("db");
        assert_eq!(crew.phase("web"), Phase::Preparing);
        assert!(!crew.fleet.remove(db), "web is up and needs it");
        crew.stop("web");
        assert!(crew.fleet.remove(db));
        assert_eq!(
            crew.start("web").failure(),
            "its dependency db is not there any more"
        );
    }
}
