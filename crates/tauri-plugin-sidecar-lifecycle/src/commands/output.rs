//! Reading a sidecar's raw stdout: the `read-output` permission.

use sidecar_lifecycle::{OutputError, RunId};
use tauri::ipc::Response;
use tauri::{State, command};

use crate::error::Result;
use crate::handle::SidecarLifecycle;
use crate::scope::Scope;

/// The most that one answer holds.
const MOST: usize = 1 << 20;

/// Some of the bytes of this run, once there are some: eight bytes that say where they begin (a
/// big-endian number), then at most 1 MiB. Nothing behind the eight: it was the end.
///
/// `offset` is how many bytes of this run the page has: they are acknowledged by it. A page that
/// does not know says nothing, acknowledges nothing, and begins where the last reader has stopped. So
/// does one whose place was acknowledged by another reader meanwhile.
#[command]
pub(crate) async fn read_output(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
    run: RunId,
    offset: Option<u64>,
) -> Result<Response> {
    scope.check("read the output of", &id)?;
    let output = sidecars.output(&id)?;
    let mut at = match offset {
        Some(offset) => offset,
        None => match output.position().await? {
            position if position.run == run => position.acknowledged,
            // During a rolling restart it is the old run's; the new one's beginning is told below.
            _ => 0,
        },
    };
    loop {
        match output.read(run, at, MOST).await {
            Ok(bytes) => {
                let mut answer = Vec::with_capacity(size_of::<u64>() + bytes.len());
                answer.extend(at.to_be_bytes());
                answer.extend(bytes);
                return Ok(Response::new(answer));
            }
            Err(OutputError::Acknowledged { begin, .. }) if begin > at => at = begin,
            Err(e) => return Err(e.into()),
        }
    }
}
