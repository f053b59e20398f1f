//! One sidecar, as the shell keeps it.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::direct_log::DirectLog;
use super::leftovers::Left;
use super::message::Message;
use super::output::Output;
use super::ownership::RunTree;
use super::raw_output::RawOutput;
use super::spawner::{HostEnds, read_pipes};
use super::stdin::Stdin;
use crate::config::SidecarConfig;
use crate::core::{RunId, SidecarId};
use crate::identity::Identity;
use crate::logs::LogRing;
use crate::marker::Marker;
use crate::ports::Reservation;

/// A declared sidecar with its current run.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) core: SidecarId,
    /// What the next run begins with. Shared with whoever holds the engine.
    pub(crate) config: Arc<SidecarConfig>,
    pub(crate) ring: LogRing,
    pub(crate) run: Option<CurrentRun>,
    /// Its stdout where that is raw: that of the run that was spawned last.
    pub(crate) raw: Option<Rc<RawOutput>>,
    pub(crate) runs: u64,
    /// Ports that its last runs have found taken.
    pub(crate) avoid: Vec<u16>,
    pub(crate) role: Role,
}

impl Entry {
    /// What the current run began with, or the next one will. Another one may be declared while a
    /// run begins: half of each would be neither.
    pub(crate) fn config_in_use(&self) -> &Arc<SidecarConfig> {
        let current = self.run.as_ref().filter(|run| !run.over);
        current.map_or(&self.config, |run| &run.config)
    }
}

/// Which of a sidecar's entries this is: a rolling restart has two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one that its name stands for.
    Main,
    /// On its way to take over.
    Successor,
    /// On its way out.
    Retired,
}

/// What the shell knows of the run that the core is in.
pub(crate) struct CurrentRun {
    pub(crate) run: RunId,
    /// It is what this run has until its end, whatever is declared meanwhile.
    pub(crate) config: Arc<SidecarConfig>,
    pub(crate) marker: Marker,
    pub(crate) prepared: Option<Prepared>,
    /// Nothing of it will be started any more.
    pub(crate) over: bool,
    /// What it was started with, for who may take it over one day.
    pub(crate) fingerprint: u64,
    /// It was found running and not spawned; with what is known of it until it is written down here.
    pub(crate) left: Option<Box<Left>>,
    /// Its log, where it writes that by itself.
    pub(crate) direct_log: Option<Rc<DirectLog>>,
    pub(crate) leader: Option<Identity>,
    /// The sequence number of the last line before this run's first.
    pub(crate) lines_before: u64,
    pub(crate) output: Option<Rc<RefCell<Output>>>,
    /// The ends of its output that nobody reads yet.
    pub(crate) unread: Option<HostEnds>,
    pub(crate) stdin: Option<Stdin>,
    /// Its leader has ended.
    pub(crate) exited: bool,
    /// It was told to stop by its stdin: the signal waits until its leader has ended.
    pub(crate) told_by_stdin: bool,
    pub(crate) helpers: Vec<AbortHandle>,
    pub(crate) port: Option<u16>,
    pub(crate) url: Option<String>,
    pub(crate) ready_at: Option<std::time::Duration>,
}

/// What `Prepare` found out.
pub(crate) struct Prepared {
    pub(crate) program: PathBuf,
    pub(crate) port: Option<u16>,
    /// Kept until the server has bound the port, or is not going to.
    pub(crate) reservation: Option<Reservation>,
}

impl CurrentRun {
    pub(crate) fn new(run: RunId, config: Arc<SidecarConfig>, marker: Marker) -> CurrentRun {
        CurrentRun {
            run,
            config,
            marker,
            prepared: None,
            over: false,
            fingerprint: 0,
            left: None,
            direct_log: None,
            leader: None,
            lines_before: 0,
            output: None,
            unread: None,
            stdin: None,
            exited: false,
            told_by_stdin: false,
            helpers: Vec::new(),
            port: None,
            url: None,
            ready_at: None,
        }
    }

    /// Nothing of it is left or will come: nobody binds its port.
    pub(crate) fn end(&mut self) {
        self.over = true;
        self.prepared = None;
    }

    /// Begins to read its output, where the spawner does not tell of it.
    pub(crate) fn read_output(&mut self, tx: &mpsc::UnboundedSender<Message>) {
        if let Some(log) = &self.direct_log {
            log.follow(self.run, tx.clone());
        }
        if let (Some(output), Some(ends)) = (&self.output, self.unread.take()) {
            // Not among the helpers: output is read until its end, checks or no checks.
            let _tasks = read_pipes(output, &ends);
        }
    }

    /// Its processes, once its leader is known.
    pub(crate) fn tree(&self) -> Option<RunTree> {
        Some(RunTree {
            leader: self.leader.clone()?,
            marker: self.marker.clone(),
        })
    }

    /// Stops what looks at this run. What it has already sent is dropped by its run id.
    pub(crate) fn stop_helpers(&mut self) {
        for helper in self.helpers.drain(..) {
            helper.abort();
        }
    }
}

impl Drop for CurrentRun {
    fn drop(&mut self) {
        self.stop_helpers();
    }
}
