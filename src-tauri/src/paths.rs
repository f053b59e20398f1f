//! Where Berth keeps what it knows about a project.

use std::path::{Path, PathBuf};

/// The folders and files of one project.
#[derive(Debug, Clone)]
pub(crate) struct ProjectPaths {
    /// All of it, apart from the project itself.
    pub(crate) state: PathBuf,
    /// `.tauri-log` and `.tauri-sidecar-log`.
    pub(crate) logs: PathBuf,
}

impl ProjectPaths {
    /// The place for this project's folder. Two projects never share one.
    ///
    /// The log files lie there too, unless `logs` is set to another folder.
    pub(crate) fn of(data: &Path, folder: &Path) -> ProjectPaths {
        let state = data.join("projects").join(folder_name(folder));
        let logs = state.clone();
        ProjectPaths { state, logs }
    }

    /// The app's own log: appended to, capped.
    pub(crate) fn app_log(&self) -> PathBuf {
        self.logs.join(".tauri-log")
    }

    /// The server's output: fresh at each launch.
    pub(crate) fn server_log(&self) -> PathBuf {
        self.logs.join(".tauri-sidecar-log")
    }

    /// Cookies, storage and caches of the project's pages.
    #[cfg(any(not(target_os = "macos"), test))]
    pub(crate) fn webview(&self) -> PathBuf {
        self.state.join("webview")
    }

    /// The same where the system keeps them: a UUID (of the kind that each may make in his own way,
    /// RFC 9562) of the state's folder.
    #[cfg(any(target_os = "macos", test))]
    pub(crate) fn profile(&self) -> [u8; 16] {
        let hash = fnv1a(self.state.as_os_str().as_encoded_bytes());
        let again = fnv1a(&hash.to_be_bytes());
        let mut uuid = (u128::from(hash) << 64 | u128::from(again)).to_be_bytes();
        uuid[6] = uuid[6] & 0x0f | 0x80;
        uuid[8] = uuid[8] & 0x3f | 0x80;
        uuid
    }

    /// The engine's state files.
    pub(crate) fn engine(&self) -> PathBuf {
        self.state.join("engine")
    }

    /// The project's short and unique name.
    pub(crate) fn id(&self) -> String {
        self.state
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }
}

/// `shop-1a2b3c4d5e6f7081`: readable, and unique by a hash of the whole path.
fn folder_name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let readable: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                c
            } else {
                '-'
            }
        })
        .take(40)
        .collect();
    format!(
        "{readable}-{:016x}",
        fnv1a(folder.as_os_str().as_encoded_bytes())
    )
}

/// FNV-1a: stable across versions of Berth and of Rust, which std's hasher is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Home paths as people write them.
pub(crate) fn for_people(path: &Path) -> String {
    match dirs::home_dir().and_then(|home| path.strip_prefix(home).ok().map(Path::to_path_buf)) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~{}{}", std::path::MAIN_SEPARATOR, rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_of_the_same_name_do_not_meet() {
        let data = Path::new("/data");
        let a = ProjectPaths::of(data, Path::new("/a/shop"));
        let b = ProjectPaths::of(data, Path::new("/b/shop"));
        assert_ne!(a.state, b.state);
        assert_eq!(a.state, ProjectPaths::of(data, Path::new("/a/shop")).state);
        assert_ne!(a.webview(), b.webview());
        assert_ne!(a.profile(), b.profile());
        assert!(a.id().starts_with("shop-"));
    }

    /// By the bytes of its path, of which Windows has other ones.
    #[cfg(unix)]
    #[test]
    fn a_project_keeps_its_profile() {
        let paths = ProjectPaths::of(Path::new("/data"), Path::new("/a/shop"));
        let hex: String = paths.profile().map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hex, "dc378f1cc9188aedbfadb29cc5a34e3b");
    }
}
