//! A test bench for several sidecars that have to do with each other.

use std::time::Duration;

use super::bench::short;
use super::{
    Condition, Dependency, Effect, ExitStatus, Fact, Fleet, Input, Mono, Notice,
    OnDependencyRestart, Order, Phase, Policy, RunId, Sidecar, SidecarId,
};

/// A fleet, a clock, and what came out of the last step.
pub(super) struct Crew {
    pub(super) fleet: Fleet,
    now: Mono,
    pub(super) out: Vec<Effect>,
}

impl Crew {
    /// Sidecars of the same policy; each name may say after a `>` whom it needs ready.
    pub(super) fn new(policy: &Policy, names: &[&str]) -> Crew {
        let mut crew = Crew {
            fleet: Fleet::new(42),
            now: Mono::default(),
            out: Vec::new(),
        };
        let parts = |text: &&str| {
            let (name, needs) = text.split_once('>').unwrap_or((text, ""));
            (name.to_owned(), needs.to_owned())
        };
        let named: Vec<_> = names.iter().map(parts).collect();
        for (name, _) in &named {
            crew.fleet.add(name.as_str(), policy.clone());
        }
        for (name, needs) in &named {
            let on = needs.split_whitespace().map(|on| crew.id(on));
            let needs = on.map(|on| needs_ready(on, OnDependencyRestart::Ignore));
            let (id, needs) = (crew.id(name), needs.collect());
            crew.fleet.set_dependencies(id, needs).unwrap();
        }
        crew
    }

    pub(super) fn id(&self, name: &str) -> SidecarId {
        let mut all = self.fleet.all();
        all.find(|s| s.name() == name).expect("no such name").id()
    }

    pub(super) fn get(&self, name: &str) -> &Sidecar {
        self.fleet.get(self.id(name)).unwrap()
    }

    pub(super) fn phase(&self, name: &str) -> Phase {
        self.get(name).phase()
    }

    pub(super) fn needs(&mut self, name: &str, on: &str, condition: Condition, r: &str) {
        let on_restart = match r {
            "restart" => OnDependencyRestart::Restart,
            _ => OnDependencyRestart::Ignore,
        };
        let need = Dependency {
            on: self.id(on),
            condition,
            on_restart,
        };
        let id = self.id(name);
        self.fleet.set_dependencies(id, vec![need]).unwrap();
    }

    pub(super) fn say(&mut self, sidecar: SidecarId, fact: Fact) -> &mut Crew {
        self.out.clear();
        let input = Input { sidecar, fact };
        self.fleet.step(self.now, input, &mut self.out);
        self
    }

    pub(super) fn wait(&mut self, time: Duration) -> &mut Crew {
        self.now = self.now.after(time);
        self.out.clear();
        self.fleet.tick(self.now, &mut self.out);
        self
    }

    pub(super) fn start(&mut self, name: &str) -> &mut Crew {
        self.say(self.id(name), Fact::StartRequested)
    }

    pub(super) fn stop(&mut self, name: &str) -> &mut Crew {
        let reason = "requested".to_owned();
        self.say(self.id(name), Fact::StopRequested { reason })
    }

    pub(super) fn restart(&mut self, name: &str) -> &mut Crew {
        let reason = "refresh".to_owned();
        self.say(self.id(name), Fact::RestartRequested { reason })
    }

    pub(super) fn stop_all(&mut self) -> &mut Crew {
        let reason = "all".to_owned();
        self.say(SidecarId(0), Fact::StopAllRequested { reason })
    }

    pub(super) fn run(&self, id: SidecarId) -> RunId {
        self.fleet.get(id).unwrap().run().expect("it has no run")
    }

    /// From `Preparing` to a leader that runs.
    pub(super) fn runs(&mut self, name: &str) -> &mut Crew {
        self.id_runs(self.id(name))
    }

    pub(super) fn id_runs(&mut self, id: SidecarId) -> &mut Crew {
        let (run, port, pid) = (self.run(id), Some(5173), 100);
        self.say(id, Fact::Prepared { run, port });
        self.say(id, Fact::Spawned { run, pid })
    }

    pub(super) fn exited(&mut self, name: &str, code: i32) -> &mut Crew {
        self.id_exited(self.id(name), code)
    }

    pub(super) fn id_exited(&mut self, id: SidecarId, code: i32) -> &mut Crew {
        let (run, status, port_taken) = (self.run(id), ExitStatus::Code(code), false);
        let fact = Fact::LeaderExited {
            run,
            status,
            port_taken,
        };
        self.say(id, fact)
    }

    pub(super) fn gone(&mut self, name: &str) -> &mut Crew {
        self.id_gone(self.id(name))
    }

    pub(super) fn id_gone(&mut self, id: SidecarId) -> &mut Crew {
        let (run, survivors) = (self.run(id), Vec::new());
        self.say(id, Fact::TreeGone { run, survivors })
    }

    /// What came out of the last step: `web Prepare`, `db AskStop`, …
    pub(super) fn story(&self) -> Vec<String> {
        let told = self.out.iter().map(|effect| {
            let name = self.fleet.get(effect.sidecar).map_or("-", Sidecar::name);
            (name, short(&effect.order))
        });
        told.filter(|(_, order)| order != "PhaseChanged")
            .map(|(name, order)| format!("{name} {order}"))
            .collect()
    }

    pub(super) fn failure(&self) -> &str {
        let reason = |effect: &Effect| match &effect.order {
            Order::Publish(Notice::Failed { .. }) => {
                self.fleet.get(effect.sidecar).map(|s| s.failure.as_str())
            }
            _ => None,
        };
        self.out
            .iter()
            .find_map(reason)
            .expect("nothing has failed")
    }
}

pub(super) fn needs_ready(on: SidecarId, on_restart: OnDependencyRestart) -> Dependency {
    Dependency {
        on,
        condition: Condition::Ready,
        on_restart,
    }
}
