//! Command lines as they were when they could be read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Process;

static KNOWN: Mutex<Option<Commands>> = Mutex::new(None);

/// The command line of a process, and of one that shows none any more the one that it had: who
/// ends on Windows has no memory to read it from, and is there all the same.
pub(super) fn of(process: &Process) -> String {
    let now = process.command();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert_default().of(process, now)
}

#[derive(Debug, Default)]
struct Commands(HashMap<(i32, u64), String>);

impl Commands {
    fn of(&mut self, process: &Process, now: String) -> String {
        let known = self.0.entry((process.pid, process.start)).or_default();
        if !now.is_empty() {
            *known = now;
        }
        known.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_known_and_cannot_be_read_is_still_there_and_no_other_of_its_number() {
        let mut commands = Commands::default();
        let process = |start| Process { pid: 7, start };
        assert_eq!(commands.of(&process(1), String::new()), "", "not known yet");
        assert_eq!(
            commands.of(&process(1), "host /dir".to_owned()),
            "host /dir"
        );
        assert_eq!(commands.of(&process(1), String::new()), "host /dir");
        assert_eq!(commands.of(&process(2), String::new()), "");
    }
}
