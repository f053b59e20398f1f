//! One test for each victim and way; the trees are tried side by side.

use std::sync::Mutex;
use std::thread;

use fake_host::attack::{self, Cell, Expectation, How, Tree, Victim, expected};

/// Trees at a time. Most of a run is waiting for the grace; a storm is work for the whole machine.
const SIDE_BY_SIDE: usize = 2;

fn every_tree(victim: Victim, how: How) {
    // A race that happens once in a hundred is met by many runs: the first promise gets more.
    let rounds = if (victim, how) == (Victim::Host, How::Sigkill) {
        4
    } else {
        1
    };
    attack::prepare();
    let todo = Mutex::new(Tree::ALL.into_iter());
    let next = || todo.lock().expect("nobody panics with it").next();
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(tree) = next() {
                    let cell = Cell { victim, how, tree };
                    (0..rounds).for_each(|round| try_cell(cell, round));
                }
            });
        }
    });
}

fn try_cell(cell: Cell, round: usize) {
    let seen = attack::try_once(cell, round);
    let complaint = seen.complaint.unwrap_or_default();
    assert!(complaint.is_empty(), "{}: {complaint}", cell.name());
    let goes_on = [Expectation::Unmoved, Expectation::StandbyLost];
    let ends = !goes_on.contains(&expected(cell));
    assert_eq!(seen.empty.is_some(), ends, "{}", cell.name());
}

macro_rules! rows {
    ($($module:ident $victim:ident { $($test:ident $how:ident),* })*) => {
        $(mod $module {
            use super::*;

            $(#[test]
            fn $test() {
                every_tree(Victim::$victim, How::$how);
            })*
        })*

        const TRIED: &[(Victim, How)] = &[$($((Victim::$victim, How::$how)),*),*];
    };
}

rows! {
    host Host {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, panic Panic, abort Abort,
        closed_terminal ClosedTerminal
    }
    guardian Guardian {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
    both Both {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
    leader Leader {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, panic Panic, abort Abort
    }
    middle_child MiddleChild {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
    standby Standby {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
    guardian_not_standby GuardianNotStandby {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
    both_not_standby BothNotStandby {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
    host_and_standby HostAndStandby {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
    guardian_and_standby GuardianAndStandby {
        sigkill Sigkill, sigterm Sigterm, stop_then_kill StopThenKill, abort Abort
    }
}

/// No row is left out by mistake.
#[test]
fn whatever_applies_is_tried() {
    for cell in Cell::all() {
        let applies = !matches!(expected(cell), Expectation::DoesNotApply(_));
        let tried = TRIED.contains(&(cell.victim, cell.how));
        assert_eq!(applies, tried, "{}", cell.name());
    }
}
