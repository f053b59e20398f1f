//! From entries to trees: one reading of the process table for all of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::registry::Entry;
use super::{Census, Instance, Status, Tree};
use crate::core::Leftovers;
use crate::engine::ledger::{self, Lock, Remains, RunRecord, State};
use crate::engine::leftovers::{Estate, Leftover, Sweeper};
use crate::engine::ownership::{Reaper, RunTree};
use crate::event::Protection;
use crate::identity::Identity;
use crate::marker::{self, Marker};
use crate::sys::{Listener, ProcessFacts, process, sockets};

/// Looks at every instance that is written down.
pub(super) fn survey(entries: Vec<Entry>) -> Census {
    let table = Table::read();
    let found = entries.into_iter().filter_map(|entry| table.look_at(entry));
    let mut instances: Vec<Instance> = found.collect();
    instances.sort_by(|a, b| (&a.app_id, &a.instance).cmp(&(&b.app_id, &b.instance)));
    Census { instances }
}

/// The machine at one moment.
struct Table {
    processes: Vec<ProcessFacts>,
    /// Of this user's processes; nobody else's is believed.
    markers: HashMap<u32, Marker>,
    listeners: Vec<Listener>,
}

impl Table {
    fn read() -> Table {
        let processes = process::all_processes();
        let me = process::uid_of(std::process::id());
        let own = processes
            .iter()
            .filter(|f| !f.zombie && process::uid_of(f.pid) == me);
        let markers = own.filter_map(|f| {
            let value = process::environ_var(f.pid, marker::VARIABLE)?;
            Some((f.pid, Marker::from_bytes(&value).ok()?))
        });
        Table {
            markers: markers.collect(),
            listeners: sockets::listeners(None).unwrap_or_default(),
            processes,
        }
    }

    /// Nothing when nothing is left of it.
    fn look_at(&self, entry: Entry) -> Option<Instance> {
        let (lock, remains) = ledger::look(&entry.state_dir, &entry.app_id, &entry.instance);
        let alive = |id: &Option<Identity>| id.as_ref().filter(|id| id.is_alive()).map(|id| id.pid);
        let state = remains.state.as_ref();
        let host = state.and_then(|state| alive(&state.host));
        let standby = state.and_then(|state| alive(&state.standby));
        // A standby without a guardian is the guardian.
        let guardian = state.and_then(|state| alive(&state.guardian)).or(standby);
        // A later launch holds the lock while there is something for it to adopt.
        let outlives = state.is_some_and(|state| state.runs.iter().any(RunRecord::lives_on));
        let status = match lock {
            Lock::Missing => return None,
            Lock::Held if host.is_some() => Status::Running,
            Lock::Held if outlives && guardian.is_none() => Status::LeftBehind,
            Lock::Held => Status::Ending,
            Lock::Free if guardian.is_some() => Status::Ending,
            Lock::Free => Status::LeftBehind,
        };
        let sidecars = match (&remains.state, status) {
            (_, Status::LeftBehind) => self.leftovers(&entry, &remains),
            (Some(state), _) => self.trees(state, state.runs.iter(), guardian),
            (None, _) => Vec::new(),
        };
        if status != Status::Running && sidecars.is_empty() {
            return None;
        }
        let protection = match guardian {
            _ if cfg!(windows) => Protection::Kernel,
            Some(guardian) if standby.is_some_and(|s| s != guardian) => {
                Protection::GuardianWithStandby
            }
            Some(_) => Protection::Guardian,
            None => Protection::BestEffort,
        };
        Some(Instance {
            app_id: entry.app_id,
            instance: entry.instance,
            status,
            host,
            protection,
            sidecars,
        })
    }

