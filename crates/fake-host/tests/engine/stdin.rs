//! Writing to a sidecar's stdin.

use std::fs;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use fake_host::testing::{Process, eventually};
use sidecar_lifecycle::{StdinError, StdinMode};

use crate::support::{Bench, fake, script, wait};

#[test]
fn what_is_written_arrives_and_closing_ends_the_input() {
    let mut bench = Bench::new();
    let copy = bench.path("copy");
    let text = format!("cat >{}", copy.display());
    bench.run("cat", script(&text).stdin(StdinMode::Piped));
    let stdin = bench.engine.stdin("cat").expect("declared");
    let megabyte: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    // Not awaited: the order of the calls is the order of the bytes.
    let writes: Vec<_> = (0..8).map(|_| stdin.write_all(megabyte.clone())).collect();
    for write in writes {
        wait(write).expect("written");
    }
    wait(stdin.close()).expect("closed");
    let exited = bench.next("cat", "exited");
    assert_eq!(exited["code"], 0);
    assert_eq!(fs::read(&copy).expect("a file"), megabyte.repeat(8));
    bench.next("cat", "stopped");
    let late = wait(stdin.write_all("too late"));
    assert!(
        matches!(late, Err(StdinError::NotRunning { .. })),
        "{late:?}"
    );
}

#[test]
fn a_sidecar_that_does_not_read_holds_the_writer_back() {
    let mut bench = Bench::new();
    let ready = bench.run("cat", script("exec cat >/dev/null").stdin(StdinMode::Piped));
    let process = Process::of(ready["pid"].as_i64().expect("a pid") as i32).expect("it runs");
    process.signal(libc::SIGSTOP);
    let stdin = bench.engine.stdin("cat").expect("declared");
    let mut write = pin!(stdin.write_all(vec![b'x'; 4 << 20]));
    // Whatever is asked later is answered: the engine itself does not wait.
    bench.run("other", fake("--no-listen"));
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(write.as_mut().poll(&mut context), Poll::Pending));
    process.signal(libc::SIGCONT);
    wait(write).expect("written");
}

#[test]
fn a_restart_gives_the_writer_a_new_run() {
    let mut bench = Bench::new();
    let copy = bench.path("copy");
    let text = format!("cat >>{}", copy.display());
    bench.run("cat", script(&text).stdin(StdinMode::Piped));
    let stdin = bench.engine.stdin("cat").expect("declared");
    wait(stdin.write_all("one ")).expect("written");
    eventually("the first run has it", || {
        fs::read(&copy).is_ok_and(|c| c == b"one ")
    });
    bench.engine.restart("cat", "test").expect("asked");
    bench.next("cat", "ready");
    wait(stdin.write_all("two")).expect("written");
    eventually("the second run has it", || {
        fs::read(&copy).is_ok_and(|c| c == b"one two")
    });
}

#[test]
fn what_cannot_be_written_to_says_why() {
    let mut bench = Bench::new();
    bench.run("silent", fake("--no-listen"));
    let silent = bench.engine.stdin("silent").expect("declared");
    let refused = wait(silent.write_all("x"));
    assert!(
        matches!(refused, Err(StdinError::NotPiped { .. })),
        "{refused:?}"
    );
    bench.run(
        "deaf",
        script("exec 0<&-; exec sleep 1000").stdin(StdinMode::Piped),
    );
    let deaf = bench.engine.stdin("deaf").expect("declared");
    eventually("its end of the pipe is closed", || {
        matches!(wait(deaf.write_all("x")), Err(StdinError::Closed { .. }))
    });
    assert!(bench.engine.stdin("nobody").is_err());
}

#[test]
fn a_stop_does_not_wait_for_a_full_pipe() {
    let mut bench = Bench::new();
    bench.run("busy", fake("--no-listen").stdin(StdinMode::Piped));
    let stdin = bench.engine.stdin("busy").expect("declared");
    let write = stdin.write_all(vec![b'x'; 4 << 20]);
    assert_eq!(bench.stop("busy")["survivors"], 0);
    let cut = wait(write);
    assert!(matches!(cut, Err(StdinError::Closed { .. })), "{cut:?}");
}

#[test]
fn a_silent_input_stays_open_and_no_input_ends_at_once() {
    let mut bench = Bench::new();
    let ends = |mode| fake("--no-listen --exit-on-stdin-eof").stdin(mode);
    bench.run("server", ends(StdinMode::Silent));
    bench.begin("batch", ends(StdinMode::Null));
    assert_eq!(bench.next("batch", "exited")["code"], 0);
    // The one with an open input has had the same time, and more.
    bench.run("other", script("exec sleep 1000"));
    bench.stop("other");
    assert_eq!(bench.count("server", "exited"), 0);
    assert!(bench.engine.info("server").expect("it runs").is_healthy);
}
