//! How runs come to the warden: started by it, or taken over from one that died.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::rc::Rc;

use super::pump::{Pump, SharedLog};
use super::run::{Run, Stage};
use super::warden::{Place, Warden};
use super::wire::{AdoptRequest, LogOrder, Note, Report, SpawnRequest, TakeOverRequest, Terms};
use crate::logs::{LogFile, Rotation};
use crate::sys::process;
use crate::sys::unix::clock::monotonic;
use crate::sys::unix::fd::{has_room, pipe};
use crate::sys::unix::{spawn, watch};

/// Descriptors that no run may take: looking at processes and signalling them costs a few.
const RESERVE: usize = 16;

impl Warden {
    /// Starts a run and tells what came of it.
    pub(super) fn spawn(&mut self, mut request: SpawnRequest) {
        let run = request.run;
        let terms = request.terms();
        // Before there is anybody: whoever is there when the guardian dies has to be known.
        self.note(|| Note::Begun(Box::new(terms.clone())));
        match self.try_spawn(&mut request) {
            Ok((pid, start, pump)) => {
                // An editor that was let go may have had the number.
                self.spared.forget(pid);
                self.note(|| Note::Led { run, pid, start });
                let mut entry = Run::new(terms, pid, start, pump);
                self.share_keep(&mut entry);
                if matches!(self.place, Place::Thread) {
                    entry.end = watch::process_end(pid).ok();
                }
                if let Some(forks) = &self.forks {
                    forks.add(pid);
                }
                self.runs.insert(run, entry);
                self.say(&Report::Spawned { run, pid, start });
            }
            Err(e) => {
                self.note(|| Note::Over { run });
                self.say(&Report::SpawnFailed {
                    run,
                    stage: e.stage as u8,
                    errno: e.errno,
                });
            }
        }
    }

    /// A thousand runs mostly have the same list.
    pub(super) fn share_keep(&self, new: &mut Run) {
        if let Some(same) = self.runs.values().find(|r| r.keep == new.keep) {
            new.keep = Rc::clone(&same.keep);
        }
    }

    /// Starts nothing: the host that wants it has ended. The first word that could not be
    /// delivered tells so, maybe while this order was still underway.
    pub(super) fn refuse(&mut self) {
        drop(self.link.take_fds());
    }

    fn try_spawn(
        &mut self,
        request: &mut SpawnRequest,
    ) -> Result<(u32, u64, Option<Pump>), spawn::SpawnError> {
        let broken = |e: io::Error| spawn::SpawnError {
            stage: spawn::Stage::Descriptors,
            errno: e.raw_os_error().unwrap_or(libc::EIO),
        };
        let mut fds = self.link.take_fds().into_iter();
        let mut fd = || {
            fds.next()
                .ok_or_else(|| broken(io::Error::from_raw_os_error(libc::EMFILE)))
        };
        let stdin = fd()?;
        let (stdout, stderr, pump) = if let Some(order) = request.log.take() {
            let (out_end, stdout) = if request.raw_stdout {
                (None, fd()?)
            } else {
                let (out_end, stdout) = pipe().map_err(broken)?;
                (Some(out_end), stdout)
            };
            let log = open_log(&self.runs, order, fd()?).map_err(broken)?;
            let (err_end, stderr) = pipe().map_err(broken)?;
            let pump = Pump::new([out_end, Some(err_end)], log).map_err(broken)?;
            (stdout, stderr, Some(pump))
        } else {
            (fd()?, fd()?, None)
        };
        let program = spawn::Program::new(
            std::mem::take(&mut request.program),
            std::mem::take(&mut request.argv),
            std::mem::take(&mut request.env),
            request.cwd.take(),
        )?;
        let options = spawn::Options {
            stdin: stdin.as_fd(),
            stdout: stdout.as_fd(),
            stderr: stderr.as_fd(),
            nofile: self.nofile,
            outlives: request.outlives,
        };
        // Whoever watches over a tree has to open files: better no run than one that is not seen.
        has_room(RESERVE).map_err(broken)?;
        let pid = spawn::spawn(&program, &options)?;
        // Our child cannot be reaped by anyone else, so this is certainly its start time.
        let start = process::process(pid).map_or(0, |f| f.start);
        Ok((pid, start, pump))
    }

    /// Takes over the rest of a tree whose guardian has died with its leader, to end it.
    pub(super) fn adopt(&mut self, request: AdoptRequest) {
        let (pid, start) = request.leader;
        let terms = Terms {
            run: request.run,
            marker: request.marker,
            stop_signal: libc::SIGTERM,
            grace_ms: 0,
            outlives: false,
            taken_over: false,
            keep: request.keep,
        };
        // A standby has known it from its guardian.
        let known = self.runs.remove(&request.run);
        let mut entry = known.unwrap_or_else(|| Run::inherited(terms, pid, start));
        // From the first look on, orphans are looked for: they are all that is left of it.
        if !matches!(entry.stage, Stage::Forced { .. }) {
            entry.stage = Stage::Forced { since: monotonic() };
        }
        for (pid, start) in request.members {
            entry.tree.adopt(pid, start);
        }
        self.runs.insert(request.run, entry);
        self.look = true;
    }
}

