//! What holds for the core whatever happens, in whatever order, at whatever time.
//!
//! Two surroundings press on it: a [`world`] that keeps the shell's promises and takes its time
//! about it, and chaos, which says anything at all. A [`watch`] stands beside both and checks
//! every step. All time is virtual.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic as the test may"
)]

#[path = "core_properties/grammar.rs"]
mod grammar;
#[path = "core_properties/meets.rs"]
mod meets;
#[path = "core_properties/rolls.rs"]
mod rolls;
#[path = "core_properties/script.rs"]
mod script;
#[path = "core_properties/watch.rs"]
mod watch;
#[path = "core_properties/world.rs"]
mod world;

use std::time::Duration;

use proptest::prelude::*;
use script::{
    CREW, about, claims, depend, millis, needs, plans, play, policies, scripts, wishes, world,
};
use sidecar_lifecycle::core::{
    Condition, Dependency, Effect, ExitStatus, Fact, Fleet, Input, Mono, Notice,
    OnDependencyRestart, Order, Phase, Policy, Restart, RunId, Sidecar, SidecarId,
};
use watch::Watch;
use world::World;

/// The long suite asks for more, by the variable that proptest reads itself.
fn cases() -> u32 {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    if asked {
        ProptestConfig::default().cases
    } else {
        512
    }
}

