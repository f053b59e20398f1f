//! How long to wait before the next run, and how many crashes count.

use std::collections::VecDeque;
use std::time::Duration;

use super::policy::Policy;
use super::random::SplitMix64;
use super::time::Mono;

/// A run that was ready for less than this has proved nothing, however short the last delay.
const PROVEN: Duration = Duration::from_secs(10);

/// What is remembered of earlier ends that nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    random: SplitMix64,
    /// When it crashed, oldest first. Nothing older than the window is kept.
    crashes: VecDeque<Mono>,
    /// Ends since the last proven run, clean ones included: the exponent of the backoff.
    streak: u32,
    last_delay: Duration,
}

impl History {
    pub(super) fn new(seed: u64) -> History {
        History {
            random: SplitMix64::new(seed),
            crashes: VecDeque::new(),
            streak: 0,
            last_delay: Duration::ZERO,
        }
    }

    /// What was before does not count: a user starts it, or it has been ready for long enough.
    pub(super) fn forget(&mut self) {
        self.crashes.clear();
        self.streak = 0;
        self.last_delay = Duration::ZERO;
    }

    /// Notes a crash of a run that was ready for `ready_for`, and returns the number of crashes
    /// within the window, this one included.
    pub(super) fn crashed(&mut self, now: Mono, ready_for: Duration, window: Duration) -> u32 {
        self.ended(now, ready_for, window);
        self.crashes.push_back(now);
        self.attempt()
    }

    /// Notes an end that may be no failure. By itself it lengthens the backoff, so that a program
    /// that ends at once cannot spin, and is no reason to give up.
    pub(super) fn ended(&mut self, now: Mono, ready_for: Duration, window: Duration) {
        if ready_for >= PROVEN.max(self.last_delay.saturating_mul(2)) {
            self.forget();
        }
        self.crashes.retain(|at| now.since(*at) < window);
        self.streak = self.streak.saturating_add(1);
    }

    /// Crashes within the window, as last counted.
    pub(super) fn attempt(&self) -> u32 {
        u32::try_from(self.crashes.len()).unwrap_or(u32::MAX)
    }

    /// The wait before the next run: full jitter, anything from nothing to the exponential step.
    /// It keeps a fleet that crashed together from coming back together.
    pub(super) fn delay(&mut self, policy: &Policy) -> Duration {
        let doublings = self.streak.saturating_sub(1).min(31);
        let step = policy
            .backoff
            .saturating_mul(1 << doublings)
            .min(policy.backoff_cap);
        let most = u64::try_from(step.as_nanos()).unwrap_or(u64::MAX);
        self.last_delay = Duration::from_nanos(self.random.up_to(most));
        self.last_delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_mins(1);
    const NANO: Duration = Duration::from_nanos(1);

    fn at(secs: u64) -> Mono {
        Mono(Duration::from_secs(secs))
    }

    #[test]
    fn steps_double_up_to_the_cap_and_jitter_covers_them() {
        let policy = Policy {
            backoff: Duration::from_millis(100),
            backoff_cap: Duration::from_secs(1),
            ..Policy::default()
        };
        let steps = [100, 200, 400, 800, 1000, 1000].map(Duration::from_millis);
        let mut drawn: [Vec<Duration>; 6] = Default::default();
        for seed in 0..500 {
            let mut history = History::new(seed);
            for delays in &mut drawn {
                history.crashed(at(0), Duration::ZERO, WINDOW);
                delays.push(history.delay(&policy));
            }
        }
        for (delays, step) in drawn.iter_mut().zip(steps) {
            delays.sort();
            assert!(
                delays[499] <= step,
                "{:?} is more than {step:?}",
                delays[499]
            );
            assert!(delays[499] > step.mul_f64(0.95), "never near {step:?}");
            assert!(delays[0] < step.mul_f64(0.05), "never near nothing");
        }
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let policy = Policy {
            backoff: Duration::MAX,
            backoff_cap: Duration::MAX,
            ..Policy::default()
        };
        let mut history = History::new(1);
        history.streak = u32::MAX;
        history.crashed(Mono(Duration::MAX), Duration::ZERO, Duration::MAX);
        let _ = history.delay(&policy);
        assert_eq!(history.streak, u32::MAX);
    }

    #[test]
    fn crashes_leave_the_window_one_by_one() {
        let mut history = History::new(1);
        assert_eq!(history.crashed(at(0), Duration::ZERO, WINDOW), 1);
        assert_eq!(history.crashed(at(30), Duration::ZERO, WINDOW), 2);
        assert_eq!(history.crashed(at(59), Duration::ZERO, WINDOW), 3);
        assert_eq!(history.crashed(at(60), Duration::ZERO, WINDOW), 3);
        assert_eq!(history.crashed(at(118), Duration::ZERO, WINDOW), 3);
    }

    #[test]
    fn only_enough_ready_time_makes_it_forget() {
        let mut history = History::new(1);
        history.crashed(at(0), Duration::ZERO, WINDOW);
        history.last_delay = Duration::from_secs(20);
        let nearly = Duration::from_secs(40).saturating_sub(NANO);
        assert_eq!(history.crashed(at(45), nearly, WINDOW), 2);
        history.last_delay = Duration::from_secs(20);
        assert_eq!(history.crashed(at(46), Duration::from_secs(40), WINDOW), 1);
        assert_eq!(history.streak, 1);
        // After a short delay ten seconds are asked for all the same.
        history.last_delay = Duration::from_millis(1);
        assert_eq!(
            history.crashed(at(56), PROVEN.saturating_sub(NANO), WINDOW),
            2
        );
        assert_eq!(history.crashed(at(57), PROVEN, WINDOW), 1);
    }

    #[test]
    fn a_clean_end_lengthens_the_backoff_and_is_no_crash() {
        let mut history = History::new(1);
        history.ended(at(0), Duration::ZERO, WINDOW);
        history.ended(at(1), Duration::ZERO, WINDOW);
        assert_eq!((history.streak, history.attempt()), (2, 0));
    }
}
