//! One run of one combination, looked at from outside and compared with what was expected.

use std::cell::Cell as Slot;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::cell::{Cell, How, Victim};
use super::expectation::{Expectation, expected};
use super::onlooker::{Ended, RunTree, Watch};
use crate::testing::{Family, Host, Process, Setup, args, eventually, fake_host};

/// Between asking and force. Long enough to be told from none, short enough for thousands of runs.
pub const GRACE: Duration = Duration::from_millis(200);

/// What one run has shown.
#[derive(Debug, Clone)]
pub struct Seen {
    /// From the attack until nothing of the attacked tree was left, where it was to end.
    pub empty: Option<Duration>,
    /// How many of it were left behind.
    pub survivors: usize,
    /// What was not as expected.
    pub complaint: Option<String>,
}

/// Has nobody who is aborted leave a core file in the project. Once for a process, before all.
pub fn prepare() {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `none` is a valid limit and lives through the call.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
}

/// Builds the tree, attacks, and compares. `round` is the number of the run: where the order of
/// two signals is left open, it decides.
pub fn try_once(cell: Cell, round: usize) -> Seen {
    let survivors = Slot::new(0);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        Attack::begin(cell, round, &survivors).carry_out()
    }));
    let (empty, complaint) = match outcome {
        Ok(empty) => (empty, None),
        Err(panic) => (None, Some(words_of(panic.as_ref()))),
    };
    Seen {
        empty,
        survivors: survivors.get(),
        complaint,
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked without a word").to_owned()
}

struct Attack<'a> {
    cell: Cell,
    round: usize,
    host: Host,
    guardian: Process,
    standby: Option<Process>,
    leader: Process,
    family: Family,
    port: u16,
    tree: RunTree,
    survivors: &'a Slot<usize>,
    /// Dropped last: it ends what a failed run leaves.
    setup: Setup,
}

