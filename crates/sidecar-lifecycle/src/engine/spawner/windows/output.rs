//! Output: read from the child's pipes by a thread each, and handed to the log file or the host.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, PipeReader, Read};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::log_tail::LogTail;
use crate::engine::output::Output;
use crate::engine::spawner::HostEnds;
use crate::sys::windows::completion::CompletionPort;

/// Bytes that wait for the host at the most. Beyond that the child waits too.
const CAPACITY: usize = 256 * 1024;
/// Bytes read in one go.
const CHUNK: usize = 64 * 1024;

/// Where a stream's bytes go.
pub(super) enum Sink {
    /// Into the log file, as this stream.
    Log(Arc<LogTail>, u8),
    /// To the host.
    Host(WriteEnd),
}

/// Tells the jobs' thread that there is news of a run.
#[derive(Clone)]
pub(super) struct Bell {
    pub(super) port: Arc<CompletionPort>,
    pub(super) key: usize,
    pub(super) pipes: Arc<Pipes>,
}

/// How far the reading of a run's pipes has come.
#[derive(Default)]
pub(super) struct Pipes {
    /// Those that are still being read.
    open: AtomicUsize,
    /// Pieces that were read and put where they belong.
    pieces: AtomicUsize,
}

impl Pipes {
    /// Whether all of them were read to their ends.
    pub(super) fn are_drained(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// A number that changes with each piece.
    pub(super) fn pieces(&self) -> usize {
        self.pieces.load(Ordering::Acquire)
    }
}

/// Reads the pipe to its end on a thread of its own. The end comes when the last process that
/// holds the other end has gone: with the job, but for a process outside that was handed a copy.
pub(super) fn carry(mut pipe: PipeReader, sink: Sink, bell: Bell) -> io::Result<()> {
    bell.pipes.open.fetch_add(1, Ordering::AcqRel);
    let pipes = Arc::clone(&bell.pipes);
    let work = move || {
        let mut buf = vec![0; CHUNK];
        while let Ok(n) = pipe.read(&mut buf) {
            if n == 0 {
                break;
            }
            match &sink {
                Sink::Log(log, stream) => {
                    if log.append(*stream, &buf[..n]) {
                        let _ = bell.port.post(bell.key); // The next piece of news wakes it else.
                    }
                }
                Sink::Host(end) => end.write(&buf[..n]),
            }
            bell.pipes.pieces.fetch_add(1, Ordering::AcqRel);
        }
        drop(sink); // The host sees the end before the run is told to be over.
        bell.pipes.open.fetch_sub(1, Ordering::AcqRel);
        let _ = bell.port.post(bell.key); // An ending run is looked at besides.
    };
    let thread = thread::Builder::new()
        .name("sidecar-output".into())
        .stack_size(128 * 1024);
    thread.spawn(work).map(drop).inspect_err(|_| {
        pipes.open.fetch_sub(1, Ordering::AcqRel);
    })
}

/// A pipe within this process: it holds what arrived before the engine came to read it, and
/// never makes the engine wait.
pub(super) fn memory_pipe() -> (WriteEnd, OutputEnd) {
    let pipe = Arc::new(MemoryPipe::default());
    (
        WriteEnd(Arc::clone(&pipe)),
        OutputEnd(Arc::new(ReadEnd(pipe))),
    )
}

#[derive(Default)]
struct MemoryPipe {
    state: Mutex<State>,
    room: Condvar,
    arrival: Notify,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    written_off: bool,
    unread: bool,
}

impl MemoryPipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the reading thread writes to.
pub(super) struct WriteEnd(Arc<MemoryPipe>);

impl WriteEnd {
    /// Waits while the pipe is full. With no reader left, the bytes are thrown away.
    fn write(&self, bytes: &[u8]) {
        let mut state = self.0.lock();
        while state.bytes.len() >= CAPACITY && !state.unread {
            state = self
                .0
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if !state.unread {
            state.bytes.extend(bytes);
            drop(state);
            self.0.arrival.notify_one();
        }
    }
}

impl Drop for WriteEnd {
    fn drop(&mut self) {
        self.0.lock().written_off = true;
        self.0.arrival.notify_one();
    }
}

struct ReadEnd(Arc<MemoryPipe>);

impl Drop for ReadEnd {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.unread = true;
        state.bytes = VecDeque::new();
        drop(state);
        self.0.room.notify_all();
    }
}

/// The read end of a run's stdout or stderr: an empty one answers `WouldBlock`.
pub(crate) struct OutputEnd(Arc<ReadEnd>);

impl OutputEnd {
    /// Another handle on the same end. Infallible; the signature is that of a file.
    #[expect(clippy::unnecessary_wraps, reason = "one signature on every platform")]
    pub(crate) fn try_clone(&self) -> io::Result<OutputEnd> {
        Ok(self.clone_end())
    }

