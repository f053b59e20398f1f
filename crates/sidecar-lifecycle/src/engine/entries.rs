//! Who is declared: the core's ids, users' names, and the entries of both.

use std::sync::Arc;

use super::entry::{CurrentRun, Entry, Role};
use super::run_loop::Loop;
use crate::config::SidecarConfig;
use crate::core::{Dependency, RunId, SidecarId};
use crate::logs::LogRing;

impl Loop {
    pub(super) fn declare(&mut self, id: &str, config: Arc<SidecarConfig>, ring: LogRing) {
        if let Some(&index) = self.by_name.get(id) {
            let entry = &mut self.entries[index];
            entry.config = config;
            // A run that has begun keeps its policy too: the next one brings its own.
            if entry.run.as_ref().is_none_or(|run| run.over) {
                self.fleet.set_policy(entry.core, entry.config.policy());
            }
            self.link(id);
            return;
        }
        let core = self.fleet.add(id, config.policy());
        self.by_name.insert(id.to_owned(), self.entries.len());
        self.entries.push(Entry {
            id: id.to_owned(),
            core,
            config,
            ring,
            run: None,
            raw: None,
            runs: 0,
            avoid: Vec::new(),
            role: Role::Main,
        });
        self.link(id);
    }

    /// Tells the core who needs whom, as far as all of them are declared: this sidecar, and those
    /// that need it. Nobody is started before all that he needs is known.
    fn link(&mut self, declared: &str) {
        let needs_it = |entry: &Entry| {
            entry.id == declared || entry.config.depends_on.iter().any(|d| d.id == declared)
        };
        let concerned: Vec<usize> = (0..self.entries.len())
            .filter(|&index| needs_it(&self.entries[index]))
            .collect();
        for index in concerned {
            let entry = &self.entries[index];
            let on_restart = entry.config.on_dependency_restart;
            let needs = entry.config.depends_on.iter().map(|dependency| {
                let on = self.entries[*self.by_name.get(&dependency.id)?].core;
                Some(Dependency {
                    on,
                    condition: dependency.condition,
                    on_restart,
                })
            });
            let Some(needs) = needs.collect::<Option<Vec<_>>>() else {
                continue;
            };
            if let Err(cycle) = self.fleet.set_dependencies(entry.core, needs) {
                log::error!("{cycle}"); // Refused where it was declared, so it is not met here.
            }
        }
    }

    /// Has a name stand for another entry.
    pub(super) fn rename(&mut self, id: String, index: usize) {
        self.by_name.insert(id, index);
    }

    /// Removes an entry of which nothing is left.
    pub(super) fn forget(&mut self, index: usize) {
        let gone = self.entries.remove(index);
        for place in self.by_name.values_mut().filter(|place| **place > index) {
            *place -= 1;
        }
        if let Some(raw) = gone.raw {
            let newest = self.entry(&gone.id).and_then(|e| e.raw.as_ref());
            raw.retire(newest.map_or(raw.run(), |newest| newest.run()));
        }
    }

    pub(super) fn index_of(&self, run: RunId) -> Option<usize> {
        self.entries
            .iter()
            .position(|e| e.run.as_ref().is_some_and(|r| r.run == run))
    }

    /// A sidecar by its id.
    pub(super) fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        let index = *self.by_name.get(id)?;
        self.entries.get_mut(index)
    }

    /// The same, to look at.
    pub(super) fn named(&self, id: &str) -> Option<&Entry> {
        self.entries.get(*self.by_name.get(id)?)
    }

    pub(super) fn index(&self, sidecar: SidecarId) -> Option<usize> {
        self.entries.iter().position(|e| e.core == sidecar)
    }

    pub(super) fn current(&mut self, sidecar: SidecarId, run: RunId) -> Option<&mut CurrentRun> {
        let index = self.index(sidecar)?;
        self.entries[index].run.as_mut().filter(|r| r.run == run)
    }
}