impl Warden {
    /// Looks after a tree that an earlier host has left. Answered as a spawn is, since to the host
    /// it is one: whoever has ended meanwhile could not be had.
    pub(super) fn take_over(&mut self, request: TakeOverRequest) {
        let (run, (pid, start)) = (request.run, request.leader);
        // Opened before it is asked who that is: from then on it cannot become somebody else.
        let end = watch::process_end(pid);
        let lives = process::process(pid).is_some_and(|f| f.start == start && !f.zombie);
        if !lives {
            return self.say(&Report::SpawnFailed {
                run,
                stage: spawn::Stage::Fork as u8,
                errno: libc::ESRCH,
            });
        }
        let terms = Terms {
            run,
            marker: request.marker,
            stop_signal: request.stop_signal,
            grace_ms: request.grace_ms,
            outlives: true,
            taken_over: true,
            keep: request.keep,
        };
        self.note(|| Note::Begun(Box::new(terms.clone())));
        self.note(|| Note::Led { run, pid, start });
        let mut entry = Run::inherited(terms, pid, start);
        entry.end = end.ok();
        entry.tree.adopt(pid, start);
        for (pid, start) in request.members {
            entry.tree.adopt(pid, start);
        }
        self.runs.insert(run, entry);
        self.say(&Report::Spawned { run, pid, start });
        self.look = true;
    }
}

/// The log of an order. Another run may write into it already, a predecessor that is on its way
/// out: each with an end of its own, they would write over each other's lines.
fn open_log(runs: &BTreeMap<u64, Run>, order: LogOrder, log: OwnedFd) -> io::Result<SharedLog> {
    let path = PathBuf::from(OsString::from_vec(order.path));
    let mut open = runs.values().filter_map(|r| r.pump.as_ref()).map(Pump::log);
    if let Some(shared) = open.find(|log| log.borrow().path() == path) {
        return Ok(Rc::clone(shared));
    }
    let rotation = Rotation {
        limit: order.limit,
        files: order.files,
    };
    let log = LogFile::new(File::from(log), path, rotation)?;
    Ok(Rc::new(RefCell::new(log)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guardian::wire::{Link, Request};
    use crate::sys::unix::fd::{dev_null, socket_pair};
    use crate::sys::unix::wait::reap_blocking;

    fn sleeper(run: u64) -> SpawnRequest {
        SpawnRequest {
            run,
            program: b"/bin/sleep".to_vec(),
            argv: vec![b"sleep".to_vec(), b"60".to_vec()],
            env: Vec::new(),
            cwd: None,
            marker: b"a/b/c/1".to_vec(),
            stop_signal: libc::SIGTERM,
            grace_ms: 0,
            log: None,
            raw_stdout: false,
            outlives: false,
            keep: Vec::new(),
        }
    }

    fn nulls() -> Vec<OwnedFd> {
        (0..3).map(|_| dev_null().unwrap()).collect()
    }

    fn warden() -> (Link, Warden) {
        let (host, ours) = socket_pair().unwrap();
        let warden = Warden::new(Link::new(ours), Place::Thread, None);
        (Link::new(host), warden)
    }

    /// A word that could not be delivered told of the host's end while its last order was still
    /// in the inbox. What it started then was asked by nobody and ran for ever.
    #[test]
    fn a_host_that_is_gone_starts_nothing() {
        let (mut host, mut warden) = warden();
        let spawn = Request::Spawn(Box::new(sleeper(1)));
        host.send(&spawn, nulls()).unwrap();
        drop(host);
        warden.lose_host();
        warden.listen();
        assert!(warden.runs.is_empty());
        assert!(
            warden.link.take_fds().is_empty(),
            "its descriptors are closed"
        );
    }

    #[test]
    fn whatever_lives_when_the_host_is_gone_is_asked() {
        let (mut host, mut warden) = warden();
        let spawn = Request::Spawn(Box::new(sleeper(1)));
        host.send(&spawn, nulls()).unwrap();
        warden.listen();
        assert_eq!(warden.runs[&1].stage, Stage::Live);
        let leader = warden.runs[&1].leader;
        warden.host_lost = true;
        warden.meet_deadlines();
        assert_ne!(warden.runs[&1].stage, Stage::Live);
        reap_blocking(leader).unwrap(); // It has ended, or this waits for a minute.
    }
}
