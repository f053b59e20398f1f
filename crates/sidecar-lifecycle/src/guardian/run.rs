//! One run, as the warden keeps it.

use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use super::pump::Pump;
use super::tree::Tree;
use super::wire::Terms;
use crate::core::ExitStatus;

/// How far a run's end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has asked it to end.
    Live,
    /// The stop signal went out at this time.
    Asked {
        /// On the monotonic clock.
        since: Duration,
    },
    /// KILL went out first at this time, and goes out again to whatever shows up.
    Forced {
        /// On the monotonic clock.
        since: Duration,
    },
}

/// A run and its tree.
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) leader: u32,
    pub(crate) exited: Option<ExitStatus>,
    /// The leader was our child and is reaped: its number may belong to somebody else.
    pub(crate) reaped: bool,
    /// Taken over from a guardian that died: the leader is not our child.
    pub(crate) adopted: bool,
    /// The same of a tree that an earlier host has left, and that lives.
    pub(crate) taken_over: bool,
    /// It is left to itself when the host is gone.
    pub(crate) outlives: bool,
    /// The last look found nobody of a tree whose orphans do not come to us.
    pub(crate) seemed_empty: bool,
    pub(crate) tree: Tree,
    pub(crate) stage: Stage,
    pub(crate) stop_signal: i32,
    pub(crate) grace: Duration,
    pub(crate) marker: Vec<u8>,
    /// Shared by all runs that have the same.
    pub(crate) keep: Rc<[String]>,
    pub(crate) pump: Option<Pump>,
    /// The host was told of survivors: to it, this run is over.
    pub(crate) is_reported: bool,
    /// Somebody was let go who may hold the pipes for long.
    pub(crate) has_released: bool,
    /// Tells the leader's end where SIGCHLD is not ours to use.
    pub(crate) end: Option<OwnedFd>,
}

impl Run {
    pub(crate) fn new(terms: Terms, leader: u32, start: u64, pump: Option<Pump>) -> Run {
        Run {
            id: terms.run,
            leader,
            exited: None,
            reaped: false,
            adopted: false,
            taken_over: terms.taken_over,
            outlives: terms.outlives,
            seemed_empty: false,
            tree: Tree::new(leader, start),
            stage: Stage::Live,
            stop_signal: terms.stop_signal,
            grace: Duration::from_millis(terms.grace_ms),
            marker: terms.marker,
            keep: terms.keep.into(),
            pump,
            is_reported: false,
            has_released: false,
            end: None,
        }
    }

    /// A run that a guardian has started and left behind with its death.
    pub(crate) fn inherited(terms: Terms, leader: u32, start: u64) -> Run {
        let mut run = Run::new(terms, leader, start, None);
        run.adopted = true;
        run
    }

    /// The leader's group is certainly still its own: it is our child and not reaped.
    pub(crate) fn group_is_pinned(&self) -> bool {
        !self.adopted && !self.reaped
    }

    /// It lives on when the host is gone: nobody has asked it to end, and it has not of itself.
    pub(crate) fn lives_on(&self) -> bool {
        self.outlives && self.stage == Stage::Live && self.exited.is_none()
    }

    /// Our child has ended, so that whoever is left of its tree was handed to us or descends from
    /// one who was.
    pub(crate) fn is_ours_and_dead(&self) -> bool {
        self.exited.is_some() && !self.adopted && !self.taken_over
    }

    /// Its end has begun, by a stop or by the leader's exit.
    pub(crate) fn is_ending(&self) -> bool {
        self.exited.is_some() || self.stage != Stage::Live
    }
}
