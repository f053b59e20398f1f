//! What dead instances have left running on purpose, until it is taken over or ended.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::core::Leftovers;
use crate::engine::ledger::{self, DeadState, RunRecord};
use crate::engine::shared::lock;
use crate::identity::Identity;
use crate::marker::Marker;
use crate::sys::ProcessFacts;

/// The files of dead instances that have left something to be adopted. As long as they are here
/// they are locked: no other start takes it, or ends it.
#[derive(Clone, Default)]
pub(crate) struct Estate(Arc<Mutex<Vec<DeadState>>>);

impl fmt::Debug for Estate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Estate").field(&lock(&self.0).len()).finish()
    }
}

/// A run that a dead instance has left running.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    pub(crate) record: RunRecord,
    /// What its processes carry.
    pub(crate) marker: String,
}

impl Estate {
    pub(super) fn hold(&self, dead: DeadState) {
        lock(&self.0).push(dead);
    }

    /// What is left of this sidecar, dead or alive.
    pub(crate) fn of(&self, sidecar: &str) -> Option<Left> {
        let states = lock(&self.0);
        let mut all = states.iter().filter_map(|dead| dead.remains.state.as_ref());
        all.find_map(|state| {
            let of_it = |r: &&RunRecord| r.sidecar == sidecar && r.leftovers == Leftovers::Adopt;
            let record = state.runs.iter().find(of_it)?;
            Some(Left {
                marker: record.marker(&state.app_id, &state.instance),
                record: record.clone(),
            })
        })
    }

    /// It was taken over and written down elsewhere, or is no more.
    pub(crate) fn forget(&self, leader: &Identity) {
        let mut states = lock(&self.0);
        for mut dead in std::mem::take(&mut *states) {
            let runs = |dead: &DeadState| dead.remains.state.as_ref().map_or(0, |s| s.runs.len());
            let before = runs(&dead);
            if before == 0 {
                continue;
            }
            dead.retain(|record| record.leader != *leader);
            if runs(&dead) == 0 {
                dead.remove();
            } else {
                states.push(dead);
            }
        }
    }
}

/// What lives on as it was meant to, whoever's it was: never ended with what else is left.
#[derive(Debug, Default)]
pub(super) struct Spare {
    markers: HashSet<String>,
    processes: HashSet<(u32, u64)>,
}

impl Spare {
    /// By all state files of a folder, but for one that is to be ended.
    pub(super) fn of(dir: &Path, but: Option<&Identity>) -> Spare {
        let mut spare = Spare::default();
        for state in ledger::all_states(dir) {
            let living = state.runs.iter().filter(|r| r.lives_on());
            for record in living.filter(|r| Some(&r.leader) != but) {
                spare
                    .markers
                    .insert(record.marker(&state.app_id, &state.instance));
                let all = record.members.iter().chain([&record.leader]);
                spare.processes.extend(all.map(|i| (i.pid, i.start)));
            }
        }
        spare
    }

    pub(super) fn covers(&self, facts: &ProcessFacts) -> bool {
        self.processes.contains(&(facts.pid, facts.start))
    }

    pub(super) fn has(&self, marker: &Marker) -> bool {
        self.markers.contains(&marker.to_string())
    }
}
