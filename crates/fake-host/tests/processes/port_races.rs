//! Engines of several processes that want ports of one range at the same time.

use std::collections::BTreeSet;
use std::path::Path;

use fake_host::testing::{Host, Setup, eventually, free_port};

use crate::support::{HOST, args};

const HOSTS: usize = 3;
const EACH: usize = 5;
const ROUNDS: usize = if cfg!(windows) { 3 } else { 8 };

/// A range that is nearly used up by all of them.
fn range() -> (u16, u16) {
    let count = (HOSTS * EACH + 2) as u16;
    loop {
        let first = free_port();
        let mut rest = first..first + count;
        if rest.all(|port| sidecar_lifecycle::ports::is_free(port).is_ok()) {
            return (first, first + count - 1);
        }
    }
}

/// The port of each of its sidecars, by what they have told last.
fn ports(host: &Host) -> BTreeSet<u64> {
    let ready = host.all("ready");
    let last = |id: &str| {
        let of_it = ready.iter().rfind(|e| e["sidecar"] == id);
        of_it.and_then(|e| e["port"].as_u64())
    };
    let ids = (1..=EACH).map(|n| match n {
        1 => "web".to_owned(),
        n => format!("web-{n}"),
    });
    ids.filter_map(|id| last(&id)).collect()
}

/// A port that two were given would be found taken by one of them.
#[test]
fn no_port_is_given_to_two_of_them() {
    let setup = Setup::new();
    let (first, last) = range();
    let flags = format!("--count {EACH} --port {first}-{last} --http / --restart");
    let mut hosts: Vec<Host> = (0..HOSTS)
        .map(|n| {
            let family = setup.family(&format!("pids-{n}"));
            // As slow as a real server: between pick and bind there is time for others.
            let words = args(&setup, &flags, &family, "--listen-after 20ms");
            setup.start(Path::new(HOST), words)
        })
        .collect();
    for round in 1..=ROUNDS {
        eventually("all are ready", || {
            hosts.iter().all(|h| h.count("ready") == EACH * round)
        });
        if round < ROUNDS {
            for host in &mut hosts {
                host.order("restart");
            }
        }
    }
    let all: BTreeSet<u64> = hosts.iter().flat_map(ports).collect();
    assert_eq!(all.len(), HOSTS * EACH, "each has a port of its own");
    for host in &mut hosts {
        let collisions = host.count("port_taken") + host.count("crashed") + host.count("failed");
        assert_eq!(collisions, 0, "{:#?}", host.lines());
        host.order("shutdown");
        host.end();
    }
}
