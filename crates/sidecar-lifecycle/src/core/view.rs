//! What others may ask of a sidecar.

use super::ids::{RunId, SidecarId};
use super::sidecar::Sidecar;
use super::state::{Phase, Wanted};
use super::time::Mono;

impl Sidecar {
    /// Its place in the fleet.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fleet, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// assert_eq!(fleet.get(web).map(|web| web.id()), Some(web));
    /// ```
    pub fn id(&self) -> SidecarId {
        self.id
    }

    /// What people call it. Reasons that mention it do so by this name.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fleet, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// assert_eq!(fleet.get(web).map(|web| web.name()), Some("web"));
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the user wants.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy, Wanted};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let start = Input { sidecar: web, fact: Fact::StartRequested };
    /// fleet.step(Mono::default(), start, &mut Vec::new());
    /// assert_eq!(fleet.get(web).map(|web| web.wanted()), Some(Wanted::Up), "long before it runs");
    /// ```
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// What is observed.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Phase, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let start = Input { sidecar: web, fact: Fact::StartRequested };
    /// fleet.step(Mono::default(), start, &mut Vec::new());
    /// assert_eq!(fleet.get(web).map(|web| web.phase()), Some(Phase::Preparing));
    /// ```
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The run that is being prepared, runs or is being ended.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy, RunId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// assert_eq!(fleet.get(web).and_then(|web| web.run()), None);
    /// let start = Input { sidecar: web, fact: Fact::StartRequested };
    /// fleet.step(Mono::default(), start, &mut Vec::new());
    /// assert_eq!(fleet.get(web).and_then(|web| web.run()), Some(RunId(1)));
    /// ```
    pub fn run(&self) -> Option<RunId> {
        self.run.as_ref().map(|run| run.id)
    }

    /// The leader of that run, from its spawn until its tree is gone.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy, RunId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let run = RunId(1);
    /// for fact in [
    ///     Fact::StartRequested,
    ///     Fact::Prepared { run, port: None },
    ///     Fact::Spawned { run, pid: 4711 },
    /// ] {
    ///     fleet.step(Mono::default(), Input { sidecar: web, fact }, &mut Vec::new());
    /// }
    /// assert_eq!(fleet.get(web).and_then(|web| web.pid()), Some(4711));
    /// ```
    pub fn pid(&self) -> Option<u32> {
        self.run.as_ref().and_then(|run| run.pid)
    }

    /// When [`Fleet::tick`](super::Fleet::tick) has to be called for it at the latest.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy, RunId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let grace = Duration::from_secs(5);
    /// let web = fleet.add("web", Policy { grace, ..Policy::default() });
    /// let (run, start) = (RunId(1), Mono::default());
    /// for fact in [
    ///     Fact::StartRequested,
    ///     Fact::Prepared { run, port: None },
    ///     Fact::Spawned { run, pid: 4711 },
    ///     Fact::StopRequested { reason: "requested".to_owned() },
    /// ] {
    ///     fleet.step(start, Input { sidecar: web, fact }, &mut Vec::new());
    /// }
    /// let forced_at = fleet.get(web).and_then(|web| web.next_deadline());
    /// assert_eq!(forced_at, Some(start.after(grace)));
    /// ```
    pub fn next_deadline(&self) -> Option<Mono> {
        self.timers.next()
    }

    /// Whether nothing of it runs and nothing will run of itself.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy, RunId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let down = |fleet: &Fleet| fleet.get(web).is_some_and(|web| web.is_down());
    /// assert!(down(&fleet));
    ///
    /// let (run, reason) = (RunId(1), "no such program".to_owned());
    /// let start = Input { sidecar: web, fact: Fact::StartRequested };
    /// fleet.step(Mono::default(), start, &mut Vec::new());
    /// assert!(!down(&fleet), "it is being prepared");
    /// let refused = Fact::PrepareFailed { run, reason, transient: false };
    /// fleet.step(Mono::default(), Input { sidecar: web, fact: refused }, &mut Vec::new());
    /// assert!(down(&fleet), "it has failed");
    /// ```
    pub fn is_down(&self) -> bool {
        matches!(self.phase, Phase::Idle | Phase::Failed)
    }
}
