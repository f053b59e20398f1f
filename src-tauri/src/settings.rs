//! What Berth remembers about a project between two starts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tauri_plugin_sidecar_lifecycle::engine::replace_file;

/// Remembered values. Unknown ones, from a later version, are dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Values {
    /// The user has agreed that the project may run its code.
    pub(crate) trusted: bool,
    /// The port of the last ready server: a moved port is another origin, and loses logins.
    pub(crate) port: Option<u16>,
    /// The zoom factor of its pages.
    pub(crate) zoom: f64,
}

impl Default for Values {
    fn default() -> Values {
        Values {
            trusted: false,
            port: None,
            zoom: 1.0,
        }
    }
}

/// The file and its values.
#[derive(Debug)]
pub(crate) struct Settings {
    file: PathBuf,
    values: Mutex<Values>,
}

impl Settings {
    /// Reads them. A file that is missing or damaged counts as empty: nothing in it is worth
    /// refusing to start for.
    pub(crate) fn load(state: &Path) -> Settings {
        let file = state.join("settings.json");
        let values = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|e| {
                log::warn!("{} is damaged and begins anew: {e}", file.display());
                Values::default()
            }),
            Err(_) => Values::default(),
        };
        Settings {
            file,
            values: Mutex::new(values),
        }
    }

    pub(crate) fn get(&self) -> Values {
        self.values
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Changes them and writes them at once.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Values)) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let before = values.clone();
        change(&mut values);
        if *values != before
            && let Err(e) = write(&self.file, &values)
        {
            log::warn!("cannot remember settings in {}: {e}", self.file.display());
        }
    }
}

/// Atomic: a reader finds the old file or the new one.
fn write(file: &Path, values: &Values) -> io::Result<()> {
    let next = file.with_extension("json.next");
    fs::write(&next, serde_json::to_vec_pretty(values)?)?;
    replace_file(&next, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_survive_a_restart_and_damage_is_no_failure() {
        let dir = tempfile::tempdir().unwrap();
        Settings::load(dir.path()).change(|v| v.port = Some(5173));
        assert_eq!(Settings::load(dir.path()).get().port, Some(5173));
        fs::write(dir.path().join("settings.json"), b"{\"port\":").unwrap();
        assert_eq!(Settings::load(dir.path()).get(), Values::default());
    }
}
