//! The host's end: turns orders into commands for the thread that has the jobs.

use std::fs::File;
use std::io::{self, PipeReader};
use std::os::windows::io::OwnedHandle;
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::thread;

use super::jobs::{Command, Jobs};
use super::log_tail::{LogTail, SharedLog, lock};
use super::output::{Sink, memory_pipe};
use crate::core::RunId;
use crate::engine::message::Report;
use crate::engine::spawner::{HostEnds, LogOrder, SpawnOrder, TakeOverOrder};
use crate::event::Protection;
use crate::identity::Identity;
use crate::logs::LogFile;
use crate::marker::Marker;
use crate::sys::windows::completion::CompletionPort;
use crate::sys::windows::session_end;

/// The host's end of the connection to the thread that has the jobs.
pub(crate) struct Spawner {
    commands: mpsc::Sender<Command>,
    port: Arc<CompletionPort>,
    /// Log files that runs may still write into.
    logs: Vec<Weak<Mutex<LogFile>>>,
}

/// What a spawn needs besides its order: the child's ends, and where its output goes.
pub(super) struct Streams {
    pub(super) stdio: [OwnedHandle; 3],
    pub(super) readers: [(PipeReader, Sink); 2],
    pub(super) log: Option<Arc<LogTail>>,
}

impl Spawner {
    /// Starts the thread that has the jobs. Reports arrive at `on` on that thread.
    ///
    /// The second value is always `None` here: there is no guardian that could be missing.
    pub(crate) fn connect(
        on: impl Fn(Report) + Send + 'static,
    ) -> io::Result<(Spawner, Option<String>)> {
        Ok((Spawner::start(on)?, None))
    }

    /// After that thread's death: its jobs have ended with it, and another one takes over.
    pub(crate) fn reconnect(&mut self, on: impl Fn(Report) + Send + 'static) -> io::Result<()> {
        *self = Spawner::start(on)?;
        Ok(())
    }

    fn start(on: impl Fn(Report) + Send + 'static) -> io::Result<Spawner> {
        session_end::be_told_first();
        let port = Arc::new(CompletionPort::new()?);
        let (commands, orders) = mpsc::channel();
        let jobs = Jobs::new(Arc::clone(&port), orders, on);
        thread::Builder::new()
            .name("sidecar-jobs".into())
            .spawn(move || jobs.run())?;
        let logs = Vec::new();
        Ok(Spawner {
            commands,
            port,
            logs,
        })
    }

    #[expect(clippy::unused_self, reason = "one signature on every platform")]
    pub(crate) fn protection(&self) -> Protection {
        Protection::Kernel
    }

    /// Nobody: the kernel does it.
    #[expect(clippy::unused_self, reason = "one signature on every platform")]
    pub(crate) fn guardian(&self) -> Option<u32> {
        None
    }

    /// Nobody either.
    #[expect(clippy::unused_self, reason = "one signature on every platform")]
    pub(crate) fn standby(&self) -> Option<u32> {
        None
    }

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "one signature on every platform"
    )]
    pub(crate) fn watch_standby(&self, then: impl FnOnce() + 'static) -> io::Result<()> {
        drop(then);
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "one signature on every platform")]
    pub(crate) fn lose_standby(&mut self) -> bool {
        false
    }

    pub(crate) fn spawn(&mut self, mut order: SpawnOrder) -> io::Result<HostEnds> {
        let mut ends = HostEnds::default();
        let stdin = if order.silent_stdin {
            let (read, write) = io::pipe()?;
            ends.stdin = Some(File::from(OwnedHandle::from(write)));
            OwnedHandle::from(read)
        } else {
            OwnedHandle::from(File::open("NUL")?)
        };
        let (out_end, stdout) = io::pipe()?;
        let (err_end, stderr) = io::pipe()?;
        let log = order
            .log
            .take()
            .map(|log| self.open_log(log))
            .transpose()?
            .map(|shared| Arc::new(LogTail::new(shared)));
        let mut sink = |stream: usize| {
            let is_raw = stream == 0 && order.raw_stdout;
            if let Some(tail) = log.as_ref().filter(|_| !is_raw) {
                return Sink::Log(Arc::clone(tail), stream as u8);
            }
            let (write, read) = memory_pipe();
            ends.output[stream] = Some(read);
            Sink::Host(write)
        };
        let readers = [(out_end, sink(0)), (err_end, sink(1))];
        let stdio = [stdin, OwnedHandle::from(stdout), OwnedHandle::from(stderr)];
        self.send(Command::Spawn(Box::new((
            order,
            Streams {
                stdio,
                readers,
                log,
            },
        ))))?;
        Ok(ends)
    }

    /// The log of an order. Another run may write into it already, a predecessor that is on its
    /// way out: each with an end of its own, they would write over each other's lines.
    fn open_log(&mut self, order: LogOrder) -> io::Result<SharedLog> {
        self.logs.retain(|log| log.strong_count() > 0);
        let mut open = self.logs.iter().filter_map(Weak::upgrade);
        if let Some(shared) = open.find(|log| lock(log).path() == order.path) {
            return Ok(shared);
        }
        let log = LogFile::new(order.file, order.path, order.rotation)?;
        let shared = Arc::new(Mutex::new(log));
        self.logs.push(Arc::downgrade(&shared));
        Ok(shared)
    }

    /// A job ends with its host: nobody is ever left to be taken over.
    #[expect(clippy::unused_self, reason = "one signature on every platform")]
    pub(crate) fn take_over(&mut self, order: TakeOverOrder) -> io::Result<()> {
        drop(order);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// As [`take_over`](Self::take_over).
    #[expect(clippy::unused_self, reason = "one signature on every platform")]
    pub(crate) fn release(&mut self, _: RunId) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn ask_stop(&mut self, run: RunId) -> io::Result<()> {
        self.send(Command::AskStop(run))
    }

    pub(crate) fn force_stop(&mut self, run: RunId) -> io::Result<()> {
        self.send(Command::ForceStop(run))
    }

    /// Whatever is ordered is done at once here: no answer is waited for.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "one signature on every platform"
    )]
    pub(crate) fn ping(&mut self) -> io::Result<Option<u64>> {
        Ok(None)
    }

    /// Nothing is ever left to be sent.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "one signature on every platform"
    )]
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// As [`flush`](Self::flush).
    #[expect(clippy::unused_self, reason = "one signature on every platform")]
    pub(crate) fn has_backlog(&self) -> bool {
        false
    }

    /// As [`flush`](Self::flush).
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "one signature on every platform"
    )]
    pub(crate) fn watch_backlog(&mut self, then: impl FnOnce() + 'static) -> io::Result<()> {
        drop(then);
        Ok(())
    }

    pub(crate) fn output_read(&mut self, run: RunId) -> io::Result<()> {
        self.send(Command::OutputRead(run))
    }

    /// Takes over a run whose job ended with the thread that had it.
    pub(crate) fn adopt(
        &mut self,
        run: RunId,
        leader: &Identity,
        members: &[Identity],
        _: &Marker,
        _: &[String],
    ) -> io::Result<()> {
        let known = members.iter().chain([leader]).cloned().collect();
        self.send(Command::Adopt(run, known))
    }

    fn send(&self, command: Command) -> io::Result<()> {
        let gone = |_| {
            io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the thread that has the jobs ended",
            )
        };
        self.commands.send(command).map_err(gone)?;
        self.port.post(Jobs::WAKE)
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        // A command and not the channel's end: that comes only after this, when nothing wakes it.
        let _ = self.send(Command::Quit); // It has ended already, perhaps.
    }
}
