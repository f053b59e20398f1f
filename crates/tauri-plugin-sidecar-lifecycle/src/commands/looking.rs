//! Looking on, which changes nothing: the `default` permissions.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sidecar_lifecycle::metrics::SidecarMetrics;
use sidecar_lifecycle::{Event, Protection, RunId, SidecarInfo};
use tauri::ipc::Channel;
use tauri::{Runtime, State, Webview, command};

use crate::error::{Error, Result};
use crate::handle::SidecarLifecycle;
use crate::scope::Scope;
use crate::streams::{LogBatch, Streams};

/// Every sidecar that is declared, started or not.
#[command]
pub(crate) async fn list(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
) -> Result<Vec<SidecarInfo>> {
    let mut infos = sidecars.list();
    infos.retain(|info| scope.reaches(&info.id));
    Ok(infos)
}

/// One sidecar as it is now.
#[command]
pub(crate) async fn get_status(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
) -> Result<SidecarInfo> {
    scope.check("look at", &id)?;
    known(&sidecars, &id)?;
    Ok(sidecars.info_or_idle(&id))
}

/// The numbers that a page may see.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Metrics {
    #[cfg_attr(test, ts(type = "Protection"))]
    protection: Protection,
    #[cfg_attr(test, ts(type = "{ [key in string]: SidecarMetrics }"))]
    sidecars: BTreeMap<String, SidecarMetrics>,
}

/// What has been counted: of one sidecar, or of all.
#[command]
pub(crate) async fn get_metrics(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: Option<String>,
) -> Result<Metrics> {
    if let Some(id) = &id {
        scope.check("look at", id)?;
        known(&sidecars, id)?;
    }
    let all = sidecars.metrics();
    let wanted = |of: &str| id.as_deref().is_none_or(|id| id == of) && scope.reaches(of);
    Ok(Metrics {
        protection: all.protection,
        sidecars: all
            .sidecars
            .into_iter()
            .filter(|(id, _)| wanted(id))
            .collect(),
    })
}

/// Whose a process is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    id: String,
    pid: u32,
    #[cfg_attr(test, ts(type = "RunId"))]
    run: RunId,
    /// Unix time in milliseconds.
    started_at: u64,
}

/// The sidecar whose present run this process leads. A pid alone proves nothing: it is the process
/// that this very app instance has spawned, by its start time, or it is refused.
#[command]
pub(crate) async fn from_pid(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    pid: u32,
) -> Result<Found> {
    // Somebody else's sidecar is told apart from nobody's to those only who may know of it.
    let leader = sidecars
        .leader(pid)
        .filter(|leader| scope.reaches(&leader.id));
    let leader = leader.ok_or(Error::ForeignPid { pid })?;
    if !leader.is_alive() {
        return Err(Error::StalePid { pid, id: leader.id });
    }
    Ok(Found {
        id: leader.id,
        pid,
        run: leader.run,
        started_at: unix_ms(leader.started_at),
    })
}

fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as u64
}

/// Sends events from now on, several in one message when they come close together. Returns the
/// subscription.
#[command]
pub(crate) async fn subscribe_events<R: Runtime>(
    webview: Webview<R>,
    sidecars: State<'_, SidecarLifecycle>,
    streams: State<'_, Streams>,
    scope: Scope,
    on_events: Channel<Vec<Event>>,
    ids: Option<Vec<String>>,
) -> Result<u64> {
    for id in ids.iter().flatten() {
        scope.check("listen to", id)?;
    }
    let page = webview.label();
    Ok(streams.open_events(page, sidecars.engine(), scope, ids, on_events))
}

/// Ends a subscription of this page. One that is gone already is fine.
#[command]
pub(crate) async fn unsubscribe_events<R: Runtime>(
    webview: Webview<R>,
    streams: State<'_, Streams>,
    subscription: u64,
) -> Result<()> {
    streams.events.close(webview.label(), subscription);
    Ok(())
}

/// Sends the lines after `since_seq` and then all new ones, in batches. Returns the subscription.
#[command]
pub(crate) async fn subscribe_logs<R: Runtime>(
    webview: Webview<R>,
    sidecars: State<'_, SidecarLifecycle>,
    streams: State<'_, Streams>,
    scope: Scope,
    id: String,
    since_seq: u64,
    on_lines: Channel<LogBatch>,
) -> Result<u64> {
    scope.check("read the log of", &id)?;
    let ring = sidecars.logs(&id).ok_or_else(|| unknown(&id))?;
    Ok(streams.open_logs(webview.label(), &ring, since_seq, on_lines))
}

/// Ends a subscription of this page. One that is gone already is fine.
#[command]
pub(crate) async fn unsubscribe_logs<R: Runtime>(
    webview: Webview<R>,
    streams: State<'_, Streams>,
    subscription: u64,
) -> Result<()> {
    streams.logs.close(webview.label(), subscription);
    Ok(())
}

fn known(sidecars: &SidecarLifecycle, id: &str) -> Result<()> {
    sidecars.logs(id).map(drop).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Error {
    sidecar_lifecycle::Error::Unknown { id: id.to_owned() }.into()
}
