//! The host's side of the connection to a warden: orders.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::thread;

use super::reports::listen;
use crate::core::RunId;
use crate::engine::message::Report;
use crate::engine::spawner::{HostEnds, SpawnOrder, TakeOverOrder};
use crate::event::Protection;
use crate::guardian::Standby;
use crate::guardian::warden::{Place, Warden};
use crate::guardian::wire::{self, AdoptRequest, Link, Request, SpawnRequest, TakeOverRequest};
use crate::identity::Identity;
use crate::marker::Marker;
use crate::sys::unix::fd::{
    dev_null, is_closed, pipe, readable, set_nonblocking, shutdown, silent_pipe, socket_pair,
    writable,
};
use crate::sys::unix::limits::raise_nofile;
use crate::sys::unix::signals::block_all;

/// The host's end of the connection to a warden.
pub(crate) struct Spawner {
    link: Link,
    protection: Protection,
    guardian: Option<u32>,
    /// Who becomes the guardian when that dies.
    standby: Option<Standby>,
    pings: u64,
    /// Somebody waits until the socket takes more.
    is_waiting: bool,
}

impl Spawner {
    /// Takes the program's guardian, or starts a warden of lesser means. Reports arrive at `on`
    /// on a thread of their own.
    ///
    /// The second value says why there is no guardian.
    pub(crate) fn connect(
        on: impl Fn(Report) + Send + 'static,
    ) -> io::Result<(Spawner, Option<String>)> {
        let (link, guardian, standby, why) = match crate::guardian::take() {
            Ok(started) => (started.link, Some(started.pid), started.standby, None),
            Err(why) => (thread_warden()?, None, None, Some(why)),
        };
        listen(link.reader()?, on)?;
        let spawner = Spawner {
            protection: match (guardian, &standby) {
                (Some(_), Some(_)) => Protection::GuardianWithStandby,
                (Some(_), None) => Protection::Guardian,
                (None, _) => Protection::BestEffort,
            },
            link,
            guardian,
            standby,
            pings: 0,
            is_waiting: false,
        };
        Ok((spawner, why))
    }

    /// After the guardian's death: goes on with its standby, or else with a warden on a thread.
    pub(crate) fn reconnect(&mut self, on: impl Fn(Report) + Send + 'static) -> io::Result<()> {
        let heir = self.standby.take().filter(|s| !is_closed(&s.link));
        (self.link, self.guardian, self.protection) = match heir {
            Some(heir) => (heir.link, Some(heir.pid), Protection::Guardian),
            None => (thread_warden()?, None, Protection::BestEffort),
        };
        self.is_waiting = false;
        listen(self.link.reader()?, on)
    }

    /// Calls back when the standby has died before the guardian, on the engine's own thread.
    pub(crate) fn watch_standby(&self, then: impl FnOnce() + 'static) -> io::Result<()> {
        let Some(standby) = &self.standby else {
            return Ok(());
        };
        let socket = standby.link.handle()?;
        tokio::task::spawn_local(async move {
            // It says nothing before it is the guardian. An error is no sign of its end.
            if readable(socket)
                .await
                .is_ok_and(|socket| is_closed(&socket))
            {
                then();
            }
        });
        Ok(())
    }

    /// The standby has died. Answers whether that is news: it may have been the guardian by then.
    pub(crate) fn lose_standby(&mut self) -> bool {
        let lost = self.standby.take().is_some();
        if lost {
            self.protection = Protection::Guardian;
        }
        lost
    }

    pub(crate) fn protection(&self) -> Protection {
        self.protection
    }

    /// The guardian's pid.
    pub(crate) fn guardian(&self) -> Option<u32> {
        self.guardian
    }

    /// Its standby's.
    pub(crate) fn standby(&self) -> Option<u32> {
        self.standby.as_ref().map(|s| s.pid)
    }

    pub(crate) fn spawn(&mut self, order: SpawnOrder) -> io::Result<HostEnds> {
        let mut ends = HostEnds::default();
        let mut fds: Vec<OwnedFd> = Vec::with_capacity(3);
        let outlives = order.direct_log.is_some();
        if order.silent_stdin && outlives {
            fds.push(silent_pipe()?);
        } else if order.silent_stdin {
            let (read, write) = pipe()?;
            fds.push(read);
            ends.stdin = Some(File::from(write));
        } else {
            fds.push(dev_null()?);
        }
        let mut output = |fds: &mut Vec<OwnedFd>, stream: usize| -> io::Result<()> {
            let (read, write) = pipe()?;
            set_nonblocking(&read)?;
            fds.push(write);
            ends.output[stream] = Some(File::from(read));
            Ok(())
        };
        if let Some(file) = order.direct_log {
            fds.push(file.try_clone()?.into());
            fds.push(file.into());
        }
        let is_logged = order.log.is_some() || outlives;
        if order.raw_stdout || !is_logged {
            output(&mut fds, 0)?;
        }
        if !is_logged {
            output(&mut fds, 1)?;
        }
        let log = order.log.map(|log| {
            fds.push(OwnedFd::from(log.file));
            wire::LogOrder {
                path: log.path.into_os_string().into_vec(),
                limit: log.rotation.limit,
                files: log.rotation.files,
            }
        });
        let request = Request::Spawn(Box::new(SpawnRequest {
            run: order.run.0,
            program: order.program.into_os_string().into_vec(),
            argv: order.argv.into_iter().map(OsStringExt::into_vec).collect(),
            env: order.env.iter().map(|(k, v)| entry(k, v)).collect(),
            cwd: order.cwd.map(|c| c.into_os_string().into_vec()),
            marker: order.marker.into_bytes(),
            stop_signal: order.stop_signal,
            grace_ms: order.grace.as_millis() as u64,
            log,
            raw_stdout: order.raw_stdout,
            outlives,
            keep: order.keep,
        }));
        self.link.send(&request, fds)?;
        Ok(ends)
    }

