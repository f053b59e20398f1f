//! Running the command.

use std::ffi::OsString;
use std::path::Path;

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

/// The test server's command.
pub(crate) fn server(family: &Family, flags: &str) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![fake_sidecar().into()];
    command.extend(["--max-life", "3m", "--pidfile"].map(Into::into));
    command.push(family.file().into());
    command.extend(flags.split_whitespace().map(Into::into));
    command
}

/// A shell's.
pub(crate) fn shell(script: &str) -> Vec<OsString> {
    ["sh", "-c", script].map(Into::into).into()
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
