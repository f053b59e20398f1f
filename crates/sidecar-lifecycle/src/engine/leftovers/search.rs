//! Who is left of a dead instance.

use std::collections::HashMap;

use super::estate::{Left, Spare};
use super::shield::Shield;
use crate::engine::ledger::{Remains, RunRecord};
use crate::identity::{BootId, Identity};
use crate::marker::{self, Marker};
use crate::sys::{Birth, ProcessFacts, process};

/// A process that a dead instance has left.
#[derive(Debug, Clone)]
pub(crate) struct Leftover {
    pub(crate) identity: Identity,
    pub(crate) sidecar: String,
    pub(super) why: &'static str,
}

/// Looks through one reading of the process table.
pub(super) struct Search<'a> {
    pub(super) dead: &'a Remains,
    pub(super) app_id: &'a str,
    pub(super) boot: &'a BootId,
    pub(super) table: &'a [ProcessFacts],
    pub(super) shield: &'a Shield,
    pub(super) prey: &'a Prey,
}

/// Which processes are meant.
pub(super) struct Prey {
    /// Nothing but this run, which its host has left running.
    pub(super) only: Option<Left>,
    pub(super) spare: Spare,
}

impl Prey {
    /// Whether a process with this marker is of the dead.
    pub(super) fn has(&self, marker: &Marker, app_id: &str, dead: &Remains) -> bool {
        let text = marker.to_string();
        if let Some(left) = &self.only {
            return text == left.marker;
        }
        if self.spare.has(marker) {
            return false;
        }
        let of_instance = marker.app_id == app_id && marker.instance == dead.instance;
        let mut runs = dead.state.iter().flat_map(|s| &s.runs);
        of_instance || runs.any(|run| run.marker.as_ref() == Some(&text))
    }

    fn means(&self, record: &RunRecord) -> bool {
        match &self.only {
            Some(left) => record.leader == left.record.leader,
            None => !record.lives_on(),
        }
    }
}

impl Search<'_> {
    /// Recorded processes whose identity matches exactly, processes that carry the dead
    /// instance's marker, those that were found `before` (their parents may be gone by now), and
    /// the descendants of them all. By pid.
    pub(super) fn find<'b>(
        &self,
        before: impl Iterator<Item = &'b Leftover>,
    ) -> HashMap<u32, Leftover> {
        let mut found = HashMap::new();
        let alive: HashMap<(u32, u64), &ProcessFacts> = self
            .table
            .iter()
            .filter(|f| !f.zombie && !self.shield.covers(f.pid) && !self.prey.spare.covers(f))
            .map(|f| ((f.pid, f.start), f))
            .collect();
        for known in before {
            if alive.contains_key(&(known.identity.pid, known.identity.start)) {
                found.insert(known.identity.pid, known.clone());
            }
        }
        let runs = self.dead.state.iter().flat_map(|s| &s.runs);
        for run in runs.filter(|run| self.prey.means(run)) {
            let recorded = run.members.iter().chain([&run.leader]);
            for recorded in recorded.filter(|r| r.boot == *self.boot) {
                if let Some(facts) = alive.get(&(recorded.pid, recorded.start)) {
                    self.add(
                        &mut found,
                        facts,
                        &run.sidecar,
                        "recorded in the state file",
                    );
                }
            }
        }
        let runs = self.dead.state.iter().flat_map(|s| &s.runs);
        for run in runs.filter(|run| self.prey.means(run) && !run.makers.is_empty()) {
            for facts in alive.values().filter(|f| run.has_made(f, self.boot)) {
                let why = "was started by a recorded process";
                self.add(&mut found, facts, &run.sidecar, why);
            }
        }
        let me = process::uid_of(std::process::id());
        for facts in alive.values() {
            // Anyone can set a variable: what another user has marked is not ours to end.
            let marker = process::environ_var(facts.pid, marker::VARIABLE)
                .and_then(|value| Marker::from_bytes(&value).ok())
                .filter(|m| self.prey.has(m, self.app_id, self.dead))
                .filter(|_| process::uid_of(facts.pid) == me);
            if let Some(marker) = marker {
                let why = "carries a dead instance's marker";
                self.add(&mut found, facts, &marker.sidecar, why);
            }
        }
        self.add_descendants(&mut found);
        found
    }

    fn add(
        &self,
        found: &mut HashMap<u32, Leftover>,
        facts: &ProcessFacts,
        sidecar: &str,
        why: &'static str,
    ) {
        found.entry(facts.pid).or_insert_with(|| Leftover {
            identity: Identity {
                pid: facts.pid,
                start: facts.start,
                boot: self.boot.clone(),
            },
            sidecar: sidecar.to_owned(),
            why,
        });
    }

    fn add_descendants(&self, found: &mut HashMap<u32, Leftover>) {
        let mut queue: Vec<u32> = found.keys().copied().collect();
        while let Some(parent) = queue.pop() {
            let Leftover {
                sidecar, identity, ..
            } = &found[&parent];
            let (sidecar, born) = (sidecar.clone(), Birth::at(identity.start));
            // Where nobody adopts orphans (Windows), a parent's number may have been given away
            // since: a child is never older than its parent.
            let children = self
                .table
                .iter()
                .filter(|f| f.ppid == parent && born.may_have_borne(f.birth()) && !f.zombie)
                .filter(|f| !self.shield.covers(f.pid) && !self.prey.spare.covers(f));
            for facts in children {
                if !found.contains_key(&facts.pid) {
                    queue.push(facts.pid);
                    self.add(found, facts, &sidecar, "descends from a leftover");
                }
            }
        }
    }
}
