//! A bystander that notices: it writes down every signal that reaches it, and who has sent it.
//!
//! `witness LOG [--listen ADDR:PORT] [--connect ADDR:PORT] [--tty PATH]`. It writes `up` once it
//! is in place. KILL and STOP cannot be caught: whoever has started it watches for those.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::{env, mem, ptr};

/// A failed test leaves no litter for long.
const MAX_LIFE: libc::time_t = 300;

/// The program: stands by until it is ended.
pub fn main() -> ExitCode {
    // First of all: a signal that came before would end it, which is noticed too.
    let all = block_all();
    match stand_by(&all) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            complain(&e.to_string());
            ExitCode::FAILURE
        }
    }
}

fn stand_by(all: &libc::sigset_t) -> Result<(), Box<dyn std::error::Error>> {
    let mut args = env::args().skip(1);
    let path = args.next().ok_or("a file to write to is missing")?;
    let mut log = OpenOptions::new().create(true).append(true).open(path)?;
    let mut held: Vec<OwnedFd> = Vec::new();
    while let Some(flag) = args.next() {
        let value = args.next().ok_or("a flag lacks its value")?;
        held.push(match flag.as_str() {
            "--listen" => TcpListener::bind(&value)?.into(),
            "--connect" => TcpStream::connect(&value)?.into(),
            "--tty" => take_terminal(&value)?,
            _ => return Err(format!("{flag} is no flag").into()),
        });
    }
    log.write_all(b"up\n")?;
    while let Some((signal, from)) = next_signal(all) {
        log.write_all(format!("signal {signal} from {from}\n").as_bytes())?;
    }
    Ok(())
}

/// A terminal of its own, as an editor in a terminal has one.
fn take_terminal(path: &str) -> std::io::Result<OwnedFd> {
    // SAFETY: takes no arguments. It fails for who leads a session already, which is as good.
    unsafe { libc::setsid() };
    let terminal = File::options().read(true).write(true).open(path)?;
    // SAFETY: integer arguments only.
    if unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(terminal.into())
}

fn block_all() -> libc::sigset_t {
    // SAFETY: sigset_t is plain data.
    let mut all: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: `all` is valid for the call to fill in.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: the set is valid and the old one is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut()) };
    all
}

/// The next signal and its sender; nothing once its time is over.
fn next_signal(all: &libc::sigset_t) -> Option<(i32, i32)> {
    let limit = libc::timespec {
        tv_sec: MAX_LIFE,
        tv_nsec: 0,
    };
    // SAFETY: siginfo_t is plain data.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: all three live until the call returns.
    let signal = unsafe { libc::sigtimedwait(ptr::from_ref(all), &raw mut info, &raw const limit) };
    // SAFETY: the kernel has filled it in; a signal without a sender says 0.
    (signal > 0).then(|| (signal, unsafe { info.si_pid() }))
}

#[expect(clippy::print_stderr, reason = "the test shows it when it fails")]
fn complain(why: &str) {
    eprintln!("witness: {why}");
}
