//! How the fake ends, and how it refuses to.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use crate::support::{Fake, get};

#[test]
fn dies_by_term_unless_told_otherwise() {
    let fake = Fake::start("");
    fake.address();
    fake.signal(libc::SIGTERM);
    assert_eq!(fake.exit().signal(), Some(libc::SIGTERM));
}

#[test]
fn ignores_all_polite_requests() {
    let fake = Fake::start("--ignore-term");
    let address = fake.address();
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        fake.signal(signal);
    }
    assert!(get(&address, "/").contains("pid "));
    fake.signal(libc::SIGKILL);
    assert_eq!(fake.exit().signal(), Some(libc::SIGKILL));
}

#[test]
fn answers_while_it_cleans_up() {
    let fake = Fake::start("--term-takes 1m");
    let address = fake.address();
    fake.signal(libc::SIGTERM);
    fake.line_after("cleaning up");
    assert!(get(&address, "/").contains("pid "));
}

#[test]
fn cleans_up_as_long_as_told() {
    let fake = Fake::start("--term-takes 300ms");
    fake.address();
    let start = Instant::now();
    fake.signal(libc::SIGTERM);
    fake.line_after("cleaning up");
    fake.line_after("cleaned up");
    assert_eq!(fake.exit().code(), Some(0));
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn ends_by_itself() {
    let start = Instant::now();
    let fake = Fake::start("--exit-after 300ms --exit-code 7");
    assert_eq!(fake.exit().code(), Some(7));
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn an_early_exit_comes_after_the_output_and_before_listening() {
    let fake = Fake::start("--exit-early 0 --lines 2 --flood 160");
    let lines: Vec<_> = std::iter::from_fn(|| fake.line()).collect();
    assert_eq!(lines.len(), 4, "two lines and two of the flood");
    assert_eq!(lines[1], b"line 2");
    assert_eq!(fake.exit().code(), Some(0));
}

#[test]
fn crashes_on_one_path_only() {
    let fake = Fake::start("--crash-on /boom --exit-code 9");
    let address = fake.address();
    assert!(get(&address, "/boomerang").contains("200 OK"));
    assert_eq!(get(&address, "/boom?now"), "");
    assert_eq!(fake.exit().code(), Some(9));
}

#[test]
fn aborts_in_each_way() {
    let at_once = Fake::start("--abort");
    assert_eq!(at_once.exit().signal(), Some(libc::SIGABRT));
    let on_path = Fake::start("--abort --crash-on /boom");
    get(&on_path.address(), "/boom");
    assert_eq!(on_path.exit().signal(), Some(libc::SIGABRT));
    let later = Fake::start("--abort --exit-after 50ms");
    assert_eq!(later.exit().signal(), Some(libc::SIGABRT));
}

#[test]
fn lives_without_listening() {
    let fake = Fake::start("--no-listen --lines 1");
    assert_eq!(fake.line().unwrap(), b"line 1");
    assert!(fake.lives());
    fake.signal(libc::SIGTERM);
    assert_eq!(fake.line(), None, "it never said that it listens");
}

#[test]
fn ends_when_stdin_ends_only_if_told() {
    let mut careless = Fake::start("");
    let address = careless.address();
    careless.stdin.take();
    assert!(get(&address, "/").contains("pid "));
    let mut attached = Fake::start("--exit-on-stdin-eof");
    attached.address();
    attached.stdin.take();
    assert_eq!(attached.exit().code(), Some(0));
}

#[test]
fn a_forgotten_one_ends_itself() {
    let fake = Fake::start_with("", |command| {
        command.args(["--max-life", "1s"]);
    });
    assert_eq!(fake.exit().signal(), Some(libc::SIGALRM));
}

#[test]
fn nonsense_is_refused() {
    for wrong in [
        "--status 99",
        "--host example.org",
        "--exit-after 5",
        "--flood 1/paper",
    ] {
        assert_eq!(Fake::start(wrong).exit().code(), Some(2), "{wrong}");
    }
}
