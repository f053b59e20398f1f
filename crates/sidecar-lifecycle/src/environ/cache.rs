//! The last good environment of a project and shell, kept in a file so that a start need not wait
//! for a slow shell.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::login::{CaptureError, capture_login_env};
use super::map::{EnvMap, current_env};
use super::platform;

/// Files of another version are ignored, like corrupt ones.
const VERSION: u32 = 1;

/// What belongs to the desktop session and not to the shell's start-up files: a kept value may be
/// of a session that ended.
const OF_THE_SESSION: [&str; 10] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_ID",
    "XDG_SESSION_TYPE",
    "XDG_VTNR",
];

/// Why an environment was not kept.
///
/// ```
/// # #[cfg(unix)] {
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{EnvCache, EnvMap};
///
/// let (folder, shell, home) = (Path::new("/shop"), Path::new("/bin/sh"), Path::new("/home/ana"));
/// let cache = EnvCache::new(Path::new("/dev/null/cache"), folder, shell, home);
/// let error = cache.store(&EnvMap::new(), cache.fingerprint()).unwrap_err();
/// assert!(error.to_string().starts_with("cannot keep the shell's environment in /dev/null/cache"));
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("cannot keep the shell's environment in {}: {source}; the next start has to ask the shell again", file.display())]
pub struct CacheError {
    file: PathBuf,
    source: io::Error,
}

/// Where one project's environment from one shell is kept.
///
/// A start takes what is kept, and asks the slow shell only when that is nothing or stale:
///
/// ```
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{EnvCache, EnvMap};
///
/// # let place = tempfile::tempdir()?;
/// # let (dir, folder) = (place.path().join("cache"), place.path());
/// let cache = EnvCache::new(&dir, folder, Path::new("/bin/zsh"), Path::new("/home/ana"));
/// assert!(cache.load().is_none(), "the first start has to wait: `refresh`");
///
/// // What `refresh` does with the shell's answer:
/// let before = cache.fingerprint();
/// let env = EnvMap::from([("NVM_DIR".into(), "/home/ana/.nvm".into())]);
/// cache.store(&env, before)?;
/// assert!(cache.file().starts_with(&dir));
///
/// let kept = cache.load().expect("it was stored");
/// assert_eq!(kept.env["NVM_DIR".as_ref() as &std::ffi::OsStr], "/home/ana/.nvm");
/// assert!(!kept.is_stale());
/// std::fs::write(folder.join(".nvmrc"), "24")?;
/// assert!(kept.is_stale(), "good for this start, and to be refreshed beside it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EnvCache {
    file: PathBuf,
    folder: PathBuf,
    shell: PathBuf,
    home: PathBuf,
}

/// An environment from the cache.
///
/// ```
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{CachedEnv, EnvCache, EnvMap};
///
/// # let place = tempfile::tempdir()?;
/// # let (dir, folder) = (place.path().join("cache"), place.path());
/// let cache = EnvCache::new(&dir, folder, Path::new("/bin/zsh"), Path::new("/home/ana"));
/// cache.store(&EnvMap::from([("EDITOR".into(), "vi".into())]), cache.fingerprint())?;
/// let CachedEnv { env, .. } = cache.load().expect("it was stored");
/// assert_eq!(env["EDITOR".as_ref() as &std::ffi::OsStr], "vi");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedEnv {
    /// What the shell had set up, with the present desktop session's own variables.
    pub env: EnvMap,
    fingerprint: Fingerprint,
}

impl CachedEnv {
    /// Whether a start-up file, a version file or the project's manifest has changed since. A
    /// stale environment still serves a start; a new one should be asked for beside it.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::{EnvCache, EnvMap};
    ///
    /// # let place = tempfile::tempdir()?;
    /// # let (dir, folder) = (place.path().join("cache"), place.path());
    /// let cache = EnvCache::new(&dir, folder, Path::new("/bin/zsh"), Path::new("/home/ana"));
    /// cache.store(&EnvMap::new(), cache.fingerprint())?;
    /// let kept = cache.load().expect("it was stored");
    /// assert!(!kept.is_stale());
    /// std::fs::write(folder.join("mise.toml"), "[tools]\nnode = \"24\"")?;
    /// assert!(kept.is_stale(), "another node may be first on the PATH now");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_stale(&self) -> bool {
        !self.fingerprint.still_holds()
    }
}

