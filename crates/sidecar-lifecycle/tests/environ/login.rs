//! Capturing: what start-up files do to those who ask.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sidecar_lifecycle::environ::{CaptureError, EnvMap, capture_login_env_from};
use tempfile::TempDir;

use crate::support::{env, installed, program};

/// Long enough for any machine; a test that takes it has failed.
const LONG: Duration = Duration::from_mins(1);

/// For shells that hang: long enough for what they say and start first.
const SHORT: Duration = Duration::from_secs(5);

/// Runs the question like a POSIX shell (its fourth argument), after and before other things.
const ANSWER: &str = r#"eval "$4""#;

struct Home {
    dir: TempDir,
}

impl Home {
    fn new() -> Home {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("project")).unwrap();
        Home { dir }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn project(&self) -> PathBuf {
        self.path().join("project")
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// The environment of an app started from a desktop. `TEST_MARK` finds its processes.
    fn start(&self) -> EnvMap {
        let home = self.path().to_str().unwrap();
        env(&[
            ("HOME", home),
            ("PATH", "/usr/bin:/bin"),
            ("TEST_MARK", home),
        ])
    }

    fn capture(&self, shell: &str, limit: Duration) -> Result<EnvMap, CaptureError> {
        capture_login_env_from(self.start(), Path::new(shell), &self.project(), limit)
    }

    fn capture_fake(&self, script: &str, limit: Duration) -> Result<EnvMap, CaptureError> {
        let shell = program(
            &self.path().join("shell"),
            &format!("#!/bin/sh\n{script}\n"),
        );
        self.capture(shell.to_str().unwrap(), limit)
    }

    /// Live processes that carry this home's mark.
    #[cfg(target_os = "linux")]
    fn left(&self) -> Vec<String> {
        let mark = format!("TEST_MARK={}\0", self.path().display());
        let of = |pid: &Path| {
            let environ = fs::read(pid.join("environ")).ok()?;
            let found = String::from_utf8_lossy(&environ).contains(&mark);
            found.then(|| fs::read_to_string(pid.join("cmdline")).unwrap_or_default())
        };
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| of(&entry.path()))
            .collect()
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "it is looked at on Linux")]
    fn left(&self) -> Vec<String> {
        Vec::new()
    }
}

fn value<'a>(env: &'a EnvMap, name: &str) -> &'a str {
    env.get(OsStr::new(name))
        .and_then(|value| value.to_str())
        .unwrap_or("(unset)")
}

#[test]
fn noise_around_the_answer_is_no_part_of_it() {
    let home = Home::new();
    let script = format!(
        "echo 'Welcome, PATH=/wrong'; printf 'NOISE=1\\0'; export OK=1\n{ANSWER}\nprintf 'LATE=1\\0'"
    );
    let env = home.capture_fake(&script, LONG).unwrap();
    assert_eq!(value(&env, "OK"), "1");
    assert_eq!(value(&env, "NOISE"), "(unset)");
    assert_eq!(value(&env, "LATE"), "(unset)");
    assert!(
        env.keys()
            .all(|name| !name.to_string_lossy().starts_with("SIDECAR_LIFECYCLE_"))
    );
    for name in ["DISABLE_AUTO_UPDATE", "SHLVL", "_", "OLDPWD"] {
        assert_eq!(value(&env, name), "(unset)", "{name}");
    }
}

#[test]
fn a_shell_that_hangs_is_ended_with_its_deaf_children() {
    let home = Home::new();
    let script = "trap '' TERM HUP INT
        echo 'loading plugins' >&2
        sh -c 'trap \"\" TERM HUP INT; while :; do sleep 1000; done' &
        bash -c 'set -m; sleep 1001 & wait' &
        while :; do sleep 1002; done";
    let begun = Instant::now();
    let error = home.capture_fake(script, SHORT).unwrap_err();
    assert!(
        begun.elapsed() < LONG / 2,
        "its children hold the caller up"
    );
    assert!(matches!(error, CaptureError::TimedOut { .. }), "{error}");
    assert!(
        error
            .to_string()
            .ends_with("its last words: loading plugins"),
        "{error}"
    );
    assert_eq!(home.left(), [""; 0]);
}

#[test]
fn what_a_start_up_file_leaves_running_is_ended_after_the_answer() {
    let home = Home::new();
    let begun = Instant::now();
    let script = format!("sleep 1000 & sleep 1001 >/dev/null 2>&1 & \n{ANSWER}");
    home.capture_fake(&script, LONG).unwrap();
    assert!(
        begun.elapsed() < LONG / 4,
        "a process that holds the output holds the caller up"
    );
    assert_eq!(home.left(), [""; 0]);
}

