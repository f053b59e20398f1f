//! The environment that the project's server gets.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sidecar_lifecycle::environ::{self, EnvCache, EnvMap};

/// How long a login shell may take to start. Some take seconds; a hung one must not keep the
/// project closed.
const SHELL_LIMIT: Duration = Duration::from_secs(10);

/// The user's own environment for this folder: as their terminal has it.
///
/// Started from a terminal, that is ours. Started by a double-click, a login shell is asked; its
/// last answer is used at once and refreshed in the background when something has changed.
pub(crate) fn of_user(folder: &Path, cache_dir: &Path) -> EnvMap {
    let own = environ::current_env();
    if from_terminal(&own) {
        return own;
    }
    let (Some(shell), Some(home)) = (shell(&own), dirs::home_dir()) else {
        return own;
    };
    let cache = EnvCache::new(cache_dir, folder, &shell, &home);
    if let Some(cached) = cache.load() {
        if cached.is_stale() {
            // For the next start; this one does not wait.
            std::thread::spawn(move || {
                if let Err(e) = cache.refresh(SHELL_LIMIT) {
                    log::warn!("the login shell's environment could not be refreshed: {e}");
                }
            });
        }
        return cached.env;
    }
    log::info!("asking {} for its environment", shell.display());
    cache.refresh(SHELL_LIMIT).unwrap_or_else(|e| {
        log::warn!("going on with this app's own environment: {e}");
        own
    })
}

/// A terminal's shell has set everything up already.
fn from_terminal(own: &EnvMap) -> bool {
    let has_term = own
        .get(std::ffi::OsStr::new("TERM"))
        .is_some_and(|t| t != "dumb");
    has_term && (std::io::stdin().is_terminal() || std::io::stderr().is_terminal())
}

fn shell(own: &EnvMap) -> Option<PathBuf> {
    own.get(std::ffi::OsStr::new("SHELL"))
        .map(PathBuf::from)
        .filter(|s| s.is_absolute())
}

/// Makes it fit for a server: what leaks from us is removed, what a server without a terminal
/// needs is added, and the tool's own folder is on the PATH.
pub(crate) fn for_server(
    mut env: EnvMap,
    extra: impl IntoIterator<Item = (String, String)>,
) -> EnvMap {
    let touched = environ::scrub(&mut env);
    if !touched.is_empty() {
        log::info!(
            "left out of the server's environment: {}",
            touched.join(", ")
        );
    }
    environ::dev_defaults(&mut env);
    env.extend(extra.into_iter().map(|(k, v)| (k.into(), v.into())));
    env
}
