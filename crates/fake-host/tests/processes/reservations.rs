//! How long a port is kept from other engines.

use std::fs;
use std::path::Path;

use fake_host::testing::{Host, Setup, eventually};

use crate::support::start;

/// Other engines may have it: who was stopped before it was ready kept its port until its next
/// start.
#[test]
fn a_port_is_reserved_no_longer_than_somebody_may_bind_it() {
    let setup = Setup::new();
    let (mut host, _) = start(&setup, "--port auto --http /never", "--no-listen");
    host.next("spawned");
    let reserved = |host: &Host| {
        let files = fs::read_dir(format!("/proc/{}/fd", host.process.pid)).expect("it runs");
        let names = files.flatten().filter_map(|f| fs::read_link(f.path()).ok());
        names.filter(|n| is_reservation(n)).count()
    };
    assert_eq!(reserved(&host), 1);
    host.order("stop");
    host.next("stopped");
    eventually("its port is let go", || reserved(&host) == 0);
}

fn is_reservation(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("port-") && name.ends_with(".lock")
}
