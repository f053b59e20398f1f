//! Time for those who may have been stopped themselves: by SIGSTOP, a debugger, a laptop's lid.
//!
//! A deadline that passed meanwhile says nothing of a sidecar: its answer may be waiting to be read.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::sys::monotonic;

/// Whoever is woken so much too late was not merely busy: it was stopped.
const LATE: Duration = Duration::from_secs(1);
/// What is due gets so much more then, to take in what has come meanwhile.
const SECOND_CHANCE: Duration = Duration::from_secs(1);

/// The core's clock: it does not count the time in which nobody could look at it.
#[derive(Debug, Default)]
pub(super) struct CoreClock {
    lost: Duration,
    last: Duration,
}

impl CoreClock {
    /// Never goes back.
    pub(super) fn now(&mut self) -> Duration {
        self.at(monotonic())
    }

    /// Call it upon waking, before anything else: sets the clock back if this deadline was missed
    /// by far.
    pub(super) fn forgive(&mut self, deadline: Duration) {
        self.forgive_at(deadline, monotonic());
    }

    fn at(&mut self, real: Duration) -> Duration {
        self.last = self.last.max(real.saturating_sub(self.lost));
        self.last
    }

    fn forgive_at(&mut self, deadline: Duration, real: Duration) {
        let late = real.saturating_sub(self.lost).saturating_sub(deadline);
        if late > LATE {
            let now = deadline.saturating_sub(SECOND_CHANCE).max(self.last);
            self.lost = real.saturating_sub(now);
        }
    }
}

/// Waits for an answer, and once more as long if it was us who were stopped meanwhile.
pub(super) async fn within<F: Future>(limit: Duration, answer: F) -> Option<F::Output> {
    let mut answer = pin!(answer);
    let due = monotonic().saturating_add(limit);
    let first = timeout(limit, &mut answer).await;
    match first {
        Ok(answer) => Some(answer),
        Err(_) if monotonic() > due.saturating_add(LATE) => timeout(limit, answer).await.ok(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_deadline_that_passed_while_we_were_stopped_is_moved() {
        let mut clock = CoreClock::default();
        assert_eq!(clock.at(at(5_000)), at(5_000));
        clock.forgive_at(at(30_000), at(90_000));
        assert_eq!(clock.at(at(90_000)), at(29_000));
        assert_eq!(
            clock.at(at(91_000)),
            at(30_000),
            "and it goes on from there"
        );
        clock.forgive_at(at(30_000), at(91_000));
        assert_eq!(clock.at(at(91_000)), at(30_000), "it is due now");
    }

    #[test]
    fn it_never_goes_back() {
        let mut clock = CoreClock::default();
        clock.at(at(9_900));
        clock.forgive_at(at(10_000), at(60_000));
        assert_eq!(clock.at(at(60_000)), at(9_900));
        assert_eq!(clock.at(at(60_100)), at(10_000));
    }

    #[test]
    fn who_is_merely_busy_is_forgiven_nothing() {
        let mut clock = CoreClock::default();
        clock.forgive_at(at(10_000), at(10_900));
        assert_eq!(clock.at(at(10_900)), at(10_900));
    }

    /// The probe's timer fired while nobody could look, and the answer had been there all along.
    #[test]
    fn an_answer_that_came_while_we_were_stopped_counts() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let limit = Duration::from_millis(20);
        let stopped = LATE + at(100);
        let answer = async {
            // Stands for the time in which this whole process was stopped.
            std::thread::sleep(stopped);
            tokio::time::sleep(limit / 2).await;
            7
        };
        assert_eq!(runtime.block_on(within(limit, answer)), Some(7));
        let never = std::future::pending::<()>();
        assert_eq!(runtime.block_on(within(limit, never)), None);
    }
}
