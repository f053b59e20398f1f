//! Keeping an environment between starts.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sidecar_lifecycle::environ::{EnvCache, EnvMap};
use tempfile::TempDir;

use crate::support::env;

struct Fixture {
    root: TempDir,
    cache: EnvCache,
}

impl Fixture {
    fn new() -> Fixture {
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "project"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        let at = |name: &str| root.path().join(name);
        let cache = EnvCache::new(&at("cache/deep"), &at("project"), &sh(), &at("home"));
        Fixture { root, cache }
    }

    fn keep(&self, env: &EnvMap) {
        self.cache.store(env, self.cache.fingerprint()).unwrap();
    }

    fn is_stale(&self) -> bool {
        self.cache.load().expect("a kept environment").is_stale()
    }
}

fn sh() -> PathBuf {
    PathBuf::from("/bin/sh")
}

#[test]
fn what_is_kept_comes_back_byte_for_byte() {
    let fixture = Fixture::new();
    assert_eq!(fixture.cache.load(), None);
    let mut kept = env(&[("PATH", "/a:/b"), ("LINES_OF_TEXT", "a\nb"), ("EMPTY", "")]);
    kept.insert("BYTES".into(), OsString::from_vec(vec![0xff, 1]));
    fixture.keep(&kept);
    let loaded = fixture.cache.load().unwrap();
    for (name, value) in &kept {
        assert_eq!(loaded.env.get(name), Some(value), "{name:?}");
    }
    assert!(!loaded.is_stale());
}

#[test]
fn nobody_else_can_read_it_and_nothing_lies_beside_it() {
    let fixture = Fixture::new();
    fixture.keep(&env(&[("API_KEY", "secret")]));
    fixture.keep(&env(&[("API_KEY", "secret2")]));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let file = fixture.cache.file();
    assert_eq!(mode(file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn what_is_broken_is_ignored_and_replaced() {
    let fixture = Fixture::new();
    let file = fixture.cache.file().to_path_buf();
    fixture.keep(&env(&[("A", "1")]));
    let good = fs::read_to_string(&file).unwrap();
    let broken: [(&str, Vec<u8>); 6] = [
        ("empty", vec![]),
        ("binary", vec![0xff, 0, 0xfe]),
        ("cut short", good.as_bytes()[..good.len() / 2].to_vec()),
        (
            "of another version",
            good.replace("\"version\":1", "\"version\":2").into(),
        ),
        (
            "of another project",
            good.replace("/project", "/priject").into(),
        ),
        ("of another shape", b"[]".to_vec()),
    ];
    for (what, bytes) in broken {
        fs::write(&file, bytes).unwrap();
        assert_eq!(fixture.cache.load(), None, "{what}");
        fixture.keep(&env(&[("A", "2")]));
        assert!(fixture.cache.load().is_some(), "after {what}");
    }
}

#[test]
fn what_others_could_have_written_is_not_trusted() {
    let fixture = Fixture::new();
    fixture.keep(&env(&[("PATH", "/evil")]));
    for mode in [0o660, 0o602, 0o644] {
        fs::set_permissions(fixture.cache.file(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(fixture.cache.load(), None, "{mode:o}");
    }
}

#[test]
fn start_up_and_version_files_make_it_stale() {
    let files = [
        "home/.zshrc",
        "home/.zshenv",
        "home/.zprofile",
        "home/.bashrc",
        "home/.bash_profile",
        "home/.profile",
        "project/.nvmrc",
        "project/.node-version",
        "project/.tool-versions",
        "project/mise.toml",
        "project/package.json",
    ];
    for name in files {
        let fixture = Fixture::new();
        let file = fixture.root.path().join(name);
        fixture.keep(&EnvMap::new());
        assert!(!fixture.is_stale());

        fs::write(&file, "1").unwrap();
        assert!(fixture.is_stale(), "{name} was created");
        fixture.keep(&EnvMap::new());
        assert!(!fixture.is_stale());

        let later = SystemTime::now() + Duration::from_secs(5);
        File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert!(fixture.is_stale(), "{name} was changed");
        fixture.keep(&EnvMap::new());

        fs::remove_file(&file).unwrap();
        assert!(fixture.is_stale(), "{name} was removed");
    }
}

#[test]
fn a_file_that_changes_while_the_shell_is_asked_counts() {
    let fixture = Fixture::new();
    let before = fixture.cache.fingerprint();
    fs::write(fixture.root.path().join("home/.profile"), "export A=1").unwrap();
    fixture.cache.store(&EnvMap::new(), before).unwrap();
    assert!(fixture.is_stale());
}

#[test]
fn projects_and_shells_have_files_of_their_own() {
    let fixture = Fixture::new();
    let dir = fixture.root.path();
    let file = |folder: &str, shell: &str| {
        EnvCache::new(dir, Path::new(folder), Path::new(shell), dir)
            .file()
            .to_path_buf()
    };
    assert_eq!(file("/a", "/bin/sh"), file("/a", "/bin/sh"));
    assert_ne!(file("/a", "/bin/sh"), file("/a", "/bin/zsh"));
    assert_ne!(file("/a", "/b"), file("/a/", "b"));
}

#[test]
fn a_refresh_asks_the_shell_and_keeps_the_answer() {
    let fixture = Fixture::new();
    let fresh = fixture.cache.refresh(Duration::from_mins(1)).unwrap();
    let kept = fixture.cache.load().unwrap();
    assert_eq!(
        kept.env.get(std::ffi::OsStr::new("PATH")),
        fresh.get(std::ffi::OsStr::new("PATH"))
    );
}

#[test]
fn not_being_able_to_keep_it_is_an_error_with_a_place() {
    let fixture = Fixture::new();
    fs::write(fixture.root.path().join("cache"), "in the way").unwrap();
    let error = fixture
        .cache
        .store(&EnvMap::new(), fixture.cache.fingerprint())
        .unwrap_err();
    assert!(error.to_string().contains("cache/deep/env-"), "{error}");
}
