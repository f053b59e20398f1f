//! Starting hosts, said in few words.

use std::ffi::OsString;
use std::path::Path;

use fake_host::testing::{Family, Host, Setup, eventually};
pub(crate) use fake_host::testing::{args, args_for};

pub(crate) const HOST: &str = env!("CARGO_BIN_EXE_fake-host");

/// Starts a host whose sidecar writes its pids into `pids`.
pub(crate) fn start(setup: &Setup, host: &str, sidecar: &str) -> (Host, Family) {
    let family = setup.family("pids");
    let host = setup.start(Path::new(HOST), args(setup, host, &family, sidecar));
    (host, family)
}

/// Starts a host for any command.
pub(crate) fn start_command(setup: &Setup, host: &str, command: Vec<OsString>) -> Host {
    setup.start(Path::new(HOST), args_for(setup, host, command))
}

/// No sidecar of this test runs any more, without waiting for it; and the guardian ends with its
/// host.
#[track_caller]
pub(crate) fn assert_nothing_left(setup: &Setup, family: &Family) {
    let found = setup.survivors().into_iter().chain(family.living());
    // On Windows a messenger that has just ended cannot be told from anybody any more.
    let sidecars = found.filter(|p| !p.is_guardian() && (cfg!(unix) || p.lives()));
    let told: Vec<String> = sidecars.map(|p| p.command()).collect();
    assert!(told.is_empty(), "these are left: {told:#?}");
    eventually("the guardian ends too", || setup.survivors().is_empty());
}

/// Ends the host in order, and insists that nothing of the test is left.
#[track_caller]
pub(crate) fn shut_down(host: &mut Host, setup: &Setup, family: &Family) {
    host.order("shutdown");
    host.end();
    assert_nothing_left(setup, family);
}

/// Nobody holds this port.
#[track_caller]
pub(crate) fn assert_port_free(port: u16) {
    assert!(
        sidecar_lifecycle::ports::is_free(port).is_ok(),
        "port {port} is held"
    );
}
