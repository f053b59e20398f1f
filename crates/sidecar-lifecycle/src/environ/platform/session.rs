//! Running a program in a session of its own, and leaving nothing of that session behind.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libc::pid_t;

use super::processes::{has_exited, kill, members_of};
use super::{Ended, Launch, Outcome};

/// What is kept of stderr.
const STDERR_TAIL: usize = 4096;

/// A shell that has answered, or closed its output, ends by itself a moment later. Background work
/// of its start-up files (zsh compiles its own) may finish in this time.
const SETTLE: Duration = Duration::from_millis(300);

/// How long killed processes may take to disappear before they are given up on: one that waits
/// for a dead network share cannot be ended by anybody.
const VANISH: Duration = Duration::from_secs(1);

/// Runs `launch` and hands its stdout to `read` until that is satisfied, the output is closed, or
/// `limit` has passed. Then every process of the session is killed and the leader reaped.
pub(in crate::environ) fn run_in_session(
    launch: &Launch<'_>,
    limit: Duration,
    read: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<Outcome> {
    let deadline = Instant::now() + limit;
    let mut session = Session::start(launch)?;
    let mut output = Output::of(&mut session.leader);

    let ended = match output.pump(deadline, read)? {
        Pump::Satisfied => {
            let settled = deadline.min(Instant::now() + SETTLE);
            output.pump(settled, &mut |_| ControlFlow::Continue(()))?;
            session.end();
            Ended::Satisfied
        }
        Pump::Closed => {
            session.wait_for_exit(deadline.min(Instant::now() + SETTLE));
            Ended::OutputClosed(session.end())
        }
        Pump::Late => {
            session.end();
            Ended::TimedOut
        }
    };
    let stderr = String::from_utf8_lossy(&output.tail).into_owned();
    Ok(Outcome { ended, stderr })
}

/// A leader and whatever it has started. Dropping it ends them all.
struct Session {
    leader: Child,
    reaped: bool,
}

impl Session {
    fn start(launch: &Launch<'_>) -> io::Result<Session> {
        let mut command = Command::new(launch.program);
        command
            .args(launch.args)
            .current_dir(launch.cwd)
            .env_clear()
            .envs(launch.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(arg0) = launch.arg0 {
            command.arg0(arg0);
        }
        let host = std::process::id();
        // SAFETY: between fork and exec the closure only makes system calls; it allocates nothing.
        unsafe { command.pre_exec(move || detach(host)) };
        Ok(Session {
            leader: command.spawn()?,
            reaped: false,
        })
    }

    fn id(&self) -> pid_t {
        self.leader.id() as pid_t
    }

    /// Waits for the leader's exit without reaping it: unreaped, it keeps its number from being
    /// given to another session.
    fn wait_for_exit(&self, deadline: Instant) {
        while !has_exited(self.id()) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Kills what is left of the session, reaps the leader, and says how it ended.
    fn end(&mut self) -> String {
        if self.reaped {
            return String::from("already reaped");
        }
        let deadline = Instant::now() + VANISH;
        // A process can fork between being listed and being killed, hence rounds.
        loop {
            kill(-self.id());
            let members = members_of(self.id());
            members.iter().copied().for_each(kill);
            if members.is_empty() && has_exited(self.id()) || Instant::now() >= deadline {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.reaped = true;
        match self.leader.try_wait() {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => String::from("cannot be ended"),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs in the child: its own session (no terminal to stop it or to be asked on), and on Linux an
/// end with the host, which might be killed while the shell is still busy.
fn detach(host: u32) -> io::Result<()> {
    // SAFETY: setsid takes nothing; the result is checked.
    if unsafe { libc::setsid() } == -1 {
        return Err(io::Error::last_os_error());
    }
    #[cfg(target_os = "linux")]
    {
        // SAFETY: this option takes one number; the result is checked.
        if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } == -1 {
            return Err(io::Error::last_os_error());
        }
        // The host may have died before the line above.
        if std::os::unix::process::parent_id() != host {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
    }
    let _ = host; // used on Linux only
    Ok(())
}

/// How reading came to an end.
enum Pump {
    Satisfied,
    Closed,
    Late,
}

/// The two ends that are read, by one thread and without ever waiting on one of them alone.
struct Output {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    tail: Vec<u8>,
}

impl Output {
    fn of(child: &mut Child) -> Output {
        Output {
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            tail: Vec::new(),
        }
    }

    fn pump(
        &mut self,
        deadline: Instant,
        read: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> io::Result<Pump> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let Some(stdout) = &mut self.stdout else {
                return Ok(Pump::Closed);
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Pump::Late);
            }
            // poll ignores entries with a negative descriptor.
            let stderr_fd = self.stderr.as_ref().map_or(-1, AsRawFd::as_raw_fd);
            let mut fds = [stdout.as_raw_fd(), stderr_fd].map(|fd| libc::pollfd {
                fd,
                events: libc::POLLIN,
                revents: 0,
            });
            wait_readable(&mut fds, left)?;
            if fds[1].revents != 0
                && let Some(stderr) = &mut self.stderr
            {
                match stderr.read(&mut buffer)? {
                    0 => self.stderr = None,
                    count => {
                        self.tail.extend_from_slice(&buffer[..count]);
                        let old = self.tail.len().saturating_sub(STDERR_TAIL);
                        self.tail.drain(..old);
                    }
                }
            }
            if fds[0].revents != 0 {
                match stdout.read(&mut buffer)? {
                    0 => self.stdout = None,
                    count => {
                        if read(&buffer[..count]).is_break() {
                            return Ok(Pump::Satisfied);
                        }
                    }
                }
            }
        }
    }
}

fn wait_readable(fds: &mut [libc::pollfd; 2], limit: Duration) -> io::Result<()> {
    // Rounded up, so that the last millisecond is not spent spinning.
    let millis = i32::try_from(limit.as_millis() + 1).unwrap_or(i32::MAX);
    // SAFETY: the pointer and the count describe one live array of pollfd.
    let result = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, millis) };
    if result >= 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.kind() == io::ErrorKind::Interrupted {
        for fd in fds {
            fd.revents = 0;
        }
        return Ok(());
    }
    Err(error)
}
