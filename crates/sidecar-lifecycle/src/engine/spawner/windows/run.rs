//! One run: its job, its leader, and how far its end has come.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::keeping::Keeping;
use super::log_tail::LogTail;
use super::output::{Bell, Pipes, carry};
use super::program;
use super::spawner::Streams;
use crate::core::{ExitStatus, RunId};
use crate::engine::message::Report;
use crate::engine::spawner::SpawnOrder;
use crate::identity::{BootId, Identity};
use crate::sys::KILL_SIGNAL;
use crate::sys::windows::completion::CompletionPort;
use crate::sys::windows::handle::Process;
use crate::sys::windows::job::Job;
use crate::sys::windows::leaving::Leaving;
use crate::sys::windows::spawn;
use crate::sys::windows::watch::ExitWatch;
use crate::sys::windows::{console, messenger};

/// How long no output may come after the writers' end before the rest is not waited for. It is all
/// there in microseconds, unless the machine is busy, or a process outside of the job holds the
/// pipes.
const SILENCE: Duration = Duration::from_millis(500);
/// How long is waited for output that goes on coming: it is the outsider's then.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);
/// How long the leader's end is kept back for its last output while others of its tree live, who
/// may write for ever.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// How long force may take before the rest is reported as survivors.
const FORCE_LIMIT: Duration = Duration::from_secs(4);

/// A run. The order of the fields is the order in which they are let go.
pub(super) struct Run {
    pub(super) id: RunId,
    _watch: ExitWatch,
    leader: Process,
    /// Its number is also its group's.
    identity: Identity,
    job: Job,
    log: Option<Arc<LogTail>>,
    pipes: Arc<Pipes>,
    /// What had been read of them at the last look, and since when it is no more.
    read: (usize, Duration),
    /// The leader was seen to have ended, at this time.
    ended: Option<Duration>,
    told_exit: bool,
    /// The job was seen to be empty, at this time.
    emptied: Option<Duration>,
    asked: bool,
    forced: Option<Duration>,
    on_our_console: bool,
    keeping: Keeping,
    /// Members that were there when it began to end.
    leaving: Leaving,
    /// Its end was told, with some of it left that could not be ended yet.
    told_survivors: bool,
}

impl Run {
    /// Starts it. Its news ring at `port` under `key`.
    pub(super) fn start(
        order: &SpawnOrder,
        streams: Streams,
        port: &Arc<CompletionPort>,
        key: usize,
    ) -> io::Result<(Run, Identity)> {
        let mut program = program::of(order)?;
        let job = Job::new(port, key)?;
        let child = spawn::create(&mut program, &job, &streams.stdio)
            .map_err(|e| program::explained(e, &program))?;
        drop(streams.stdio); // Else the pipes would never end.
        let leader = Identity {
            pid: child.pid(),
            start: child.process().created()?,
            boot: BootId::current().unwrap_or(BootId(String::new())),
        };
        let watch = ExitWatch::new(child.process(), Arc::clone(port), key)?;
        let pipes = Arc::new(Pipes::default());
        for (pipe, sink) in streams.readers {
            let bell = Bell {
                port: Arc::clone(port),
                key,
                pipes: Arc::clone(&pipes),
            };
            carry(pipe, sink, bell)?;
        }
        let on_our_console = child.is_on_our_console();
        // From here on it runs; whatever failed before has closed the job, and it with that.
        let process = child.resume()?;
        let run = Run {
            id: order.run,
            _watch: watch,
            leader: process,
            identity: leader.clone(),
            job,
            log: streams.log,
            pipes,
            read: (0, Duration::ZERO),
            ended: None,
            told_exit: false,
            emptied: None,
            asked: false,
            forced: None,
            on_our_console,
            keeping: Keeping::new(order.keep.clone()),
            leaving: Leaving::default(),
            told_survivors: false,
        };
        Ok((run, leader))
    }

    /// Asks it to end. The end of its stdin, which the host closes, asks too.
    pub(super) fn ask(&mut self, on: &impl Fn(Report)) {
        self.asked = true;
        self.leaving.note(&self.job);
        self.let_go(on);
        // The leader's handle is open, so that its number is nobody else's, nor its group's.
        let leader = (self.identity.pid, self.identity.start);
        // A terminal's editor that one of them has opened is in their group, and would end with them.
        if self.keeping.hears_consoles() {
            log::info!(
                "process {} is asked to end by the end of its stdin alone: what it has opened for \
                 its user is on the same console",
                leader.0
            );
            return;
        }
        // Where it was made decides: a host may have got a console since, which is another one.
        // One that has given up the console that they shared has to send somebody there.
        let asked = if self.on_our_console && console::exists() {
            console::send_break(leader.0)
        } else {
            messenger::send(leader, &self.job.members())
        };
        if let Err(e) = asked {
            log::warn!(
                "process {} is asked to end by the end of its stdin alone, Ctrl+Break cannot be \
                 sent: {e}",
                leader.0
            );
        }
    }

    /// Ends it, and everything in its job that is ours to end.
    pub(super) fn force(&mut self, now: Duration, on: &impl Fn(Report)) {
        self.forced.get_or_insert(now);
        self.leaving.note(&self.job);
        self.let_go(on);
        self.end_all();
    }

    /// Ends whoever is in its job and ours to end. Who is being made at that moment may be missed.
    fn end_all(&self) {
        if !self.keeping.is_empty() {
            self.end_others();
        } else if let Err(e) = self.job.terminate() {
            log::warn!("cannot end the job of run {}: {e}", self.id.0);
        }
    }