/// Stands before a script that calls `setsid`: macOS has no such program, but perl.
const SETSID: &str = if cfg!(target_os = "macos") {
    r#"setsid() { perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV' "$@"; }; "#
} else {
    ""
};

#[test]
fn what_moved_to_another_session_on_purpose_is_left_alone() {
    let home = Home::new();
    let script = format!(
        "{SETSID}setsid sh -c 'echo $$ > \"$HOME/agent\"; exec sleep 1000' >/dev/null 2>&1 &
        until test -s \"$HOME/agent\"; do :; done\n{ANSWER}"
    );
    home.capture_fake(&script, LONG).unwrap();
    let agent = fs::read_to_string(home.path().join("agent")).unwrap();
    let ended = std::process::Command::new("kill")
        .args(["-KILL", agent.trim()])
        .status()
        .unwrap();
    assert!(ended.success(), "the agent was alive");
}

#[test]
fn a_shell_that_exits_early_says_so_at_once() {
    let home = Home::new();
    let begun = Instant::now();
    let error = home
        .capture_fake("echo 'no such theme' >&2; exit 3", LONG)
        .unwrap_err();
    assert!(begun.elapsed() < LONG / 4);
    let text = error.to_string();
    assert!(matches!(error, CaptureError::NoAnswer { .. }), "{text}");
    assert!(
        text.contains("exit status: 3") && text.contains("no such theme"),
        "{text}"
    );
}

#[test]
fn a_shell_that_closes_its_output_and_stays_is_ended_at_once() {
    let home = Home::new();
    let begun = Instant::now();
    let error = home
        .capture_fake("exec >&- 2>&-; sleep 1000", LONG)
        .unwrap_err();
    assert!(begun.elapsed() < LONG / 4);
    assert!(matches!(error, CaptureError::NoAnswer { .. }), "{error}");
    assert_eq!(home.left(), [""; 0]);
}

#[test]
fn ten_megabytes_on_either_stream_hold_nothing_up() {
    let home = Home::new();
    let flood = "head -c 10000000 /dev/zero | tr '\\0' x";
    let env = home
        .capture_fake(&format!("{flood} >&2; {flood}; {ANSWER}; {flood}"), LONG)
        .unwrap();
    assert_eq!(value(&env, "HOME"), home.path().to_str().unwrap());
}

#[test]
fn an_answer_without_end_is_refused_before_the_limit() {
    let home = Home::new();
    let script = "printf %s \"$4\" | grep -o 'env-begin-[A-Za-z0-9]*' | tr -d '\\n'; yes";
    let begun = Instant::now();
    let error = home.capture_fake(script, LONG).unwrap_err();
    assert!(begun.elapsed() < LONG / 2);
    assert!(matches!(error, CaptureError::Garbled { .. }), "{error}");
    assert_eq!(home.left(), [""; 0]);
}

#[test]
fn a_shell_that_is_not_there_is_named() {
    let home = Home::new();
    let error = home.capture("/no/such/shell", LONG).unwrap_err();
    assert!(matches!(error, CaptureError::Start { .. }));
    assert!(error.to_string().contains("/no/such/shell"), "{error}");
}

/// The column of `ps` that names the session. macOS' has none: that the shell leads a group is what
/// can be seen there.
const SESSION: &str = if cfg!(target_os = "macos") {
    "pgid"
} else {
    "sid"
};

#[test]
fn the_shell_has_a_session_of_its_own_and_nothing_to_read() {
    let home = Home::new();
    let script = format!(
        "export ME=$$ SID=$(ps -o {SESSION}= -p $$ | tr -d ' ')
        read -r line && export ASKED=1\n{ANSWER}"
    );
    let env = home.capture_fake(&script, LONG).unwrap();
    assert_eq!(value(&env, "ME"), value(&env, "SID"));
    assert_eq!(value(&env, "ASKED"), "(unset)");
}

#[test]
fn the_shell_starts_without_what_is_scrubbed() {
    let home = Home::new();
    let shell = program(
        &home.path().join("shell"),
        &format!("#!/bin/sh\n{ANSWER}\n"),
    );
    let mut start = home.start();
    start.insert("CLAUDECODE".into(), "1".into());
    start.insert(
        "BYTES".into(),
        OsString::from_vec(vec![b'a', 0xff, b'\n', b'=']),
    );
    let env = capture_login_env_from(start, &shell, &home.project(), LONG).unwrap();
    assert_eq!(value(&env, "CLAUDECODE"), "(unset)");
    let bytes = env[OsStr::new("BYTES")].clone().into_vec();
    assert_eq!(
        bytes,
        [b'a', 0xff, b'\n', b'='],
        "values are bytes, not text"
    );
}

