//! Each roll ends in exactly one way, and leaves one sidecar.

use std::collections::BTreeMap;

use sidecar_lifecycle::core::SidecarId;

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Replaced,
    Failed,
    /// Something else was asked for.
    Cancelled,
}

#[derive(Debug)]
struct Roll {
    old: SidecarId,
    end: Option<End>,
}

/// The rolls that are under way, by their successors.
#[derive(Debug, Default)]
pub(crate) struct Rolls(BTreeMap<SidecarId, Roll>);

impl Rolls {
    pub(crate) fn split(&mut self, old: SidecarId, successor: SidecarId) {
        assert!(!self.involves(old), "a second roll beside the first");
        self.0.insert(successor, Roll { old, end: None });
    }

    pub(crate) fn replaced(&mut self, old: SidecarId, by: SidecarId) {
        assert_eq!(self.0[&by].old, old, "replaced by a stranger");
        self.end(by, End::Replaced);
    }

    pub(crate) fn failed(&mut self, old: SidecarId) {
        let successor = self.coming(old).expect("no roll that could fail");
        self.end(successor, End::Failed);
    }

    /// A user's wish about one of them, or about all.
    pub(crate) fn cancelled(&mut self, old: Option<SidecarId>) {
        for roll in self.0.values_mut() {
            if roll.end.is_none() && old.is_none_or(|old| roll.old == old) {
                roll.end = Some(End::Cancelled);
            }
        }
    }

    /// Its last order came.
    pub(crate) fn forgotten(&mut self, id: SidecarId) {
        let is_it = |(successor, roll): &(&SidecarId, &Roll)| match roll.end {
            Some(End::Replaced) => roll.old == id,
            Some(End::Failed | End::Cancelled) => **successor == id,
            None => false,
        };
        let successor = self.0.iter().find(is_it).map(|(successor, _)| *successor);
        self.0
            .remove(&successor.expect("forgotten without a reason"));
    }

    pub(crate) fn involves(&self, id: SidecarId) -> bool {
        self.0.iter().any(|(s, roll)| *s == id || roll.old == id)
    }

    /// When nothing is on its way: those that are left wait for what their successors need.
    pub(crate) fn are_at_rest(&self, waits: impl Fn(SidecarId) -> bool) {
        for (successor, roll) in &self.0 {
            assert!(
                roll.end.is_none() && waits(*successor),
                "{successor}: {roll:?}"
            );
        }
    }

    /// Who is on the way to replace it.
    pub(crate) fn coming(&self, old: SidecarId) -> Option<SidecarId> {
        let mut open = self.0.iter().filter(|(_, roll)| roll.end.is_none());
        open.find(|(_, roll)| roll.old == old).map(|(s, _)| *s)
    }

    fn end(&mut self, successor: SidecarId, end: End) {
        let before = self.0.get_mut(&successor).unwrap().end.replace(end);
        assert_eq!(
            before, None,
            "a roll that ends twice, the second time as {end:?}"
        );
    }
}
