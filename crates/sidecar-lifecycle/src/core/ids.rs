//! Names for things: the core and its effects carry ids, never handles.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Index of a sidecar in its fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SidecarId(pub u32);

/// One spawn of one sidecar. Never used twice within an engine, so that a late message about an
/// old run can be told from one about the current run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