    fn clone_end(&self) -> OutputEnd {
        OutputEnd(Arc::clone(&self.0))
    }

    /// Waits until there may be something to read.
    async fn arrival(&self) {
        self.0.0.arrival.notified().await;
    }
}

impl Read for OutputEnd {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.0.lock();
        if state.bytes.is_empty() && !state.written_off {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = state.bytes.read(buf)?;
        drop(state);
        self.0.0.room.notify_all();
        Ok(n)
    }
}

/// The read end of a raw stdout, on the engine's own thread.
pub(crate) struct RawEnd(OutputEnd);

impl RawEnd {
    /// The thread that reads the pipe may hold bytes yet.
    pub(crate) const REST_IS_THERE: bool = false;

    #[expect(clippy::unnecessary_wraps, reason = "one signature on every platform")]
    pub(crate) fn new(end: OutputEnd) -> io::Result<RawEnd> {
        Ok(RawEnd(end))
    }

    /// Reads without waiting. Zero: that was the end.
    pub(crate) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.clone_end().read(buf)
    }

    /// Waits until there may be something to read.
    pub(crate) async fn readable(&self) {
        self.0.arrival().await;
    }

    /// Not needed here: without a reader, the thread throws away what comes.
    pub(crate) fn discard(self: Rc<RawEnd>) {
        drop(self);
    }
}

/// Reads a run's pipes into its ring as long as they are open, on the engine's own thread.
pub(crate) fn read_pipes(output: &Rc<RefCell<Output>>, ends: &HostEnds) -> Vec<AbortHandle> {
    let mut tasks = Vec::new();
    for (stream, end) in ends.output.iter().enumerate() {
        let Some(Ok(mut end)) = end.as_ref().map(OutputEnd::try_clone) else {
            continue;
        };
        let output = Rc::clone(output);
        let task = tokio::task::spawn_local(async move {
            let mut buf = vec![0; CHUNK];
            loop {
                end.arrival().await;
                loop {
                    match end.read(&mut buf) {
                        Ok(n) if n > 0 => output.borrow_mut().feed(stream, &buf[..n]),
                        Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                        Ok(_) | Err(_) => return,
                    }
                    // A flood leaves others their turns.
                    tokio::task::yield_now().await;
                }
            }
        });
        tasks.push(task.abort_handle());
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_pipe_answers_at_once_and_a_closed_one_ends() {
        let (write, mut read) = memory_pipe();
        let mut buf = [0; 8];
        assert_eq!(
            read.read(&mut buf).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
        write.write(b"abc");
        drop(write);
        assert_eq!(read.read(&mut buf).unwrap(), 3);
        assert_eq!(read.read(&mut buf).unwrap(), 0);
    }

    /// A writer that waited for room would wait for ever once nobody reads.
    #[test]
    fn a_flood_waits_for_its_reader_and_not_for_one_that_is_gone() {
        let (write, mut read) = memory_pipe();
        let flood = vec![b'x'; CAPACITY];
        let writer = thread::spawn(move || {
            for _ in 0..4 {
                write.write(&flood);
            }
        });
        let mut buf = vec![0; CHUNK];
        let mut got = 0;
        while got < 2 * CAPACITY {
            got += read.read(&mut buf).unwrap_or(0);
        }
        drop(read);
        writer.join().unwrap();
    }
}