impl Attack<'_> {
    fn begin(cell: Cell, round: usize, survivors: &Slot<usize>) -> Attack<'_> {
        let setup = Setup::new();
        let family = setup.family("pids");
        let mut flags = format!(
            "--restart --port auto --http / --grace {}",
            GRACE.as_millis()
        );
        if cell.victim.has_standby() {
            flags += " --standby";
        }
        let mut sidecar = cell.tree.flags().to_owned();
        let mut size = cell.tree.size();
        if cell.victim == Victim::MiddleChild {
            sidecar += " --middle";
            size += 2;
        }
        if cell.how == How::Panic {
            // What a panic of a program's main thread ends with.
            sidecar += " --crash-on /panic --exit-code 101";
        }
        let args = args(&setup, &flags, &family, &sidecar);
        let mut host = if cell.how == How::ClosedTerminal {
            setup.start_on_terminal(fake_host(), args)
        } else {
            setup.start(fake_host(), args)
        };
        let leader = leader_of(&host.next("spawned"));
        let port = host.ready();
        let tree = RunTree::of(&setup, &leader);
        eventually("the tree is whole", || family.written().len() >= size);
        Attack {
            cell,
            round,
            guardian: host.guardian(),
            standby: cell.victim.has_standby().then(|| host.standby()),
            tree,
            host,
            leader,
            family,
            port,
            survivors,
            setup,
        }
    }

    /// Answers how long it took until the tree was empty.
    fn carry_out(mut self) -> Option<Duration> {
        let watch = self.tree.watch();
        let struck = Instant::now();
        match expected(self.cell) {
            Expectation::Orderly => self.orderly(struck),
            Expectation::GuardianEnds | Expectation::StandbyEnds => {
                return Some(self.ended_by_who_is_left(watch, struck));
            }
            Expectation::BestEffort => self.another_guards("best_effort"),
            Expectation::TakenOver => self.another_guards("guardian"),
            Expectation::StandbyLost => {
                self.standby_lost();
                return None;
            }
            Expectation::NextStart => self.next_start(),
            Expectation::NewRun => self.new_run(),
            Expectation::Unmoved => {
                self.unmoved();
                return None;
            }
            Expectation::DoesNotApply(why) => panic!("it does not apply: {why}"),
        }
        Some(self.emptied(watch, struck))
    }

    /// All of it has ended before its host.
    fn orderly(&mut self, struck: Instant) {
        self.strike();
        self.host.end();
        self.assert_empty("at the end of the host");
        if self.cell.tree.is_deaf() {
            let took = struck.elapsed();
            assert!(took >= GRACE, "force came after {took:?}");
        }
        assert_eq!(self.host.next_after_end("stopped")["survivors"], 0);
        self.assert_guardian_ends();
        self.assert_port_free();
    }

    fn ended_by_who_is_left(mut self, watch: Watch, struck: Instant) -> Duration {
        self.strike();
        let ended = self.ended(watch);
        self.host.end();
        // A host that sees its guardian die before it dies itself has force used at once: by the
        // order of the blows, or because a core dump takes its time.
        let saw = self.round % 2 == 1 || !self.host.all("protection_lost").is_empty();
        let told = self.cell.victim == Victim::BothNotStandby && saw;
        if self.cell.tree.is_deaf() && !told {
            let took = ended.empty_by.saturating_duration_since(struck);
            assert!(took >= GRACE, "force came after {took:?}");
        }
        self.assert_guardian_ends();
        self.assert_port_free();
        ended.gone.saturating_duration_since(struck)
    }

    fn another_guards(&mut self, protection: &str) {
        self.strike();
        let lost = self.host.next("protection_lost");
        // A standby that dies with the guardian may be told of by itself, and before.
        if self.cell.victim != Victim::GuardianAndStandby {
            assert_eq!(lost["protection"], protection);
        }
        self.another_run(protection);
        if protection == "guardian" {
            self.assert_guardian_ends();
        }
    }

    fn new_run(&mut self) {
        self.strike();
        let exited = self.host.next("exited");
        assert_eq!(exited["asked"], false, "{exited}");
        assert!(self.guardian.lives(), "the guardian went with it");
        self.another_run("guardian");
    }

    /// The old run is gone whole, a new one comes, and it can be ended.
    fn another_run(&mut self, protection: &str) {
        self.assert_stopped();
        let spawned = self.host.next("spawned");
        assert_eq!(spawned["protection"], protection);
        let leader = leader_of(&spawned);
        self.host.ready();
        let new = RunTree::of(&self.setup, &leader);
        assert!(!new.living().is_empty(), "the new run is gone already");
        self.tree_ends_with_its_host(&new);
    }

    /// The host and its guardian are gone; another start of the same app ends the rest.
    fn next_start(&mut self) {
        self.strike();
        self.host.end();
        self.guardian.wait();
        self.leader.wait();
        let others = self.setup.family("others");
        let flags = "--port auto --http / --grace 200";
        let mut next = self
            .setup
            .start(fake_host(), args(&self.setup, flags, &others, ""));
        next.ready();
        self.assert_empty("when the next start was ready");
        assert_eq!(others.living().len(), 1, "what was just started lives");
        next.order("shutdown");
        next.end();
    }

    /// The same run goes on, and ends when it is asked to in the right way.
    fn unmoved(&mut self) {
        self.strike();
        let with_standby = self.cell.victim.has_standby();
        self.goes_on(if with_standby {
            "guardian_with_standby"
        } else {
            "guardian"
        });
        assert_eq!(self.host.all("protection_lost").len(), 0);
    }

    fn standby_lost(&mut self) {
        self.strike();
        let lost = self.host.next("protection_lost");
        assert_eq!(lost["protection"], "guardian");
        self.goes_on("guardian");
        assert_eq!(self.host.all("protection_lost").len(), 1);
        self.assert_guardian_ends();
    }

    fn goes_on(&mut self, protection: &str) {
        self.host.order("restart");
        self.assert_stopped();
        assert_eq!(self.host.all("crashed").len(), 0);
        let spawned = self.host.next("spawned");
        assert_eq!(spawned["protection"], protection);
        let leader = leader_of(&spawned);
        self.host.ready(); // A process that has just begun has no environment yet.
        let new = RunTree::of(&self.setup, &leader);
        self.tree_ends_with_its_host(&new);
    }

    fn strike(&mut self) {
        let (host, guardian) = (self.host.process.clone(), self.guardian.clone());
        let standby = || self.standby.clone().expect("it has one");
        let mut victims = match self.cell.victim {
            Victim::Host => vec![host],
            Victim::Guardian | Victim::GuardianNotStandby => vec![guardian],
            Victim::Standby => vec![standby()],
            Victim::Both => vec![guardian, host],
            Victim::BothNotStandby => vec![host, guardian],
            Victim::HostAndStandby => vec![standby(), host],
            Victim::GuardianAndStandby => vec![standby(), guardian],
            Victim::Leader => vec![self.leader.clone()],
            Victim::MiddleChild => self.family.living_as("middle"),
        };
        assert!(!victims.is_empty(), "there is nobody to attack");
        let first = self.round % victims.len();
        victims.rotate_left(first);
        let send = |signal| victims.iter().for_each(|v| v.signal(signal));
        match (self.cell.how, self.cell.victim) {
            (How::Sigkill, _) => send(libc::SIGKILL),
            (How::Sigterm, _) => send(libc::SIGTERM),
            (How::StopThenKill, _) => {
                send(libc::SIGSTOP);
                send(libc::SIGKILL);
            }
            (How::Panic, Victim::Leader) => ask_for(self.port, "/panic"),
            (How::Panic, _) => self.host.order("panic"),
            (How::Abort, Victim::Host) => self.host.order("abort"),
            (How::Abort, _) => send(libc::SIGABRT),
            (How::ClosedTerminal, _) => self.host.close_terminal(),
        }
    }

    fn emptied(&self, watch: Watch, struck: Instant) -> Duration {
        self.ended(watch).gone.saturating_duration_since(struck)
    }

    fn ended(&self, watch: Watch) -> Ended {
        let ended = watch.ended();
        self.survivors.set(ended.left.len());
        let told: Vec<String> = ended.left.iter().map(Process::command).collect();
        assert!(told.is_empty(), "these are left: {told:#?}");
        ended
    }

    /// Without waiting.
    #[track_caller]
    fn assert_empty(&self, when: &str) {
        let left = self.tree.living();
        self.survivors.set(left.len());
        let told: Vec<String> = left.iter().map(Process::command).collect();
        let events = self.host.lines();
        assert!(
            told.is_empty(),
            "{when} these are left: {told:#?} {events:#?}"
        );
    }

    /// `stopped` comes, says that nothing is left, and is right.
    fn assert_stopped(&mut self) {
        let stopped = self.host.next("stopped");
        let events = self.host.lines();
        assert_eq!(stopped["survivors"], 0, "{events:#?}");
        self.assert_empty("when `stopped` was told");
    }

    fn tree_ends_with_its_host(&mut self, tree: &RunTree) {
        self.host.order("shutdown");
        self.host.end();
        let left = tree.living();
        self.survivors.set(left.len());
        let (left, events): (Vec<_>, _) = (
            left.iter().map(Process::command).collect(),
            self.host.lines(),
        );
        assert!(
            left.is_empty(),
            "left of the new run: {left:#?} {events:#?}"
        );
    }

    fn assert_guardian_ends(&self) {
        self.guardian.wait();
        if let Some(standby) = &self.standby {
            standby.wait();
        }
        let left = self.setup.survivors();
        assert!(left.is_empty(), "somebody else is left: {left:#?}");
    }

    fn assert_port_free(&self) {
        let free = sidecar_lifecycle::ports::is_free(self.port);
        assert!(free.is_ok(), "port {} is held", self.port);
    }
}

fn leader_of(spawned: &serde_json::Value) -> Process {
    let pid = spawned["pid"].as_i64().expect("a pid");
    Process::of(pid as i32).expect("the leader lives")
}

/// Asks a server for a path, and for no answer.
fn ask_for(port: u16, path: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it takes a request");
    // It ends over that request: how the connection ends says nothing.
    let _ = stream.read(&mut [0; 64]);
}
