//! The user's own environment, however this program was started.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::EnvCache;
use super::map::{EnvMap, current_env};

/// How long a login shell may take to start. Some take seconds; a hung one must not keep an app
/// from going on.
const SHELL_LIMIT: Duration = Duration::from_secs(10);

/// Whether this program was started from a terminal, whose shell has set everything up already.
///
/// ```
/// use sidecar_lifecycle::environ::is_from_terminal;
///
/// if !is_from_terminal() {
///     println!("its PATH may be a minimal one");
/// }
/// ```
pub fn is_from_terminal() -> bool {
    let has_term = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
    has_term && (std::io::stdin().is_terminal() || std::io::stderr().is_terminal())
}

/// The user's own environment for this folder: as their terminal has it.
///
/// Started [from a terminal](is_from_terminal), that is this program's. Started by a double-click, a
/// login shell is asked, which takes as long as its start-up files take (10 s at the most). Its
/// answer is kept in `cache_dir`, used at once the next time, and refreshed beside that when
/// something has changed. Where the shell does not answer, and where there is none, it is this
/// program's own; the log says why.
///
/// ```no_run
/// use std::path::Path;
/// use sidecar_lifecycle::environ::user_env;
///
/// let env = user_env(Path::new("/home/ana/shop"), Path::new("/home/ana/.cache/shop"));
/// ```
pub fn user_env(folder: &Path, cache_dir: &Path) -> EnvMap {
    let own = current_env();
    if is_from_terminal() {
        return own;
    }
    let (Some(shell), Some(home)) = (login_shell(&own), std::env::home_dir()) else {
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
        log::warn!("going on with this program's own environment: {e}");
        own
    })
}

fn login_shell(own: &EnvMap) -> Option<PathBuf> {
    let shell = own.get(OsStr::new("SHELL")).map(PathBuf::from);
    shell.filter(|shell| shell.is_absolute())
}
