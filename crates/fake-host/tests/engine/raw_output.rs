//! Reading a sidecar's stdout as bytes.

use std::fs;
use std::future::Future;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use fake_host::testing::{Family, Process, eventually, fake_sidecar};
use serde_json::Value;
use sidecar_lifecycle::{
    OutputError, RunId, SidecarBuilder, SidecarOutput, SidecarStdin, StdinMode, StdoutMode,
};

use crate::support::{Bench, fake, script, wait};

/// More than all pipes and buffers on the way can hold by far.
const MUCH: u64 = 200 << 20;
/// The most that a page asks for at a time.
const MOST: usize = 1 << 20;

fn raw(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.stdin(StdinMode::Piped).stdout(StdoutMode::Raw)
}

fn run_of(event: &Value) -> RunId {
    RunId(event["run"].as_u64().expect("a run"))
}

/// What `fake-sidecar --source` has written between these two places.
fn source(from: u64, to: u64) -> Vec<u8> {
    const PATTERN: usize = 65_521;
    static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mixed = |n: u32| n.wrapping_mul(2_654_435_761).to_be_bytes()[0];
        (0..PATTERN as u32).map(mixed).collect()
    });
    let len = (to - from) as usize;
    let mut bytes = BYTES[(from % PATTERN as u64) as usize..].to_vec();
    while bytes.len() < len {
        bytes.extend_from_slice(&BYTES);
    }
    bytes.truncate(len);
    bytes
}

/// Reads to the end and checks every byte.
async fn read_source(output: &SidecarOutput, run: RunId, mut offset: u64) -> u64 {
    loop {
        let bytes = output.read(run, offset, MOST).await.expect("bytes");
        if bytes.is_empty() {
            return offset;
        }
        let end = offset + bytes.len() as u64;
        assert!(
            bytes == source(offset, end),
            "other bytes than were written between {offset} and {end}"
        );
        offset = end;
    }
}

/// Writes much of that and closes its stdin.
async fn write_source(stdin: &SidecarStdin) {
    for from in (0..MUCH).step_by(MOST) {
        let chunk = source(from, from + MOST as u64);
        stdin.write_all(chunk).await.expect("written");
    }
    stdin.close().await.expect("closed");
}

#[test]
fn every_byte_of_a_source_arrives_in_its_place_and_then_the_end() {
    let mut bench = Bench::new();
    let ready = bench.run(
        "source",
        raw(fake("--no-listen --source 200M --exit-early 0")),
    );
    let output = bench.engine.output("source").expect("declared");
    let end = wait(read_source(&output, run_of(&ready), 0));
    assert_eq!(end, MUCH);
    assert_eq!(bench.next("source", "exited")["code"], 0);
    // The end is told as often as it is asked for, and after the run's.
    bench.next("source", "stopped");
    assert_eq!(
        wait(output.read(run_of(&ready), end, 1)).expect("the end"),
        b""
    );
    assert!(
        bench
            .engine
            .logs("source")
            .expect("declared")
            .last(10)
            .is_empty()
    );
}

#[test]
fn what_goes_in_comes_out_with_writer_and_reader_side_by_side() {
    let mut bench = Bench::new();
    let ready = bench.run(
        "echo",
        raw(fake("--no-listen --echo-stdin --exit-on-stdin-eof")),
    );
    let output = bench.engine.output("echo").expect("declared");
    let stdin = bench.engine.stdin("echo").expect("declared");
    let write = write_source(&stdin);
    let read = read_source(&output, run_of(&ready), 0);
    let (end, ()) = wait(async { tokio::join!(read, write) });
    assert_eq!(end, MUCH);
}

#[test]
fn a_sink_is_given_every_byte() {
    let mut bench = Bench::new();
    let ready = bench.run("sink", raw(fake("--no-listen --sink")));
    let output = bench.engine.output("sink").expect("declared");
    let stdin = bench.engine.stdin("sink").expect("declared");
    wait(write_source(&stdin));
    let said = wait(output.read(run_of(&ready), 0, MOST)).expect("its word");
    assert_eq!(String::from_utf8_lossy(&said), format!("sink {MUCH}\n"));
}

