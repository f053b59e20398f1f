//! Telling whether what a captured environment was made from has changed since.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::map::{EnvMap, get_filled};

/// Start-up files of any shell, in the home folder.
const IN_HOME: [&str; 14] = [
    ".zshenv",
    ".zprofile",
    ".zshrc",
    ".zlogin",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".profile",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".tool-versions",
    ".nvm/alias/default",
    ".npmrc",
];

/// The same, in the configuration folder.
const IN_CONFIG: [&str; 4] = [
    "fish/config.fish",
    "fish/conf.d",
    "fish/fish_variables",
    "mise/config.toml",
];

/// Files of zsh that follow `ZDOTDIR`.
const IN_ZDOTDIR: [&str; 4] = [".zshenv", ".zprofile", ".zshrc", ".zlogin"];

/// For every user.
const OF_THE_SYSTEM: [&str; 6] = [
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/zshrc",
    "/etc/zsh/zshrc",
    "/etc/paths",
    "/etc/environment",
];

/// Files by which a project chooses its versions.
const IN_PROJECT: [&str; 8] = [
    ".nvmrc",
    ".node-version",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    ".mise/config.toml",
    ".envrc",
    "package.json",
];

/// Time of change in nanoseconds since 1970, and size.
type Mark = (u64, u64);

/// The times and sizes of every file that a login shell's environment in a project depends on.
///
/// Take it *before* asking the shell: a file that changes meanwhile then counts as changed.
///
/// ```
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{EnvMap, Fingerprint};
///
/// # let place = tempfile::tempdir()?;
/// # let (folder, home) = (place.path(), Path::new("/home/ana"));
/// let before = Fingerprint::take(folder, Path::new("/bin/zsh"), home, &EnvMap::new());
/// assert!(before.still_holds());
/// std::fs::write(folder.join(".node-version"), "24")?;
/// assert!(!before.still_holds());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(BTreeMap<PathBuf, Option<Mark>>);

impl Fingerprint {
    /// How the files are now. `env` says where configuration lies (`ZDOTDIR`, `XDG_CONFIG_HOME`).
    /// A file that does not exist is part of it too: creating one is a change.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::{EnvMap, Fingerprint};
    ///
    /// let (shell, home) = (Path::new("/bin/zsh"), Path::new("/home/ana"));
    /// let elsewhere = EnvMap::from([("ZDOTDIR".into(), "/home/ana/.config/zsh".into())]);
    /// let usual = Fingerprint::take(Path::new("/shop"), shell, home, &EnvMap::new());
    /// let moved = Fingerprint::take(Path::new("/shop"), shell, home, &elsewhere);
    /// assert_ne!(usual, moved, "another .zshrc counts");
    /// ```
    pub fn take(folder: &Path, shell: &Path, home: &Path, env: &EnvMap) -> Fingerprint {
        let config = match get_filled(env, "XDG_CONFIG_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => home.join(".config"),
        };
        let mut files: Vec<PathBuf> = vec![shell.to_path_buf()];
        files.extend(IN_HOME.iter().map(|name| home.join(name)));
        files.extend(IN_CONFIG.iter().map(|name| config.join(name)));
        files.extend(OF_THE_SYSTEM.iter().map(PathBuf::from));
        files.extend(IN_PROJECT.iter().map(|name| folder.join(name)));
        if let Some(zdotdir) = get_filled(env, "ZDOTDIR") {
            files.extend(IN_ZDOTDIR.iter().map(|name| Path::new(zdotdir).join(name)));
        }
        Fingerprint(
            files
                .into_iter()
                .map(|file| {
                    let mark = file.metadata().ok().map(|metadata| mark(&metadata));
                    (file, mark)
                })
                .collect(),
        )
    }

    /// Whether the same files have the same times and sizes as when this was taken.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::{EnvMap, Fingerprint};
    ///
    /// # let place = tempfile::tempdir()?;
    /// # let project = place.path();
    /// std::fs::write(project.join("package.json"), "{}")?;
    /// let before = Fingerprint::take(project, Path::new("/bin/sh"), Path::new("/"), &EnvMap::new());
    /// assert!(before.still_holds());
    /// std::fs::remove_file(project.join("package.json"))?;
    /// assert!(!before.still_holds());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn still_holds(&self) -> bool {
        self.0
            .iter()
            .all(|(file, mark_then)| file.metadata().ok().map(|now| mark(&now)) == *mark_then)
    }
}

fn mark(metadata: &Metadata) -> Mark {
    let changed = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    (
        changed.map_or(0, |time| time.as_nanos() as u64),
        metadata.len(),
    )
}
