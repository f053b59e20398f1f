//! Ports and readiness.

use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};

use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{EventKind, HealthCheck};

use crate::support::{Watched, program, server};
use crate::wine;

#[test]
fn ready_is_told_once_the_answer_is_good() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = server(&["--status", "503,503,200"]).health_check(HealthCheck::http("/"));
    let watched = Watched::start(dir.path(), config);
    let port = watched.ready().expect("a port was wished");
    TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    watched.stop();
    watched.stopped();
}

/// Who listens is not ours, although the port answers.
#[test]
fn a_stranger_on_the_port_is_named_and_lives_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut stranger = Command::new(program("fake-sidecar"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut line = [0; 64];
    let n = stranger
        .stdout
        .as_mut()
        .expect("piped")
        .read(&mut line)
        .expect("it says where");
    let said = String::from_utf8_lossy(&line[..n]).into_owned();
    let port = said
        .trim()
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .expect("a port");
    let port: u16 = port.parse().unwrap_or_else(|e| panic!("{e}: {said}"));

    let watched = Watched::start(dir.path(), server(&[]).port(PortWish::Fixed(port)));
    let holder = watched.wait(|kind| match kind {
        EventKind::PortHeld { holder, .. } => Some(holder.clone()),
        _ => None,
    });
    let addr = Ipv4Addr::LOCALHOST.into();
    assert_eq!(holder.pid, wine::owner(addr, stranger.id()));
    let reason = watched.failed();
    assert!(reason.contains(&stranger.id().to_string()), "{reason}");
    assert_eq!(stranger.try_wait().expect("ours"), None, "it lives");
    stranger.kill().expect("ours");
    stranger.wait().expect("ours");
}
