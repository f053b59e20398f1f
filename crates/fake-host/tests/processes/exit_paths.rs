//! Every way a host ends, on every shape of tree.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use fake_host::testing::{Family, Host, Setup, eventually};

use crate::support::{HOST, args, assert_nothing_left, assert_port_free};
use crate::trees::{self, Tree};

/// Long enough to be told from none, short enough for many tests.
const GRACE: Duration = Duration::from_millis(300);

/// Ends a host that is up.
type End = fn(&mut Host);

struct Case {
    setup: Setup,
    host: Host,
    family: Family,
    port: u16,
    tree: Tree,
}

impl Case {
    fn begin(tree: Tree, on_terminal: bool) -> Case {
        let setup = Setup::new();
        let family = setup.family("pids");
        let flags = format!("--port auto --http / --grace {}", GRACE.as_millis());
        let args = args(&setup, &flags, &family, tree.flags);
        let mut host = start(&setup, args, on_terminal);
        let port = host.ready();
        family.wait_for(tree.size);
        Case {
            setup,
            host,
            family,
            port,
            tree,
        }
    }

    /// When the host has ended in good order, all of it has ended before.
    fn orderly(mut self, end: End) {
        let began = Instant::now();
        end(&mut self.host);
        self.host.end();
        assert_nothing_left(&self.setup, &self.family);
        assert_port_free(self.port);
        assert_eq!(self.host.next_after_end("stopped")["survivors"], 0);
        self.assert_grace(began.elapsed());
    }

    /// When the host is torn away, the guardian ends all of it soon. On Windows the system does, at
    /// once: nobody is left who could wait for the grace.
    fn torn(mut self, end: End) {
        let began = Instant::now();
        end(&mut self.host);
        if self.tree.deaf && cfg!(unix) {
            eventually("the first of the deaf is gone", || {
                self.family.living().len() < self.tree.size
            });
            self.assert_grace(began.elapsed());
        }
        self.host.end();
        self.host.wait_until_empty();
        eventually("all that wiped their marks are gone", || {
            self.family.living().is_empty()
        });
        assert_port_free(self.port);
    }

    /// Force never comes before the grace is over.
    fn assert_grace(&self, took: Duration) {
        if self.tree.deaf {
            assert!(took >= GRACE, "force came after {took:?}");
        }
    }
}

#[cfg(unix)]
fn start(setup: &Setup, args: Vec<OsString>, on_terminal: bool) -> Host {
    if on_terminal {
        setup.start_on_terminal(Path::new(HOST), args)
    } else {
        setup.start(Path::new(HOST), args)
    }
}

#[cfg(not(unix))]
fn start(setup: &Setup, args: Vec<OsString>, _on_terminal: bool) -> Host {
    setup.start(Path::new(HOST), args)
}

