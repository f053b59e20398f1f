//! What arrives at the engine's one channel.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::checks::CheckCommand;
use super::entry::Prepared;
use super::killing::Killer;
use super::leftovers::Left;
use super::raw_output::OutputOrder;
use super::refusal::Refusal;
use super::stdin::StdinOrder;
use super::waiters::Waiter;
use crate::config::SidecarConfig;
use crate::core::{ExitStatus, Fact, RunId, SidecarId};
use crate::event::EventKind;
use crate::identity::Identity;
use crate::logs::{LogRing, Piece};

/// Everything that can reach the loop.
pub(crate) enum Message {
    /// A user declared a sidecar, or gave one that is down another configuration.
    Declare {
        id: String,
        config: Arc<SidecarConfig>,
        ring: LogRing,
    },
    /// A user asked for something.
    Ask { id: String, fact: Fact },
    /// A user writes to a sidecar's stdin.
    Stdin {
        id: String,
        run: Option<RunId>,
        order: StdinOrder,
    },
    /// A user ends one very run by force.
    Kill(Killer),
    /// A user reads a sidecar's raw stdout.
    Output { id: String, order: OutputOrder },
    /// A user waits.
    Wait(Waiter),
    /// A helper finished.
    Fact { sidecar: SidecarId, fact: Fact },
    /// A run can be spawned.
    Prepared {
        sidecar: SidecarId,
        run: RunId,
        prepared: Prepared,
    },
    /// A run need not be spawned: an earlier host has left it.
    LeftoverFound {
        sidecar: SidecarId,
        run: RunId,
        left: Box<Left>,
    },
    /// A check command shall run.
    Check {
        sidecar: SidecarId,
        run: RunId,
        command: CheckCommand,
        answer: oneshot::Sender<Result<(), String>>,
    },
    /// A check command has had its time.
    CheckOverdue { check: RunId },
    /// A helper wants something told.
    Tell {
        sidecar: SidecarId,
        run: RunId,
        kind: EventKind,
    },
    /// The spawner reported.
    Spawner(Report),
    /// More of a run's log is to be read.
    ReadOn { run: RunId },
    /// The spawner takes more of what is still to be sent to it.
    SpawnerListens,
    /// Leftovers were looked for, and these are the news.
    Swept(Vec<(String, EventKind)>),
    /// All shall end.
    Shutdown { reason: String },
    /// All shall be down, and may be started again.
    StopAll { reason: String },
    /// All shall end now, without grace.
    Force,
    /// The last handle is gone and everything is down.
    Quit,
}

/// What the spawner reports. The same on every platform.
#[derive(Debug)]
pub(crate) enum Report {
    /// The leader runs.
    Spawned { run: RunId, leader: Identity },
    /// It could not be started.
    SpawnFailed { run: RunId, refusal: Refusal },
    /// The leader ended.
    Exited { run: RunId, status: ExitStatus },
    /// Its tree is gone, or these survive.
    TreeGone { run: RunId, survivors: Vec<u32> },
    /// A process was released.
    Kept {
        run: RunId,
        pid: u32,
        command: String,
        why: String,
    },
    /// The log has grown.
    Output { run: RunId, pieces: Vec<Piece> },
    /// The log cannot be written or rotated.
    LogTrouble { run: RunId, reason: String },
    /// All that was ordered up to this ping is done.
    Answered { ping: u64 },
    /// The guardian's standby is gone.
    StandbyLost,
    /// The guardian is gone.
    Lost,
}
