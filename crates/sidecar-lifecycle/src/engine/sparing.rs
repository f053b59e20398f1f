//! How often sockets are looked at where that costs much: on macOS, all descriptors of a tree are read
//! for it, and of everybody when no member has the port.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

/// From one look to the next where nobody answers, or a stranger. A listener on none of the loopback
/// addresses is found by these looks alone.
const PAUSE: Duration = Duration::from_millis(50);

/// What is known of the ports that one question is about.
#[derive(Debug, Default)]
pub(crate) struct Sparing(RefCell<HashMap<u16, Look>>);

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Duration,
    found: bool,
    was_due: bool,
}

impl Sparing {
    /// Whether it is time for a look, whoever answers.
    pub(crate) fn is_due(&self, port: u16, now: Duration) -> bool {
        let look = self.0.borrow().get(&port).copied();
        look.is_none_or(|look| look.found || now >= look.at + PAUSE)
    }

    /// Whether the last look has found one of ours.
    pub(crate) fn has_found(&self, port: u16) -> bool {
        self.0.borrow().get(&port).is_some_and(|look| look.found)
    }

    /// Whether somebody has answered, and nobody of ours was found: asking again tells nothing new.
    pub(crate) fn is_foreign(&self, port: u16) -> bool {
        let look = self.0.borrow().get(&port).copied();
        look.is_some_and(|look| !look.found && !look.was_due)
    }

    /// Takes in what a look has found.
    pub(crate) fn looked(&self, port: u16, found: bool, now: Duration) {
        let was_due = self.is_due(port, now);
        self.0.borrow_mut().insert(
            port,
            Look {
                at: now,
                found,
                was_due,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u16 = 5173;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_port_on_which_nobody_answers_is_looked_at_now_and_then() {
        let sparing = Sparing::default();
        assert!(sparing.is_due(PORT, ms(1)), "the first look is due");
        sparing.looked(PORT, false, ms(1));
        assert!(!sparing.is_due(PORT, ms(3)));
        assert!(
            !sparing.is_foreign(PORT),
            "whoever answers now is looked at"
        );
        assert!(sparing.is_due(PORT, ms(51)));
        assert!(
            sparing.is_due(PORT + 1, ms(3)),
            "another one is asked about by itself"
        );
    }

    #[test]
    fn a_stranger_that_answers_is_looked_at_no_more_often() {
        let sparing = Sparing::default();
        sparing.looked(PORT, false, ms(1));
        sparing.looked(PORT, false, ms(5));
        assert!(sparing.is_foreign(PORT) && !sparing.is_due(PORT, ms(7)));
        sparing.looked(PORT, false, ms(55));
        assert!(!sparing.is_foreign(PORT), "it may have gone since");
    }

    #[test]
    fn our_own_listener_is_looked_at_each_time() {
        let sparing = Sparing::default();
        sparing.looked(PORT, true, ms(1));
        assert!(sparing.has_found(PORT) && sparing.is_due(PORT, ms(2)));
    }
}
