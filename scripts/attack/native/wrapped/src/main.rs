//! Runs a command in a process group, as process-wrap's own page shows it. A line `stop` on stdin
//! asks the group to end, waits for half a second, and kills the group: the most that its methods
//! offer.

use std::io::{Error, Result, stdin};
use std::thread::sleep;
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap, ProcessGroup};

const GRACE: Duration = Duration::from_millis(500);
const SIGTERM: i32 = 15;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let program = words.next().ok_or_else(|| Error::other("which command?"))?;
    let mut child = CommandWrap::with_new(program, |command| {
        command.args(words);
    })
    .wrap(ProcessGroup::leader())
    .spawn()?;
    for line in stdin().lines() {
        if line? == "stop" {
            return stop(&mut *child);
        }
    }
    Ok(())
}

fn stop(child: &mut dyn ChildWrapper) -> Result<()> {
    child.signal(SIGTERM)?;
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        sleep(Duration::from_millis(5));
    }
    child.kill()
}
