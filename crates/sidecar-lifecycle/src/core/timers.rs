//! All deadlines of one sidecar, in one tiny table.

use super::time::Mono;

/// What a deadline is about. At most one of each is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The run has to be ready by then.
    ReadyTimeout,
    /// A tree that was asked to end is ended by force then.
    Grace,
    /// A tree that force has not ended is given up then.
    ForceLimit,
    /// The next run begins then.
    Backoff,
    /// What it needs was set anew: it looks around then.
    LookAround,
}

impl Timer {
    const ALL: [Timer; 5] = [
        Timer::ReadyTimeout,
        Timer::Grace,
        Timer::ForceLimit,
        Timer::Backoff,
        Timer::LookAround,
    ];
}

/// The table. It never asks for the time: a deadline is due when its caller says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timers([Option<Mono>; Timer::ALL.len()]);

impl Timers {
    /// Sets a deadline, in place of an earlier one of the same kind.
    pub(super) fn set(&mut self, timer: Timer, at: Mono) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn clear(&mut self) {
        *self = Timers::default();
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Mono> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes the earliest deadline that is due at `now` off the table.
    pub(super) fn take_due(&mut self, now: Mono) -> Option<Timer> {
        let at = |timer: Timer| self.0[timer as usize].filter(|at| *at <= now);
        let due = Timer::ALL
            .into_iter()
            .filter_map(|timer| Some((at(timer)?, timer)));
        let (_, first) = due.min_by_key(|(at, _)| *at)?;
        self.0[first as usize] = None;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(secs: u64) -> Mono {
        Mono(Duration::from_secs(secs))
    }

    #[test]
    fn due_deadlines_come_earliest_first_and_once() {
        let mut timers = Timers::default();
        timers.set(Timer::ReadyTimeout, at(5));
        timers.set(Timer::Backoff, at(3));
        timers.set(Timer::Grace, at(9));
        assert_eq!(timers.next(), Some(at(3)));
        assert_eq!(timers.take_due(at(2)), None);
        assert_eq!(timers.take_due(at(5)), Some(Timer::Backoff));
        assert_eq!(timers.take_due(at(5)), Some(Timer::ReadyTimeout));
        assert_eq!(timers.take_due(at(5)), None);
        assert_eq!(timers.next(), Some(at(9)));
    }

    #[test]
    fn a_cleared_deadline_is_never_due() {
        let mut timers = Timers::default();
        timers.set(Timer::ForceLimit, at(1));
        timers.clear();
        assert_eq!((timers.next(), timers.take_due(at(100))), (None, None));
    }
}