/// How many bytes of its output a process has written.
#[cfg(target_os = "linux")]
fn written_by(pid: &Value) -> u64 {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).expect("its counters");
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.expect("a counter").parse().expect("a number")
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_stalls_holds_the_sidecar_back() {
    let mut bench = Bench::new();
    let ready = bench.run("source", raw(fake("--no-listen --source 200M")));
    let (run, pid) = (run_of(&ready), &ready["pid"]);
    let output = bench.engine.output("source").expect("declared");
    let taken = wait(output.read(run, 0, MOST)).expect("bytes").len() as u64;
    // Blocked in its write: the kernel says so, and no time has to pass.
    let waits = || {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
        threads.flatten().any(|thread| {
            fs::read_to_string(thread.path().join("wchan"))
                .is_ok_and(|at| at.contains("pipe_write"))
        })
    };
    eventually("it waits for room in its pipe", waits);
    let written = written_by(pid);
    assert!(
        written <= taken + 2 * MOST as u64,
        "{written} bytes were taken from it, {taken} of them by the reader"
    );
    // Nobody takes any on the quiet either: the same bytes are there, and no others were.
    let same = wait(output.read(run, 0, MOST)).expect("bytes");
    assert_eq!(same, source(0, taken)[..same.len()]);
    assert_eq!(written_by(pid), written);
    assert_eq!(bench.stop("source")["survivors"], 0);
}

#[test]
fn a_reader_that_comes_back_finds_what_it_has_not_acknowledged() {
    let mut bench = Bench::new();
    let ready = bench.run("source", raw(fake("--no-listen --source 1M")));
    let run = run_of(&ready);
    let output = bench.engine.output("source").expect("declared");
    let first = wait(output.read(run, 0, 4096)).expect("bytes");
    assert_eq!(first, source(0, 4096));
    let again = wait(output.read(run, 0, MOST)).expect("bytes");
    assert_eq!(again, first);
    let next = wait(output.read(run, 1024, MOST)).expect("bytes");
    assert_eq!(next, source(1024, 4096));
    let position = wait(output.position()).expect("it runs");
    assert_eq!((position.run, position.acknowledged), (run, 1024));
    // Another handle is the same reader.
    let output = bench.engine.output("source").expect("declared");
    let gone = wait(output.read(run, 0, 1)).expect_err("acknowledged");
    assert!(
        matches!(gone, OutputError::Acknowledged { begin: 1024, .. }),
        "{gone:?}"
    );
    let ahead = wait(output.read(run, 4097, 1)).expect_err("ahead");
    assert!(
        matches!(ahead, OutputError::Ahead { end: 4096, .. }),
        "{ahead:?}"
    );
    let rest = wait(output.read(run, 4096, 8)).expect("bytes");
    assert_eq!(rest, source(4096, 4104));
}

#[test]
fn a_read_that_nobody_waits_for_any_more_takes_nothing() {
    let mut bench = Bench::new();
    let ready = bench.run("echo", raw(fake("--no-listen --echo-stdin")));
    let run = run_of(&ready);
    let output = bench.engine.output("echo").expect("declared");
    let stdin = bench.engine.stdin("echo").expect("declared");
    // A page that is reloaded leaves its read behind; another one comes.
    drop(output.read(run, 0, MOST));
    let mut context = Context::from_waker(Waker::noop());
    let mut second = pin!(output.read(run, 0, MOST));
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Pending));
    wait(stdin.write_all("hello")).expect("written");
    assert_eq!(wait(second).expect("bytes"), b"hello");
    // Two that wait for the same bytes are both given them.
    let reads = [(); 2].map(|()| output.read(run, 5, MOST));
    wait(stdin.write_all("world")).expect("written");
    for read in reads {
        assert_eq!(wait(read).expect("bytes"), b"world");
    }
}

