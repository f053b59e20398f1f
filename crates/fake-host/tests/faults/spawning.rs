//! A program cannot be started: the reason says what was tried, why it failed and what helps, and
//! nothing is left of the attempt.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fake_host::testing::{Family, Host, Setup, fake_sidecar};

use crate::limits::{RLIMIT_NPROC, RLIMIT_STACK, lower};
use crate::support::{HOST, args, args_for, assert_nothing_left, shut_down, start_command};
use crate::witness::as_nobody;

/// Starts this and expects that it cannot be started, with these words in the reason.
fn refused(setup: &Setup, program: &Path, words: &[&str]) {
    let mut host = start_command(setup, "", vec![program.into()]);
    let failed = host.next("failed");
    let reason = failed["reason"].as_str().expect("a reason");
    let shown = program.to_string_lossy();
    for word in words.iter().copied().chain([shown.as_ref()]) {
        assert!(reason.contains(word), "`{word}` is not in: {reason}");
    }
    assert!(host.all("spawned").is_empty(), "{:#?}", host.lines());
    host.order("shutdown");
    assert!(host.end().success());
    assert_nothing_left(setup, &setup.family("none"));
}

fn written(setup: &Setup, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = setup.path(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
    path
}

#[test]
fn a_program_that_is_missing() {
    let setup = Setup::new();
    refused(
        &setup,
        &setup.path("missing"),
        &["cannot be executed", "No such file"],
    );
}

#[test]
fn a_program_that_is_not_executable() {
    let setup = Setup::new();
    let program = written(&setup, "plain", "#!/bin/sh\n", 0o644);
    refused(&setup, &program, &["may not be executed", "chmod +x"]);
}

#[test]
fn a_folder() {
    let setup = Setup::new();
    refused(&setup, &setup.folder().join("."), &["is a folder"]);
}

/// The system says that no such file exists, while everybody sees it.
#[test]
fn a_script_whose_interpreter_is_missing() {
    let setup = Setup::new();
    let program = written(&setup, "script", "#!/no/such/interpreter\n", 0o755);
    let words = [
        "cannot execute it",
        "No such file",
        "interpreter",
        "not installed",
    ];
    refused(&setup, &program, &words);
}

#[test]
fn a_script_without_a_first_line() {
    let setup = Setup::new();
    let program = written(&setup, "script", "echo lost\n", 0o755);
    refused(&setup, &program, &["Exec format error", "#!/bin/sh"]);
}

#[test]
fn a_program_that_is_still_being_written() {
    let setup = Setup::new();
    let program = setup.path("half-linked");
    fs::copy(fake_sidecar(), &program).expect("copied");
    let writer = OpenOptions::new().append(true).open(&program);
    let _writer: File = writer.expect("opened for writing");
    refused(&setup, &program, &["Text file busy", "still writing"]);
}

#[test]
fn an_environment_that_is_too_large() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let arguments = args(&setup, "", &family, "--no-listen");
    let mut host = setup.start_with(Path::new(HOST), arguments, |command| {
        for n in 0..4 {
            command.env(format!("LARGE_{n}"), "x".repeat(100_000));
        }
    });
    host.next("ready");
    host.order("stop");
    host.next("stopped");
    // A quarter of the stack's limit may be taken by arguments and environment, see execve(2).
    let lowered = lower(&host.guardian(), RLIMIT_STACK, 256 * 1024);
    host.order("start");
    let failed = host.next("failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("Argument list too long") && reason.contains("environment"),
        "{reason}"
    );
    lowered.restore();
    host.order("start");
    host.next("ready");
    shut_down(&mut host, &setup, &family);
}

/// A copy that everybody may run: where tests run as root, the target folder may be closed to
/// others.
pub(crate) fn copied_for_all(setup: &Setup, from: &Path, name: &str) -> PathBuf {
    let everybody = fs::Permissions::from_mode(0o777);
    fs::set_permissions(setup.folder(), everybody).expect("it is ours");
    let to = setup.path(name);
    fs::copy(from, &to).expect("copied");
    to
}

/// A host of a user whom limits and permissions bind, as they do not bind root.
pub(crate) fn ordinary_host(setup: &Setup, flags: &str, command: Vec<OsString>) -> Host {
    let program = copied_for_all(setup, Path::new(HOST), "a-host");
    setup.start_with(&program, args_for(setup, flags, command), |command| {
        as_nobody(command);
    })
}

fn ordinary(setup: &Setup, flags: &str, sidecar: &str) -> (Host, Family) {
    let family = setup.family("pids");
    let mut command = vec![copied_for_all(setup, fake_sidecar(), "a-server").into()];
    command.extend(["--pidfile".into(), family.file().into()]);
    command.extend(["--max-life", "3m"].map(Into::into));
    command.extend(sidecar.split_whitespace().map(Into::into));
    (ordinary_host(setup, flags, command), family)
}

#[test]
fn no_more_processes_may_be_made() {
    let setup = Setup::new();
    let (mut host, family) = ordinary(&setup, "--port auto --http /", "--setsid");
    host.ready();
    let lowered = lower(&host.guardian(), RLIMIT_NPROC, 0);
    host.order("restart");
    let failed = host.next("failed");
    let reason = failed["reason"].as_str().expect("a reason");
    for word in [
        "cannot create a process",
        "Resource temporarily unavailable",
        "ulimit -u",
    ] {
        assert!(reason.contains(word), "`{word}` is not in: {reason}");
    }
    assert!(
        family.living().is_empty(),
        "the run before is over, and no other has begun"
    );
    lowered.restore();
    host.order("start");
    host.ready();
    shut_down(&mut host, &setup, &family);
}

/// What may pass by itself once ended a sidecar for good, however often it was to be restarted.
#[test]
fn no_more_processes_may_be_made_for_a_while() {
    let setup = Setup::new();
    let flags = "--port auto --http / --restart --restart-backoff 500";
    let (mut host, family) = ordinary(&setup, flags, "");
    host.ready();
    let lowered = lower(&host.guardian(), RLIMIT_NPROC, 0);
    host.order("restart");
    let crashed = host.next("crashed");
    let reason = crashed["reason"].as_str().expect("a reason");
    assert!(reason.contains("cannot create a process"), "{reason}");
    assert_eq!(crashed["attempt"], 1, "{crashed}");
    let restarting = host.next("restarting");
    assert_eq!(restarting["run"], crashed["run"]);
    lowered.restore();
    host.ready();
    assert_eq!(host.all("failed").len(), 0, "{:#?}", host.lines());
    shut_down(&mut host, &setup, &family);
}

/// The runtime's own helper threads would panic, and the engine end with them.
#[test]
fn no_more_threads_may_be_made_in_the_host() {
    let setup = Setup::new();
    let (mut host, family) = ordinary(&setup, "--port auto --http / --restart", "");
    host.ready();
    let lowered = lower(&host.process, RLIMIT_NPROC, 0);
    host.order("restart");
    host.ready();
    for member in family.living() {
        member.kill();
    }
    host.next("crashed");
    host.ready();
    host.order("stop");
    host.next("stopped");
    lowered.restore();
    host.order("shutdown");
    assert!(host.end().success());
    assert_nothing_left(&setup, &family);
}
