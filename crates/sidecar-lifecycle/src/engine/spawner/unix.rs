//! Unix: the warden does it, in the guardian or, failing that, on a thread.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::{HostEnds, SpawnOrder};
use crate::core::{ExitStatus, RunId};
use crate::engine::message::Report;
use crate::engine::output::Output;
use crate::engine::refusal::Refusal;
use crate::engine::stdin::{Chunk, Writer};
use crate::event::Protection;
use crate::guardian::warden::{Place, Warden};
use crate::guardian::wire::{self, AdoptRequest, Link, Request, SpawnRequest};
use crate::identity::{BootId, Identity};
use crate::logs::{Piece, TroubleKind};
use crate::marker::Marker;
use crate::sys::is_transient;
use crate::sys::unix::fd::{
    dev_null, grow_pipe, pipe, set_nonblocking, shutdown, socket_pair, writable,
};
use crate::sys::unix::limits::raise_nofile;
use crate::sys::unix::signals::block_all;
use crate::sys::unix::spawn::Stage;

/// Bytes read from a pipe before others have their turn.
const PIPE_ROUND: usize = 64 * 1024;

thread_local! {
    /// What all readers on this thread read into, one after the other: a buffer for each would be
    /// 128 MiB for a thousand sidecars.
    static ROUND: RefCell<Vec<u8>> = RefCell::new(vec![0; PIPE_ROUND]);
}

/// The read end of a run's stdout or stderr: a non-blocking pipe.
pub(crate) type OutputEnd = File;

/// The host's end of the connection to a warden.
pub(crate) struct Spawner {
    link: Link,
    protection: Protection,
    guardian: Option<u32>,
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
        let (link, protection, guardian, why) = match crate::guardian::take() {
            Ok(started) => (started.link, Protection::Guardian, Some(started.pid), None),
            Err(why) => (thread_warden()?, Protection::BestEffort, None, Some(why)),
        };
        listen(link.reader()?, on)?;
        Ok((
            Spawner {
                link,
                protection,
                guardian,
                pings: 0,
                is_waiting: false,
            },
            why,
        ))
    }

    /// After the guardian's death: goes on with a warden on a thread.
    pub(crate) fn reconnect(&mut self, on: impl Fn(Report) + Send + 'static) -> io::Result<()> {
        self.link = thread_warden()?;
        self.protection = Protection::BestEffort;
        self.guardian = None;
        self.is_waiting = false;
        listen(self.link.reader()?, on)
    }

    pub(crate) fn protection(&self) -> Protection {
        self.protection
    }

    /// The guardian's pid.
    pub(crate) fn guardian(&self) -> Option<u32> {
        self.guardian
    }

    pub(crate) fn spawn(&mut self, order: SpawnOrder) -> io::Result<HostEnds> {
        let mut ends = HostEnds::default();
        let mut fds: Vec<OwnedFd> = Vec::with_capacity(3);
        if order.silent_stdin {
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
        let is_logged = order.log.is_some();
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
            env: order.env.into_iter().map(|(k, v)| entry(k, v)).collect(),
            cwd: order.cwd.map(|c| c.into_os_string().into_vec()),
            marker: order.marker.into_bytes(),
            stop_signal: order.stop_signal,
            grace_ms: order.grace.as_millis() as u64,
            log,
            raw_stdout: order.raw_stdout,
            keep: order.keep,
        }));
        self.link.send(&request, fds)?;
        Ok(ends)
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
    ) -> io::Result<()> {
        let pair = |i: &Identity| (i.pid, i.start);
        let request = AdoptRequest {
            run: run.0,
            leader: pair(leader),
            members: members.iter().map(pair).collect(),
            marker: marker.to_string().into_bytes(),
        };
        self.link
            .send(&Request::Adopt(Box::new(request)), Vec::new())?;
        self.force_stop(run)
    }
}

/// The read end of a raw stdout, on the engine's own thread.
pub(crate) struct RawEnd {
    pipe: File,
    watch: Receiver,
}

impl RawEnd {
    /// Whatever the writers have written is in the pipe.
    pub(crate) const REST_IS_THERE: bool = true;

    pub(crate) fn new(pipe: OutputEnd) -> io::Result<RawEnd> {
        // What is in the pipe, its reader can have in one go.
        grow_pipe(&pipe);
        let watch = Receiver::from_owned_fd(OwnedFd::from(pipe.try_clone()?))?;
        Ok(RawEnd { pipe, watch })
    }

    /// Reads without waiting. Zero: that was the end.
    pub(crate) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match (&self.pipe).read(buf) {
            // `watch` has to find the pipe empty by itself, or would go on calling it readable.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.watch.try_read(buf),
            read => read,
        }
    }

    /// Waits until there may be something to read.
    pub(crate) async fn readable(&self) {
        // What else could go wrong is found by who reads.
        let _ = self.watch.readable().await;
    }

    /// Throws away what whoever still holds the other end writes, until he closes it: he would die
    /// of SIGPIPE, and may be somebody's editor.
    pub(crate) fn discard(self: Rc<RawEnd>) {
        tokio::task::spawn_local(async move {
            loop {
                self.readable().await;
                let read = ROUND.with_borrow_mut(|buf| self.read(buf));
                match read {
                    Ok(n) if n > 0 => tokio::task::yield_now().await,
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    Ok(_) | Err(_) => return,
                }
            }
        });
    }
}

