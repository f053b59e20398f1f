//! The loop that spawns, watches and ends trees.
//!
//! It runs in the guardian, a process that outlives the host; or, where no guardian could be
//! had, on a thread of the host, with the same protocol and weaker promises. It decides only
//! what must still be decided when the host is gone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use super::drains::Drains;
use super::ending::Ends;
use super::pump::Pump;
use super::run::{Run, Stage};
use super::spared::Spared;
use super::wire::{Link, Report, Request};
use crate::sys::unix::clock::monotonic;
use crate::sys::unix::orphans;
use crate::sys::unix::poll::PollSet;
use crate::sys::unix::signals::SignalPipe;
use crate::sys::unix::watch::Forks;

/// How often an ending tree is looked at besides the moments when a child's end is signalled:
/// whoever is not our child ends in silence.
const SILENT_TICK: Duration = Duration::from_millis(50);
/// The same where no descendant is ever handed to us (no subreaper, so no SIGCHLD either).
const THREAD_TICK: Duration = Duration::from_millis(2);
/// The same where the ends and forks of members are told: for those that were never seen.
const WATCHED_TICK: Duration = Duration::from_millis(20);
/// From one look for the sake of a fork to the next: a tree that builds something forks all the
/// time.
const FORK_PAUSE: Duration = Duration::from_millis(20);
/// An allowance for what the kernel does between two of our looks while KILL is underway.
const FORCE_TICK: Duration = Duration::from_millis(2);

/// Where the loop runs.
pub(crate) enum Place {
    /// In the guardian: orphans come to us, and the host's end is ours to notice.
    Process {
        /// SIGCHLD as bytes.
        ends: SignalPipe,
        /// Readable when the host has ended; nothing where that cannot be had.
        host: Option<OwnedFd>,
    },
    /// On a thread of the host.
    Thread,
}

/// The loop's state.
pub(crate) struct Warden {
    pub(super) link: Link,
    pub(super) place: Place,
    pub(super) me: u32,
    pub(super) runs: BTreeMap<u64, Run>,
    pub(super) spared: Spared,
    /// The markers of runs that were left to themselves.
    pub(super) left: BTreeSet<Vec<u8>>,
    /// Who was found to be of no run, so that their environments are not read again and again.
    pub(super) strangers: HashMap<u32, u64>,
    pub(super) drains: Drains,
    /// Tells the forks of members; nothing where orphans come to us.
    pub(super) forks: Option<Forks>,
    /// Until when forks are not asked about, while nothing is ending.
    forks_pause: Option<Duration>,
    /// Who goes on in our place, should we die.
    pub(super) standby: Option<Link>,
    pub(super) nofile: Option<libc::rlimit>,
    pub(super) host_lost: bool,
    pub(super) look: bool,
    /// The last look could not tell whether a tree is empty: the next one follows at once.
    pub(super) restless: bool,
    /// The last look failed: the process table could not be read.
    pub(super) blind: bool,
    /// Runs to ask, or to end by force, once it can be read again.
    pub(super) postponed: Ends,
}

impl Warden {
    pub(crate) fn new(link: Link, place: Place, nofile: Option<libc::rlimit>) -> Warden {
        Warden {
            link,
            place,
            me: std::process::id(),
            runs: BTreeMap::new(),
            spared: Spared::default(),
            left: BTreeSet::new(),
            strangers: HashMap::new(),
            drains: Drains::default(),
            forks: Forks::new(),
            forks_pause: None,
            standby: None,
            nofile,
            host_lost: false,
            look: false,
            restless: false,
            blind: false,
            postponed: Ends::default(),
        }
    }

    /// Runs until the host is gone and every tree is empty. Those that were released and still
    /// write where an ended run wrote get somebody who reads it.
    pub(crate) fn run(mut self) -> io::Result<()> {
        self.say(&Report::Hello { pid: self.me });
        let mut poll = PollSet::default();
        while !(self.host_lost && self.runs.is_empty() && self.nothing_left()) {
            self.wait(&mut poll)?;
            self.meet_deadlines();
            if self.look || self.restless {
                self.look = false;
                if !self.settle() {
                    self.survey();
                }
                self.catch_up();
            }
        }
        if matches!(self.place, Place::Thread) {
            return Ok(());
        }
        if let Some(drainer) = std::mem::take(&mut self.drains).leave_behind()? {
            self.note_drainer(drainer);
        }
        Ok(())
    }

