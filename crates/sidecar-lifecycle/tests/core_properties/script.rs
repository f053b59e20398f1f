//! What users and others do in a world, as strategies.

use std::time::Duration;

use proptest::prelude::*;
use sidecar_lifecycle::core::{
    Condition, Dependency, ExitStatus, Fact, Leftovers, OnDependencyRestart, Policy, Restart,
    RunId, Sidecar,
};

use crate::watch::Watch;
use crate::world::World;

pub(crate) fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

prop_compose! {
    pub(crate) fn policies()(
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
        has_readiness in any::<bool>(),
        readiness_failures in 0u32..4,
        readiness_successes in 0u32..3,
        can_move in any::<bool>(),
        leftovers in prop_oneof![
            2 => Just(Leftovers::End), 1 => Just(Leftovers::Keep), 1 => Just(Leftovers::Adopt)
        ],
        permanent_codes in prop_oneof![3 => Just(vec![]), 1 => Just(vec![1])],
    ) -> Policy {
        Policy {
            has_check, has_liveness, ready_timeout, grace, restart, restart_unready, max_restarts,
            backoff, backoff_cap, window, liveness_failures, has_readiness, readiness_failures,
            readiness_successes, can_move, permanent_codes, leftovers, ..Policy::default()
        }
    }
}

pub(crate) fn wishes() -> impl Strategy<Value = Fact> {
    prop_oneof![
        6 => Just(Fact::StartRequested),
        3 => Just(Fact::RollRequested { reason: "new version".into() }),
        1 => Just(Fact::StopAllRequested { reason: "all".into() }),
        2 => Just(Fact::StopRequested { reason: "requested".into() }),
        2 => Just(Fact::RestartRequested { reason: "refresh".into() }),
    ]
}

/// Anything that can be said about a run.
pub(crate) fn claims(run: impl Strategy<Value = RunId>) -> impl Strategy<Value = Fact> {
    let status = prop_oneof![
        (0..3).prop_map(ExitStatus::Code),
        Just(ExitStatus::Signal(9)),
        Just(ExitStatus::Unknown),
    ];
    let survivors = prop_oneof![3 => Just(vec![]), 1 => Just(vec![99])];
    let whole = (run, 0..16, status, survivors, any::<bool>());
    whole.prop_map(|(run, kind, status, survivors, transient)| match kind {
        0 => Fact::Prepared {
            run,
            port: Some(5173),
        },
        1 => Fact::PrepareFailed {
            run,
            reason: "port held".into(),
            transient,
        },
        2 => Fact::Spawned {
            run,
            pid: 1000 + (run.0 % 1000) as u32,
        },
        3 => Fact::SpawnFailed {
            run,
            reason: "no memory".into(),
            transient,
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
        7 | 8 => Fact::LeaderExited {
            run,
            status,
            port_taken: kind == 8,
        },
        9 => Fact::PortTaken { run, port: 5173 },
        10 => Fact::ReadinessPassed { run },
        11 => Fact::ReadinessFailed {
            run,
            reason: "status 503".into(),
        },
        12 => Fact::HandedOver { run },
        13 => Fact::HandOverFailed {
            run,
            reason: "the proxy is down".into(),
        },
        14 => Fact::LeftoverFound {
            run,
            port: Some(5173),
        },
        _ => Fact::TreeGone { run, survivors },
    })
}

/// How many sidecars a world has.
pub(crate) const CREW: usize = 4;

/// Whom one needs, by place, and how.
pub(crate) type Needs = Vec<(usize, Condition, OnDependencyRestart)>;

pub(crate) fn needs() -> impl Strategy<Value = Needs> {
    let conditions = prop_oneof![
        2 => Just(Condition::Started),
        3 => Just(Condition::Ready),
        1 => Just(Condition::Completed),
    ];
    let follows = prop_oneof![
        Just(OnDependencyRestart::Restart),
        Just(OnDependencyRestart::Ignore)
    ];
    prop::collection::vec((0..CREW, conditions, follows), 0..3)
}

/// Only those before it are needed: so there are no cycles.
pub(crate) fn depend(watch: &mut Watch, index: usize, needs: Needs) {
    let before = needs.into_iter().filter(|(on, _, _)| *on < index);
    let needs = before.map(|(on, condition, on_restart)| Dependency {
        on: watch.current[on],
        condition,
        on_restart,
    });
    let (id, needs) = (watch.current[index], needs.collect());
    watch.depend(id, needs);
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Say(Fact),
    Need(Needs),
}

/// What a user does, when, to whom.
pub(crate) type Script = Vec<(Duration, usize, Act)>;

pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    let pauses = prop_oneof![Just(Duration::ZERO), millis(0..50), millis(0..15_000)];
    // Now and then somebody brings news of a run that may be long gone.
    let acts = prop_oneof![
        12 => wishes().prop_map(Act::Say),
        2 => claims((0u64..8).prop_map(RunId)).prop_map(Act::Say),
        1 => needs().prop_map(Act::Need),
    ];
    prop::collection::vec((pauses, 0..CREW, acts), 0..40)
}

/// What a world is made of. Everybody in it may need somebody.
pub(crate) type Plan = (u64, Vec<(Policy, Needs)>, u64);

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let crew = prop::collection::vec((policies(), needs()), CREW);
    let taken = prop_oneof![4 => Just(8u64), 1 => Just(100)];
    (any::<u64>(), crew, taken)
}

pub(crate) fn world((seed, crew, taken): Plan) -> World {
    let (policies, needs): (Vec<_>, Vec<_>) = crew.into_iter().unzip();
    let mut world = World::new(seed, policies);
    world.taken(taken);
    for (index, needs) in needs.into_iter().enumerate() {
        depend(&mut world.watch, index, needs);
    }
    world
}

/// Plays a script in a world. Claims are made only about runs that are not current.
pub(crate) fn play(world: &mut World, script: Script) {
    for (pause, index, act) in script {
        world.pass(pause);
        let sidecar = world.id(index);
        match act {
            Act::Say(fact) => {
                let current = world.watch.fleet.get(sidecar).and_then(Sidecar::run);
                if fact.run().is_none() || fact.run() != current {
                    world.say(sidecar, fact);
                }
            }
            Act::Need(needs) => depend(&mut world.watch, index, needs),
        }
    }
}

/// The same fact about another run; a wish is about none.
pub(crate) fn about(fact: Fact, run: RunId) -> Fact {
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
        Fact::LeftoverFound { port, .. } => Fact::LeftoverFound { run, port },
        Fact::PrepareFailed {
            reason, transient, ..
        } => Fact::PrepareFailed {
            run,
            reason,
            transient,
        },
        Fact::Spawned { pid, .. } => Fact::Spawned { run, pid },
        Fact::SpawnFailed {
            reason, transient, ..
        } => Fact::SpawnFailed {
            run,
            reason,
            transient,
        },
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