/// One test for each shape of tree.
macro_rules! on_every_tree {
    ($($(#[$on:meta])? $way:ident => $ends:ident($terminal:expr, $end:expr);)*) => {$(
        $(#[$on])?
        mod $way {
            use super::*;

            on_every_tree!(@tests $ends, $terminal, $end;
                plain PLAIN, forks FORKS, escapees ESCAPEES, deaf DEAF, holds_stdout HOLDS_STDOUT,
                closes_all CLOSES_ALL, floods FLOODS);

            // Who has a session of his own and no marker is lost where orphans go to init.
            #[cfg(not(target_os = "macos"))]
            on_every_tree!(@tests $ends, $terminal, $end; wipes_env WIPES_ENV);
        }
    )*};
    (@tests $ends:ident, $terminal:expr, $end:expr; $($name:ident $tree:ident),*) => {$(
        #[test]
        fn $name() {
            Case::begin(trees::$tree, $terminal).$ends($end);
        }
    )*};
}

const PIPE: bool = false;
#[cfg(unix)]
const TERMINAL: bool = true;

on_every_tree! {
    shutdown => orderly(PIPE, |host| host.order("shutdown"));
    stdin_ends => orderly(PIPE, Host::close_stdin);
    stop_then_return => orderly(PIPE, |host| {
        host.order("stop");
        host.next("stopped");
        host.order("return");
    });
    return_from_main => orderly(PIPE, |host| host.order("return"));
    #[cfg(unix)]
    sigterm => orderly(PIPE, |host| host.signal(libc::SIGTERM));
    #[cfg(unix)]
    sigint => orderly(PIPE, |host| host.signal(libc::SIGINT));
    #[cfg(unix)]
    sighup => orderly(PIPE, |host| host.signal(libc::SIGHUP));
    #[cfg(unix)]
    closed_terminal => orderly(TERMINAL, Host::close_terminal);
    panic_in_main => orderly(PIPE, |host| host.order("panic"));
    panic_in_a_thread => orderly(PIPE, |host| {
        host.order("panic-thread");
        host.order("shutdown");
    });
    abort => torn(PIPE, |host| host.order("abort"));
    process_exit => torn(PIPE, Host::exit);
    killed => torn(PIPE, |host| host.kill());
    killed_when_large => torn(PIPE, |host| {
        host.order("allocate 100");
        host.next("obeyed");
        host.kill();
    });
}

/// A second signal does not wait for the grace.
#[cfg(unix)]
#[test]
fn a_second_signal_forces() {
    let mut case = Case::begin(trees::DEAF, PIPE);
    let began = Instant::now();
    case.host.signal(libc::SIGINT);
    case.host.next("stopping");
    case.host.signal(libc::SIGINT);
    case.host.end();
    assert_nothing_left(&case.setup, &case.family);
    let limit = fake_host::testing::DEADLINE;
    assert!(began.elapsed() < limit, "it took {:?}", began.elapsed());
}

/// Whoever is still being prepared when the end comes is never started.
#[test]
fn killed_while_it_starts() {
    for _ in 0..10 {
        let setup = Setup::new();
        let family = setup.family("pids");
        let tree = trees::ESCAPEES;
        let host = setup.start(
            Path::new(HOST),
            args(
                &setup,
                "--port auto --http / --grace 300",
                &family,
                tree.flags,
            ),
        );
        eventually("it begins", || {
            !family.written().is_empty() || !host.lines().is_empty()
        });
        host.kill();
        host.wait_until_empty();
        eventually("nothing is left", || family.living().is_empty());
    }
}

/// Without a guardian the orderly ways still leave nothing.
#[cfg(unix)]
mod without_a_guardian {
    use super::*;

    fn begin(tree: Tree) -> Case {
        let setup = Setup::new();
        let family = setup.family("pids");
        let flags = "--no-guardian --port auto --http / --grace 300";
        let mut host = setup.start(Path::new(HOST), args(&setup, flags, &family, tree.flags));
        assert_eq!(host.next("spawned")["protection"], "best_effort");
        let port = host.ready();
        family.wait_for(tree.size);
        Case {
            setup,
            host,
            family,
            port,
            tree,
        }
    }

    #[test]
    fn sigterm_leaves_nothing_of_a_plain_server() {
        begin(trees::PLAIN).orderly(|host| host.signal(libc::SIGTERM));
    }

    #[test]
    fn sigterm_leaves_nothing_of_escapees() {
        begin(trees::ESCAPEES).orderly(|host| host.signal(libc::SIGTERM));
    }

    #[test]
    fn sigterm_leaves_nothing_of_the_deaf() {
        begin(trees::DEAF).orderly(|host| host.signal(libc::SIGTERM));
    }

    #[test]
    fn a_flood_does_not_delay_the_end() {
        begin(trees::FLOODS).orderly(|host| host.signal(libc::SIGTERM));
    }

    /// Linux alone ends a process with its parent: elsewhere the leader is of the rest.
    #[test]
    fn sigkill_ends_the_leader_and_the_next_start_the_rest() {
        let mut case = begin(trees::ESCAPEES);
        case.host.kill();
        case.host.end();
        if cfg!(target_os = "linux") {
            eventually("the leader dies with its host", || {
                case.family.living_as("leader").is_empty()
            });
        }
        let other = case.setup.family("others");
        let mut next = case.setup.start(
            Path::new(HOST),
            args(&case.setup, "", &other, "--no-listen"),
        );
        next.next("ready");
        assert!(
            case.family.living().is_empty(),
            "{:?}",
            case.family.living()
        );
    }
}
