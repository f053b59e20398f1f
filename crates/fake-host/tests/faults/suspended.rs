//! The machine was suspended, or the host was stopped: nobody is to blame for the time that has
//! passed meanwhile.

use std::time::{Duration, Instant};

use fake_host::testing::{Host, Process, Setup, eventually};

use crate::support::{shut_down, start};

/// Far beyond every deadline of these tests, but for that of a start.
const LONG: Duration = Duration::from_millis(2500);

/// Stops host and guardian for a while.
fn suspend(host: &Host, time: Duration) {
    let both = [host.guardian(), host.process.clone()];
    for process in &both {
        process.signal(libc::SIGSTOP);
    }
    eventually("both are stopped", || both.iter().all(is_stopped));
    let end = Instant::now() + time;
    eventually("time passes", || Instant::now() >= end);
    for process in &both {
        process.signal(libc::SIGCONT);
    }
}

fn is_stopped(process: &Process) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid)).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('T'))
}

/// The start's time was over when the host came back, and the server had long been up.
#[test]
fn a_server_that_came_up_meanwhile_is_ready() {
    let setup = Setup::new();
    // Longer than the server takes on a busy machine, if the host should be stopped late.
    let flags = "--port auto --http / --ready-timeout 3000";
    let (mut host, family) = start(&setup, flags, "--listen-after 300ms");
    host.next("spawned");
    suspend(&host, 2 * LONG);
    host.ready();
    for event in ["crashed", "failed", "unhealthy", "stopping"] {
        assert!(host.all(event).is_empty(), "{:#?}", host.lines());
    }
    assert_eq!(host.all("spawned").len(), 1);
    shut_down(&mut host, &setup, &family);
}

#[test]
fn a_sidecar_that_is_asked_about_is_not_lost() {
    let setup = Setup::new();
    let flags = "--port auto --http / --liveness 5 --restart";
    let (mut host, family) = start(&setup, flags, "");
    host.ready();
    suspend(&host, LONG);
    // What had to be said of those seconds has been said before this.
    host.order("stop");
    host.next("stopped");
    for event in ["crashed", "failed", "unhealthy", "restarting"] {
        assert!(host.all(event).is_empty(), "{:#?}", host.lines());
    }
    assert_eq!(host.all("spawned").len(), 1);
    shut_down(&mut host, &setup, &family);
}

/// Nothing is started twice, and the delay goes on from where it was.
#[test]
fn a_crash_before_is_followed_by_one_start() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http / --restart", "");
    host.ready();
    let guardian = host.guardian();
    guardian.signal(libc::SIGSTOP);
    for process in family.living() {
        process.kill();
    }
    suspend(&host, LONG);
    host.next("crashed");
    host.ready();
    assert_eq!(host.all("spawned").len(), 2);
    assert_eq!(family.living().len(), 1);
    shut_down(&mut host, &setup, &family);
}
