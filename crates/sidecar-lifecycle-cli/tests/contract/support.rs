//! Running the command.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use fake_host::testing::{Family, Host, Setup, fake_sidecar};
use serde_json::Value;

pub(crate) const SIDECAR: &str = env!("CARGO_BIN_EXE_sidecar");

/// `sidecar run FLAGS -- COMMAND`, with flags split at spaces.
pub(crate) fn run(setup: &Setup, flags: &str, command: Vec<OsString>) -> Host {
    setup.start(Path::new(SIDECAR), args(flags, command))
}

/// Its arguments.
pub(crate) fn args(flags: &str, command: Vec<OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["run".into()];
    args.extend(flags.split_whitespace().map(Into::into));
    if !command.is_empty() {
        args.push("--".into());
        args.extend(command);
    }
    args
}

/// Asks one of the other commands in this folder.
pub(crate) fn ask(folder: &Path, args: &[&str]) -> Answer {
    let mut command = Command::new(SIDECAR);
    Answer::of(command.args(args).current_dir(folder))
}

/// What a command has answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn of(command: &mut Command) -> Answer {
        let output = command.output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("readable");
        Answer {
            code: output.status.code().expect("it exits by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.stdout, self.stderr))
    }
}

/// Has it end; where signals can ask it to, in good order.
pub(crate) fn stop(host: &mut Host) {
    #[cfg(unix)]
    {
        host.signal(libc::SIGTERM);
        assert_eq!(code(host), 0);
    }
    #[cfg(windows)]
    {
        host.kill();
        host.end();
    }
}

/// Kills a run and its guardian so that neither sees the other die.
#[cfg(target_os = "linux")]
pub(crate) fn kill_both(host: &mut Host) {
    let guardian = host.guardian();
    guardian.signal(libc::SIGSTOP);
    host.signal(libc::SIGSTOP);
    host.kill();
    guardian.kill();
    fake_host::testing::eventually("the guardian is gone", || !guardian.lives());
    host.end();
}

/// A shell's command that starts the test server and waits for it: kill the shell, and the server
/// is left.
#[cfg(target_os = "linux")]
pub(crate) fn server_below_a_shell(family: &Family, flags: &str) -> Vec<OsString> {
    let program = fake_sidecar().display();
    let file = family.file().display();
    shell(&format!(
        "'{program}' --max-life 3m --pidfile '{file}' {flags} & wait"
    ))
}

/// The test server's command.
pub(crate) fn server(family: &Family, flags: &str) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![fake_sidecar().into()];
    command.extend(["--max-life", "3m", "--pidfile"].map(Into::into));
    command.push(family.file().into());
    command.extend(flags.split_whitespace().map(Into::into));
    command
}

/// A shell's words before its script.
pub(crate) const SHELL: &[&str] = if cfg!(windows) {
    &["cmd", "/d", "/c"]
} else {
    &["sh", "-c"]
};

/// A shell's.
pub(crate) fn shell(script: &str) -> Vec<OsString> {
    SHELL.iter().chain([&script]).map(Into::into).collect()
}

/// A variable in its script.
pub(crate) fn variable(name: &str) -> String {
    if cfg!(windows) {
        format!("%{name}%")
    } else {
        format!("${name}")
    }
}

/// The names of the events, in order.
pub(crate) fn names(host: &Host) -> Vec<String> {
    let name = |e: &Value| {
        e["event"]
            .as_str()
            .expect("every event has a name")
            .to_owned()
    };
    host.events().iter().map(name).collect()
}

/// Runs to the end; answers the exit code.
pub(crate) fn code(host: &mut Host) -> i32 {
    host.end().code().expect("it exits by itself")
}

/// What the sidecar printed, of a run with `--json-log`.
pub(crate) fn printed(host: &Host) -> Vec<String> {
    let line = |e: Value| e["line"].as_str().expect("a line").to_owned();
    host.all("log").into_iter().map(line).collect()
}
