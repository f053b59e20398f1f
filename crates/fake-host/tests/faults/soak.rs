//! Long use: whatever a host goes through, it and its guardian stay as small as they were.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use fake_host::testing::{Host, Process, Setup, eventually};
use fastrand::Rng;

use crate::bystanders::number;
use crate::limits::{descriptors, status};
use crate::support::{HOST, args, assert_nothing_left};

/// In every suite; the long one (`scripts/attack/soak.sh`) takes an hour.
const SAMPLE: u64 = 8;
/// Private memory may grow by so much between warm and worn. An allocator keeps what it once
/// needed; a leak of a hundred bytes for each of an hour's ten thousand runs would be seen.
const HOST_GROWTH: u64 = 4 * 1024;
const GUARDIAN_GROWTH: u64 = 1024;

/// What a process takes.
#[derive(Clone, Copy)]
struct Size {
    private_kib: u64,
    descriptors: usize,
    threads: u64,
}

impl Size {
    fn of(process: &Process) -> Size {
        Size {
            private_kib: status(process, "RssAnon"),
            descriptors: descriptors(process),
            threads: status(process, "Threads"),
        }
    }

    /// Nothing of it is more than it was, but for memory within a bound.
    fn has_grown(self, since: Size, memory: u64) -> bool {
        self.private_kib > since.private_kib + memory
            || self.descriptors > since.descriptors
            || self.threads > since.threads
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size {
            private_kib,
            descriptors,
            threads,
        } = self;
        write!(
            f,
            "{private_kib} KiB private, {descriptors} descriptors, {threads} threads"
        )
    }
}

struct Soak {
    rng: Rng,
    setup: Setup,
    host: Host,
    done: u64,
    ordered: usize,
}

impl Soak {
    /// Does something at random.
    fn act(&mut self) {
        self.done += 1;
        match self.rng.u32(0..10) {
            0 | 1 => self.order("start"),
            2 => self.order("stop"),
            3 => self.order("restart"),
            4 => self.order("restart*3"),
            5 => self.order("roll"),
            _ => self.kill_somebody(),
        }
        // Long enough for anything between nothing and a whole start to have happened.
        std::thread::sleep(Duration::from_millis(self.rng.u64(0..150)));
    }

    fn order(&mut self, order: &str) {
        self.ordered += 1;
        self.host.order(order);
    }

    /// A leader, a child or an escapee: they look the same from here.
    fn kill_somebody(&mut self) {
        let trees = self.setup.survivors();
        let mut sidecars = trees.iter().filter(|p| p.name() == "fake-sidecar");
        if let Some(process) = sidecars.nth(self.rng.usize(0..8)) {
            let signal = self
                .rng
                .choice([libc::SIGKILL, libc::SIGTERM, libc::SIGSEGV]);
            process.signal(signal.expect("one of them"));
        }
    }

    /// Nothing is being prepared, started or waited for either.
    fn is_at_rest(&self) -> bool {
        let mut phases = BTreeMap::new();
        for told in self.host.all("phase_changed") {
            phases.insert(told["sidecar"].to_string(), told["to"].clone());
        }
        phases
            .values()
            .all(|phase| phase == "idle" || phase == "failed")
    }

    /// Ends all runs, and waits until nothing goes on any more.
    fn rest(&mut self) -> [Size; 2] {
        self.order("stop");
        let guardian = self.host.guardian();
        eventually("every run has ended", || {
            let count = |event| self.host.count(event);
            let all_ended = count("spawned") == count("stopped") && guardian.children().is_empty();
            all_ended && count("obeyed") == self.ordered && self.is_at_rest()
        });
        [Size::of(&self.host.process), Size::of(&guardian)]
    }
}

#[test]
fn a_long_use_leaves_host_and_guardian_as_small_as_they_were() {
    let seed = number("ATTACK_SEED", 1);
    let length = Duration::from_secs(number("ATTACK_SECONDS", SAMPLE));
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--port 21000-28000 --http / --grace 200 --restart --count 3";
    let arguments = args(&setup, flags, &family, "--setsid --fork 1 --lines 20");
    let host = setup.start(Path::new(HOST), arguments);
    let mut soak = Soak {
        rng: Rng::with_seed(seed),
        setup,
        host,
        done: 0,
        ordered: 0,
    };
    let begun = Instant::now();
    let mut warm = None;
    while begun.elapsed() < length {
        soak.act();
        if warm.is_none() && begun.elapsed() > length / 4 {
            warm = Some(soak.rest());
        }
    }
    let warm = warm.unwrap_or_else(|| soak.rest());
    let mut worn = soak.rest();
    // What has just ended is put away a moment after it was told of.
    eventually("it is as small as it was", || {
        worn = soak.rest();
        let told = format!(
            "warm {}, guardian {}; worn {}, guardian {}",
            warm[0], warm[1], worn[0], worn[1]
        );
        let fits = !worn[0].has_grown(warm[0], HOST_GROWTH)
            && !worn[1].has_grown(warm[1], GUARDIAN_GROWTH);
        if fits {
            tell(&format!(
                "seed {seed}, {} acts, {} runs: {told}",
                soak.done,
                soak.host.all("spawned").len()
            ));
        }
        assert!(
            fits || begun.elapsed() < length + Duration::from_secs(20),
            "seed {seed}: {told}"
        );
        fits
    });
    soak.host.order("shutdown");
    assert!(soak.host.end().success());
    assert_nothing_left(&soak.setup, &family);
}

#[expect(clippy::print_stdout, reason = "the long suite's figures")]
fn tell(line: &str) {
    println!("{line}");
}
