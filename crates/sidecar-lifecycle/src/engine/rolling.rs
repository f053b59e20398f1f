//! A rolling restart: a second entry of the same name takes the place of the first.

use std::time::Duration;

use tokio::time::timeout;

use super::entry::{Entry, Role};
use super::message::Message;
use super::run_loop::Loop;
use crate::config::HandOver;
use crate::core::{Fact, Phase, RunId, SidecarId};
use crate::event::EventKind;

/// How long the hand-over may take.
const HAND_OVER_LIMIT: Duration = Duration::from_secs(30);

impl Loop {
    /// Makes room for the successor: the same sidecar under another core id.
    pub(super) fn split(&mut self, index: usize, successor: SidecarId) {
        let old = &self.entries[index];
        let new = Entry {
            id: old.id.clone(),
            core: successor,
            config: old.config.clone(),
            ring: old.ring.clone(),
            run: None,
            raw: None,
            runs: old.runs,
            avoid: Vec::new(),
            role: Role::Successor,
        };
        self.entries.push(new);
    }

    /// Has the user's closure send the traffic elsewhere, and tells the core what came of it.
    pub(super) fn hand_over(&mut self, index: usize, run: RunId, from: RunId) {
        let entry = &self.entries[index];
        let (sidecar, tx) = (entry.core, self.tx.clone());
        let tell = move |fact| {
            let _ = tx.send(Message::Fact { sidecar, fact }); // The loop reads this itself.
        };
        let Some(hook) = entry.config_in_use().hooks.hand_over.clone() else {
            return tell(Fact::HandedOver { run });
        };
        let old = self
            .entry(&entry.id.clone())
            .and_then(|old| old.run.as_ref());
        let old_port = old.and_then(|run| run.port);
        let entry = &self.entries[index];
        let current = entry.run.as_ref();
        let change = HandOver {
            id: entry.id.clone(),
            old: from,
            old_port,
            new: run,
            port: current.and_then(|r| r.port),
            url: current.and_then(|r| r.url.clone()),
        };
        let customs = self.customs.clone();
        tokio::task::spawn_local(async move {
            let done = customs.call("the hand-over", Box::new(move || hook(change)));
            tell(match timeout(HAND_OVER_LIMIT, done).await {
                Ok(Ok(())) => Fact::HandedOver { run },
                Ok(Err(reason)) => Fact::HandOverFailed { run, reason },
                Err(_) => Fact::HandOverFailed {
                    run,
                    reason: format!("it took longer than {HAND_OVER_LIMIT:?}"),
                },
            });
        });
    }

    /// Whoever follows the phases has not heard those of the successor. Nearly always both are
    /// ready; but the old one may have ended meanwhile.
    fn tell_new_phase(&self, index: usize, to: Phase) {
        let entry = &self.entries[index];
        let from = self.shared.told_phase(&entry.id);
        if from != to {
            let run = entry.run.as_ref().map_or(RunId(0), |r| r.run);
            let kind = EventKind::PhaseChanged { from, to };
            let hook = self.hook_for(index, run, &kind);
            self.publish(&entry.id, run, kind);
            if let Some(hook) = hook {
                self.shared.hooks.queue(hook);
            }
        }
    }

    /// From now on the successor is meant by the name.
    pub(super) fn replace(&mut self, index: usize, by: SidecarId) {
        let Some(new) = self.index(by) else { return };
        self.entries[index].role = Role::Retired;
        self.entries[new].role = Role::Main;
        let id = self.entries[new].id.clone();
        self.rename(id, new);
        let entry = &self.entries[new];
        // Not that of the old run, which may have begun with another configuration.
        self.fleet.set_policy(entry.core, entry.config.policy());
        let port = entry.run.as_ref().and_then(|run| run.port);
        if let Some(port) = port.filter(|_| entry.config_in_use().port.is_choice()) {
            self.ports.remember(&entry.id, port);
        }
        if let Some(core) = self.fleet.get(entry.core) {
            self.shared.set_info(entry, core, None);
            self.tell_new_phase(new, core.phase());
        }
    }
}
