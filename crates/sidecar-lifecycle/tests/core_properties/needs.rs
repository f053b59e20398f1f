//! What holds between those who need each other.

use sidecar_lifecycle::core::{Condition, Phase, SidecarId, Wanted};

use super::Watch;

impl Watch {
    /// Who begins has all that it needs, by what was told until now.
    pub(super) fn begins(&self, id: SidecarId) {
        let sidecar = self.fleet.get(id).unwrap();
        assert_eq!(sidecar.wanted(), Wanted::Up, "it begins while wanted down");
        let replaced = self.rolls.coming(id).is_some();
        assert!(!replaced, "{id} begins beside who is to replace it");
        for need in self.needs.get(&id).into_iter().flatten() {
            let record = self.last.get(&need.on).map(|run| &self.runs[run]);
            let phase = self.phases[&need.on];
            let spawned = record.is_some_and(|record| record.spawned);
            let holds = match (need.condition, phase) {
                (Condition::Started, Phase::Starting | Phase::Ready | Phase::Unhealthy) => spawned,
                (Condition::Ready, Phase::Ready) => true,
                (Condition::Completed, Phase::Idle) => record
                    .is_some_and(|record| record.exited && !record.crashed && !record.stopping),
                _ => false,
            };
            assert!(
                holds,
                "{id} begins, {:?} of {} does not hold",
                need.condition, need.on
            );
        }
    }

    /// Nothing that is up needs it.
    pub(super) fn is_free_to_go(&self, id: SidecarId) {
        for (dependent, needs) in &self.needs {
            let down = matches!(self.phases[dependent], Phase::Idle | Phase::Failed);
            let needs_it = needs.iter().any(|need| need.on == id);
            assert!(
                !needs_it || down,
                "{id} stops before {dependent}, which needs it"
            );
        }
    }

    /// Nothing is due and nothing is on its way: nobody waits for what will not come.
    pub(crate) fn nobody_waits_in_vain(&self) {
        self.rolls
            .are_at_rest(|successor| self.phases[&successor] == Phase::Waiting);
        for (id, phase) in &self.phases {
            let grounded = match phase {
                Phase::Idle | Phase::Ready | Phase::Unhealthy | Phase::Failed => true,
                Phase::Preparing | Phase::Starting | Phase::Stopping => false,
                // For who runs on, or waits in the same way.
                Phase::Waiting => self.needs[id].iter().any(|need| {
                    matches!(
                        (need.condition, self.phases[&need.on]),
                        (_, Phase::Waiting)
                            | (Condition::Ready | Condition::Completed, Phase::Unhealthy)
                            | (Condition::Completed, Phase::Ready)
                    )
                }),
            };
            assert!(grounded, "{id} waits in vain: {phase:?}");
        }
    }
}