    /// Looks after a tree that an earlier host has left. Reported as a spawn is.
    pub(crate) fn take_over(&mut self, order: TakeOverOrder) -> io::Result<()> {
        let pair = |i: &Identity| (i.pid, i.start);
        let request = TakeOverRequest {
            run: order.run.0,
            leader: pair(&order.leader),
            members: order.members.iter().map(pair).collect(),
            marker: order.marker.into_bytes(),
            stop_signal: order.stop_signal,
            grace_ms: order.grace.as_millis() as u64,
            keep: order.keep,
        };
        self.link
            .send(&Request::TakeOver(Box::new(request)), Vec::new())
    }

    /// Leaves a run's tree to itself.
    pub(crate) fn release(&mut self, run: RunId) -> io::Result<()> {
        self.link.send(&Request::Release { run: run.0 }, Vec::new())
    }

    pub(crate) fn ask_stop(&mut self, run: RunId) -> io::Result<()> {
        self.link.send(&Request::AskStop { run: run.0 }, Vec::new())
    }

    pub(crate) fn force_stop(&mut self, run: RunId) -> io::Result<()> {
        self.link
            .send(&Request::ForceStop { run: run.0 }, Vec::new())
    }

    pub(crate) fn output_read(&mut self, run: RunId) -> io::Result<()> {
        self.link
            .send(&Request::OutputRead { run: run.0 }, Vec::new())
    }

    /// Asks for a sign that all before is done: the number that its answer will have.
    pub(crate) fn ping(&mut self) -> io::Result<Option<u64>> {
        self.pings += 1;
        let n = self.pings;
        self.link.send(&Request::Ping { n }, Vec::new())?;
        Ok(Some(n))
    }

    /// Sends as much as the other side takes of what is left.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.is_waiting = false;
        self.link.flush()
    }

    /// Whether something is left to be sent, because the other side does not read, and nobody
    /// waits for it to read again.
    pub(crate) fn has_backlog(&self) -> bool {
        self.link.wants_to_write() && !self.is_waiting
    }

    /// Calls back once the other side reads, on the engine's own thread.
    pub(crate) fn watch_backlog(&mut self, then: impl FnOnce() + 'static) -> io::Result<()> {
        // A handle of its own: the link may be replaced while it is waited for.
        let socket = self.link.handle()?;
        self.is_waiting = true;
        tokio::task::spawn_local(async move {
            // An error is found again by whoever writes.
            let _ = writable(socket).await;
            then();
        });
        Ok(())
    }

    /// Hands over a run whose guardian has died: what is left of it is ended and reported.
    pub(crate) fn adopt(
        &mut self,
        run: RunId,
        leader: &Identity,
        members: &[Identity],
        marker: &Marker,
        keep: &[String],
    ) -> io::Result<()> {
        let pair = |i: &Identity| (i.pid, i.start);
        let request = AdoptRequest {
            run: run.0,
            leader: pair(leader),
            members: members.iter().map(pair).collect(),
            marker: marker.to_string().into_bytes(),
            keep: keep.to_vec(),
        };
        self.link
            .send(&Request::Adopt(Box::new(request)), Vec::new())?;
        self.force_stop(run)
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        // The reading thread holds the same socket: closing our copy would not end it.
        shutdown(self.link.raw_fd());
        // So does whoever waits for the standby's end.
        if let Some(standby) = &self.standby {
            shutdown(standby.link.raw_fd());
        }
    }
}

fn entry(name: &OsStr, value: &OsStr) -> Vec<u8> {
    [name.as_bytes(), b"=", value.as_bytes()].concat()
}

fn thread_warden() -> io::Result<Link> {
    let (ours, theirs) = socket_pair()?;
    set_nonblocking(&theirs)?;
    // As `guardian::start` does, for those who go without: each sidecar takes a few.
    let nofile = raise_nofile();
    thread::Builder::new()
        .name("sidecar-warden".into())
        .stack_size(256 * 1024)
        .spawn(move || {
            // Signals are the host's business, on its threads; and SIGXFSZ, which a log file that may
            // not grow brings to the thread that writes it, would end the host.
            block_all();
            if let Err(e) = Warden::new(Link::new(theirs), Place::Thread, nofile).run() {
                log::error!("the warden ended: {e}");
            }
        })?;
    let mut link = Link::new(ours);
    // Its greeting comes first and is no news here.
    link.fill()?;
    let _: Option<wire::Report> = link.next()?;
    Ok(link)
}