    /// Waits for anything to happen, and takes in what did.
    fn wait(&mut self, poll: &mut PollSet) -> io::Result<()> {
        poll.clear();
        let link =
            (!self.host_lost).then(|| poll.add(self.link.raw_fd(), self.link.wants_to_write()));
        let (ends, host) = match &self.place {
            Place::Process { ends, host } => (
                Some(poll.add(ends.raw_fd(), false)),
                host.as_ref()
                    .filter(|_| !self.host_lost)
                    .map(|h| poll.add(h.as_raw_fd(), false)),
            ),
            Place::Thread => (None, None),
        };
        let standby = self.standby.as_ref().filter(|s| s.wants_to_write());
        let standby = standby.map(|s| poll.add(s.raw_fd(), true));
        let mut pipes = Vec::new();
        let mut leaders = Vec::new();
        for run in self.runs.values() {
            for (stream, fd) in run.pump.iter().flat_map(Pump::poll_fds) {
                pipes.push((poll.add(fd, false), run.id, stream));
            }
            if let Some(end) = run.end.as_ref().filter(|_| run.exited.is_none()) {
                leaders.push(poll.add(end.as_raw_fd(), false));
            }
        }
        let forks = self.forks_to_hear().map(|fd| poll.add(fd, false));
        let drains: Vec<_> = self
            .drains
            .poll_fds()
            .map(|fd| poll.add(fd, false))
            .collect();
        poll.wait(self.patience())?;

        for (slot, run, stream) in pipes {
            if poll.ready(slot).readable {
                self.pump(run, stream);
            }
        }
        if drains.iter().any(|&slot| poll.ready(slot).readable) {
            self.drains.drain();
        }
        if let (Some(slot), Some(watch)) = (forks, &self.forks)
            && poll.ready(slot).readable
        {
            watch.drain();
            self.forks_pause = Some(monotonic() + FORK_PAUSE);
            self.look = true;
        }
        if leaders.iter().any(|&slot| poll.ready(slot).readable) {
            self.look = true;
        }
        if let (Some(slot), Place::Process { ends, .. }) = (ends, &mut self.place)
            && poll.ready(slot).readable
        {
            ends.drain();
            self.look = true;
        }
        if standby.is_some_and(|slot| poll.ready(slot).writable) {
            self.flush_notes();
        }
        if let Some(slot) = link {
            if poll.ready(slot).writable && self.link.flush().is_err() {
                self.lose_host();
            }
            if poll.ready(slot).readable {
                self.listen();
            }
        }
        if host.is_some_and(|slot| poll.ready(slot).readable) {
            self.lose_host();
        }
        Ok(())
    }

    /// Whether whoever loses its parent in a tree of ours becomes our child.
    pub(super) fn is_handed_orphans(&self) -> bool {
        orphans::GO_TO_SUBREAPER && matches!(self.place, Place::Process { .. })
    }

    /// Where forks are told, unless it is too early after the last ones. An end waits for nothing.
    fn forks_to_hear(&mut self) -> Option<RawFd> {
        let forks = self.forks.as_ref()?;
        let ending = self.runs.values().any(Run::is_ending);
        let is_on = |&until: &Duration| !ending && monotonic() < until;
        self.forks_pause = self.forks_pause.filter(is_on);
        self.forks_pause.is_none().then(|| forks.as_raw_fd())
    }

    /// How long nothing may happen before we look again. For ever, when nothing is ending.
    fn patience(&self) -> Option<Duration> {
        if self.restless {
            return Some(Duration::ZERO);
        }
        let now = monotonic();
        let tick = if self.is_handed_orphans() {
            SILENT_TICK
        } else if self.forks.is_some() {
            WATCHED_TICK
        } else {
            THREAD_TICK
        };
        let mut limit: Option<Duration> = None;
        let mut at_most = |d: Duration| limit = Some(limit.map_or(d, |l| l.min(d)));
        for run in self.runs.values() {
            match run.stage {
                Stage::Live if run.exited.is_some() => at_most(tick),
                Stage::Live
                    if run.end.is_none()
                        && (run.taken_over || matches!(self.place, Place::Thread)) =>
                {
                    at_most(SILENT_TICK); // No descriptor tells this leader's end: ask.
                }
                Stage::Live => {}
                Stage::Asked { since } => {
                    at_most(tick);
                    if self.host_lost {
                        at_most((since + run.grace).saturating_sub(now));
                    }
                }
                // Only an uninterruptible sleep lasts this long: no haste helps.
                Stage::Forced { .. } if run.is_reported => at_most(SILENT_TICK),
                Stage::Forced { .. } => at_most(FORCE_TICK),
            }
        }
        if self.host_lost && self.runs.is_empty() {
            at_most(FORCE_TICK);
        }
        if self.blind {
            at_most(SILENT_TICK);
        }
        if let Some(until) = self.forks_pause {
            at_most(until.saturating_sub(now));
        }
        limit
    }

    /// Takes the host's requests; its silence for ever means that it is gone.
    pub(super) fn listen(&mut self) {
        let alive = self.link.fill();
        let mut ends = Ends::default();
        let damaged = loop {
            match self.link.next::<Request>() {
                Ok(Some(request)) => self.obey(request, &mut ends),
                Ok(None) => break false,
                Err(_) => break true, // Nothing after it can be trusted.
            }
        };
        self.ask(&ends.asked);
        self.force(&ends.forced);
        self.release(&ends.released);
        if damaged || !matches!(alive, Ok(true)) {
            self.lose_host();
        }
    }

    fn obey(&mut self, request: Request, ends: &mut Ends) {
        match request {
            Request::Spawn(_) if self.host_lost => self.refuse(),
            Request::Spawn(request) => self.spawn(*request),
            Request::AskStop { run } => ends.asked.push(run),
            Request::ForceStop { run } => ends.forced.push(run),
            Request::OutputRead { run } => {
                if let Some(pump) = self.runs.get_mut(&run).and_then(|r| r.pump.as_mut()) {
                    pump.host_has_read();
                }
                self.tell_output(run, false);
            }
            Request::Adopt(request) => {
                if self.host_lost {
                    ends.forced.push(request.run);
                }
                self.adopt(*request);
            }
            Request::TakeOver(_) if self.host_lost => {}
            Request::TakeOver(request) => self.take_over(*request),
            Request::Release { run } => ends.released.push(run),
            Request::Ping { n } => self.say(&Report::Pong { n }),
        }
    }

    pub(super) fn say(&mut self, report: &Report) {
        self.send(report, Vec::new());
    }

    pub(super) fn send(&mut self, report: &Report, fds: Vec<OwnedFd>) {
        if !self.host_lost && self.link.send(report, fds).is_err() {
            self.lose_host();
        }
    }
}
