//! Whether the world of the properties is rich enough.

use std::time::Duration;

use sidecar_lifecycle::core::{Condition, Fact, Leftovers, OnDependencyRestart, Policy, Restart};

use crate::script::depend;
use crate::world::World;

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
            has_readiness: true,
            can_move: seed % 5 > 0,
            leftovers: if seed % 4 == 0 {
                Leftovers::Adopt
            } else {
                Leftovers::End
            },
            ..Policy::default()
        };
        let mut world = World::new(seed, vec![policy.clone(), policy]);
        let need = (0, Condition::Ready, OnDependencyRestart::Restart);
        depend(&mut world.watch, 1, vec![need]);
        for n in 0..8u64 {
            let reason = "test".to_owned();
            let fact = match (seed + n) % 6 {
                4 | 5 => Fact::RollRequested { reason },
                0 | 1 => Fact::StartRequested,
                2 => Fact::RestartRequested { reason },
                _ => Fact::StopRequested { reason },
            };
            world.say(world.id(n as usize % 2), fact);
            world.pass(Duration::from_millis(seed * n * 7));
        }
        let reason = "shutdown".to_owned();
        world.say(world.id(0), Fact::HostExiting { reason });
        met.extend(world.watch.met);
    }
    let all = [
        "Prepare",
        "Split",
        "HandOver",
        "Replace",
        "Forget",
        "StartReadinessWatch",
        "WaitingFor",
        "PortTaken",
        "RollDegraded",
        "RollFailed",
        "Spawn",
        "StartReadiness",
        "StartLiveness",
        "StopChecks",
        "AskStop",
        "ForceStop",
        "Spawned",
        "Adopt",
        "Adopted",
        "Release",
        "Released",
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
