//! Running a program in a job of its own, and leaving nothing of that job behind.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::ops::ControlFlow;
use std::os::windows::io::OwnedHandle;
use std::os::windows::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Ended, Launch, Outcome};
use crate::engine::to_run;
use crate::sys::windows::handle::Process;
use crate::sys::windows::job::Job;
use crate::sys::windows::leaving::Leaving;
use crate::sys::windows::spawn;
use crate::sys::{Variables, text_of};

/// What is kept of stderr.
const STDERR_TAIL: usize = 4096;

/// A program that has answered, or closed its output, ends by itself a moment later.
const SETTLE: Duration = Duration::from_millis(300);

/// How long ended processes may take to disappear before they are given up on.
const VANISH: Duration = Duration::from_secs(1);

/// How often it is asked who is left, while no output comes.
const TICK: Duration = Duration::from_millis(50);

/// How long no output may come after the writers' end before the rest is not waited for: as long as
/// with a sidecar's.
const SILENCE: Duration = Duration::from_millis(500);

/// Runs `launch` and hands its stdout to `read` until that is satisfied, the output is closed, or
/// `limit` has passed. Then every process of the job is ended.
pub(in crate::environ) fn run_in_session(
    launch: &Launch<'_>,
    limit: Duration,
    read: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<Outcome> {
    let deadline = Instant::now() + limit;
    let (session, mut output) = Session::start(launch)?;
    let is_over = || session.is_empty();

    let ended = match output.pump(deadline, &is_over, read) {
        Pump::Satisfied => {
            let settled = deadline.min(Instant::now() + SETTLE);
            output.pump(settled, &is_over, &mut |_| ControlFlow::Continue(()));
            session.end();
            Ended::Satisfied
        }
        Pump::Closed => {
            let settled = deadline.min(Instant::now() + SETTLE);
            let left = settled.saturating_duration_since(Instant::now());
            session.leader.wait(left);
            Ended::OutputClosed(session.end())
        }
        Pump::Late => {
            session.end();
            Ended::TimedOut
        }
    };
    // Its last words may still be on their way here.
    output.take_rest(Instant::now() + SETTLE);
    let stderr = text_of(output.tail.make_contiguous()).into_owned();
    Ok(Outcome { ended, stderr })
}

/// A leader and whatever it has started. Dropping it ends them all: the job's only handle is here,
/// so that they end with this process too.
struct Session {
    leader: Process,
    job: Job,
}

impl Session {
    fn start(launch: &Launch<'_>) -> io::Result<(Session, Output)> {
        let env: Variables = launch.env.iter().collect();
        let args = launch.args.iter().map(|arg| &**arg);
        let mut program = to_run(launch.program, args, &env, Some(launch.cwd))?;
        let job = Job::unwatched()?;
        let (stdout, out_end) = io::pipe()?;
        let (stderr, err_end) = io::pipe()?;
        let stdin = OwnedHandle::from(File::open("NUL")?);
        let stdio = [stdin, out_end.into(), err_end.into()];
        let child = spawn::create_unseen(&mut program, &job, &stdio)?;
        drop(stdio); // Else the pipes would never end.
        let output = Output::of(stdout, stderr)?;
        // From here on it runs; whatever failed before has closed the job, and it with that.
        let leader = child.resume()?;
        Ok((Session { leader, job }, output))
    }

    fn is_empty(&self) -> bool {
        self.job.active().is_ok_and(|count| count == 0)
    }

    /// Ends what is left of the job, and says how the leader ended.
    fn end(&self) -> String {
        let deadline = Instant::now() + VANISH;
        let mut leaving = Leaving::default();
        // One that is being started is perhaps not among those who are ended, hence rounds.
        loop {
            leaving.note(&self.job);
            let _ = self.job.terminate(); // A failure shows in who is left.
            let are_gone = self.is_empty() && leaving.are_gone() && !self.leader.runs();
            if are_gone || Instant::now() >= deadline {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        if self.leader.runs() {
            return String::from("cannot be ended");
        }
        match self.leader.exit_code() {
            Ok(code) => ExitStatus::from_raw(code as u32).to_string(),
            Err(error) => error.to_string(),
        }
    }
}

/// How reading came to an end.
enum Pump {
    Satisfied,
    Closed,
    Late,
}

/// A piece of stdout (0) or stderr (1); an empty one is its end.
type Piece = (usize, Vec<u8>);

/// The two ends that are read, by a thread each: pipes cannot be polled here. A thread ends with
/// its pipe, or with the first piece that nobody takes any more.
struct Output {
    pieces: Receiver<Piece>,
    /// The last part of stderr.
    tail: VecDeque<u8>,
    is_closed: bool,
}

impl Output {
    fn of(stdout: PipeReader, stderr: PipeReader) -> io::Result<Output> {
        let (to, pieces) = sync_channel(1); // A flood waits in its pipe, not here.
        carry(stdout, 0, to.clone())?;
        carry(stderr, 1, to)?;
        Ok(Output {
            pieces,
            tail: VecDeque::new(),
            is_closed: false,
        })
    }

    /// Reads until one of the ends. `is_over` tells that nobody is left who could write: a process
    /// that is no member may hold a copy of the pipe, from the moment in which it was started, and
    /// keep it open.
    fn pump(
        &mut self,
        deadline: Instant,
        is_over: &dyn Fn() -> bool,
        read: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Pump {
        let mut over_since = None;
        while !self.is_closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Pump::Late;
            }
            match self.pieces.recv_timeout(left.min(TICK)) {
                Ok((0, bytes)) if bytes.is_empty() => self.is_closed = true,
                Ok((0, bytes)) => {
                    over_since = None; // There may be more of it.
                    if read(&bytes).is_break() {
                        return Pump::Satisfied;
                    }
                }
                Ok((_, bytes)) => self.keep(bytes),
                Err(RecvTimeoutError::Timeout) if is_over() => {
                    let since = *over_since.get_or_insert_with(Instant::now);
                    self.is_closed = Instant::now() >= since + SILENCE;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.is_closed = true,
            }
        }
        Pump::Closed
    }

    /// Reads what the pipes still have, to the end of both.
    fn take_rest(&mut self, deadline: Instant) {
        let left = || deadline.saturating_duration_since(Instant::now());
        while let Ok((stream, bytes)) = self.pieces.recv_timeout(left()) {
            if stream == 1 {
                self.keep(bytes);
            }
        }
    }

    fn keep(&mut self, stderr: Vec<u8>) {
        self.tail.extend(stderr);
        let old = self.tail.len().saturating_sub(STDERR_TAIL);
        self.tail.drain(..old);
    }
}

/// Reads a pipe to its end on a thread of its own.
fn carry(mut pipe: PipeReader, stream: usize, to: SyncSender<Piece>) -> io::Result<()> {
    let work = move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = pipe.read(&mut buffer).unwrap_or(0);
            if to.send((stream, buffer[..count].to_vec())).is_err() || count == 0 {
                return;
            }
        }
    };
    thread::Builder::new()
        .name("tool-output".into())
        .spawn(work)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_stranger_who_holds_the_pipe_keeps_nobody_waiting() {
        let (stdout, mut held) = io::pipe().unwrap();
        let (stderr, _also_held) = io::pipe().unwrap();
        held.write_all(b"v1.2.3").unwrap();
        let mut output = Output::of(stdout, stderr).unwrap();
        let mut said = Vec::new();
        let pump = output.pump(
            Instant::now() + Duration::from_secs(30),
            &|| true,
            &mut |bytes| {
                said.extend_from_slice(bytes);
                ControlFlow::Continue(())
            },
        );
        assert!(matches!(pump, Pump::Closed));
        assert_eq!(said, b"v1.2.3");
    }
}
