//! Servers that are slow, broken or hostile. None is taken for ready that is not, none keeps the
//! engine from its work, and none makes it grow.

use std::path::Path;

use fake_host::testing::{Host, Setup, eventually, free_port};

use crate::limits::{descriptors, status};
use crate::support::{HOST, args_for, assert_port_free};

const HOSTILE: &str = env!("CARGO_BIN_EXE_hostile");

fn host_of(setup: &Setup, kind: &str, flags: &str) -> Host {
    let command = [HOSTILE, kind, "{port}"].map(Into::into).into();
    let flags = format!("--http / --grace 500 {flags}");
    setup.start(Path::new(HOST), args_for(setup, &flags, command))
}

/// It never becomes ready, and is ended when its time is over.
fn never_ready(kind: &str) {
    let setup = Setup::new();
    let port = free_port();
    let mut host = host_of(&setup, kind, &format!("--port {port} --ready-timeout 700"));
    host.next("spawned");
    let failed = host.next("failed");
    assert!(failed["reason"].is_string(), "{failed}");
    assert!(host.all("ready").is_empty(), "{:#?}", host.lines());
    let grown = status(&host.process, "VmHWM");
    assert!(
        grown < 64 * 1024,
        "{kind} has made the host grow to {grown} KiB"
    );
    assert!(status(&host.process, "Threads") <= 6);
    assert_port_free(port);
    host.order("shutdown");
    assert!(host.end().success());
    host.wait_until_empty();
}

/// It is ready, and nothing of the torment stays open.
fn ready(kind: &str) {
    let setup = Setup::new();
    let port = free_port();
    let mut host = host_of(&setup, kind, &format!("--port {port}"));
    assert_eq!(host.ready(), port);
    let open = || descriptors(&host.process);
    eventually("its sockets are closed", || open() < 24);
    host.order("shutdown");
    assert!(host.end().success());
    host.wait_until_empty();
}

#[test]
fn one_that_never_accepts() {
    never_ready("never-accepts");
}

#[test]
fn one_that_never_answers() {
    never_ready("never-answers");
}

#[test]
fn one_that_trickles() {
    never_ready("trickles");
}

#[test]
fn one_with_endless_headers() {
    never_ready("endless-headers");
}

#[test]
fn one_with_an_endless_header() {
    never_ready("endless-header");
}

#[test]
fn one_with_an_endless_status_line() {
    never_ready("endless-status");
}

#[test]
fn one_that_talks_garbage() {
    never_ready("garbage");
    never_ready("garbage-first");
}

#[test]
fn one_that_only_ever_informs() {
    never_ready("informs");
}

#[test]
fn one_that_closes_at_once() {
    never_ready("closes");
}

#[test]
fn one_that_closes_in_the_middle_of_a_word() {
    never_ready("half");
}

#[test]
fn one_that_claims_a_negative_length() {
    never_ready("negative-length");
}

#[test]
fn an_endless_body_is_not_read() {
    ready("endless-body");
}

#[test]
fn a_redirect_is_an_answer_and_not_followed() {
    ready("redirects");
}

#[test]
fn a_stop_comes_through_a_flood_of_answers() {
    let setup = Setup::new();
    let mut host = host_of(&setup, "informs", "--port auto");
    host.next("spawned");
    host.order("stop");
    let stopped = host.next("stopped");
    assert_eq!(stopped["survivors"], 0);
    host.order("shutdown");
    host.end();
    host.wait_until_empty();
}

/// Each hung probe costs a socket, and no thread.
#[test]
fn many_hung_probes_need_no_more_threads_than_one() {
    const MANY: usize = 30;
    let setup = Setup::new();
    let flags = format!("--port auto --count {MANY}");
    let mut host = host_of(&setup, "never-answers", &flags);
    for _ in 0..MANY {
        host.next("spawned");
    }
    let hung = || descriptors(&host.process) >= MANY;
    eventually("every server is asked", hung);
    assert!(status(&host.process, "Threads") <= 6);
    host.order("shutdown");
    assert!(host.end().success());
    host.wait_until_empty();
}
