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
    pub(crate) fn webview(&self) -> PathBuf {
        self.state.join("webview")
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
        assert!(a.id().starts_with("shop-"));
    }
}
