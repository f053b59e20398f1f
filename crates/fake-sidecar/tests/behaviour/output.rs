//! What the fake prints and reads.

use std::io::Write;
use std::os::fd::AsRawFd;

use crate::support::{Fake, get};

#[test]
fn prints_lines_in_order_before_it_listens() {
    let fake = Fake::start("--lines 3 --invalid-utf8");
    for expected in [
        &b"line 1"[..],
        b"line 2",
        b"line 3",
        b"not utf-8: \xff\xfe\x80 end",
    ] {
        assert_eq!(fake.line().unwrap(), expected);
    }
    assert!(fake.line().unwrap().starts_with(b"listening on "));
}

#[test]
fn a_printed_url_is_text_and_nothing_more() {
    let fake = Fake::start_with("--port 4321 --no-listen --lines 1", |command| {
        command.args(["--print-url", r"Local: http://localhost:\e[1m{port}\e[22m/"]);
    });
    assert_eq!(
        fake.line().unwrap(),
        b"Local: http://localhost:\x1b[1m4321\x1b[22m/"
    );
    assert_eq!(fake.line().unwrap(), b"line 1");
}

#[test]
fn tells_where_it_is_and_what_it_was_given() {
    let folder = std::fs::canonicalize(env!("CARGO_MANIFEST_DIR")).unwrap();
    let fake = Fake::start_with("--no-listen --print-folder --print-env GIVEN", |command| {
        command.env("GIVEN", "a b").current_dir(&folder);
    });
    assert_eq!(fake.line().unwrap(), b"a b");
    let told = fake.line().unwrap();
    assert_eq!(told, folder.to_str().unwrap().as_bytes());
}

#[test]
fn a_flood_is_complete_and_numbered() {
    let fake = Fake::start("--no-listen --flood 800k --exit-after 20s");
    for number in 0..10_240 {
        let line = fake.line().unwrap();
        assert_eq!(line.len(), 79);
        assert!(
            line.starts_with(format!("flood {number:012} ").as_bytes()),
            "line {number}"
        );
    }
}

#[test]
fn a_flood_on_stderr_leaves_stdout_alone() {
    let fake = Fake::start("--flood 8000/stderr");
    assert!(fake.line().unwrap().starts_with(b"listening on "));
    assert!((0..100).all(|_| fake.error_line().unwrap().starts_with(b"flood ")));
}

#[test]
fn it_answers_and_dies_while_it_floods() {
    let fake = Fake::start("--flood endless/stderr");
    assert!(get(&fake.address(), "/").contains("pid "));
    fake.signal(libc::SIGTERM);
    assert!(fake.exit().code().is_none());
}

#[test]
fn an_endless_line_has_no_break() {
    let fake = Fake::start("--exit-early 0 --endless-line 100k");
    assert_eq!(fake.line().unwrap().len(), 102_400);
    assert_eq!(fake.line(), None);
}

#[test]
fn echoes_bytes_and_ends_with_stdin() {
    let mut fake = Fake::start("--no-listen --echo-stdin --exit-on-stdin-eof");
    let mut stdin = fake.stdin.take().unwrap();
    stdin.write_all(b"one\n\xff two\n").unwrap();
    assert_eq!(fake.line().unwrap(), b"one");
    assert_eq!(fake.line().unwrap(), b"\xff two");
    drop(stdin);
    assert_eq!(fake.exit().code(), Some(0));
}

#[test]
fn a_sip_leaves_the_rest_in_the_pipe() {
    let mut fake = Fake::start("--no-listen --sip");
    let mut stdin = fake.stdin.take().unwrap();
    stdin.write_all(b"abc").unwrap();
    assert_eq!(fake.line().unwrap(), b"sip");
    assert_eq!(unread(&stdin), 2);
}

/// Bytes that lie in a pipe.
fn unread(pipe: &impl AsRawFd) -> libc::c_int {
    let mut bytes = 0;
    // SAFETY: it writes one number, into `bytes`.
    let asked = unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    assert_eq!(asked, 0);
    bytes
}

#[test]
fn a_gone_reader_does_not_stop_the_server() {
    let port = crate::support::OwnPort::new();
    let fake = Fake::start_with(
        &format!("--port {} --lines 100", port.number()),
        |command| {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stderr(writer);
            command.arg("--flood").arg("1M/stderr");
        },
    );
    assert!(get(&fake.address(), "/").contains("pid "));
}
