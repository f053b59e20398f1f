//! The grammar of notices, as `core/mod.rs` writes it down.

use std::collections::BTreeMap;

use sidecar_lifecycle::core::{Notice, RunId, SidecarId};

/// What was told last of a sidecar, as far as it decides what may come next.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum At {
    /// Nothing, or the end of a run and what follows it.
    #[default]
    Between,
    Spawned,
    Ready,
    Unhealthy,
    /// It has crashed or found its port taken, and its leader may live.
    Broken,
    /// It could not begin, for a reason that may pass.
    NotBegun,
    Stopping,
    Exited,
    /// Its leader has ended, and that was a crash or because of its port.
    ExitedBroken,
    /// Its leader has ended and a stop was told, in either order.
    ExitedStopping,
    /// A stop overtook the spawn of this run.
    Overtaken(RunId),
    Stopped,
    /// Left to itself by a host that exits: of this sidecar there is no more.
    Released,
}

#[derive(Debug, Default)]
pub(crate) struct Grammar(BTreeMap<SidecarId, At>);

impl Grammar {
    pub(crate) fn hear(&mut self, id: SidecarId, notice: &Notice) {
        let at = self.0.entry(id).or_default();
        let next = next(*at, notice);
        *at = next.unwrap_or_else(|| panic!("{id}: {notice:?} after {at:?}"));
    }
}

fn next(at: At, notice: &Notice) -> Option<At> {
    Some(match (at, notice) {
        // May stand anywhere.
        (
            _,
            Notice::PhaseChanged { .. } | Notice::RollDegraded { .. } | Notice::RollFailed { .. },
        ) => at,

        // What overtook the spawn may be all there is: the spawn may have failed.
        (
            At::Between | At::NotBegun | At::Stopped | At::Overtaken(_),
            Notice::WaitingFor { .. } | Notice::Failed { .. },
        )
        | (At::Stopped | At::NotBegun, Notice::Restarting { .. }) => At::Between,
        (At::Between | At::NotBegun | At::Stopped | At::Overtaken(_), Notice::Crashed { .. }) => {
            At::NotBegun
        }
        (
            At::Between | At::NotBegun | At::Stopped | At::Overtaken(_),
            Notice::Stopping { run, .. },
        ) => At::Overtaken(*run),
        (At::Overtaken(overtaken), Notice::Spawned { run, .. } | Notice::Adopted { run, .. })
            if overtaken == *run =>
        {
            At::Stopping
        }
        (
            At::Between | At::NotBegun | At::Stopped | At::Overtaken(_),
            Notice::Spawned { .. } | Notice::Adopted { .. },
        ) => At::Spawned,
        (At::Spawned | At::Ready | At::Unhealthy, Notice::Released { .. }) => At::Released,

        (At::Spawned | At::Unhealthy, Notice::Ready { .. }) => At::Ready,
        (At::Ready, Notice::Unhealthy { .. }) => At::Unhealthy,

        (At::Spawned | At::Ready | At::Unhealthy, Notice::Crashed { .. })
        | (At::Spawned, Notice::PortTaken { .. }) => At::Broken,
        (At::Spawned | At::Ready | At::Unhealthy | At::Broken, Notice::Stopping { .. }) => {
            At::Stopping
        }
        (At::Spawned | At::Ready | At::Unhealthy, Notice::Exited { .. }) => At::Exited,
        (At::Exited, Notice::Crashed { .. } | Notice::PortTaken { .. }) => At::ExitedBroken,
        (At::Stopping, Notice::Exited { .. })
        | (At::Exited | At::ExitedBroken, Notice::Stopping { .. }) => At::ExitedStopping,
        (
            At::Stopping | At::Exited | At::ExitedBroken | At::ExitedStopping,
            Notice::Stopped { .. },
        ) => At::Stopped,
        (_, _) => return None,
    })
}
