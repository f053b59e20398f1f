//! A test bench for one sidecar in the situations that have names. Arbitrary orders of inputs are
//! in `tests/core_properties.rs`.

use std::time::Duration;

use super::{
    Effect, ExitStatus, Fact, Fleet, Input, Mono, Notice, Order, Phase, Policy, Restart, RunId,
    SidecarId, Wanted,
};

/// A fleet of one, a clock, and what came out of the last step.
pub(super) struct Bench {
    pub(super) fleet: Fleet,
    pub(super) id: SidecarId,
    pub(super) now: Mono,
    pub(super) orders: Vec<Order>,
}

impl Bench {
    pub(super) fn new(policy: Policy) -> Bench {
        let mut fleet = Fleet::new(42);
        let id = fleet.add("web", policy);
        Bench {
            fleet,
            id,
            now: Mono::default(),
            orders: Vec::new(),
        }
    }

    fn take(&mut self, out: Vec<Effect>) {
        self.orders = out.into_iter().map(|effect| effect.order).collect();
    }

    pub(super) fn fact(&mut self, fact: Fact) -> &mut Bench {
        let mut out = Vec::new();
        self.fleet.step(
            self.now,
            Input {
                sidecar: self.id,
                fact,
            },
            &mut out,
        );
        self.take(out);
        self
    }

    pub(super) fn wait(&mut self, time: Duration) -> &mut Bench {
        self.now = self.now.after(time);
        let mut out = Vec::new();
        self.fleet.tick(self.now, &mut out);
        self.take(out);
        self
    }

    pub(super) fn start(&mut self) -> &mut Bench {
        self.fact(Fact::StartRequested)
    }

    pub(super) fn stop(&mut self) -> &mut Bench {
        self.fact(Fact::StopRequested {
            reason: "requested".into(),
        })
    }

    pub(super) fn restart(&mut self) -> &mut Bench {
        self.fact(Fact::RestartRequested {
            reason: "refresh".into(),
        })
    }

    pub(super) fn run(&self) -> RunId {
        self.fleet.get(self.id).unwrap().run().unwrap()
    }

    pub(super) fn prepared(&mut self) -> &mut Bench {
        let run = self.run();
        self.fact(Fact::Prepared {
            run,
            port: Some(5173),
        })
    }

    pub(super) fn spawned(&mut self) -> &mut Bench {
        let run = self.run();
        self.fact(Fact::Spawned {
            run,
            pid: 100 + run.0 as u32,
        })
    }

    pub(super) fn exited(&mut self, code: i32) -> &mut Bench {
        let run = self.run();
        self.fact(Fact::LeaderExited {
            run,
            status: ExitStatus::Code(code),
            port_taken: false,
        })
    }

    pub(super) fn gone(&mut self) -> &mut Bench {
        let run = self.run();
        self.fact(Fact::TreeGone {
            run,
            survivors: Vec::new(),
        })
    }

    /// Up to a leader that runs.
    pub(super) fn up(&mut self) -> &mut Bench {
        self.start().prepared().spawned()
    }

    pub(super) fn state(&self) -> (Wanted, Phase) {
        let sidecar = self.fleet.get(self.id).unwrap();
        (sidecar.wanted(), sidecar.phase())
    }

    /// The orders of the last step in short: `Prepare`, `Stopping`, …
    pub(super) fn names(&self) -> Vec<String> {
        self.orders
            .iter()
            .map(short)
            .filter(|n| n != "PhaseChanged")
            .collect()
    }

    pub(super) fn reason(&self) -> String {
        let reason = |order: &Order| match order {
            Order::Publish(Notice::Failed { reason, .. }) => Some(reason.clone()),
            _ => None,
        };
        self.orders
            .iter()
            .find_map(reason)
            .expect("nothing has failed")
    }
}

/// The name of an order, or of what it publishes.
pub(super) fn short(order: &Order) -> String {
    let text = match order {
        Order::Publish(notice) => format!("{notice:?}"),
        order => format!("{order:?}"),
    };
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

pub(super) fn checked() -> Policy {
    Policy {
        has_check: true,
        has_liveness: true,
        ..Policy::default()
    }
}

pub(super) fn restarting() -> Policy {
    Policy {
        restart: Restart::OnFailure,
        max_restarts: 3,
        ..Policy::default()
    }
}
