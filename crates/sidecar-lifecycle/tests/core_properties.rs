//! What holds for the core whatever happens, in whatever order, at whatever time.
//!
//! Two surroundings press on it: a [`world`] that keeps the shell's promises and takes its time
//! about it, and chaos, which says anything at all. A [`watch`] stands beside both and checks
//! every step. All time is virtual.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic as the test may"
)]

#[path = "core_properties/watch.rs"]
mod watch;
#[path = "core_properties/world.rs"]
mod world;

use std::time::Duration;

use proptest::prelude::*;
use sidecar_lifecycle::core::{
    ExitStatus, Fact, Fleet, Input, Mono, Notice, Order, Phase, Policy, Restart, RunId, Sidecar,
    SidecarId,
};
use watch::Watch;
use world::World;

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

prop_compose! {
    fn policies()(
        has_check in any::<bool>(),
        has_liveness in any::<bool>(),
        ready_timeout in millis(0..3000),
        grace in millis(0..3000),
        restart in prop_oneof![
            Just(Restart::Never), Just(Restart::OnFailure), Just(Restart::Always)
        ],
        restart_unready in any::<bool>(),
        max_restarts in 0u32..6,
        backoff in millis(0..2000),
        backoff_cap in millis(0..5000),
        window in millis(0..30_000),
        liveness_failures in 0u32..4,
    ) -> Policy {
        Policy {
            has_check, has_liveness, ready_timeout, grace, restart, restart_unready, max_restarts,
            backoff, backoff_cap, window, liveness_failures, ..Policy::default()
        }
    }
}

fn wishes() -> impl Strategy<Value = Fact> {
    prop_oneof![
        4 => Just(Fact::StartRequested),
        2 => Just(Fact::StopRequested { reason: "requested".into() }),
        2 => Just(Fact::RestartRequested { reason: "refresh".into() }),
    ]
}

/// Anything that can be said about a run.
fn claims(run: impl Strategy<Value = RunId>) -> impl Strategy<Value = Fact> {
    let status = prop_oneof![
        (0..3).prop_map(ExitStatus::Code),
        Just(ExitStatus::Signal(9)),
    ];
    let survivors = prop_oneof![3 => Just(vec![]), 1 => Just(vec![99])];
    (run, 0..9, status, survivors).prop_map(|(run, kind, status, survivors)| match kind {
        0 => Fact::Prepared {
            run,
            port: Some(5173),
        },
        1 => Fact::PrepareFailed {
            run,
            reason: "port held".into(),
        },
        2 => Fact::Spawned {
            run,
            pid: 1000 + (run.0 % 1000) as u32,
        },
        3 => Fact::SpawnFailed {
            run,
            reason: "no memory".into(),
        },
        4 => Fact::CheckPassed {
            run,
            port: None,
            url: None,
        },
        5 => Fact::LivenessPassed { run },
        6 => Fact::LivenessFailed {
            run,
            reason: "status 500".into(),
        },
        7 => Fact::LeaderExited {
            run,
            status,
            port_taken: false,
        },
        _ => Fact::TreeGone { run, survivors },
    })
}

/// What a user does, when, to whom.
type Script = Vec<(Duration, usize, Fact)>;

fn scripts() -> impl Strategy<Value = Script> {
    let pauses = prop_oneof![Just(Duration::ZERO), millis(0..50), millis(0..15_000)];
    // Now and then somebody brings news of a run that may be long gone.
    let facts = prop_oneof![
        6 => wishes(),
        1 => claims((0u64..8).prop_map(RunId)),
    ];
    prop::collection::vec((pauses, 0usize..3, facts), 0..40)
}