    /// The trees of these runs of an instance; `guardian` is its own, while that lives.
    fn trees<'a>(
        &self,
        state: &State,
        runs: impl Iterator<Item = &'a RunRecord>,
        guardian: Option<u32>,
    ) -> Vec<Tree> {
        let alone = state.runs.len() == 1;
        let reaper = guardian.map(|pid| Reaper { pid, alone });
        let trees = runs.filter_map(|record| {
            // One that was adopted carries that of the instance which started it.
            let carried = record.marker(&state.app_id, &state.instance);
            let marker = carried.parse::<Marker>().ok()?;
            let is_marked = |pid| is_recorded(record, pid) || self.has_marker(pid, &marker);
            let leader = record.leader.clone();
            let tree = RunTree {
                leader: leader.clone(),
                marker: marker.clone(),
            };
            let pids = tree.with_escapees_among(&self.processes, reaper, &is_marked);
            let tree = self.tree(record.sidecar.clone(), Some(record), leader, pids)?;
            let leftovers = record.leftovers;
            Some(Tree { leftovers, ..tree })
        });
        let mut trees: Vec<Tree> = trees.collect();
        trees.sort_by_key(|tree| tree.run.0);
        trees
    }

    fn has_marker(&self, pid: u32, marker: &Marker) -> bool {
        self.markers.get(&pid) == Some(marker)
    }

    /// What the next start of the app would end, by sidecar; and what has outlived its host as it was
    /// meant to.
    fn leftovers(&self, entry: &Entry, remains: &Remains) -> Vec<Tree> {
        let sweeper = Sweeper {
            dir: entry.state_dir.clone(),
            app_id: entry.app_id.clone(),
            guardians: Vec::new(),
            estate: Estate::default(),
        };
        let mut by_sidecar: BTreeMap<String, Vec<Leftover>> = BTreeMap::new();
        for leftover in sweeper.would_end(remains) {
            let of_it = by_sidecar.entry(leftover.sidecar.clone()).or_default();
            of_it.push(leftover);
        }
        let trees = by_sidecar.into_iter().filter_map(|(sidecar, mut left)| {
            left.sort_by_key(|l| (l.identity.start, l.identity.pid));
            // Whoever lives on is another run, and is not among those.
            let mut runs = remains.state.iter().flat_map(|s| s.runs.iter().rev());
            let record = runs.find(|r| r.sidecar == sidecar && !r.lives_on());
            let is_leader = |l: &&Leftover| record.is_some_and(|r| r.leader == l.identity);
            let leader = left.iter().find(is_leader).or(left.first())?;
            let pids = left.iter().map(|l| l.identity.pid).collect();
            self.tree(sidecar, record, leader.identity.clone(), pids)
        });
        let outlived = remains.state.iter().flat_map(|state| {
            let living = state.runs.iter().filter(|record| record.lives_on());
            self.trees(state, living, None)
        });
        trees.chain(outlived).collect()
    }

    /// Nothing when none of these processes lives. One that is to end, unless it is said otherwise.
    fn tree(
        &self,
        sidecar: String,
        record: Option<&RunRecord>,
        leader: Identity,
        pids: Vec<u32>,
    ) -> Option<Tree> {
        let wanted: HashSet<u32> = pids.into_iter().collect();
        let living = self
            .processes
            .iter()
            .filter(|f| wanted.contains(&f.pid) && !f.zombie);
        let mut pids: Vec<u32> = living.map(|f| f.pid).collect();
        pids.sort_unstable();
        let leader = if pids.contains(&leader.pid) {
            leader
        } else {
            // It has ended before its tree.
            pids.iter().find_map(|&pid| Identity::of(pid))?
        };
        let marked = || self.markers.get(&leader.pid).map(|m| m.run);
        let run = record.map(|r| r.run).or_else(marked)?;
        let command = process::command_line(leader.pid)
            .or_else(|| record.map(|r| r.command.clone()))
            .unwrap_or_default();
        Some(Tree {
            sidecar,
            run,
            leftovers: Leftovers::End,
            phase: record.and_then(|r| r.phase),
            command,
            cwd: process::cwd_of(leader.pid),
            started: process::started_at(leader.pid),
            ports: self.ports_of(&pids),
            pids,
            leader,
        })
    }

    fn ports_of(&self, pids: &[u32]) -> Vec<u16> {
        let held: HashSet<u64> = pids.iter().flat_map(|&p| sockets::held_by(p)).collect();
        let listening = self.listeners.iter().filter(|l| held.contains(&l.inode));
        let mut ports: Vec<u16> = listening.map(|l| l.port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// Whether a process was seen in a run's tree when it became ready.
fn is_recorded(record: &RunRecord, pid: u32) -> bool {
    let mut members = record.members.iter();
    members.any(|member| member.pid == pid && member.is_alive())
}
