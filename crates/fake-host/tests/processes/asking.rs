//! Whoever is asked to end is heard out.

use std::fs;
use std::time::{Duration, Instant};

use fake_host::testing::Setup;

use crate::support::{assert_nothing_left, shut_down, start};

#[test]
fn a_stopped_tree_hears_the_signal_all_the_same() {
    let setup = Setup::new();
    let (mut host, family) = start(
        &setup,
        "--port auto --http / --grace 60000",
        "--fork 2 --setsid",
    );
    host.ready();
    for member in family.wait_for(4) {
        member.signal(libc::SIGSTOP);
    }
    let began = Instant::now();
    host.order("shutdown");
    host.end();
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "it waited for force"
    );
    assert_nothing_left(&setup, &family);
}

#[test]
fn the_servers_own_clean_up_is_waited_for() {
    let setup = Setup::new();
    let log = setup.path("log");
    let flags = format!("--port auto --http / --log {}", log.display());
    let (mut host, family) = start(&setup, &flags, "--term-takes 300ms --hold-stdout");
    host.ready();
    shut_down(&mut host, &setup, &family);
    assert_eq!(host.next_after_end("exited")["code"], 0);
    assert!(
        fs::read_to_string(log)
            .expect("a log")
            .contains("cleaned up"),
        "its last word"
    );
}