/// Plays a script in a world. Claims are made only about runs that are not current.
fn play(world: &mut World, script: Script) {
    for (pause, index, fact) in script {
        world.pass(pause);
        let sidecar = SidecarId(index as u32);
        let current = world.watch.fleet.get(sidecar).and_then(Sidecar::run);
        if fact.run().is_none() || fact.run() != current {
            world.say(sidecar, fact);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        // What fails here becomes a test with a name, not a file of seeds.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// One live run at the most, no spawn while wanted down, no force before grace, one `stopped`
    /// for each `spawned`, …: the world and the watch check at every step.
    #[test]
    fn every_stop_ends_in_an_empty_tree(
        seed: u64, policies in prop::collection::vec(policies(), 3), script in scripts(),
    ) {
        let mut world = World::new(seed, policies);
        play(&mut world, script);
        for id in 0..3 {
            world.say(SidecarId(id), Fact::StopRequested { reason: "requested".into() });
        }
        world.settle();
        prop_assert!(world.watch.fleet.all_down());
        for id in 0..3 {
            prop_assert_eq!(world.live_runs(SidecarId(id)), 0);
            let sidecar = world.watch.fleet.get(SidecarId(id)).unwrap();
            // Whoever had failed before the stop still has.
            prop_assert!(
                sidecar.phase() == Phase::Idle || world.had_failed(SidecarId(id)),
                "{:?}", sidecar
            );
        }
        world.watch.all_stopped();
    }

    #[test]
    fn after_the_host_s_exit_all_goes_down_and_nothing_starts(
        seed: u64, policies in prop::collection::vec(policies(), 3),
        before in scripts(), after in scripts(),
    ) {
        let mut world = World::new(seed, policies);
        play(&mut world, before);
        world.say(SidecarId(0), Fact::HostExiting { reason: "shutdown".into() });
        let prepared = world.watch.prepared;
        play(&mut world, after);
        world.settle();
        prop_assert!(world.watch.fleet.all_down());
        prop_assert_eq!(world.watch.prepared, prepared);
        prop_assert_eq!((0..3).map(|id| world.live_runs(SidecarId(id))).sum::<usize>(), 0);
        world.watch.all_stopped();
    }

    /// Nobody keeps any promise: answers come twice, never, and before the questions.
    #[test]
    fn chaos_breaks_no_rule(
        seed: u64, policies in prop::collection::vec(policies(), 2),
        script in prop::collection::vec(
            (millis(0..4000), 0u32..2, prop_oneof![
                1 => wishes(),
                4 => claims(prop_oneof![Just(RunId(u64::MAX)), (0u64..30).prop_map(RunId)]),
            ], any::<bool>()),
            0..120,
        ),
    ) {
        let mut watch = Watch::new(seed, policies);
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
        for id in 0..2 {
            watch.step(Input { sidecar: SidecarId(id), fact: Fact::HostExiting { reason: "x".into() } });
        }
        while let Some(at) = watch.fleet.next_deadline() {
            watch.now = watch.now.max(at);
            watch.tick();
        }
        prop_assert!(watch.fleet.all_down());
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
        prop_assert_eq!(world.live_runs(id), 1);
        prop_assert_eq!(world.watch.fleet.get(id).unwrap().phase(), Phase::Ready);
    }

    /// Checked against a second, naive count.
    #[test]
    fn delays_grow_are_capped_and_are_forgiven(
        seed: u64, mut policy in policies(), ready in prop::collection::vec(millis(0..70_000), 1..30),
    ) {
        policy.restart = Restart::OnFailure;
        policy.has_check = false;
        policy.max_restarts = 4;
        let mut fleet = Fleet::new(seed);
        let id = fleet.add("web", policy.clone());
        let mut now = Mono::default();
        let (mut crashes, mut streak, mut last) = (Vec::<Mono>::new(), 0, Duration::ZERO);
        fleet.step(now, Input { sidecar: id, fact: Fact::StartRequested }, &mut Vec::new());
        for ready_for in ready {
            let Some(run) = fleet.get(id).unwrap().run() else { break };
            let mut out = Vec::new();
            let mut say = |now, fact| fleet.step(now, Input { sidecar: id, fact }, &mut out);
            say(now, Fact::Prepared { run, port: None });
            say(now, Fact::Spawned { run, pid: 1 });
            now = now.after(ready_for);
            say(now, Fact::LeaderExited { run, status: ExitStatus::Code(1), port_taken: false });
            say(now, Fact::TreeGone { run, survivors: vec![] });
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

/// The properties are worth what they have met.
#[test]
fn the_world_meets_everything() {
    let mut met = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let policy = Policy {
            has_check: seed % 3 > 0,
            has_liveness: true,
            restart: if seed % 2 == 0 {
                Restart::Always
            } else {
                Restart::OnFailure
            },
            ready_timeout: Duration::from_secs(2),
            grace: Duration::from_secs(1),
            ..Policy::default()
        };
        let mut world = World::new(seed, vec![policy]);
        for n in 0..8u64 {
            let reason = "test".to_owned();
            let fact = match (seed + n) % 4 {
                0 | 1 => Fact::StartRequested,
                2 => Fact::RestartRequested { reason },
                _ => Fact::StopRequested { reason },
            };
            world.say(SidecarId(0), fact);
            world.pass(Duration::from_millis(seed * n * 7));
        }
        met.extend(world.watch.met);
    }
    let all = [
        "Prepare",
        "Spawn",
        "StartReadiness",
        "StartLiveness",
        "StopChecks",
        "AskStop",
        "ForceStop",
        "Spawned",
        "Ready",
        "Unhealthy",
        "Exited",
        "Crashed",
        "Restarting",
        "Stopping",
        "Stopped",
        "Failed",
        "PhaseChanged",
    ];
    let missed: Vec<_> = all
        .into_iter()
        .filter(|name| !met.contains(*name))
        .collect();
    assert!(missed.is_empty(), "never met: {missed:?}");
}

fn about(fact: Fact, run: RunId) -> Fact {
    match fact {
        Fact::StartRequested
        | Fact::StopRequested { .. }
        | Fact::RestartRequested { .. }
        | Fact::RollRequested { .. }
        | Fact::StopAllRequested { .. }
        | Fact::HostExiting { .. } => fact,
        Fact::HandedOver { .. } => Fact::HandedOver { run },
        Fact::HandOverFailed { reason, .. } => Fact::HandOverFailed { run, reason },
        Fact::Prepared { port, .. } => Fact::Prepared { run, port },
        Fact::PrepareFailed { reason, .. } => Fact::PrepareFailed { run, reason },
        Fact::Spawned { pid, .. } => Fact::Spawned { run, pid },
        Fact::SpawnFailed { reason, .. } => Fact::SpawnFailed { run, reason },
        Fact::CheckPassed { port, url, .. } => Fact::CheckPassed { run, port, url },
        Fact::LivenessPassed { .. } => Fact::LivenessPassed { run },
        Fact::LivenessFailed { reason, .. } => Fact::LivenessFailed { run, reason },
        Fact::ReadinessPassed { .. } => Fact::ReadinessPassed { run },
        Fact::ReadinessFailed { reason, .. } => Fact::ReadinessFailed { run, reason },
        Fact::PortTaken { port, .. } => Fact::PortTaken { run, port },
        Fact::LeaderExited {
            status, port_taken, ..
        } => Fact::LeaderExited {
            run,
            status,
            port_taken,
        },
        Fact::TreeGone { survivors, .. } => Fact::TreeGone { run, survivors },
    }
}
