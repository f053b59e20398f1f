//! Finding a program, and saying where it was looked for.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use super::folders::known_folders;
use super::map::{EnvMap, get};

/// How a program was found.
///
/// ```
/// use sidecar_lifecycle::environ::Via;
///
/// assert_eq!(format!("found in {}", Via::Known("Volta")), "found in Volta's folder");
/// assert_eq!(format!("found on {}", Via::Path), "found on the PATH");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// On the PATH of the given environment.
    Path,
    /// In a folder that this tool is known to use.
    Known(&'static str),
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Via::Path => f.write_str("the PATH"),
            Via::Known(whose) => write!(f, "{whose}'s folder"),
        }
    }
}

/// What a search has found.
///
/// ```
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{EnvMap, find_tool};
///
/// let (home, folder) = (Path::new("/nowhere"), Path::new("/nowhere/shop"));
/// let lookup = find_tool("no-such-tool", &EnvMap::new(), home, folder);
/// assert!(lookup.found.is_none() && lookup.via.is_none());
/// let volta = Path::new("/nowhere/.volta/bin");
/// assert!(lookup.looked_in.iter().any(|place| place == volta), "a page can say so");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The program's file, or `None` if it is nowhere.
    pub found: Option<PathBuf>,
    /// Every folder that was looked in, in order, up to the one that had it.
    pub looked_in: Vec<PathBuf>,
    /// How it was found; `None` if it was not.
    pub via: Option<Via>,
}

impl Lookup {
    /// The program's folder if it is not on the PATH: what [`child_path`] has to add.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::{Lookup, Via};
    ///
    /// let lookup = Lookup {
    ///     found: Some("/home/ana/.volta/bin/pnpm".into()),
    ///     looked_in: Vec::new(),
    ///     via: Some(Via::Known("Volta")),
    /// };
    /// assert_eq!(lookup.extra_dir(), Some(Path::new("/home/ana/.volta/bin")));
    /// ```
    pub fn extra_dir(&self) -> Option<&Path> {
        match self.via {
            Some(Via::Known(_)) => self.found.as_deref().and_then(Path::parent),
            Some(Via::Path) | None => None,
        }
    }
}

/// Looks for a program: on the PATH of `env` first, by the system's rules (the executable bit,
/// `PATHEXT`), then where version managers and package managers are known to put theirs.
/// `folder` is the project's: it chooses among nvm's versions, and relative entries of the PATH
/// start there. `name` is a bare name (`pnpm`); with a separator in it, it is nowhere.
///
/// ```
/// # #[cfg(unix)] {
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{EnvMap, Via, find_tool};
///
/// let env = EnvMap::from([("PATH".into(), "/usr/bin:/bin".into())]);
/// let sh = find_tool("sh", &env, Path::new("/home/ana"), Path::new("/home/ana/shop"));
/// assert_eq!((sh.via, sh.extra_dir()), (Some(Via::Path), None));
/// # }
/// ```
pub fn find_tool(name: &str, env: &EnvMap, home: &Path, folder: &Path) -> Lookup {
    let mut lookup = Lookup {
        found: None,
        looked_in: Vec::new(),
        via: None,
    };
    if name.is_empty() || name.contains(['/', '\\']) {
        return lookup;
    }
    let path = get(env, "PATH").unwrap_or_default();
    let on_path = std::env::split_paths(path)
        .filter(|entry| !entry.as_os_str().is_empty())
        .map(|entry| (Via::Path, entry));
    let known = known_folders(env, home, folder);
    let known = known
        .into_iter()
        .map(|(whose, entry)| (Via::Known(whose), entry));

    for (via, entry) in on_path.chain(known) {
        let entry = folder.join(entry);
        if lookup.looked_in.contains(&entry) {
            continue;
        }
        let found = in_folder(name, &entry);
        lookup.looked_in.push(entry);
        if found.is_some() {
            return Lookup {
                found,
                via: Some(via),
                ..lookup
            };
        }
    }
    lookup
}

fn in_folder(name: &str, folder: &Path) -> Option<PathBuf> {
    // `which_in` takes a list, and a folder with the list's separator in its name is no list.
    let list = std::env::join_paths([folder]).ok()?;
    which::which_in(name, Some(list), folder).ok()
}

/// The PATH for a child: that of `env`, then each of `extra` that is not on it yet.
///
/// pnpm and its kin are scripts that begin with `env node`: finding them is half, the child has to
/// find `node` too. Folders are appended, so that what the user's PATH names stays what runs.
/// Empty entries, which mean the present folder, are dropped.
///
/// ```
/// # #[cfg(unix)] {
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{EnvMap, child_path};
///
/// let env = EnvMap::from([("PATH".into(), "/usr/bin:/bin".into())]);
/// let path = child_path(&env, [Path::new("/home/ana/.volta/bin"), Path::new("/bin")]);
/// assert_eq!(path, "/usr/bin:/bin:/home/ana/.volta/bin");
/// # }
/// ```
pub fn child_path<'a>(env: &EnvMap, extra: impl IntoIterator<Item = &'a Path>) -> OsString {
    let mut entries: Vec<PathBuf> = std::env::split_paths(get(env, "PATH").unwrap_or_default())
        .filter(|entry| !entry.as_os_str().is_empty())
        .collect();
    for folder in extra {
        let folder = folder.to_path_buf();
        let fits = !folder.as_os_str().is_empty() && std::env::join_paths([&folder]).is_ok();
        if fits && !entries.contains(&folder) {
            entries.push(folder);
        }
    }
    // Every entry was checked, or came from a list.
    std::env::join_paths(entries)
        .unwrap_or_else(|_| get(env, "PATH").map(OsStr::to_owned).unwrap_or_default())
}
