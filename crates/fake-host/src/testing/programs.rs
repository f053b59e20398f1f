//! The programs of this workspace that tests run.

use std::env::consts::EXE_EXTENSION;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::is_wine;

/// Stands before a shell's script that calls `setsid`: macOS has no such program, but perl.
#[cfg(unix)]
pub const SETSID: &str = if cfg!(target_os = "macos") {
    r#"setsid() { perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV' "$@"; }; "#
} else {
    ""
};

/// The test server.
pub fn fake_sidecar() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| built("fake-sidecar", "--bin", "fake-sidecar"))
}

/// The host.
pub fn fake_host() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| built("fake-host", "--bin", "fake-host"))
}

/// The headless command.
pub fn sidecar() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| built("sidecar-lifecycle-cli", "--bin", "sidecar"))
}

/// An example of the engine.
pub fn example(name: &str) -> PathBuf {
    built("sidecar-lifecycle", "--example", name)
}

/// Cargo builds a package's own programs for its tests, but not other packages': those are
/// looked for beside the test, and built there if they are missing or older than their source.
fn built(package: &str, kind: &str, name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test");
    // <target>/<profile>/deps/<test>, or <target>/<profile>/<program>
    let folder = test.parent().expect("it lies somewhere");
    let profile = if folder.ends_with("deps") {
        folder.parent().expect("a folder of the profile")
    } else {
        folder
    };
    let folder = match kind {
        "--example" => "examples",
        _ => "",
    };
    let program = profile.join(folder).join(name);
    let program = program.with_extension(EXE_EXTENSION);
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the folder of crates");
    let source = ["src", folder].map(|f| newest(&crates.join(package).join(f)));
    let source = source.into_iter().max().flatten();
    let age = |p: &Path| fs::metadata(p).and_then(|m| m.modified()).ok();
    // Wine runs no cargo: who runs tests there has built all of it. What only another system
    // compiles may be younger then.
    if age(&program).is_some_and(|built| is_wine() || Some(built) >= source) {
        return program;
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build",
        "--quiet",
        "--package",
        package,
        kind,
        name,
        "--target-dir",
    ]);
    cargo
        .arg(profile.parent().expect("the target folder"))
        .current_dir(crates);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo runs");
    assert!(status.success(), "{package} does not build");
    program
}

fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    entries
        .filter_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => newest(&entry.path()),
            _ => entry.metadata().and_then(|m| m.modified()).ok(),
        })
        .max()
}