fn live_runs(world: &World) -> usize {
    (0..CREW).map(|index| world.live_runs(index)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        // What fails here becomes a test with a name, not a file of seeds.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// One live run at the most and two in a roll, no spawn while wanted down, nobody begins
    /// without what it needs, no force before grace, one `stopped` for each `spawned`, one end for
    /// each roll, …: the world and the watch check at every step.
    #[test]
    fn every_stop_ends_in_an_empty_tree(plan in plans(), script in scripts()) {
        let mut world = world(plan);
        play(&mut world, script);
        for index in 0..CREW {
            world.say(world.id(index), Fact::StopRequested { reason: "requested".into() });
        }
        world.settle();
        prop_assert!(world.watch.fleet.all_down());
        prop_assert_eq!(live_runs(&world), 0);
        for index in 0..CREW {
            let sidecar = world.watch.fleet.get(world.id(index)).unwrap();
            // Whoever had failed before the stop still has.
            prop_assert!(
                sidecar.phase() == Phase::Idle || world.had_failed(index), "{:?}", sidecar
            );
        }
        world.watch.nobody_waits_in_vain();
        world.watch.all_stopped();
    }

    /// In the order that the watch checks.
    #[test]
    fn a_stop_of_all_stops_all(plan in plans(), script in scripts(), again in scripts()) {
        let mut world = world(plan);
        for script in [script, again] {
            play(&mut world, script);
            world.say(SidecarId(0), Fact::StopAllRequested { reason: "all".into() });
            world.settle();
            prop_assert!(world.watch.fleet.all_down());
            prop_assert_eq!(live_runs(&world), 0);
            world.watch.nobody_waits_in_vain();
            world.watch.all_stopped();
        }
    }

    #[test]
    fn after_the_host_s_exit_all_goes_down_and_nothing_starts(
        plan in plans(), before in scripts(), after in scripts(),
    ) {
        let mut world = world(plan);
        play(&mut world, before);
        world.say(SidecarId(0), Fact::HostExiting { reason: "shutdown".into() });
        let prepared = world.watch.prepared;
        play(&mut world, after);
        world.settle();
        prop_assert!(world.watch.fleet.all_down());
        prop_assert_eq!(world.watch.prepared, prepared);
        prop_assert_eq!(live_runs(&world), 0);
        world.watch.nobody_waits_in_vain();
        world.watch.all_stopped();
    }

    #[test]
    fn nobody_waits_for_what_will_not_come(plan in plans(), script in scripts()) {
        let mut world = world(plan);
        play(&mut world, script);
        world.peaceful();
        world.settle();
        world.watch.nobody_waits_in_vain();
    }

    /// However it says so.
    #[test]
    fn who_finds_every_port_taken_is_given_up(
        seed: u64, mut policy in policies(), exits in prop::collection::vec(any::<bool>(), 100),
    ) {
        policy.has_check = true;
        policy.can_move = true;
        let mut watch = Watch::new(seed, vec![policy]);
        let id = watch.current[0];
        let mut moves = 0;
        watch.step(Input { sidecar: id, fact: Fact::StartRequested });
        for exits in exits {
            while let Some(at) = watch.fleet.next_deadline() {
                watch.now = watch.now.max(at);
                watch.tick();
            }
            let Some(run) = watch.fleet.get(id).unwrap().run() else { break };
            let mut out = Vec::new();
            for fact in [
                Fact::Prepared { run, port: Some(5173) },
                Fact::Spawned { run, pid: 1 },
                if exits {
                    Fact::LeaderExited { run, status: ExitStatus::Code(0), port_taken: true }
                } else {
                    Fact::PortTaken { run, port: 5173 }
                },
                Fact::TreeGone { run, survivors: vec![] },
            ] {
                out.extend(watch.step(Input { sidecar: id, fact }));
            }
            let moved = |e: &&Effect| matches!(e.order, Order::Publish(Notice::PortTaken { .. }));
            moves += out.iter().filter(moved).count();
        }
        prop_assert_eq!(moves, 20);
    }

    /// Checked against a naive search.
    #[test]
    fn a_cycle_is_refused_and_named(
        edges in prop::collection::vec((0usize..6, prop::collection::vec(0usize..6, 0..3)), 1..30),
    ) {
        let mut fleet = Fleet::new(1);
        let ids: Vec<SidecarId> =
            (0..6).map(|n: usize| fleet.add(n.to_string(), Policy::default())).collect();
        let mut graph = vec![Vec::new(); 6];
        for (from, to) in edges {
            let mut next = graph.clone();
            next[from].clone_from(&to);
            let before = fleet.clone();
            let need = |on: usize| Dependency {
                on: ids[on], condition: Condition::Ready, on_restart: OnDependencyRestart::Ignore,
            };
            let answer = fleet.set_dependencies(ids[from], to.into_iter().map(need).collect());
            let mut reached: Vec<usize> = next[from].clone();
            for _ in 0..6 {
                reached = reached.iter().flat_map(|n| next[*n].iter().chain([n]).copied()).collect();
                reached.sort_unstable();
                reached.dedup();
            }
            prop_assert_eq!(answer.is_err(), reached.contains(&from));
            match answer {
                Ok(()) => graph = next,
                Err(cycle) => {
                    let names: Vec<usize> =
                        cycle.names.iter().map(|name| name.parse().unwrap()).collect();
                    prop_assert!(names.len() > 1 && names[0] == from);
                    prop_assert_eq!(names.last(), Some(&from));
                    for pair in names.windows(2) {
                        prop_assert!(next[pair[0]].contains(&pair[1]), "{:?}", names);
                    }
                    prop_assert!(before == fleet, "it was refused and changed something");
                }
            }
        }
    }

    /// Nobody keeps any promise: answers come twice, never, and before the questions.
    #[test]
    fn chaos_breaks_no_rule(
        seed: u64, policies in prop::collection::vec(policies(), 3), need in needs(),
        script in prop::collection::vec(
            (millis(0..4000), 0u32..5, prop_oneof![
                1 => wishes(),
                4 => claims(prop_oneof![Just(RunId(u64::MAX)), (0u64..30).prop_map(RunId)]),
            ], any::<bool>()),
            0..120,
        ),
    ) {
        let mut watch = Watch::new(seed, policies);
        for index in 1..3 {
            depend(&mut watch, index, need.clone());
        }
        for (pause, id, fact, tick) in script {
            watch.now = watch.now.after(pause);
            if tick {
                watch.tick();
            }
            let id = SidecarId(id);
            // The highest id stands for "the current run", to be met more often than by chance.
            let current = watch.fleet.get(id).and_then(Sidecar::run);
            let fact = match (fact.run(), current) {
                (Some(RunId(u64::MAX)), Some(run)) => about(fact, run),
                _ => fact,
            };
            watch.step(Input { sidecar: id, fact });
        }
        // However it stands: no wish, no answer, and time alone bring it to rest.
        let reason = "shutdown".to_owned();
        let (begun, patience) = (watch.now, watch.patience());
        watch.step(Input { sidecar: SidecarId(0), fact: Fact::HostExiting { reason } });
        while let Some(at) = watch.fleet.next_deadline() {
            watch.now = watch.now.max(at);
            watch.tick();
        }
        prop_assert!(watch.fleet.all_down());
        // Even if nobody ever answers and each waits for the one before it.
        prop_assert!(watch.now.since(begun) <= patience);
        watch.all_stopped();
    }

    #[test]
    fn ten_restarts_leave_one_run(
        seed: u64, mut policy in policies(), pauses in prop::collection::vec(millis(0..400), 10),
    ) {
        policy.restart = Restart::Never;
        policy.ready_timeout = Duration::from_secs(1);
        let mut world = World::new(seed, vec![policy]);
        world.peaceful();
        let id = SidecarId(0);
        world.say(id, Fact::StartRequested);
        world.settle();
        for pause in pauses {
            world.say(id, Fact::RestartRequested { reason: "refresh".into() });
            world.pass(pause);
        }
        world.settle();
        prop_assert_eq!(world.live_runs(0), 1);
        prop_assert_eq!(world.watch.fleet.get(id).unwrap().phase(), Phase::Ready);
    }

    /// Checked against a second, naive count.
    #[test]
    fn delays_grow_are_capped_and_are_forgiven(
        seed: u64, mut policy in policies(),
        runs in prop::collection::vec((millis(0..70_000), 0..4), 1..30),
    ) {
        policy.restart = Restart::OnFailure;
        policy.restart_unready = true;
        policy.has_check = false;
        policy.max_restarts = 4;
        policy.permanent_codes.clear();
        // A crash is always in its own window, which the naive count below does not know.
        policy.window = policy.window.max(Duration::from_millis(1));
        let mut fleet = Fleet::new(seed);
        let id = fleet.add("web", policy.clone());
        let mut now = Mono::default();
        let (mut crashes, mut streak, mut last) = (Vec::<Mono>::new(), 0, Duration::ZERO);
        fleet.step(now, Input { sidecar: id, fact: Fact::StartRequested }, &mut Vec::new());
        for (mut ready_for, begins) in runs {
            let Some(run) = fleet.get(id).unwrap().run() else { break };
            let mut out = Vec::new();
            let mut say = |now, fact| fleet.step(now, Input { sidecar: id, fact }, &mut out);
            let (reason, transient) = ("no memory".to_owned(), true);
            // Some cannot begin, for a reason that may pass, and are counted all the same.
            if begins == 0 {
                ready_for = Duration::ZERO;
                say(now, Fact::PrepareFailed { run, reason, transient });
            } else if begins == 1 {
                ready_for = Duration::ZERO;
                say(now, Fact::Prepared { run, port: None });
                say(now, Fact::SpawnFailed { run, reason, transient });
            } else {
                say(now, Fact::Prepared { run, port: None });
                say(now, Fact::Spawned { run, pid: 1 });
                now = now.after(ready_for);
                say(now, Fact::LeaderExited { run, status: ExitStatus::Code(1), port_taken: false });
                say(now, Fact::TreeGone { run, survivors: vec![] });
            }
            if ready_for >= Duration::from_secs(10).max(last * 2) {
                crashes.clear();
                streak = 0;
            }
            crashes.push(now);
            streak += 1;
            let counted = crashes.iter().filter(|at| now.since(**at) < policy.window).count() as u32;
            let step = (policy.backoff * 2u32.pow(streak - 1)).min(policy.backoff_cap);
            let restarting = out.iter().find_map(|effect| match effect.order {
                Order::Publish(Notice::Restarting { attempt, delay, .. }) => Some((attempt, delay)),
                _ => None,
            });
            prop_assert_eq!(restarting.is_none(), counted >= 4);
            let Some((attempt, delay)) = restarting else { break };
            prop_assert_eq!(attempt, counted);
            prop_assert!(delay <= step, "{:?} is more than {:?}", delay, step);
            last = delay;
            now = now.after(delay);
            fleet.tick(now, &mut Vec::new());
        }
    }
}
