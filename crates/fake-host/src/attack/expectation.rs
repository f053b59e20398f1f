//! What is expected of each combination. It is data, and was written down before any was tried.

use super::cell::{Cell, How, Tree, Victim};

/// What has to come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// The host ends in good order: at the moment of its end nothing of the tree is left, and the
    /// guardian ends too.
    Orderly,
    /// The host is torn away: the guardian ends the tree with the agreed grace, then itself.
    GuardianEnds,
    /// The guardian is torn away: that is told, nothing of the run is left, the restart policy
    /// brings a new one with best-effort protection, and that one can be ended too.
    BestEffort,
    /// Host and guardian are torn away, and the standby is not: the leader dies with them, and the
    /// standby ends all the rest at once with the agreed grace, then itself.
    StandbyEnds,
    /// The guardian is torn away, and the standby is not: that is told, nothing of the run is left,
    /// and the restart policy brings a new one, which the standby protects as the guardian that it
    /// has become.
    TakenOver,
    /// The standby is torn away: that is told, and the same run goes on under the guardian.
    StandbyLost,
    /// Host and guardian are torn away: the leader dies with them, and the next start of the same
    /// app ends all the rest.
    NextStart,
    /// The run ends as a crash: nothing of it is left, and the restart policy brings a new one
    /// under the same protection.
    NewRun,
    /// Nothing at all: the same run goes on, and obeys.
    Unmoved,
    /// It cannot be tried, or would be another cell again.
    DoesNotApply(&'static str),
}

use Expectation::{
    BestEffort, DoesNotApply, GuardianEnds, NewRun, NextStart, Orderly, StandbyEnds, StandbyLost,
    TakenOver, Unmoved,
};

/// Who is deaf takes no notice of being asked; everybody else has to.
const DEAF_IS_UNMOVED: Option<(Tree, Expectation)> = Some((Tree::IgnoresTerm, Unmoved));

type Row = (Victim, How, Expectation, Option<(Tree, Expectation)>);

