//! `.tauri-log`: what happened, in `[secs] event` lines that a person can read.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use log::{LevelFilter, Log, Metadata, Record};

use crate::private;

/// Past this size the file is kept as `.prev` and a new one begins.
const CAP: u64 = 1 << 20;

/// Appends to the file. Used as the program's `log` logger.
pub(crate) struct AppLog {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl AppLog {
    /// Opens the log and makes it the program's logger.
    pub(crate) fn install(path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let log = AppLog {
            path: path.to_owned(),
            file: Mutex::new(Some(private::append(path)?)),
        };
        log::set_boxed_logger(Box::new(log)).map_err(io::Error::other)?;
        log::set_max_level(LevelFilter::Info);
        Ok(())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut slot = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = slot.as_ref()
            && file.metadata().is_ok_and(|m| m.len() > CAP)
        {
            *slot = None; // Closed before it is renamed: Windows insists.
            let mut prev = self.path.clone().into_os_string();
            prev.push(".prev");
            // Who has it open may not let it go, as a virus scanner on Windows: then it goes on.
            let _ = fs::rename(&self.path, prev);
        }
        let file = match slot.as_mut() {
            Some(file) => file,
            None => slot.insert(private::append(&self.path)?),
        };
        file.write_all(line.as_bytes())
    }
}

impl Log for AppLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Libraries speak up only when something is wrong; the story is ours to tell.
        let ours = [
            "berth",
            "sidecar_lifecycle",
            "tauri_plugin_sidecar_lifecycle",
        ];
        let level = metadata.level();
        level <= log::Level::Warn
            || (level <= log::Level::Info && ours.iter().any(|o| metadata.target().starts_with(o)))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let secs = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let level = match record.level() {
            log::Level::Error => "error: ",
            log::Level::Warn => "warning: ",
            _ => "",
        };
        // One event, one line: what comes from outside must not forge another, nor steer the
        // terminal that shows it.
        let text = record.args().to_string().replace(char::is_control, " ");
        let _ = self.append(&format!("[{secs}] {level}{text}\n")); // Nowhere left to say so.
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_kept_beside_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".tauri-log");
        let log = AppLog {
            path: path.clone(),
            file: Mutex::new(Some(private::append(&path).unwrap())),
        };
        log.append(&"x".repeat(CAP as usize + 1)).unwrap();
        log.append("after\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after\n");
        assert!(dir.path().join(".tauri-log.prev").exists());
    }

    #[test]
    fn a_full_log_that_cannot_be_kept_beside_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".tauri-log");
        // As good as a reader who refuses: nothing can be renamed to a folder with something in it.
        fs::create_dir_all(dir.path().join(".tauri-log.prev/inner")).unwrap();
        let log = AppLog {
            path: path.clone(),
            file: Mutex::new(Some(private::append(&path).unwrap())),
        };
        log.append(&"x".repeat(CAP as usize + 1)).unwrap();
        for line in ["one\n", "two\n"] {
            log.append(line).unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap().ends_with("xone\ntwo\n"));
    }
}
