//! The page's commands: it cannot talk TCP, and need not know that there is a Redis.

use std::process::Command;

use serde::Serialize;
use tauri::{AppHandle, command};
use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;
use tauri_plugin_sidecar_lifecycle::engine::{Event, EventKind};

use crate::resp::{self, Reply, RespError};
use crate::server::REDIS;

/// A stream of Redis: its ids are times.
const KEY: &str = "logbook";
/// As many as a page can show.
const MOST: &str = "200";

/// An entry of the logbook.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note {
    id: String,
    /// When Redis took it, in milliseconds since 1970.
    at: u64,
    text: String,
}

/// Why a command failed; the page shows the text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoteError {
    #[error(transparent)]
    Sidecar(#[from] tauri_plugin_sidecar_lifecycle::Error),
    #[error(transparent)]
    Resp(#[from] RespError),
    #[error("the server has no port")]
    NoPort,
    #[error("the server does not run")]
    NotRunning,
    #[error("kill could not be run: {0}")]
    Kill(#[from] std::io::Error),
    #[error("{0}")]
    Tauri(#[from] tauri::Error),
}

impl Serialize for NoteError {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_string())
    }
}

/// The entries, newest first.
#[command]
pub(crate) async fn notes(app: AppHandle) -> Result<Vec<Note>, NoteError> {
    let reply = ask(
        app,
        ["XREVRANGE", KEY, "+", "-", "COUNT", MOST].map(str::to_owned),
    )
    .await?;
    let Reply::List(entries) = reply else {
        return Ok(Vec::new());
    };
    Ok(entries.into_iter().filter_map(note).collect())
}

/// Adds an entry. Answered when it is on the disk.
#[command]
pub(crate) async fn add_note(app: AppHandle, text: String) -> Result<(), NoteError> {
    ask(app, ["XADD", KEY, "*", "text", &text].map(str::to_owned)).await?;
    Ok(())
}

/// Removes an entry.
#[command]
pub(crate) async fn remove_note(app: AppHandle, id: String) -> Result<(), NoteError> {
    ask(app, ["XDEL", KEY, &id].map(str::to_owned)).await?;
    Ok(())
}

/// Does to the server what a user does in a terminal: the engine learns of it by the exit alone.
#[command]
pub(crate) async fn kill_server(app: AppHandle) -> Result<(), NoteError> {
    let info = app.sidecar_lifecycle().get_info(REDIS);
    let pid = info.and_then(|info| info.pid);
    let pid = pid.ok_or(NoteError::NotRunning)?.to_string();
    let killing = tauri::async_runtime::spawn_blocking(move || kill(&pid).status());
    killing.await??;
    Ok(())
}

#[cfg(not(windows))]
fn kill(pid: &str) -> Command {
    let mut kill = Command::new("kill");
    kill.args(["-9", pid]);
    kill
}

#[cfg(windows)]
fn kill(pid: &str) -> Command {
    use std::os::windows::process::CommandExt;
    /// Of an app with windows alone, each program for a terminal would open one.
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    let mut kill = Command::new("taskkill");
    kill.args(["/F", "/PID", pid])
        .creation_flags(CREATE_NO_WINDOW);
    kill
}

/// Waits until the server is ready, which may be the end of a restart, and asks it. One that has just
/// died refuses, and the engine is about to hear of it: nothing was sent, so the next one is asked.
async fn ask<const N: usize>(app: AppHandle, words: [String; N]) -> Result<Reply, NoteError> {
    loop {
        let mut events = app.sidecar_lifecycle().events();
        let info = app.sidecar_lifecycle().wait_ready(REDIS).await?;
        let port = info.port.ok_or(NoteError::NoPort)?;
        let words = words.clone();
        let asking = tauri::async_runtime::spawn_blocking(move || {
            let answer = resp::ask(port, &words.each_ref().map(String::as_str));
            if !answer.as_ref().is_err_and(RespError::is_nobody_there) {
                return Some(answer);
            }
            let its_end =
                |e: &Event| Some(e.run) == info.run && matches!(e.kind, EventKind::Exited { .. });
            // None comes when the engine ends: then nobody will be there any more.
            events.find(its_end).is_none().then_some(answer)
        });
        if let Some(answer) = asking.await? {
            return Ok(answer?);
        }
    }
}

/// An entry as Redis has it: its id, and its fields in turn with their values.
fn note(entry: Reply) -> Option<Note> {
    let Reply::List(parts) = entry else {
        return None;
    };
    let [Reply::Text(id), Reply::List(fields)] = <[Reply; 2]>::try_from(parts).ok()? else {
        return None;
    };
    let Some(Reply::Text(text)) = fields.into_iter().nth(1) else {
        return None;
    };
    let at = id.split('-').next()?.parse().ok()?;
    Some(Note { id, at, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_stream_is_a_note_with_its_time() {
        let text = |text: &str| Reply::Text(text.to_owned());
        let fields = Reply::List(vec![text("text"), text("the tide is out")]);
        let entry = Reply::List(vec![text("1764136800000-0"), fields]);
        let expected = Note {
            id: "1764136800000-0".to_owned(),
            at: 1_764_136_800_000,
            text: "the tide is out".to_owned(),
        };
        assert_eq!(note(entry), Some(expected));
        assert_eq!(note(Reply::Nil), None);
        assert_eq!(
            note(Reply::List(vec![text("1-0"), Reply::List(vec![])])),
            None
        );
    }
}
