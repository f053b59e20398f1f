//! Starting and ending what is declared: the `control` permissions.

use serde::Deserialize;
use sidecar_lifecycle::{RunId, SidecarInfo};
use tauri::{State, command};

use crate::declaration::Params;
use crate::error::Result;
use crate::handle::SidecarLifecycle;
use crate::scope::Scope;

/// Why a sidecar is started, stopped or restarted from a page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Why {
    reason: Option<String>,
}

fn reason(why: Option<Why>) -> String {
    why.and_then(|w| w.reason)
        .unwrap_or_else(|| "requested by a page".to_owned())
}

/// Wants it up and answers once it is ready. A page that is loaded again may ask again: nothing is
/// started twice.
#[command]
pub(crate) async fn ensure_running(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
    params: Option<Params>,
) -> Result<SidecarInfo> {
    scope.check("start", &id)?;
    sidecars.ensure_declared(&id, params.as_ref()).await
}

/// Wants it up.
#[command]
pub(crate) async fn start(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
) -> Result<()> {
    scope.check("start", &id)?;
    sidecars.start(&id)
}

/// Wants it down.
#[command]
pub(crate) async fn stop(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
    why: Option<Why>,
) -> Result<()> {
    scope.check("stop", &id)?;
    sidecars.stop(&id, &reason(why))
}

/// Wants a new run.
#[command]
pub(crate) async fn restart(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
    why: Option<Why>,
) -> Result<()> {
    scope.check("restart", &id)?;
    sidecars.restart(&id, &reason(why))
}

/// Wants a new run without a gap.
#[command]
pub(crate) async fn roll(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
    why: Option<Why>,
) -> Result<()> {
    scope.check("restart", &id)?;
    sidecars.roll(&id, &reason(why))
}

/// Ends the tree of this very run by force; answers when it is gone.
#[command]
pub(crate) async fn kill(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
    run: RunId,
) -> Result<()> {
    scope.check("kill", &id)?;
    sidecars.kill(&id, run).await
}
