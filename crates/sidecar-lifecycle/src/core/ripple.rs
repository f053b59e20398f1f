//! One sidecar acts, and those hear of it whom it concerns.

use super::effect::Effect;
use super::fleet::Fleet;
use super::ids::SidecarId;
use super::run::Turn;
use super::sidecar::Sidecar;
use super::time::Mono;

impl Fleet {
    /// Lets one sidecar act, and then everybody whom that concerns.
    ///
    /// It comes to an end: news go from a sidecar to its dependents, a stop that was waited for
    /// goes the other way and once, and there are no cycles.
    pub(super) fn act(
        &mut self,
        id: SidecarId,
        now: Mono,
        out: &mut Vec<Effect>,
        act: impl FnOnce(&mut Sidecar, &mut Turn<'_>),
    ) {
        self.with(id, now, out, act);
        while let Some(id) = self.concerned.pop_front() {
            self.attend_roll(id, out);
            self.with(id, now, out, Sidecar::look_around);
        }
    }

    /// Lets one sidecar act and keeps the books about it. Its dependents know at once how it
    /// stands, so that none of them begins upon old news; they act upon it later.
    pub(super) fn with(
        &mut self,
        id: SidecarId,
        now: Mono,
        out: &mut Vec<Effect>,
        act: impl FnOnce(&mut Sidecar, &mut Turn<'_>),
    ) {
        let Some(sidecar) = self.sidecars.get_mut(&id) else {
            return;
        };
        let (deadline, down) = (sidecar.next_deadline(), sidecar.is_down());
        let (standing, run) = (sidecar.standing(), sidecar.run());
        act(
            sidecar,
            &mut Turn {
                now,
                ids: &mut self.ids,
                out,
            },
        );
        if sidecar.next_deadline() != deadline {
            if let Some(at) = deadline {
                self.deadlines.remove(&(at, id));
            }
            if let Some(at) = sidecar.next_deadline() {
                self.deadlines.insert((at, id));
            }
        }
        let (is_down, stands) = (sidecar.is_down(), sidecar.standing());
        if stands != standing || is_down != down || sidecar.run() != run {
            self.spread(id);
        }
        match (down, is_down) {
            (true, false) => {
                self.up += 1;
                self.count_dependent(id, |up| up + 1);
            }
            (false, true) => {
                self.up -= 1;
                self.count_dependent(id, |up| up - 1);
            }
            (true, true) | (false, false) => {}
        }
    }

    /// Tells everybody who needs it how it stands.
    pub(super) fn spread(&mut self, id: SidecarId) {
        let Some(sidecar) = self.get(id) else { return };
        let standing = sidecar.standing();
        for dependent in sidecar.dependents.clone() {
            if let Some(dependent) = self.get_mut(dependent) {
                dependent.hear_of(id, &standing);
            }
            self.concerned.push_back(dependent);
        }
        if self.is_rolling(id) {
            self.concerned.push_back(id);
        }
    }

    /// It came up or went down: whom it needs may have waited for that.
    fn count_dependent(&mut self, id: SidecarId, count: impl Fn(usize) -> usize) {
        for on in self.needed_by(id) {
            if let Some(needed) = self.get_mut(on) {
                needed.dependents_up = count(needed.dependents_up);
                if needed.dependents_up == 0 && needed.leaving.is_some() {
                    self.concerned.push_back(on);
                }
            }
        }
    }
}