/// The file's content. Names and values are bytes on Unix, and most of them are text.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    folder: Text,
    shell: Text,
    fingerprint: Fingerprint,
    env: Vec<(Text, Text)>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    Utf8(String),
    Bytes(Vec<u8>),
}

impl Text {
    fn of(text: impl Into<OsString>) -> Option<Text> {
        let bytes = platform::os_string_to_bytes(&text.into())?;
        Some(
            String::from_utf8(bytes)
                .map_or_else(|error| Text::Bytes(error.into_bytes()), Text::Utf8),
        )
    }

    fn is(&self, path: &Path) -> bool {
        let bytes = match self {
            Text::Utf8(text) => text.as_bytes(),
            Text::Bytes(bytes) => bytes,
        };
        platform::os_string_to_bytes(path.as_os_str()).is_some_and(|path| path == bytes)
    }

    fn into_os_string(self) -> Option<OsString> {
        match self {
            Text::Utf8(text) => Some(text.into()),
            Text::Bytes(bytes) => platform::os_string_from_bytes(bytes),
        }
    }
}

impl EnvCache {
    /// The cache in the folder `dir` for a project's folder and a shell. Touches no file.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::EnvCache;
    ///
    /// let (dir, home) = (Path::new("/home/ana/.cache/example"), Path::new("/home/ana"));
    /// let (shop, blog) = (Path::new("/home/ana/shop"), Path::new("/home/ana/blog"));
    /// let one = EnvCache::new(dir, shop, Path::new("/bin/zsh"), home);
    /// let another = EnvCache::new(dir, blog, Path::new("/bin/zsh"), home);
    /// assert_ne!(one.file(), another.file(), "each project has its own");
    /// ```
    pub fn new(dir: &Path, folder: &Path, shell: &Path, home: &Path) -> EnvCache {
        let key = fnv1a(&[
            folder.as_os_str().as_encoded_bytes(),
            shell.as_os_str().as_encoded_bytes(),
        ]);
        EnvCache {
            file: dir.join(format!("env-{key:016x}.json")),
            folder: folder.to_path_buf(),
            shell: shell.to_path_buf(),
            home: home.to_path_buf(),
        }
    }