/// Victim, how, what is expected on every tree, and the one tree on which it is something else.
const TABLE: [Row; 60] = [
    (Victim::Host, How::Sigkill, GuardianEnds, None),
    (Victim::Host, How::Sigterm, Orderly, None),
    (Victim::Host, How::StopThenKill, GuardianEnds, None),
    (Victim::Host, How::Panic, Orderly, None),
    (Victim::Host, How::Abort, GuardianEnds, None),
    (Victim::Host, How::ClosedTerminal, Orderly, None),
    (Victim::Guardian, How::Sigkill, BestEffort, None),
    (Victim::Guardian, How::Sigterm, Unmoved, None),
    (Victim::Guardian, How::StopThenKill, BestEffort, None),
    (Victim::Guardian, How::Panic, NO_ORDERS, None),
    (Victim::Guardian, How::Abort, BestEffort, None),
    (Victim::Guardian, How::ClosedTerminal, OWN_SESSION, None),
    (Victim::Both, How::Sigkill, NextStart, None),
    (Victim::Both, How::Sigterm, Orderly, None),
    (Victim::Both, How::StopThenKill, NextStart, None),
    (Victim::Both, How::Panic, NO_ORDERS, None),
    (Victim::Both, How::Abort, NextStart, None),
    (Victim::Both, How::ClosedTerminal, OWN_SESSION, None),
    (Victim::Leader, How::Sigkill, NewRun, None),
    (Victim::Leader, How::Sigterm, NewRun, DEAF_IS_UNMOVED),
    (Victim::Leader, How::StopThenKill, NewRun, None),
    (Victim::Leader, How::Panic, NewRun, None),
    (Victim::Leader, How::Abort, NewRun, None),
    (Victim::Leader, How::ClosedTerminal, NO_TERMINAL, None),
    (Victim::MiddleChild, How::Sigkill, NewRun, None),
    (Victim::MiddleChild, How::Sigterm, NewRun, DEAF_IS_UNMOVED),
    (Victim::MiddleChild, How::StopThenKill, NewRun, None),
    (Victim::MiddleChild, How::Panic, TAKES_NO_ORDERS, None),
    (Victim::MiddleChild, How::Abort, NewRun, None),
    (Victim::MiddleChild, How::ClosedTerminal, NO_TERMINAL, None),
    (Victim::Standby, How::Sigkill, StandbyLost, None),
    (Victim::Standby, How::Sigterm, Unmoved, None),
    (Victim::Standby, How::StopThenKill, StandbyLost, None),
    (Victim::Standby, How::Panic, NO_ORDERS, None),
    (Victim::Standby, How::Abort, StandbyLost, None),
    (Victim::Standby, How::ClosedTerminal, OWN_SESSION, None),
    (Victim::GuardianNotStandby, How::Sigkill, TakenOver, None),
    (Victim::GuardianNotStandby, How::Sigterm, Unmoved, None),
    (
        Victim::GuardianNotStandby,
        How::StopThenKill,
        TakenOver,
        None,
    ),
    (Victim::GuardianNotStandby, How::Panic, NO_ORDERS, None),
    (Victim::GuardianNotStandby, How::Abort, TakenOver, None),
    (
        Victim::GuardianNotStandby,
        How::ClosedTerminal,
        OWN_SESSION,
        None,
    ),
    (Victim::BothNotStandby, How::Sigkill, StandbyEnds, None),
    (Victim::BothNotStandby, How::Sigterm, Orderly, None),
    (Victim::BothNotStandby, How::StopThenKill, StandbyEnds, None),
    (Victim::BothNotStandby, How::Panic, NO_ORDERS, None),
    (Victim::BothNotStandby, How::Abort, StandbyEnds, None),
    (
        Victim::BothNotStandby,
        How::ClosedTerminal,
        OWN_SESSION,
        None,
    ),
    (Victim::HostAndStandby, How::Sigkill, GuardianEnds, None),
    (Victim::HostAndStandby, How::Sigterm, Orderly, None),
    (
        Victim::HostAndStandby,
        How::StopThenKill,
        GuardianEnds,
        None,
    ),
    (Victim::HostAndStandby, How::Panic, NO_ORDERS, None),
    (Victim::HostAndStandby, How::Abort, GuardianEnds, None),
    (
        Victim::HostAndStandby,
        How::ClosedTerminal,
        OWN_SESSION,
        None,
    ),
    (Victim::GuardianAndStandby, How::Sigkill, BestEffort, None),
    (Victim::GuardianAndStandby, How::Sigterm, Unmoved, None),
    (
        Victim::GuardianAndStandby,
        How::StopThenKill,
        BestEffort,
        None,
    ),
    (Victim::GuardianAndStandby, How::Panic, NO_ORDERS, None),
    (Victim::GuardianAndStandby, How::Abort, BestEffort, None),
    (
        Victim::GuardianAndStandby,
        How::ClosedTerminal,
        OWN_SESSION,
        None,
    ),
];

const NO_ORDERS: Expectation = DoesNotApply(
    "guardian and standby take no orders from outside that could make them panic; a panic is caught \
     and ends them, which the others see as they see the abort",
);
const OWN_SESSION: Expectation = DoesNotApply(
    "guardian and standby have sessions of their own and no terminal: it is the row of the host \
     again",
);
const NO_TERMINAL: Expectation =
    DoesNotApply("a sidecar has pipes and a session without a terminal");
const TAKES_NO_ORDERS: Expectation =
    DoesNotApply("a middle child takes no orders; to its parent a panic is an end like the abort");

/// What has to come of this combination.
pub fn expected(cell: Cell) -> Expectation {
    let row = TABLE
        .iter()
        .find(|row| (row.0, row.1) == (cell.victim, cell.how))
        .expect("the table has a row for every victim and way");
    match row.3 {
        Some((tree, other)) if tree == cell.tree => other,
        _ => row.2,
    }
}

impl Expectation {
    /// As it is written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Orderly => "orderly end, nothing left",
            GuardianEnds => "the guardian ends the tree",
            BestEffort => "protection lost is told, new run without a guardian",
            StandbyEnds => "the standby ends the tree",
            TakenOver => "protection lost is told, new run under the standby",
            StandbyLost => "protection lost is told, the run goes on",
            NextStart => "the next start ends the rest",
            NewRun => "new run, nothing of the old one left",
            Unmoved => "nothing happens",
            DoesNotApply(why) => why,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_stands_in_the_table_once() {
        for victim in Victim::ALL {
            for how in How::ALL {
                let rows = TABLE.iter().filter(|row| (row.0, row.1) == (victim, how));
                assert_eq!(rows.count(), 1, "{victim:?} {how:?}");
            }
        }
    }
}
