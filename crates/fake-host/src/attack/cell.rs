//! One combination, and the names of its parts.

/// Who is attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The program that has the engine in it.
    Host,
    /// The process that outlives it.
    Guardian,
    /// Both at the same moment.
    Both,
    /// The process that the guardian has started.
    Leader,
    /// One between the leader and another, as the shell of a package manager is.
    MiddleChild,
    /// The guardian's standby.
    Standby,
    /// The guardian, where it has a standby.
    GuardianNotStandby,
    /// Host and guardian at the same moment, where there is a standby.
    BothNotStandby,
    /// The host and the standby at the same moment.
    HostAndStandby,
    /// The guardian and its standby at the same moment.
    GuardianAndStandby,
}

/// What is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// SIGKILL.
    Sigkill,
    /// SIGTERM.
    Sigterm,
    /// SIGSTOP, then SIGKILL: who is attacked does nothing in between.
    StopThenKill,
    /// A panic that nobody catches.
    Panic,
    /// An abort: of its own where it takes orders, else SIGABRT from outside.
    Abort,
    /// The terminal it runs on is closed.
    ClosedTerminal,
}

/// What the sidecar has made of itself by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// One server.
    Plain,
    /// An escapee in a session of its own.
    Setsid,
    /// An orphan in the leader's group.
    DoubleFork,
    /// A leader, a child and escapees that ignore SIGTERM, SIGINT and SIGHUP.
    IgnoresTerm,
    /// Deaf processes that go on making others, each in a session of its own, and pass
    /// themselves on.
    ForkStorm,
    /// An escapee that keeps the leader's stdout.
    HoldsStdout,
    /// Escapees that have closed every descriptor.
    ClosesAllFds,
}

/// One combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Who.
    pub victim: Victim,
    /// How.
    pub how: How,
    /// With which tree below.
    pub tree: Tree,
}

impl Victim {
    /// All.
    pub const ALL: [Victim; 10] = [
        Victim::Host,
        Victim::Guardian,
        Victim::Both,
        Victim::Leader,
        Victim::MiddleChild,
        Victim::Standby,
        Victim::GuardianNotStandby,
        Victim::BothNotStandby,
        Victim::HostAndStandby,
        Victim::GuardianAndStandby,
    ];

    /// As it is written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Victim::Host => "host",
            Victim::Guardian => "guardian",
            Victim::Both => "both",
            Victim::Leader => "leader",
            Victim::MiddleChild => "middle child",
            Victim::Standby => "standby",
            Victim::GuardianNotStandby => "guardian, not standby",
            Victim::BothNotStandby => "both, not standby",
            Victim::HostAndStandby => "host and standby",
            Victim::GuardianAndStandby => "guardian and standby",
        }
    }

    /// Whether the guardian has a standby.
    pub fn has_standby(self) -> bool {
        match self {
            Victim::Host
            | Victim::Guardian
            | Victim::Both
            | Victim::Leader
            | Victim::MiddleChild => false,
            Victim::Standby
            | Victim::GuardianNotStandby
            | Victim::BothNotStandby
            | Victim::HostAndStandby
            | Victim::GuardianAndStandby => true,
        }
    }
}

impl How {
    /// All.
    pub const ALL: [How; 6] = [
        How::Sigkill,
        How::Sigterm,
        How::StopThenKill,
        How::Panic,
        How::Abort,
        How::ClosedTerminal,
    ];

    /// As it is written in reports.
    pub fn name(self) -> &'static str {
        match self {
            How::Sigkill => "SIGKILL",
            How::Sigterm => "SIGTERM",
            How::StopThenKill => "SIGSTOP, then SIGKILL",
            How::Panic => "panic",
            How::Abort => "abort",
            How::ClosedTerminal => "closed terminal",
        }
    }
}

impl Tree {
    /// All.
    pub const ALL: [Tree; 7] = [
        Tree::Plain,
        Tree::Setsid,
        Tree::DoubleFork,
        Tree::IgnoresTerm,
        Tree::ForkStorm,
        Tree::HoldsStdout,
        Tree::ClosesAllFds,
    ];

    /// As it is written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Tree::Plain => "plain",
            Tree::Setsid => "setsid",
            Tree::DoubleFork => "double fork",
            Tree::IgnoresTerm => "ignores TERM",
            Tree::ForkStorm => "fork storm",
            Tree::HoldsStdout => "holds stdout",
            Tree::ClosesAllFds => "closes all fds",
        }
    }

    /// What makes a fake sidecar become it.
    pub fn flags(self) -> &'static str {
        match self {
            Tree::Plain => "",
            Tree::Setsid => "--setsid",
            Tree::DoubleFork => "--double-fork",
            Tree::IgnoresTerm => {
                "--fork 1 --ignore-term --setsid --double-fork --escapee-ignores-term"
            }
            Tree::ForkStorm => "--fork-storm --escapee-ignores-term",
            Tree::HoldsStdout => "--hold-stdout",
            Tree::ClosesAllFds => "--setsid --double-fork --close-fds",
        }
    }

    /// How many processes that is, the leader among them.
    pub fn size(self) -> usize {
        match self {
            Tree::Plain => 1,
            Tree::Setsid | Tree::DoubleFork | Tree::HoldsStdout | Tree::ForkStorm => 2,
            Tree::ClosesAllFds => 3,
            Tree::IgnoresTerm => 4,
        }
    }

    /// Whether some of it ends only by force.
    pub fn is_deaf(self) -> bool {
        matches!(self, Tree::IgnoresTerm | Tree::ForkStorm)
    }
}

impl Cell {
    /// All, in the order of the report.
    pub fn all() -> impl Iterator<Item = Cell> {
        Victim::ALL.into_iter().flat_map(|victim| {
            How::ALL.into_iter().flat_map(move |how| {
                Tree::ALL
                    .into_iter()
                    .map(move |tree| Cell { victim, how, tree })
            })
        })
    }

    /// As it is written in reports.
    pub fn name(self) -> String {
        format!(
            "{} / {} / {}",
            self.victim.name(),
            self.how.name(),
            self.tree.name()
        )
    }
}