#[test]
fn what_a_killed_run_has_left_is_read_until_the_next_one_begins_at_zero() {
    let mut bench = Bench::new();
    let ready = bench.run("source", raw(fake("--no-listen --source 200M")));
    let old = run_of(&ready);
    let output = bench.engine.output("source").expect("declared");
    let taken = wait(output.read(old, 0, 8)).expect("bytes").len() as u64;
    // Its pipe is full by now or never: nobody has to wait for that in either case.
    assert_eq!(bench.stop("source")["survivors"], 0);
    let end = wait(read_source(&output, old, taken));
    assert!((8..MUCH).contains(&end), "{end}");
    bench.engine.start("source").expect("asked");
    let new = run_of(&bench.next("source", "ready"));
    assert_eq!(wait(output.position()).expect("it runs").run, new);
    let stale = wait(output.read(old, end, 8)).expect_err("another run");
    assert!(
        matches!(stale, OutputError::StaleRun { run, now, .. } if (run, now) == (old, new)),
        "{stale:?}"
    );
    assert_eq!(wait(output.read(new, 0, 8)).expect("bytes"), source(0, 8));
}

#[test]
fn a_reader_that_waits_is_told_of_the_end_by_force_and_of_the_next_run() {
    let mut bench = Bench::new();
    let ready = bench.run_armed("deaf", "--ignore-term", raw);
    let run = run_of(&ready);
    let output = bench.engine.output("deaf").expect("declared");
    let waiting = output.read(run, 0, 1);
    bench.engine.stop("deaf", "test").expect("asked");
    assert_eq!(bench.next("deaf", "stopped")["survivors"], 0);
    assert_eq!(wait(waiting).expect("the end"), b"");
}

/// Such a one holds the pipe open for as long as it lives.
#[test]
fn the_end_does_not_wait_for_somebody_who_was_let_go() {
    let mut bench = Bench::new();
    let (editor, family) = (bench.path("code"), Family::new(bench.path("pids")));
    // A copy and no link: its name is what it is known by.
    fs::copy(fake_sidecar(), &editor).expect("a copy");
    let text = format!(
        "echo begin; {} --no-listen --max-life 3m --pidfile {} & exec sleep 100",
        editor.display(),
        family.file().display()
    );
    let sidecar = raw(script(&text)).keep(["code"]);
    let ready = bench.run("server", sidecar);
    let run = run_of(&ready);
    let output = bench.engine.output("server").expect("declared");
    let said = wait(output.read(run, 0, MOST)).expect("bytes");
    assert_eq!(said, b"begin\n");
    let waiting = output.read(run, 6, MOST);
    family.wait_for(1); // Until then it is a shell that is about to become the editor.
    bench.engine.stop("server", "test").expect("asked");
    let kept = bench.next("server", "kept");
    assert_eq!(wait(waiting).expect("the end"), b"");
    let pid = kept["pid"].as_i64().expect("a pid") as i32;
    let editor = Process::of(pid).expect("it lives on");
    editor.kill();
}

#[test]
fn stderr_is_the_log_all_the_same() {
    let mut bench = Bench::new();
    let log = bench.path("log");
    let text = "echo protocol; echo words >&2; exec sleep 1000";
    bench.run("logged", raw(script(text)).log_file(&log));
    eventually("its words are in the file", || {
        fs::read(&log).is_ok_and(|found| found == b"words\n")
    });
    let run = run_of(bench.seen.last().expect("it is ready"));
    let output = bench.engine.output("logged").expect("declared");
    assert_eq!(
        wait(output.read(run, 0, MOST)).expect("bytes"),
        b"protocol\n"
    );
    let lines = bench.engine.logs("logged").expect("declared");
    eventually("its words are told", || lines.last(9) == ["words"]);
}

#[test]
fn what_cannot_be_read_says_why() {
    let mut bench = Bench::new();
    let ready = bench.run("lines", fake("--no-listen"));
    let lines = bench.engine.output("lines").expect("declared");
    let refused = wait(lines.read(run_of(&ready), 0, 1)).expect_err("a log");
    assert!(matches!(refused, OutputError::NotRaw { .. }), "{refused:?}");
    let config = raw(fake("--no-listen")).build().expect("good");
    bench.engine.declare("idle", config).expect("declared");
    let idle = bench.engine.output("idle").expect("declared");
    let refused = wait(idle.position()).expect_err("it never ran");
    assert!(
        matches!(refused, OutputError::NeverRan { .. }),
        "{refused:?}"
    );
    assert!(bench.engine.output("nobody").is_err());
}
