//! A process that goes on making others, faster than a table can be read twice.

use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::args::Cli;
use crate::{family, pidfile, sys};

/// Between two children.
const PAUSE: Duration = Duration::from_millis(25);
/// How long a child lives. With the pause: some forty live at any moment.
const CHILD_LIFE: Duration = Duration::from_secs(1);
/// Children until it passes itself on: the next one does the same, and this one ends.
const CHILDREN: u32 = 8;

/// Forks until the time is up. All of it carries the first one's arguments and environment.
pub(crate) fn rage(cli: &Cli, start: Instant) -> io::Result<()> {
    if cli.end.ignore_term {
        sys::ignore_asking_signals();
    }
    sys::reap_nobody();
    pidfile::append(cli.pidfile.as_deref(), "storm")?;
    family::say_that_it_is_up()?;
    // A fork clears its parent's alarm, so time is looked at by each.
    let end = start + cli.max_life;
    while Instant::now() < end {
        for _ in 0..CHILDREN {
            sleep(PAUSE);
            // Too many processes already: it goes on with those.
            if let Ok(true) = sys::fork() {
                // Fails for a group's leader only, which a fresh child is not.
                let _ = sys::new_session();
                sleep(CHILD_LIFE);
                sys::leave();
            }
        }
        if let Ok(false) = sys::fork() {
            sys::leave();
        }
    }
    Ok(())
}
