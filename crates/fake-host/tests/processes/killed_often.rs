//! The first promise, again and again: whoever is killed, nothing is left.

use std::time::{Duration, Instant};

use fake_host::testing::{GUARDIAN, Setup};

use crate::support::start;

/// A race that happens once in a hundred is met by many runs, of which each suite run adds some.
#[test]
fn a_host_that_is_killed_over_and_over_never_leaves_anybody() {
    const RUNS: usize = 15;
    const GRACE: Duration = Duration::from_millis(200);
    const FLAGS: &str = "--fork 1 --ignore-term --setsid --double-fork --escapee-ignores-term";
    for run in 0..RUNS {
        let setup = Setup::new();
        let (mut host, family) = start(&setup, "--port auto --http / --grace 200", FLAGS);
        host.ready();
        let members = family.wait_for(4);
        let killed = Instant::now();
        host.signal(libc::SIGKILL);
        for member in members {
            member.wait();
        }
        assert!(
            killed.elapsed() >= GRACE,
            "run {run}: force came before the grace was over"
        );
        host.end();
        let left: Vec<_> = setup
            .survivors()
            .into_iter()
            .filter(|p| p.name() != GUARDIAN)
            .collect();
        assert!(
            left.is_empty() && family.living().is_empty(),
            "run {run}: survivors: {left:?}"
        );
    }
}
