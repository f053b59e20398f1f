//! What a sidecar's configuration says of its leftovers. It is written down with each run, since a
//! later start knows nothing else of it.

use serde::{Deserialize, Serialize};

use crate::config::SidecarConfig;
use crate::guardian::{DEFAULT_KEEP, bare_name, executable_name};
use crate::sys::ProcessFacts;
use crate::wildcard::matches_wildcard;

/// Which leftovers of a sidecar are ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Cleanup {
    on: bool,
    pattern: Option<String>,
    /// `None`: the default. It is not written down with each of a thousand sidecars.
    #[serde(skip_serializing_if = "Option::is_none")]
    keep: Option<Vec<String>>,
}

impl Default for Cleanup {
    /// For a leftover of which no record tells.
    fn default() -> Cleanup {
        Cleanup {
            on: true,
            pattern: None,
            keep: None,
        }
    }
}

impl Cleanup {
    pub(crate) fn of(config: &SidecarConfig) -> Cleanup {
        Cleanup {
            on: config.cleanup_on_start,
            pattern: config.process_name_pattern.clone(),
            keep: (config.keep != *DEFAULT_KEEP).then(|| config.keep.clone()),
        }
    }

    /// The same for one that is in the way of its successor: it is ended whatever was meant for
    /// others, but for what its user works in.
    pub(super) fn in_the_way(self) -> Cleanup {
        Cleanup {
            keep: self.keep,
            ..Cleanup::default()
        }
    }

    /// The executables that are released.
    pub(super) fn keep(&self) -> Vec<String> {
        let default = || DEFAULT_KEEP.iter().map(ToString::to_string).collect();
        self.keep.clone().unwrap_or_else(default)
    }

    /// Why this very process is left alone, whatever becomes of those below it.
    pub(super) fn spares(&self, facts: &ProcessFacts) -> Option<String> {
        if !self.on {
            return Some("it was started with `cleanup_on_start` off".to_owned());
        }
        let pattern = self.pattern.as_deref()?;
        let name = executable_name(facts);
        (!matches_wildcard(bare_name(pattern), &name))
            .then(|| format!("{name} does not match {pattern}"))
    }
}
