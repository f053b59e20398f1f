//! From a command line to a session: which project, whose turn, where things lie.

use std::path::PathBuf;

use berth_project::{Config, PluginConfig};
use tauri::Wry;
use tauri_plugin_sidecar_lifecycle::engine::Engine;

use crate::applog::AppLog;
use crate::args::Args;
use crate::instance::{Claim, Instance};
use crate::paths::ProjectPaths;
use crate::private;
use crate::settings::Settings;
use crate::terminal;

/// Everything that a running Berth knows from its start on.
pub(crate) struct Session {
    /// The project's folder, absolute. It may not exist: then that is the trouble to show.
    pub(crate) folder: PathBuf,
    /// What wins over the project's own `berth.json`.
    pub(crate) config: Config,
    pub(crate) paths: ProjectPaths,
    pub(crate) settings: Settings,
    pub(crate) engine: Engine,
    pub(crate) instance: Instance,
}

/// What became of a start.
pub(crate) enum Opened {
    /// This process shows the project.
    Here(Box<Session>),
    /// Another process shows it; whether that came to the front was told.
    Elsewhere,
    /// No project was named: the system may hand one over.
    #[cfg(target_os = "macos")]
    Nothing,
}

/// Why there is not even a window.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("the build's own configuration is wrong: {0}")]
    Branding(#[from] berth_project::ConfigError),
    #[error("cannot find out the current folder: {0}")]
    NoFolder(std::io::Error),
    #[error("there is no folder for this user's data: set HOME or XDG_DATA_HOME")]
    NoData,
    #[error("cannot use {}: {source}", path.display())]
    State {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Engine(#[from] tauri_plugin_sidecar_lifecycle::engine::Error),
}

/// Opens the project that the arguments, the build or the current folder name.
pub(crate) fn open(args: &Args, context: &tauri::Context<Wry>) -> Result<Opened, OpenError> {
    let branding = context
        .config()
        .plugins
        .0
        .get("berth")
        .cloned()
        .unwrap_or_default();
    let branding = PluginConfig::from_value(branding)?;
    let wish = branding.project.or_else(|| args.project.clone());
    // The example is part of the checkout that is worked on, whose code runs already.
    let is_example = wish.is_none() && tauri::is_dev();
    #[cfg(target_os = "macos")]
    if wish.is_none() && !is_example && crate::handed_over::names_no_folder() {
        return Ok(Opened::Nothing);
    }
    let folder = folder(wish)?;
    let config = args.config().or(branding.config);
    let data = dirs::data_local_dir()
        .ok_or(OpenError::NoData)?
        .join(&context.config().identifier);
    let mut paths = ProjectPaths::of(&data, &folder);
    let state = |source| OpenError::State {
        path: paths.state.clone(),
        source,
    };
    private::folder(&paths.state).map_err(state)?;
    let agrees = args.trust || is_example;
    // What a project says about itself counts once its user has agreed that it may run: until
    // then it must not choose where we write.
    let own = Config::load(&folder).ok().flatten();
    let own = own.filter(|_| agrees || Settings::load(&paths.state).get().trusted);
    let log_dir = config
        .log_dir
        .clone()
        .or_else(|| own.and_then(|c| c.log_dir));
    if let Some(dir) = log_dir {
        paths.logs = folder.join(dir);
    }
    AppLog::install(&paths.app_log()).map_err(|source| OpenError::State {
        path: paths.app_log(),
        source,
    })?;
    let state = |source| OpenError::State {
        path: paths.state.clone(),
        source,
    };
    let instance = match Instance::claim(&paths.state).map_err(state)? {
        Claim::Ours(instance) => instance,
        Claim::Taken(other) => {
            if let Some(other) = other {
                let told = other.tell(&folder);
                log::warn!("a second start: {told}"); // A double-clicked one has no terminal.
                terminal::explain(&told);
            } else {
                terminal::say(&format!(
                    "{} is open already; its window comes to the front",
                    folder.display()
                ));
            }
            return Ok(Opened::Elsewhere);
        }
    };
    // Only now: those of a project belong to the process that has it open.
    let settings = Settings::load(&paths.state);
    if agrees {
        settings.change(|v| v.trusted = true);
    }
    log::info!(
        "berth {} opens {}",
        env!("CARGO_PKG_VERSION"),
        folder.display()
    );
    let engine = Engine::builder(&context.config().identifier, paths.engine()).build()?;
    Ok(Opened::Here(Box::new(Session {
        folder,
        config,
        paths,
        settings,
        engine,
        instance,
    })))
}

fn folder(wish: Option<PathBuf>) -> Result<PathBuf, OpenError> {
    let folder = match wish {
        Some(folder) => folder,
        // Under the Tauri command's development server the folder is this crate's own, whose dev
        // server runs already: what is worked on is tried with the example.
        None if tauri::is_dev() => {
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/vite-app"))
        }
        None => PathBuf::from("."),
    };
    // A folder that is missing is kept as it was written: the trouble page names it.
    std::path::absolute(&folder)
        .map(|absolute| berth_project::real_folder(&absolute).unwrap_or(absolute))
        .map_err(OpenError::NoFolder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_as_programs_take_it() {
        let folder_there = tempfile::tempdir().unwrap();
        let found = folder(Some(folder_there.path().to_path_buf())).unwrap();
        assert!(found.is_absolute() && found.is_dir());
        assert!(!found.to_string_lossy().starts_with(r"\\?\"), "{found:?}");
        let gone = folder_there.path().join("gone");
        assert_eq!(folder(Some(gone.clone())).unwrap(), gone);
    }
}
