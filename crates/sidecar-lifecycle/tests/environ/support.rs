//! Folders with programs in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sidecar_lifecycle::environ::EnvMap;

/// Makes an executable. Another process writes it: a descriptor of ours, open for writing and
/// inherited by a child of another test, would make running it fail with ETXTBSY. Not `install`,
/// which takes nothing from a pipe on macOS.
pub(crate) fn program(path: &Path, text: &str) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = Command::new("sh")
        .args(["-c", r#"cat >"$0" && chmod 755 "$0""#])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut writer.stdin.take().unwrap(), text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
    path.to_path_buf()
}

pub(crate) fn env(pairs: &[(&str, &str)]) -> EnvMap {
    pairs
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

/// Where this machine has a shell: Linux has most in `/usr/bin`, macOS in `/bin`, and those of
/// Homebrew in its own folder.
pub(crate) fn installed(shell: &str) -> Option<String> {
    let folders = ["/bin", "/usr/bin", "/opt/homebrew/bin"];
    let mut files = folders
        .map(|folder| format!("{folder}/{shell}"))
        .into_iter();
    files.find(|file| Path::new(file).exists())
}
