//! Which sidecars a page's capabilities reach.

use serde::Deserialize;
use sidecar_lifecycle::{Event, EventKind, matches_wildcard};
use tauri::Runtime;
use tauri::ipc::{CommandArg, CommandItem, CommandScope, GlobalScope, InvokeError};

use crate::error::{Error, Result};

/// One entry of a permission's scope: `{ "id": "db-*" }`. A key that is not known is refused, since
/// a slip of the pen must not widen what a page may do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    id: String,
}

/// What a command may be asked for by the page that asks: what an entry allows (anything if there is
/// none) and no entry denies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    allow: Vec<String>,
    deny: Vec<String>,
}

impl Scope {
    pub(crate) fn reaches(&self, id: &str) -> bool {
        let among = |patterns: &[String]| patterns.iter().any(|p| matches_wildcard(p, id));
        (self.allow.is_empty() || among(&self.allow)) && !among(&self.deny)
    }

    /// The event without the ids that are out of reach: one tells what a sidecar waits for.
    pub(crate) fn trim(&self, event: &Event) -> Event {
        let mut event = event.clone();
        if let EventKind::WaitingFor { sidecars } = &mut event.kind {
            sidecars.retain(|id| self.reaches(id));
        }
        event
    }

    /// Fails for what is out of reach, in the same words whether it exists or not.
    pub(crate) fn check(&self, what: &'static str, id: &str) -> Result<()> {
        if self.reaches(id) {
            return Ok(());
        }
        Err(Error::NotAllowed {
            id: id.to_owned(),
            what,
        })
    }
}

/// From the permission of the command and from those of the whole plugin.
impl<'a, R: Runtime> CommandArg<'a, R> for Scope {
    fn from_command(command: CommandItem<'a, R>) -> std::result::Result<Self, InvokeError> {
        let same = CommandItem {
            plugin: command.plugin,
            name: command.name,
            key: command.key,
            message: command.message,
            acl: command.acl,
        };
        let of_command = CommandScope::<Entry>::from_command(command)?;
        let of_plugin = GlobalScope::<Entry>::from_command(same)?;
        let ids = |one: &[std::sync::Arc<Entry>], other: &[std::sync::Arc<Entry>]| {
            one.iter().chain(other).map(|e| e.id.clone()).collect()
        };
        Ok(Scope {
            allow: ids(of_command.allows(), of_plugin.allows()),
            deny: ids(of_command.denies(), of_plugin.denies()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(allow: &[&str], deny: &[&str]) -> Scope {
        let owned = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        Scope {
            allow: owned(allow),
            deny: owned(deny),
        }
    }

    #[test]
    fn no_entry_reaches_everything_and_a_denial_beats_all() {
        assert!(scope(&[], &[]).reaches("db"));
        assert!(scope(&["d*"], &[]).reaches("db"));
        assert!(!scope(&["d*"], &[]).reaches("api"));
        assert!(!scope(&["*"], &["db"]).reaches("db"));
        assert!(!scope(&[], &["db"]).reaches("db"));
        assert!(scope(&[], &["db"]).reaches("db2"));
    }
}
