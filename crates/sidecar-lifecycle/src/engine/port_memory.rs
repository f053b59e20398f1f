//! Which port each sidecar had last: a port that moves loses what a page has stored under it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The ports, in memory and, if that is wanted, in a file for the next launch.
#[derive(Debug, Default)]
pub(crate) struct PortMemory {
    ports: BTreeMap<String, u16>,
    file: Option<PathBuf>,
}

impl PortMemory {
    /// Remembers for as long as the engine lives.
    pub(crate) fn of_this_launch() -> PortMemory {
        PortMemory::default()
    }

    /// Remembers in a file of this folder too. One that cannot be read is begun anew: it holds
    /// preferences and nothing that is needed.
    pub(crate) fn kept_in(folder: &Path) -> PortMemory {
        let file = folder.join("ports.json");
        let ports = fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        PortMemory {
            ports: ports.unwrap_or_default(),
            file: Some(file),
        }
    }

    pub(crate) fn last(&self, sidecar: &str) -> Option<u16> {
        self.ports.get(sidecar).copied()
    }

    pub(crate) fn remember(&mut self, sidecar: &str, port: u16) {
        let last = self.ports.insert(sidecar.to_owned(), port);
        let Some(file) = self.file.as_ref().filter(|_| last != Some(port)) else {
            return;
        };
        // Another instance of the app may write at the same time: the last one wins, whole.
        let next = file.with_extension(format!("{}.next", std::process::id()));
        let written = serde_json::to_vec(&self.ports)
            .map_err(std::io::Error::from)
            .and_then(|bytes| fs::write(&next, bytes))
            .and_then(|()| crate::sys::replace(&next, file));
        if let Err(e) = written {
            let _ = fs::remove_file(&next); // Half of it helps nobody.
            log::warn!("cannot remember a port in {}: {e}", file.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_launch_knows_the_ports_of_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let mut memory = PortMemory::kept_in(dir.path());
        assert_eq!(memory.last("web"), None);
        memory.remember("web", 5173);
        memory.remember("api", 8080);
        memory.remember("web", 5174);
        let again = PortMemory::kept_in(dir.path());
        assert_eq!(
            (again.last("web"), again.last("api")),
            (Some(5174), Some(8080))
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        for content in ["", "{\"web\": 70000}", "[1]", "\u{0}"] {
            fs::write(dir.path().join("ports.json"), content).unwrap();
            let mut memory = PortMemory::kept_in(dir.path());
            assert_eq!(memory.last("web"), None, "{content:?}");
            memory.remember("web", 1);
            assert_eq!(PortMemory::kept_in(dir.path()).last("web"), Some(1));
        }
    }

    #[test]
    fn without_a_file_it_lasts_as_long_as_the_engine() {
        let mut memory = PortMemory::of_this_launch();
        memory.remember("web", 5173);
        assert_eq!(memory.last("web"), Some(5173));
    }
}