/// Reads a run's pipes into its ring as long as they are open, on the engine's own thread.
pub(crate) fn read_pipes(output: &Rc<RefCell<Output>>, ends: &HostEnds) -> Vec<AbortHandle> {
    let watch = |stream: usize, pipe: &File| -> io::Result<AbortHandle> {
        let pipe = Receiver::from_owned_fd(OwnedFd::from(pipe.try_clone()?))?;
        let output = Rc::clone(output);
        let task = tokio::task::spawn_local(async move {
            while pipe.readable().await.is_ok() {
                let read = ROUND.with_borrow_mut(|buf| {
                    let read = pipe.try_read(buf)?;
                    output.borrow_mut().feed(stream, &buf[..read]);
                    Ok(read)
                });
                match read {
                    Ok(n) if n > 0 => {}
                    Err(e) if io::Error::kind(&e) == io::ErrorKind::WouldBlock => {}
                    Ok(_) | Err(_) => return,
                }
            }
        });
        Ok(task.abort_handle())
    };
    let mut tasks = Vec::new();
    for (stream, end) in ends.output.iter().enumerate() {
        let Some(pipe) = end else { continue };
        match watch(stream, pipe) {
            Ok(task) => tasks.push(task),
            Err(e) => log::error!("cannot read a sidecar's output: {e}"),
        }
    }
    tasks
}

/// Writes to a run's stdin on the engine's own thread, as fast as it reads.
pub(crate) fn write_stdin(file: File) -> io::Result<Writer> {
    let pipe = OwnedFd::from(file);
    set_nonblocking(&pipe)?;
    let pipe = Sender::from_owned_fd(pipe)?;
    let (queue, mut chunks) = mpsc::unbounded_channel::<Chunk>();
    let task = tokio::task::spawn_local(async move {
        while let Some(Chunk { bytes, done }) = chunks.recv().await {
            let written = write_all(&pipe, &bytes).await;
            let failed = written.is_err();
            if let Some(done) = done {
                let _ = done.send(written); // Nobody waits for it.
            }
            if failed {
                return; // It has closed its stdin, and nothing will change that.
            }
        }
    });
    Ok(Writer::new(queue, Some(task.abort_handle())))
}

async fn write_all(pipe: &Sender, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        pipe.writable().await?;
        match pipe.try_write(bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn entry(name: OsString, value: OsString) -> Vec<u8> {
    let mut bytes = name.into_vec();
    bytes.push(b'=');
    bytes.extend(value.into_vec());
    bytes
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

/// Reads reports until the other side is gone.
fn listen(mut link: Link, on: impl Fn(Report) + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name("sidecar-reports".into())
        .stack_size(256 * 1024)
        .spawn(move || {
            let boot = BootId::current().unwrap_or(BootId(String::new()));
            loop {
                let alive = matches!(link.fill(), Ok(true));
                let whole = loop {
                    match link.next::<wire::Report>() {
                        Ok(Some(report)) => drop(translate(report, &boot, &mut link).map(&on)),
                        Ok(None) => break true,
                        Err(_) => break false, // Damage: nothing after it can be trusted.
                    }
                };
                if !(alive && whole) {
                    on(Report::Lost);
                    return;
                }
            }
        })?;
    Ok(())
}

fn translate(report: wire::Report, boot: &BootId, link: &mut Link) -> Option<Report> {
    Some(match report {
        wire::Report::Hello { .. } => return None,
        wire::Report::Spawned { run, pid, start } => Report::Spawned {
            run: RunId(run),
            leader: Identity {
                pid,
                start,
                boot: boot.clone(),
            },
        },
        wire::Report::SpawnFailed { run, stage, errno } => {
            let cause = io::Error::from_raw_os_error(errno);
            let stage = Stage::from_u8(stage);
            let help = stage.help(errno).map(|help| format!("; {help}"));
            let reason = format!("{}: {cause}{}", stage.tried(), help.unwrap_or_default());
            Report::SpawnFailed {
                run: RunId(run),
                refusal: Refusal {
                    reason,
                    transient: is_transient(&cause),
                },
            }
        }
        wire::Report::Exited { run, code, signal } => {
            let status = signal.map_or(ExitStatus::Code(code.unwrap_or(0)), ExitStatus::Signal);
            Report::Exited {
                run: RunId(run),
                status,
            }
        }
        wire::Report::TreeGone { run, survivors } => Report::TreeGone {
            run: RunId(run),
            survivors,
        },
        wire::Report::Kept {
            run,
            pid,
            command,
            why,
        } => Report::Kept {
            run: RunId(run),
            pid,
            command,
            why,
        },
        wire::Report::Output { run, pieces } => {
            let pieces = pieces.into_iter().map(|p| from_wire(p, link)).collect();
            Report::Output {
                run: RunId(run),
                pieces,
            }
        }
        wire::Report::Pong { n } => Report::Answered { ping: n },
        wire::Report::LogTrouble {
            run,
            errno,
            rotating,
        } => {
            let replaced = || io::Error::other("another file has taken its place");
            let cause = errno.map_or_else(replaced, io::Error::from_raw_os_error);
            let kind = if rotating {
                TroubleKind::Rotate
            } else {
                TroubleKind::Write
            };
            Report::LogTrouble {
                run: RunId(run),
                reason: kind.reason(&cause),
            }
        }
    })
}

fn from_wire(piece: wire::Piece, link: &mut Link) -> Piece {
    match piece {
        wire::Piece::File { dev, ino } => Piece::File(link.take_file(dev, ino).map(Arc::new)),
        wire::Piece::Bytes {
            stream,
            offset,
            len,
        } => Piece::Bytes {
            stream,
            offset,
            len,
        },
        wire::Piece::Lost => Piece::Lost,
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        // The reading thread holds the same socket: closing our copy would not end it.
        shutdown(self.link.raw_fd());
    }
}
