//! Starts the real program, reads what it prints, and ends what it made.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

/// Longest wait for anything; only a failing test gets near it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

const PROGRAM: &str = env!("CARGO_BIN_EXE_fake-sidecar");

/// One running fake sidecar; dropping it ends its whole family.
pub(crate) struct Fake {
    pub(crate) pid: i32,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
    exit: Receiver<ExitStatus>,
    folder: TempDir,
}

impl Fake {
    /// Starts it with `args` split at spaces, and a pidfile.
    pub(crate) fn start(args: &str) -> Self {
        Self::start_with(args, |_| {})
    }

    /// The same, with `adjust` called on the command first.
    pub(crate) fn start_with(args: &str, adjust: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().expect("a folder of its own");
        let mut command = Command::new(PROGRAM);
        command
            .args(args.split_whitespace())
            .arg("--pidfile")
            .arg(folder.path().join("pids"))
            .args(["--max-life", "1m"])
            .env_remove("PORT")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        adjust(&mut command);
        let mut child = command.spawn().expect("the program starts");
        let (tell, exit) = mpsc::channel();
        let stdin = child.stdin.take();
        let stdout = lines(child.stdout.take().expect("stdout is piped"));
        let stderr = child
            .stderr
            .take()
            .map_or_else(|| lines(std::io::empty()), lines);
        let pid = child.id().cast_signed();
        thread::spawn(move || tell.send(child.wait().expect("it is our child")));
        Self {
            pid,
            stdin,
            stdout,
            stderr,
            exit,
            folder,
        }
    }

    /// The next line on stdout, without its line break.
    pub(crate) fn line(&self) -> Option<Vec<u8>> {
        next(&self.stdout)
    }

    /// The next line on stderr, without its line break.
    pub(crate) fn error_line(&self) -> Option<Vec<u8>> {
        next(&self.stderr)
    }

    /// Skips lines on stdout until one starts with `prefix`; answers the rest.
    pub(crate) fn line_after(&self, prefix: &str) -> String {
        while let Some(line) = self.line() {
            if let Some(rest) = String::from_utf8_lossy(&line).strip_prefix(prefix) {
                return rest.to_owned();
            }
        }
        panic!("stdout ended without a line `{prefix}…`");
    }

    /// Waits until it listens; answers `HOST:PORT`.
    pub(crate) fn address(&self) -> String {
        let url = self.line_after("listening on ");
        url.trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned()
    }

    /// Waits for its end.
    pub(crate) fn exit(&self) -> ExitStatus {
        self.exit.recv_timeout(DEADLINE).expect("it ends in time")
    }

    /// Whether the leader has not ended yet.
    pub(crate) fn lives(&self) -> bool {
        is_program(self.pid)
    }

    /// Sends `signal` to the leader.
    pub(crate) fn signal(&self, signal: i32) {
        kill(self.pid, signal);
    }

    /// The pids of `role` in the pidfile.
    pub(crate) fn pids(&self, role: &str) -> Vec<i32> {
        let text = fs::read_to_string(self.pidfile()).unwrap_or_default();
        let of_role = |line: &str| line.strip_prefix(role)?.trim().parse().ok();
        text.lines().filter_map(of_role).collect()
    }

    fn pidfile(&self) -> PathBuf {
        self.folder.path().join("pids")
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        for role in ["child", "escapee"] {
            for pid in self.pids(role) {
                if is_program(pid) {
                    kill(pid, libc::SIGKILL);
                }
            }
        }
        // Unreaped until now or ended: the thread that waits for it owns it.
        if self.exit.try_recv() == Err(mpsc::TryRecvError::Empty) && self.lives() {
            kill(self.pid, libc::SIGKILL);
        }
    }
}

/// Sends a signal; a process that is gone is none to fail about.
pub(crate) fn kill(pid: i32, signal: i32) {
    // SAFETY: `kill` touches no memory; the pid is one that a fake wrote down.
    unsafe { libc::kill(pid, signal) };
}

/// Blocks SIGTERM for this process and what it starts, as a careless host does.
pub(crate) fn block_term() -> std::io::Result<()> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initialises the set that it is given.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the set was initialised above.
    unsafe { libc::sigaddset(set.as_mut_ptr(), libc::SIGTERM) };
    // SAFETY: a valid set to read, and nowhere to write the old one.
    match unsafe { libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// Waits until the process is gone or a zombie.
pub(crate) fn wait_until_gone(pid: i32) {
    // SAFETY: `pidfd_open` takes a pid and no flags.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return;
    }
    // SAFETY: the descriptor is new and ours.
    let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    let mut poll = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one valid entry that lives through the call.
    let ready = unsafe { libc::poll(&raw mut poll, 1, DEADLINE.as_millis() as i32) };
    assert_eq!(ready, 1, "process {pid} is still there");
}

/// Whether `pid` is a live process of this program (a zombie has no `exe`).
pub(crate) fn is_program(pid: i32) -> bool {
    // The kernel shows where it really lies; the target folder may be a link.
    let program = fs::canonicalize(PROGRAM).expect("the program exists");
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program)
}

/// Fields of `/proc/PID/stat` after the name: state, parent, group, session.
pub(crate) fn stat(pid: i32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process exists");
    let after_name = stat.rsplit_once(')').expect("a name in parentheses").1;
    after_name.split_whitespace().map(str::to_owned).collect()
}

/// Sends a GET and answers everything that comes back.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut server = TcpStream::connect(address).expect("the server takes connections");
    server
        .set_read_timeout(Some(DEADLINE))
        .expect("a time-out can be set");
    write!(server, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("the request goes out");
    let mut answer = String::new();
    // A server that dies while it is asked resets the connection.
    let _ = server.read_to_string(&mut answer);
    answer
}

/// Connects as soon as somebody listens.
pub(crate) fn connect(address: &str) -> TcpStream {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Ok(stream) = TcpStream::connect(address) {
            return stream;
        }
        assert!(Instant::now() < end, "nobody listens on {address}");
        thread::yield_now();
    }
}

/// A port of 127.0.0.1 that nobody gets by chance: it is bound as long as this is there. Nobody
/// listens on it, and who may reuse an address, as the fake may, can.
pub(crate) struct OwnPort(Socket);

impl OwnPort {
    pub(crate) fn new() -> OwnPort {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_reuse_address(true).expect("settable");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).expect("a port is free");
        OwnPort(socket)
    }

    pub(crate) fn number(&self) -> u16 {
        let address = self.0.local_addr().ok().and_then(|it| it.as_socket());
        address.expect("it is bound").port()
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (tell, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n') {
            let Ok(line) = line else { return };
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn next(lines: &Receiver<Vec<u8>>) -> Option<Vec<u8>> {
    match lines.recv_timeout(DEADLINE) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("no line came in time"),
    }
}
