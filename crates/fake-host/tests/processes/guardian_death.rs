//! The guardian is killed, alone or together with its host.

use std::path::Path;

use fake_host::testing::{Family, GUARDIAN, Host, Setup, eventually};

use crate::support::{HOST, args, assert_port_free, shut_down, start};
use crate::trees::{self, Tree};

fn begin(tree: Tree) -> (Setup, Host, Family, u16) {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http / --grace 300", tree.flags);
    let port = host.ready();
    family.wait_for(tree.size);
    (setup, host, family, port)
}

/// The host ends the tree, says that the protection is lost, and can start the sidecar again.
fn guardian_alone(tree: Tree) {
    let (setup, mut host, family, port) = begin(tree);
    // Who has no mark is known to the host only once it has looked at the tree.
    setup.wait_until_recorded(&family.living());
    host.guardian().kill();
    assert_eq!(host.next("protection_lost")["protection"], "best_effort");
    let exited = host.next("exited");
    assert_eq!(
        (&exited["signal"], &exited["asked"]),
        (&9.into(), &false.into())
    );
    assert_eq!(host.next("stopped")["survivors"], 0);
    host.next("failed");
    assert!(
        family.living().is_empty(),
        "these are left: {:#?}",
        family.living()
    );
    assert_port_free(port);
    // What the next run loses without a guardian is known by its mark alone.
    if !tree.flags.contains("--wipe-env") {
        host.order("start");
        assert_eq!(host.next("spawned")["protection"], "best_effort");
        host.ready();
        family.wait_for(tree.size);
    }
    shut_down(&mut host, &setup, &family);
}

/// Nobody is left who could end the tree, but for the next start of the same app.
fn both_at_once(tree: Tree) {
    let (setup, mut host, family, port) = begin(tree);
    let guardian = host.guardian();
    setup.wait_until_recorded(&family.living());
    let leader = family.living_as("leader").remove(0);
    // Both are held still first, so that neither sees the other die.
    guardian.signal(libc::SIGSTOP);
    host.signal(libc::SIGSTOP);
    host.kill();
    guardian.kill();
    eventually("the guardian is gone", || !guardian.lives());
    host.end();
    leader.wait(); // It dies with the guardian.
    let left = family.living().len();
    let others = setup.family("others");
    let mut next = setup.start(
        Path::new(HOST),
        args(&setup, "--port auto --http /", &others, ""),
    );
    let ready = next.ready();
    assert!(
        family.living().is_empty(),
        "these are left: {:#?}",
        family.living()
    );
    assert_eq!(ready, port, "it was freed, and is offered again");
    assert_eq!(next.all("cleaned").len(), left, "{:#?}", next.lines());
    assert_eq!(
        others.living().len(),
        1,
        "what the new host has started lives"
    );
}

macro_rules! on_every_tree {
    ($($way:ident: $($name:ident $tree:ident),*;)*) => {$(
        mod $way {
            $(#[test]
            fn $name() {
                super::$way(crate::trees::$tree);
            })*
        }
    )*};
}

on_every_tree! {
    guardian_alone: plain PLAIN, forks FORKS, escapees ESCAPEES, deaf DEAF,
        holds_stdout HOLDS_STDOUT, closes_all CLOSES_ALL, wipes_env WIPES_ENV, floods FLOODS;
    both_at_once: plain PLAIN, forks FORKS, escapees ESCAPEES, deaf DEAF,
        holds_stdout HOLDS_STDOUT, closes_all CLOSES_ALL, wipes_env WIPES_ENV, floods FLOODS;
}

/// Between two runs there is nothing to end, and the next run starts all the same.
#[test]
fn while_nothing_runs() {
    let (setup, mut host, family, _) = begin(trees::PLAIN);
    host.order("stop");
    host.next("stopped");
    let guardian = host.guardian();
    guardian.kill();
    host.next("protection_lost");
    host.order("start");
    assert_eq!(host.next("spawned")["protection"], "best_effort");
    host.ready();
    assert!(host.all("failed").is_empty(), "{:#?}", host.lines());
    shut_down(&mut host, &setup, &family);
}

/// Its own name keeps it out of what is meant for the app, and asking signals do not end it.
#[test]
fn the_guardian_is_not_ended_by_what_is_meant_for_the_app() {
    let (setup, mut host, family, _) = begin(trees::PLAIN);
    let guardian = host.guardian();
    assert_eq!(guardian.name(), GUARDIAN);
    assert!(
        !guardian.command().contains("fake-host"),
        "{}",
        guardian.command()
    );
    for signal in [
        libc::SIGTERM,
        libc::SIGINT,
        libc::SIGHUP,
        libc::SIGQUIT,
        libc::SIGPIPE,
    ] {
        guardian.signal(signal);
    }
    host.order("restart");
    host.next("stopped");
    host.ready();
    assert!(guardian.lives());
    shut_down(&mut host, &setup, &family);
}
