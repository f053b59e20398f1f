//! What a sidecar's configuration says of its leftovers. It is written down with each run, since a
//! later start knows nothing else of it.

use serde::{Deserialize, Serialize};

use crate::config::SidecarConfig;
use crate::guardian::{DEFAULT_KEEP, executable_name};
use crate::sys::ProcessFacts;

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
        (!matches(pattern, &name)).then(|| format!("{name} does not match {pattern}"))
    }
}

/// Whether a name matches a pattern: `*` stands for any characters, `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star stood, and how much of the name it has swallowed so far.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            Some(_) | None => {
                let Some((at, swallowed)) = star else {
                    return false;
                };
                star = Some((at, swallowed + 1));
                p = at + 1;
                n = swallowed + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, name) in [
            ("node", "node"),
            ("terminator-mcp-agent*", "terminator-mcp-agent-x64"),
            ("*", ""),
            ("*agent", "an-agent-agent"),
            ("n?de*", "node22"),
            ("*a*b*c", "xxaxxbxbxc"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("node", "nodejs"),
            ("node", "Node"),
            ("?", ""),
            ("*agent", "agent-x64"),
            ("", "node"),
            ("*a*b*c", "xxaxxbxbx"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        assert!(!matches(&"*a".repeat(500), &"a".repeat(400)));
    }
}
