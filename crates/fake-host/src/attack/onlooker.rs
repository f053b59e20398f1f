//! Who looks at the process table from outside and takes the time.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::testing::{Process, Setup, processes_with};

/// Who is still there by then has been left behind. Longer than any grace and any sweep.
const LIMIT: Duration = Duration::from_secs(20);

/// Looks in a row that find nobody: somebody who passes himself on may be missed by one.
const EMPTY_LOOKS: usize = 3;

/// The variable by which every process of a run can be told, wherever it went.
const MARKER: &str = "SIDECAR_LIFECYCLE";

/// All that one run has made and will make.
#[derive(Debug, Clone)]
pub(super) struct RunTree {
    mark: String,
    marker: String,
}

impl RunTree {
    /// That of this leader.
    pub(super) fn of(setup: &Setup, leader: &Process) -> RunTree {
        let marker = leader.variable(MARKER).expect("a run's marker");
        RunTree {
            mark: setup.mark().to_owned(),
            marker: format!("{MARKER}={marker}"),
        }
    }

    /// Who lives of it. The processes of other tests are never among them.
    pub(super) fn living(&self) -> Vec<Process> {
        processes_with(&[&self.mark, &self.marker])
    }

    /// Waits on another thread for its end, from now on.
    pub(super) fn watch(&self) -> Watch {
        let tree = self.clone();
        let members = tree.living();
        let begin = Instant::now();
        Watch(thread::spawn(move || {
            let end = begin + LIMIT;
            // The kernel tells each end at once. Those that come later are looked for.
            wait_for_all(&members, end);
            let mut gone = Instant::now();
            let mut left = tree.living();
            let mut empty_by = Instant::now();
            let mut empty = 0;
            while empty < EMPTY_LOOKS && Instant::now() < end {
                if left.is_empty() {
                    empty += 1;
                } else {
                    wait_for_all(&left, end);
                    (gone, empty) = (Instant::now(), 0);
                }
                left = tree.living();
                if !left.is_empty() || empty == 0 {
                    empty_by = Instant::now();
                }
            }
            Ended {
                gone,
                empty_by,
                left,
            }
        }))
    }
}

/// Somebody who waits for the end of a tree.
pub(super) struct Watch(JoinHandle<Ended>);

/// What came of it.
pub(super) struct Ended {
    /// When the last that was seen was gone.
    pub(super) gone: Instant,
    /// When the first look had found nobody. Between the two somebody young may have been missed.
    pub(super) empty_by: Instant,
    /// Who was not.
    pub(super) left: Vec<Process>,
}

impl Watch {
    pub(super) fn ended(self) -> Ended {
        self.0.join().expect("looking does not fail")
    }
}

fn wait_for_all(processes: &[Process], end: Instant) {
    for process in processes {
        // Who does not end by then is found by the last look.
        let _ = process.wait_until(end);
    }
}