#[test]
fn bash_reads_what_a_login_shell_reads_in_the_project() {
    let home = Home::new();
    home.write(".bash_profile", ". ~/.bashrc");
    home.write(
        ".bashrc",
        r#"case $- in *i*) ;; *) return;; esac
        echo hello; alias printf=false cd=false; cd /
        export PATH="$HOME/nvm/bin:$PATH" LINES_OF_TEXT=$'one\ntwo'
        PROMPT_COMMAND='export HOOK_SAW="$PWD"'"#,
    );
    let env = home.capture("/bin/bash", LONG).unwrap();
    assert!(value(&env, "PATH").starts_with(&format!("{}/nvm/bin:", home.path().display())));
    assert_eq!(value(&env, "LINES_OF_TEXT"), "one\ntwo");
    assert_eq!(value(&env, "PWD"), home.project().to_str().unwrap());
    assert_eq!(
        value(&env, "HOOK_SAW"),
        home.project().to_str().unwrap(),
        "direnv and mise hook so"
    );
}

#[test]
fn sh_reads_the_profile() {
    let home = Home::new();
    home.write(".profile", "export FROM_PROFILE=yes");
    assert_eq!(
        value(&home.capture("/bin/sh", LONG).unwrap(), "FROM_PROFILE"),
        "yes"
    );
}

/// Shells that a machine may not have: (name, start-up file, its text).
const OTHERS: [(&str, &str, &str); 4] = [
    (
        "zsh",
        ".zshrc",
        "chpwd() { export HOOK=$PWD }; cd /; export RC=yes",
    ),
    (
        "fish",
        ".config/fish/config.fish",
        "set -gx RC yes; cd /; echo hi",
    ),
    ("tcsh", ".tcshrc", "setenv RC yes; cd /; echo hi"),
    ("dash", ".profile", "export RC=yes; cd /; echo hi"),
];

#[test]
fn other_shells_answer_in_the_project() {
    for (name, file, text) in OTHERS {
        let Some(shell) = installed(name) else {
            eprintln!("not tested: {name} is not installed");
            continue;
        };
        let home = Home::new();
        home.write(file, text);
        let env = home
            .capture(&shell, LONG)
            .unwrap_or_else(|error| panic!("{shell}: {error}"));
        let project = home.project();
        assert_eq!(value(&env, "RC"), "yes", "{shell}");
        assert_eq!(value(&env, "PWD"), project.to_str().unwrap(), "{shell}");
        if shell.ends_with("zsh") {
            assert_eq!(
                value(&env, "HOOK"),
                project.to_str().unwrap(),
                "direnv and mise hook so"
            );
        }
        assert_eq!(home.left(), [""; 0], "{shell}");
    }
}

#[test]
fn a_login_file_of_csh_is_read() {
    let Some(shell) = installed("tcsh") else {
        eprintln!("not tested: tcsh is not installed");
        return;
    };
    let home = Home::new();
    home.write(".login", "setenv FROM_LOGIN yes");
    assert_eq!(
        value(&home.capture(&shell, LONG).unwrap(), "FROM_LOGIN"),
        "yes"
    );
}

#[test]
fn a_folder_s_name_is_never_run() {
    let home = Home::new();
    let folder = home
        .path()
        .join("it's \"here\" $(touch hacked) `touch hacked` ; touch hacked");
    fs::create_dir(&folder).unwrap();
    for shell in ["bash", "sh", "zsh", "fish"]
        .into_iter()
        .filter_map(installed)
    {
        let env = capture_login_env_from(home.start(), Path::new(&shell), &folder, LONG).unwrap();
        assert_eq!(value(&env, "PWD"), folder.to_str().unwrap(), "{shell}");
        assert!(!folder.join("hacked").exists() && !home.path().join("hacked").exists());
    }
}

#[test]
fn a_path_that_lives_with_one_shell_is_resolved() {
    let home = Home::new();
    let real = home.path().join("fnm/v22/bin");
    fs::create_dir_all(&real).unwrap();
    let link = home.path().join("fnm_multishells/4711_1");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(real.parent().unwrap(), &link).unwrap();
    let script = format!("export PATH=\"{}/bin:$PATH\"\n{ANSWER}", link.display());
    let env = home.capture_fake(&script, LONG).unwrap();
    let first = std::env::split_paths(value(&env, "PATH")).next().unwrap();
    assert_eq!(first, real.canonicalize().unwrap());
}
