//! The one way to wait.

use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for anything; only a failing test gets near it.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// Between two looks. Short beside what is waited for, long beside what a look costs.
const PAUSE: Duration = Duration::from_millis(2);

/// Waits until a condition holds; `what` says which when it never does.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    eventually_some(what, || holds().then_some(()));
}

/// Waits until a number has come to where it shall, however long a thousand of something take on a
/// busy machine: only a number that does not move any more is waited for in vain.
pub fn reaches(what: &str, goal: usize, mut count: impl FnMut() -> usize) {
    let mut last = count();
    while last < goal {
        let now = within(DEADLINE, || Some(count()).filter(|now| *now != last));
        last = now.unwrap_or_else(|| panic!("stays at {last} of {goal}: {what}"));
    }
    assert_eq!(last, goal, "{what}");
}

/// Waits until there is something.
pub fn eventually_some<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, look).unwrap_or_else(|| panic!("waited {DEADLINE:?} in vain: {what}"))
}

/// Waits until there is something, or until the time is up.
pub(super) fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let found = look();
        if found.is_some() || Instant::now() >= end {
            return found;
        }
        thread::sleep(PAUSE);
    }
}
