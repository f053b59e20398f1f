//! The host's ends of a run's pipes, on the engine's own thread.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::engine::output::Output;
use crate::engine::spawner::HostEnds;
use crate::engine::stdin::{Chunk, Writer};
use crate::sys::unix::fd::{grow_pipe, set_nonblocking};

/// Bytes read from a pipe before others have their turn.
const PIPE_ROUND: usize = 64 * 1024;

thread_local! {
    /// What all readers on this thread read into, one after the other: a buffer for each would be
    /// 128 MiB for a thousand sidecars.
    static ROUND: RefCell<Vec<u8>> = RefCell::new(vec![0; PIPE_ROUND]);
}

/// The read end of a run's stdout or stderr: a non-blocking pipe.
pub(crate) type OutputEnd = File;

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
