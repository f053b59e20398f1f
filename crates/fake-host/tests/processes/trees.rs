//! The shapes of tree that every way to end is tried on.

/// What the sidecar is told to become.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree {
    /// Its flags.
    pub(crate) flags: &'static str,
    /// How many processes that makes.
    pub(crate) size: usize,
    /// Whether it ends only by force.
    pub(crate) deaf: bool,
}

pub(crate) const PLAIN: Tree = Tree {
    flags: "",
    size: 1,
    deaf: false,
};
pub(crate) const FORKS: Tree = Tree {
    flags: "--fork 3",
    size: 4,
    deaf: false,
};
pub(crate) const ESCAPEES: Tree = Tree {
    flags: "--fork 1 --setsid --double-fork",
    size: 4,
    deaf: false,
};
pub(crate) const DEAF: Tree = Tree {
    flags: "--fork 1 --ignore-term --setsid --double-fork --escapee-ignores-term",
    size: 4,
    deaf: true,
};
pub(crate) const HOLDS_STDOUT: Tree = Tree {
    flags: "--hold-stdout",
    size: 2,
    deaf: false,
};
pub(crate) const CLOSES_ALL: Tree = Tree {
    flags: "--setsid --double-fork --close-fds",
    size: 3,
    deaf: false,
};
pub(crate) const WIPES_ENV: Tree = Tree {
    flags: "--setsid --double-fork --wipe-env",
    size: 3,
    deaf: false,
};
pub(crate) const FLOODS: Tree = Tree {
    flags: "--fork 1 --flood endless",
    size: 2,
    deaf: false,
};
