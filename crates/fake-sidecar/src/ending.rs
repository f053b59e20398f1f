//! How the leader ends: by itself, when asked, or not at all.

use std::io::{self, Read};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use crate::args::EndArgs;
use crate::output::say;
use crate::sys;

/// Ends this process in the way that the flags ask for, with `code` where it is
/// an exit.
pub(crate) fn end(args: &EndArgs, code: u8) -> ! {
    if args.abort {
        sys::abort();
    }
    std::process::exit(i32::from(code))
}

/// Sets up what SIGTERM, SIGINT and SIGHUP do. Without flags nothing is
/// touched, so that what the host left behind shows.
pub(crate) fn prepare_for_signals(args: &EndArgs) -> io::Result<()> {
    if args.ignore_term {
        sys::ignore_asking_signals();
    }
    if let Some(takes) = args.term_takes {
        let (mut asked, pipe) = io::pipe()?;
        sys::catch_asking_signals(&pipe)?;
        thread::spawn(move || {
            // Keeps the writing end open, which the signal handler uses.
            let _pipe = pipe;
            if asked.read_exact(&mut [0]).is_ok() {
                say("cleaning up");
                thread::sleep(takes);
                say("cleaned up");
                std::process::exit(0);
            }
        });
    }
    Ok(())
}

/// Ends this process at `start + after`, in a thread of its own.
pub(crate) fn end_later(args: &'static EndArgs, start: Instant, after: Duration) {
    thread::spawn(move || {
        thread::sleep((start + after).saturating_duration_since(Instant::now()));
        end(args, args.exit_code)
    });
}

/// Ends this process when `middle` has ended.
pub(crate) fn end_with(args: &'static EndArgs, mut middle: Child) {
    thread::spawn(move || {
        // However it ended: a runner fails when its script does.
        let _ = middle.wait();
        end(args, args.exit_code)
    });
}
