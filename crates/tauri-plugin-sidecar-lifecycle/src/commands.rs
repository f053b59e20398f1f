//! What pages can ask for. None of it names a program: only what Rust has declared can be run.

use serde::Deserialize;
use sidecar_lifecycle::{Engine, SidecarInfo};
use tauri::ipc::Channel;
use tauri::{Runtime, State, Webview, command};

use crate::error::{Error, Result};
use crate::log_stream::{Batch, LogStreams};

/// Every sidecar that was started at least once.
#[command]
pub(crate) async fn list(engine: State<'_, Engine>) -> Result<Vec<SidecarInfo>> {
    Ok(engine.list())
}

/// One sidecar as it is now.
#[command]
pub(crate) async fn get_status(engine: State<'_, Engine>, id: String) -> Result<SidecarInfo> {
    known(&engine, &id)?;
    Ok(engine.info(&id).unwrap_or_else(|| SidecarInfo::idle(&id)))
}

/// Why a sidecar is started, stopped or restarted from a page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Why {
    reason: Option<String>,
}

/// Wants it up.
#[command]
pub(crate) async fn start(engine: State<'_, Engine>, id: String) -> Result<()> {
    Ok(engine.start(&id)?)
}

/// Wants it down.
#[command]
pub(crate) async fn stop(engine: State<'_, Engine>, id: String, why: Option<Why>) -> Result<()> {
    Ok(engine.stop(&id, &reason(why))?)
}

/// Wants a new run.
#[command]
pub(crate) async fn restart(engine: State<'_, Engine>, id: String, why: Option<Why>) -> Result<()> {
    Ok(engine.restart(&id, &reason(why))?)
}

fn reason(why: Option<Why>) -> String {
    why.and_then(|w| w.reason)
        .unwrap_or_else(|| "requested by a page".to_owned())
}

/// Sends the lines after `since_seq` and then all new ones, in batches. Returns the subscription.
#[command]
pub(crate) async fn subscribe_logs<R: Runtime>(
    webview: Webview<R>,
    engine: State<'_, Engine>,
    streams: State<'_, LogStreams>,
    id: String,
    since_seq: u64,
    on_lines: Channel<Batch>,
) -> Result<u64> {
    let ring = engine.logs(&id).ok_or_else(|| unknown(&id))?;
    Ok(streams.open(webview.label(), &ring, since_seq, on_lines))
}

/// Ends a subscription of this page. One that is gone already is fine.
#[command]
pub(crate) async fn unsubscribe_logs<R: Runtime>(
    webview: Webview<R>,
    streams: State<'_, LogStreams>,
    subscription: u64,
) -> Result<()> {
    streams.close(webview.label(), subscription);
    Ok(())
}

fn known(engine: &Engine, id: &str) -> Result<()> {
    engine.logs(id).map(drop).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Error {
    sidecar_lifecycle::Error::Unknown { id: id.to_owned() }.into()
}
