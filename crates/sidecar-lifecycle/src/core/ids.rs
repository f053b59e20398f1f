//! Names for things: the core and its effects carry ids, never handles.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Index of a sidecar in its fleet.
///
/// ```
/// use sidecar_lifecycle::core::{Fleet, Policy};
///
/// let mut fleet = Fleet::new(7);
/// let (web, db) = (fleet.add("web", Policy::default()), fleet.add("db", Policy::default()));
/// assert!(web < db, "ids are in the order of `add`");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SidecarId(pub u32);

/// One spawn of one sidecar. Never used twice within an engine, so that a late message about an
/// old run can be told from one about the current run.
///
/// ```
/// use sidecar_lifecycle::{Event, RunId};
///
/// /// Whether an event is news of the run that a page shows.
/// fn concerns(event: &Event, shown: RunId) -> bool {
///     event.run == shown
/// }
/// assert!(RunId(8) > RunId(7), "later runs have higher ids");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunId(pub u64);

impl fmt::Display for SidecarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Gives out run ids, from 1 on. One per fleet, so that none is used twice within an engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RunIds(u64);

impl RunIds {
    pub(super) fn next(&mut self) -> RunId {
        self.0 += 1;
        RunId(self.0)
    }
}