    /// Lets go of what is not ours, and tells of it.
    fn let_go(&mut self, on: &impl Fn(Report)) {
        let members = self.job.members();
        for released in self.keeping.look(&members, self.identity.pid) {
            on(Report::Kept {
                run: self.id,
                pid: released.pid,
                command: released.command,
                why: released.why,
            });
        }
    }

    /// Ends those who were not let go, one by one.
    fn end_others(&self) {
        let members = self.job.members().into_iter();
        for (pid, start) in members.filter(|m| !self.keeping.has(*m)) {
            let boot = self.identity.boot.clone();
            if let Err(e) = (Identity { pid, start, boot }).signal(KILL_SIGNAL) {
                log::warn!("cannot end {pid}: {e}");
            }
        }
    }

    /// Whether nobody is left of it but who was let go. A job that cannot be asked counts as not
    /// empty: nothing is claimed that is not known.
    fn is_empty(&mut self, on: &impl Fn(Report)) -> bool {
        self.leaving.note(&self.job);
        let Ok(active) = self.job.active() else {
            return false;
        };
        if active == 0 {
            self.leaving.spare(|m| self.keeping.has(m));
            return self.leaving.are_gone();
        }
        if self.keeping.is_empty() {
            return false;
        }
        self.let_go(on); // They go on to start what belongs to them.
        self.leaving.spare(|m| self.keeping.has(m));
        let members = self.job.members();
        // All of them were listed, and all were let go.
        active as usize == members.len()
            && members.iter().all(|m| self.keeping.has(*m))
            && self.leaving.are_gone()
    }

    pub(super) fn output_read(&mut self, on: &impl Fn(Report)) {
        if let Some(log) = &self.log {
            log.host_has_read();
        }
        self.tell_output(false, on);
    }

    /// Whether it must be looked at without being rung for.
    pub(super) fn is_ending(&self) -> bool {
        self.ended.is_some() || self.asked || self.forced.is_some()
    }

    /// Whether its end is here but for the last bytes of its output.
    pub(super) fn is_draining(&self) -> bool {
        (self.ended.is_some() && !self.told_exit) || self.emptied.is_some()
    }

    /// Looks at it and tells the news. True when it is over.
    pub(super) fn look(&mut self, now: Duration, on: &impl Fn(Report)) -> bool {
        self.tell_output(false, on);
        if self.ended.is_none() && !self.leader.runs() {
            self.ended = Some(now);
        }
        let Some(ended) = self.ended else {
            return false;
        };
        if self.emptied.is_none() && self.is_empty(on) {
            self.emptied = Some(now);
        } else if self.emptied.is_none() && self.forced.is_some() {
            self.end_all(); // Somebody may have been born since.
        }
        let has_last_words = match self.emptied {
            Some(at) => self.has_all_output(at, now),
            None => self.pipes.are_drained() || now >= ended + LAST_WORDS,
        };
        if !self.told_exit && has_last_words {
            self.told_exit = true;
            self.tell_output(true, on);
            // Its own handle says what it ended with; that cannot fail.
            let status = ExitStatus::Code(self.leader.exit_code().unwrap_or(1));
            on(Report::Exited {
                run: self.id,
                status,
            });
        }
        if self.told_survivors {
            return self.emptied.is_some() && self.let_live();
        }
        let survivors = match (self.emptied, self.forced) {
            (Some(_), _) if has_last_words => Vec::new(),
            (None, Some(at)) if now >= at + FORCE_LIMIT => self.ours(),
            _ => return false,
        };
        self.tell_output(true, on);
        // Beside those who were let go, survivors would live on for ever without the job's limit: it
        // stays until they are gone, or its handle is closed with the host.
        self.told_survivors = !survivors.is_empty() && !self.keeping.is_empty();
        on(Report::TreeGone {
            run: self.id,
            survivors,
        });
        !self.told_survivors && self.let_live()
    }

    /// Lets those live on who were let go, as its handle is closed now. True: there is no more to do.
    fn let_live(&self) -> bool {
        if !self.keeping.is_empty()
            && let Err(e) = self.job.let_live()
        {
            log::warn!("what was let go of run {} ends with it: {e}", self.id.0);
        }
        true
    }

    /// Who is left of it, but for those who were let go.
    fn ours(&self) -> Vec<u32> {
        // By their numbers alone: some may not be opened.
        let listed = self.job.pids().into_iter().chain(self.leaving.pids());
        let ours = listed.filter(|pid| !self.keeping.has_number(*pid));
        ours.collect::<BTreeSet<u32>>().into_iter().collect()
    }

    /// Whether nothing more is to be waited for of what those who wrote until `end` have written.
    fn has_all_output(&mut self, end: Duration, now: Duration) -> bool {
        let pieces = self.pipes.pieces();
        if self.read.0 != pieces {
            self.read = (pieces, now);
        }
        self.pipes.are_drained()
            || now >= end.max(self.read.1) + SILENCE
            || now >= end + DRAIN_LIMIT
    }

    fn tell_output(&self, regardless: bool, on: &impl Fn(Report)) {
        let Some(log) = &self.log else { return };
        if let Some(reason) = log.trouble() {
            on(Report::LogTrouble {
                run: self.id,
                reason,
            });
        }
        if let Some(pieces) = log.news(regardless) {
            on(Report::Output {
                run: self.id,
                pieces,
            });
        }
    }
}
