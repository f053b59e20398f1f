//! Crashes and what follows.

use std::time::Duration;

use sidecar_lifecycle::{EventKind, Restart};

use crate::support::{Watched, bare};

#[test]
fn a_crash_is_restarted_until_it_is_given_up() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = bare(&["--exit-early", "7"])
        .restart(Restart::OnFailure)
        .restart_backoff(Duration::from_millis(1))
        .max_restart_attempts(2);
    let watched = Watched::start(dir.path(), config);
    let crashed = || {
        watched.wait(|kind| match kind {
            EventKind::Crashed { attempt, code, .. } => Some((*attempt, *code)),
            _ => None,
        })
    };
    assert_eq!(crashed(), (1, Some(7)));
    watched.wait(|kind| matches!(kind, EventKind::Restarting { .. }).then_some(()));
    assert_eq!(crashed(), (2, Some(7)));
    let reason = watched.failed();
    assert!(reason.contains('7'), "{reason}");
}
