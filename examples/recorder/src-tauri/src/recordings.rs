//! What has been recorded.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde::Serialize;
use tauri::ipc::Response;
use tauri::{AppHandle, Manager, command};
use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;

use crate::recorder::RECORDER;

/// As many as the page shows.
const MOST: usize = 12;

/// One file.
#[derive(Debug, Serialize)]
pub(crate) struct Recording {
    name: String,
    bytes: u64,
    /// In seconds, as ffprobe reads it; none while it is being recorded, and for one that cannot be
    /// played.
    seconds: Option<f64>,
    /// It is being recorded.
    running: bool,
}

/// Why a command failed; the page shows the text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the recordings cannot be listed: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Tauri(#[from] tauri::Error),
    #[error("there is no recording called {0:?}")]
    Unknown(String),
}

impl Serialize for FileError {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_string())
    }
}

/// Where they lie.
pub(crate) fn folder<R: tauri::Runtime>(app: &impl Manager<R>) -> tauri::Result<PathBuf> {
    Ok(app.path().app_local_data_dir()?.join("recordings"))
}

/// The last recordings, newest first.
#[command]
pub(crate) async fn recordings(app: AppHandle) -> Result<Vec<Recording>, FileError> {
    let folder = folder(&app)?;
    let info = app.sidecar_lifecycle().get_info(RECORDER);
    let runs = info.is_some_and(|info| info.is_running);
    let looking = tauri::async_runtime::spawn_blocking(move || list(&folder, runs));
    Ok(looking.await??)
}

/// The last picture of a recording, as JPEG: while it is recorded, the one of this moment.
#[command]
pub(crate) async fn still(app: AppHandle, name: String) -> Result<Response, FileError> {
    // A name and no path: what is not in the folder is nobody's business here.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(FileError::Unknown(name));
    }
    let file = folder(&app)?.join(&name).with_extension("jpg");
    let bytes = std::fs::read(file).map_err(|_| FileError::Unknown(name))?;
    Ok(Response::new(bytes))
}

fn list(folder: &Path, runs: bool) -> std::io::Result<Vec<Recording>> {
    let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension() == Some(OsStr::new("mp4")) {
            let metadata = entry.metadata()?;
            files.push((metadata.modified()?, path, metadata.len()));
        }
    }
    files.sort_by_key(|(modified, ..)| Reverse(*modified));
    files.truncate(MOST);
    let newest_first = files.into_iter().enumerate();
    Ok(newest_first
        .map(|(index, (_, path, bytes))| {
            let running = runs && index == 0;
            Recording {
                name: path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                bytes,
                seconds: if running { None } else { seconds(&path) },
                running,
            }
        })
        .collect())
}

/// How long it is, asked of ffprobe, which refuses a file whose end was not written.
fn seconds(file: &Path) -> Option<f64> {
    let mut ffprobe = Command::new("ffprobe");
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        /// Of an app with windows alone, each program for a terminal would open one.
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        ffprobe.creation_flags(CREATE_NO_WINDOW);
    }
    let output = ffprobe
        .args(["-v", "error", "-show_entries", "format=duration"])
        .args(["-of", "default=noprint_wrappers=1:nokey=1"])
        .arg(file)
        .output()
        .ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first_and_what_cannot_be_played_has_no_length() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, age) in [("old.mp4", 20), ("new.mp4", 10), ("new.jpg", 5)] {
            let file = std::fs::File::create(folder.path().join(name)).expect("a file");
            let modified = SystemTime::now() - std::time::Duration::from_secs(age);
            file.set_modified(modified).expect("its time is set");
        }
        let all = list(folder.path(), true).expect("it is listed");
        let seen: Vec<_> = all
            .iter()
            .map(|r| (r.name.as_str(), r.running, r.seconds))
            .collect();
        assert_eq!(seen, [("new", true, None), ("old", false, None)]);
    }
}
