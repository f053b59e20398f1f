//! What a sidecar finds in its environment.

use std::ffi::OsStr;

use super::run_loop::Loop;
use crate::config::{HealthCheck, SidecarConfig, variables_of};
use crate::core::{Phase, Sidecar};
use crate::sys::{Variables, variable_key};

/// The variable that tells a program its port, by custom.
const PORT: &str = "PORT";

impl Loop {
    /// The environment of a sidecar's current run: its configuration's, its own port, and where
    /// those are that it depends on.
    pub(super) fn environment_of(&self, index: usize) -> Variables {
        let entry = &self.entries[index];
        let config = entry.config_in_use();
        let mut env = environment(config);
        let mut tell = |name: &str, value: Option<String>| {
            // What the configuration gives is meant.
            let key = variable_key(name.as_ref());
            if config.env.keys().any(|given| variable_key(given) == key) {
                return;
            }
            match value {
                Some(value) => env.set(name, value),
                // An inherited one would speak of another fleet.
                None => env.remove(name),
            }
        };
        for (name, value) in self.told_of_dependencies(config) {
            tell(&name, value);
        }
        let current = entry.run.as_ref();
        let port = current.and_then(|r| r.port).map(|port| port.to_string());
        if let Some(port) = port {
            // Set even where another variable was asked for: an inherited one would name a port
            // that is not this sidecar's.
            tell(PORT, Some(port.clone()));
            if let Some(name) = &config.port_variable {
                env.set(name, port);
            }
        }
        env
    }

    /// The variables that say where those are that it depends on; no value for who is nowhere.
    pub(super) fn told_of_dependencies(
        &self,
        config: &SidecarConfig,
    ) -> Vec<(String, Option<String>)> {
        let told = config.depends_on.iter().flat_map(|dependency| {
            let place = self.place_of(&dependency.id);
            let [url, port] = variables_of(&dependency.id);
            let at = place.as_ref().map(|p| p.port.to_string());
            [(url, place.and_then(|p| p.url)), (port, at)]
        });
        told.collect()
    }

    /// Where a sidecar is, if it runs and has a port.
    fn place_of(&self, id: &str) -> Option<Place> {
        let entry = self.named(id)?;
        let phase = self.fleet.get(entry.core).map(Sidecar::phase)?;
        let run = entry
            .run
            .as_ref()
            .filter(|_| Phase::may_have_processes(phase))?;
        let port = run.port?;
        let untold = matches!(entry.config_in_use().check, Some(HealthCheck::Http { .. }))
            .then(|| format!("http://localhost:{port}"));
        let url = run.url.as_deref().map(origin).or(untold);
        Some(Place { port, url })
    }
}

/// Where to reach somebody.
struct Place {
    port: u16,
    /// Without a path: that of the check is of no use to others.
    url: Option<String>,
}

/// A URL without its path.
fn origin(url: &str) -> String {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[host..].find('/').map_or(url.len(), |path| host + path);
    url[..path].to_owned()
}

/// The environment of a sidecar: the host's own unless it is left out, and what was set on top.
pub(super) fn environment(config: &SidecarConfig) -> Variables {
    let inherited =
        std::env::vars_os().filter(|(name, _)| !config.clear_env || is_the_systems(name));
    let set = config
        .env
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    inherited.chain(set).collect()
}

/// Whether no program is meant to be without it. Windows finds the library of its sockets by
/// `SystemRoot`: without that, none can be opened (error 10106).
fn is_the_systems(name: &OsStr) -> bool {
    const OF_WINDOWS: [&str; 3] = ["SystemRoot", "SystemDrive", "windir"];
    let key = variable_key(name);
    cfg!(windows)
        && OF_WINDOWS
            .iter()
            .any(|known| variable_key(known.as_ref()) == key)
}

#[cfg(test)]
mod tests {
    use super::{environment, origin};
    use crate::config::SidecarConfig;

    #[test]
    fn a_clean_environment_has_what_was_set_and_what_windows_cannot_do_without() {
        let config = SidecarConfig::builder().name("api").clear_env(true);
        let config = config.env("ONE", "1").build().unwrap();
        let clean = environment(&config);
        assert_eq!(clean.get("ONE"), Some("1".as_ref()));
        assert_eq!(clean.get("PATH"), None);
        let of_windows = ["SystemRoot", "SystemDrive", "windir"].map(|name| clean.get(name));
        assert_eq!(of_windows[0].is_some(), cfg!(windows));
        let count = 1 + of_windows.iter().flatten().count();
        assert_eq!(clean.iter().count(), count);
    }

    #[test]
    fn a_checks_path_is_not_told_to_others() {
        for (url, expected) in [
            ("http://localhost:4000/", "http://localhost:4000"),
            ("https://[::1]:80/health?deep=1", "https://[::1]:80"),
            ("http://localhost:4000", "http://localhost:4000"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}