    /// The file that is read and written.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::EnvCache;
    ///
    /// let (dir, home) = (Path::new("/home/ana/.cache/example"), Path::new("/home/ana"));
    /// let cache = EnvCache::new(dir, Path::new("/home/ana/shop"), Path::new("/bin/zsh"), home);
    /// assert_eq!(cache.file().parent(), Some(dir));
    /// ```
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What is kept, stale or not. A file that is corrupt, of another version, or open to other
    /// users (who could put a program of theirs on the PATH) is ignored with a warning.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::{EnvCache, EnvMap};
    ///
    /// # let place = tempfile::tempdir()?;
    /// # let (dir, folder) = (place.path().join("cache"), place.path());
    /// let cache = EnvCache::new(&dir, folder, Path::new("/bin/zsh"), Path::new("/home/ana"));
    /// assert_eq!(cache.load(), None);
    /// cache.store(&EnvMap::new(), cache.fingerprint())?;
    /// assert!(cache.load().is_some());
    /// std::fs::write(cache.file(), "{ half of it")?;
    /// assert_eq!(cache.load(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(&self) -> Option<CachedEnv> {
        let stored = match self.read() {
            Ok(stored) => stored,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                log::warn!(
                    "ignoring the kept environment {}: {error}",
                    self.file.display()
                );
                return None;
            }
        };
        let mut env: EnvMap = stored
            .env
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_os_string()?, value.into_os_string()?)))
            .collect();
        let now = current_env();
        for name in OF_THE_SESSION {
            if let Some(value) = now.get(std::ffi::OsStr::new(name)) {
                env.insert(name.into(), value.clone());
            }
        }
        Some(CachedEnv {
            env,
            fingerprint: stored.fingerprint,
        })
    }

    /// The files' present state, to be given to [`EnvCache::store`] with what is captured next.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::EnvCache;
    ///
    /// # let place = tempfile::tempdir()?;
    /// # let (dir, folder) = (place.path().join("cache"), place.path());
    /// let cache = EnvCache::new(&dir, folder, Path::new("/bin/zsh"), Path::new("/home/ana"));
    /// let before = cache.fingerprint();
    /// assert_eq!(before, cache.fingerprint());
    /// std::fs::write(folder.join(".nvmrc"), "24")?;
    /// assert_ne!(before, cache.fingerprint());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::take(&self.folder, &self.shell, &self.home, &current_env())
    }

    /// Replaces what is kept, in one step and readable for this user only.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::environ::{EnvCache, EnvMap};
    ///
    /// # let place = tempfile::tempdir()?;
    /// # let (dir, folder) = (place.path().join("cache"), place.path());
    /// let cache = EnvCache::new(&dir, folder, Path::new("/bin/zsh"), Path::new("/home/ana"));
    /// let before = cache.fingerprint(); // The shell reads its files after this.
    /// let env = EnvMap::from([("EDITOR".into(), "vi".into())]);
    /// cache.store(&env, before)?;
    /// assert!(cache.load().is_some_and(|kept| !kept.is_stale()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CacheError`] if the file or its folder cannot be written. What was kept before stays.
    pub fn store(&self, env: &EnvMap, fingerprint: Fingerprint) -> Result<(), CacheError> {
        self.write(env, fingerprint).map_err(|source| CacheError {
            file: self.file.clone(),
            source,
        })
    }

    /// Asks the shell (see [`capture_login_env`]) and keeps the answer. That it could not be kept
    /// is a warning only.
    ///
    /// # Errors
    /// As [`capture_login_env`]; what was kept before stays.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use sidecar_lifecycle::environ::{CaptureError, EnvCache, EnvMap};
    ///
    /// /// The environment for a start, at once where that is possible.
    /// fn environment(cache: EnvCache) -> Result<EnvMap, CaptureError> {
    ///     let limit = Duration::from_secs(10);
    ///     let Some(kept) = cache.load() else { return cache.refresh(limit) };
    ///     if kept.is_stale() {
    ///         std::thread::spawn(move || cache.refresh(limit)); // For the next start.
    ///     }
    ///     Ok(kept.env)
    /// }
    /// ```
    pub fn refresh(&self, limit: Duration) -> Result<EnvMap, CaptureError> {
        let fingerprint = self.fingerprint();
        let env = capture_login_env(&self.shell, &self.folder, limit)?;
        if let Err(error) = self.store(&env, fingerprint) {
            log::warn!("{error}");
        }
        Ok(env)
    }

    fn read(&self) -> io::Result<Stored> {
        let file = fs::File::open(&self.file)?;
        if !platform::is_private(&file.metadata()?) {
            return Err(io::Error::other("other users have access to it"));
        }
        let stored: Stored = serde_json::from_str(&io::read_to_string(file)?)?;
        if stored.version != VERSION {
            return Err(io::Error::other(format!(
                "its version is {}",
                stored.version
            )));
        }
        // Two keys can have the same hash.
        if !stored.folder.is(&self.folder) || !stored.shell.is(&self.shell) {
            return Err(io::Error::other("it is another project's"));
        }
        Ok(stored)
    }

    fn write(&self, env: &EnvMap, fingerprint: Fingerprint) -> io::Result<()> {
        let pairs = env
            .iter()
            .filter_map(|(name, value)| Some((Text::of(name)?, Text::of(value)?)));
        let not_text = || io::Error::from(io::ErrorKind::InvalidFilename);
        let stored = Stored {
            version: VERSION,
            folder: Text::of(&self.folder).ok_or_else(not_text)?,
            shell: Text::of(&self.shell).ok_or_else(not_text)?,
            fingerprint,
            env: pairs.collect(),
        };
        let bytes = serde_json::to_vec(&stored)?;

        if let Some(dir) = self.file.parent() {
            platform::create_private_dir(dir)?;
        }
        // Beside the file, so that the rename stays on one file system; with a name of its own,
        // so that two instances never write to the same one.
        let fresh = self
            .file
            .with_extension(format!("{:016x}.tmp", fastrand::u64(..)));
        let written = platform::create_private_file(&fresh)
            .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .and_then(|()| crate::sys::replace(&fresh, &self.file));
        if written.is_err() {
            let _ = fs::remove_file(&fresh); // the first error is the one to tell
        }
        written
    }
}

/// FNV-1a: the same on every build, which std's hashers do not promise.
fn fnv1a(parts: &[&[u8]]) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        step(part.iter().fold(hash, |hash, byte| step(hash, *byte)), 0)
    })
}
