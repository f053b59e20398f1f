//! The second guardian: it does nothing until the first has died, and goes on in its place then.
//!
//! It is the first one's parent, and a subreaper like it. As long as the first lives, all orphans
//! go to that one; when it dies, whoever was below it becomes a child of the standby, in the same
//! instant and wherever it ran to. What the standby cannot see, the first one has told it: which
//! runs there are, what was agreed on about their ends, and who was let go.
//!
//! The host has a connection to both. To the standby it speaks only when the first one is dead, so
//! that the standby ends nothing that the host still gives orders about; and where the host is gone
//! as well, it ends all that is left, as a guardian does.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::run::Run;
use super::spared::Spared;
use super::start::NAME;
use super::warden::{Place, Warden};
use super::wire::{Link, Note, Terms};
use crate::sys::process;
use crate::sys::unix::disguise;
use crate::sys::unix::poll::PollSet;
use crate::sys::unix::signals::SignalPipe;
use crate::sys::unix::{wait, watch};

/// What the first guardian has told.
#[derive(Debug, Default)]
struct Known {
    /// By number: what was agreed on, and the leader's pid and start time once it runs.
    runs: BTreeMap<u64, (Terms, Option<(u32, u64)>)>,
    spared: Spared,
    /// The markers of runs that were left to themselves.
    left: BTreeSet<Vec<u8>>,
}

impl Known {
    fn learn(&mut self, note: Note) {
        match note {
            Note::Begun(terms) => {
                self.runs.insert(terms.run, (*terms, None));
            }
            Note::Led { run, pid, start } => {
                if let Some((_, leader)) = self.runs.get_mut(&run) {
                    *leader = Some((pid, start));
                }
            }
            Note::Over { run } => {
                self.runs.remove(&run);
            }
            Note::Left { run, marker } => {
                self.runs.remove(&run);
                self.left.insert(marker);
            }
            Note::Spared(spared) => self.spared = spared,
        }
    }

    /// Takes in what has arrived. Answers whether more may come.
    fn listen(&mut self, notes: &mut Link) -> bool {
        let open = matches!(notes.fill(), Ok(true));
        loop {
            match notes.next() {
                Ok(Some(note)) => self.learn(note),
                Ok(None) => return open,
                Err(_) => return false, // Damage: nothing after it can be trusted.
            }
        }
    }

    /// Takes in the last words of one who is dead.
    fn listen_to_the_end(&mut self, notes: &mut Link) -> io::Result<()> {
        let mut poll = PollSet::default();
        let slot = poll.add(notes.raw_fd(), false);
        loop {
            // Not until it is closed: who reads on for the released holds it open for days.
            poll.wait(Some(Duration::ZERO))?;
            if !poll.ready(slot).readable || !self.listen(notes) {
                return Ok(());
            }
        }
    }
}

/// The life of a standby. `link` is its own connection to the host, which does not block.
pub(super) fn stand_by(
    guardian: u32,
    notes: OwnedFd,
    link: OwnedFd,
    place: (SignalPipe, Option<OwnedFd>),
    nofile: Option<libc::rlimit>,
) -> io::Result<()> {
    let (mut ends, host) = place;
    let mut notes = Link::new(notes);
    let mut known = Known::default();
    let mut poll = PollSet::default();
    let mut open = true;
    // Its end is all that matters: a host that is gone is the guardian's affair while it lives.
    while wait::peek_exit(guardian).is_none() {
        poll.clear();
        let ended = poll.add(ends.raw_fd(), false);
        let told = open.then(|| poll.add(notes.raw_fd(), false));
        poll.wait(None)?;
        if poll.ready(ended).readable {
            ends.drain();
        }
        if told.is_some_and(|slot| poll.ready(slot).readable) {
            open = known.listen(&mut notes);
        }
    }
    if open {
        known.listen_to_the_end(&mut notes)?;
    }
    drop(notes);
    wait::reap(guardian);
    disguise::rename(NAME);
    let mut warden = Warden::new(Link::new(link), Place::Process { ends, host }, nofile);
    warden.inherit(known);
    warden.run()
}

impl Warden {
    /// Goes on with what a guardian has left. Leaders have died with it; whose the others are tell
    /// their markers and their groups.
    fn inherit(&mut self, known: Known) {
        self.spared = known.spared;
        self.left = known.left;
        for (id, (terms, leader)) in known.runs {
            let (pid, start) = leader.unwrap_or_default();
            let mut run = Run::inherited(terms, pid, start);
            if pid != 0 {
                run.tree.claim_group(pid);
            }
            if run.taken_over {
                run.end = watch::process_end(pid).ok(); // Else it is asked for again and again.
            }
            self.share_keep(&mut run);
            self.runs.insert(id, run);
        }
    }

    /// Tells the standby, where there is one. One that has died is told nothing any more.
    pub(super) fn note(&mut self, note: impl FnOnce() -> Note) {
        if let Some(standby) = &mut self.standby
            && standby.send(&note(), Vec::new()).is_err()
        {
            self.standby = None;
        }
    }

    pub(super) fn note_spared(&mut self) {
        if self.standby.is_some() {
            let spared = self.spared.clone();
            self.note(|| Note::Spared(spared));
        }
    }

    /// Who reads what the released still write is none of what has to end.
    pub(super) fn note_drainer(&mut self, pid: u32) {
        let start = process::process(pid).map_or(0, |f| f.start);
        self.spared.add(pid, start);
        self.note_spared();
    }

    pub(super) fn flush_notes(&mut self) {
        if self.standby.as_mut().is_some_and(|s| s.flush().is_err()) {
            self.standby = None;
        }
    }
}
