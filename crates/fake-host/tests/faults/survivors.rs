//! Not even force ends it: a process of root's in the tree of an ordinary user.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use fake_host::testing::{Setup, eventually, fake_sidecar};

use crate::spawning::{copied_for_all, ordinary_host};
use crate::support::shut_down;

#[test]
fn what_cannot_be_ended_is_named_and_nothing_is_started_beside_it() {
    // SAFETY: takes nothing, cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        return; // Nobody else can make a program that becomes root.
    }
    let setup = Setup::new();
    let (family, roots) = (setup.family("pids"), setup.family("roots-pids"));
    let server = copied_for_all(&setup, fake_sidecar(), "a-server");
    let roots_own = copied_for_all(&setup, fake_sidecar(), "roots-own");
    fs::set_permissions(&roots_own, fs::Permissions::from_mode(0o4755)).expect("it is ours");
    let script = format!(
        "{} --as-owner --no-listen --max-life 3m --pidfile {} & \
         exec {} --max-life 3m --pidfile {}",
        roots_own.display(),
        roots.file().display(),
        server.display(),
        family.file().display()
    );
    let command = ["sh", "-c", &script].map(Into::into).into();
    let flags = "--port auto --http / --grace 100 --restart";
    let mut host = ordinary_host(&setup, flags, command);
    host.ready();
    let survivor = roots.wait_for(1).remove(0);
    let status = fs::read_to_string(format!("/proc/{}/status", survivor.pid)).expect("it runs");
    assert!(
        status.contains("\nUid:\t0\t0\t0\t0\n"),
        "is the temporary folder mounted nosuid?\n{status}"
    );
    host.order("restart");
    let stopped = host.next("stopped");
    assert_eq!(stopped["survivors"], serde_json::json!([survivor.pid]));
    let reason = format!(
        "could not end its processes, even by force: {}",
        survivor.pid
    );
    assert_eq!(host.next("failed")["reason"], reason);
    assert!(survivor.lives() && family.living().is_empty(), "it alone");
    assert_eq!(host.all("spawned").len(), 1, "{:#?}", host.lines());
    // When it has ended, a user may start again.
    survivor.kill();
    eventually("it has ended", || !survivor.lives());
    host.order("start");
    host.ready();
    for process in roots.wait_for(1) {
        process.kill();
    }
    shut_down(&mut host, &setup, &family);
}
