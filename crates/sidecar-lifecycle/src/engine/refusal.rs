//! Why a run could not begin.

use std::io;

use crate::sys::is_transient;

/// Why a run could not begin, and whether another try is worth while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What was tried and why it failed.
    pub(crate) reason: String,
    /// Whether the cause may pass by itself.
    pub(crate) transient: bool,
}

impl Refusal {
    /// For a reason that will still be there the next time.
    pub(crate) fn lasting(reason: impl Into<String>) -> Refusal {
        Refusal {
            reason: reason.into(),
            transient: false,
        }
    }

    /// For a reason that may pass.
    pub(crate) fn passing(reason: impl Into<String>) -> Refusal {
        Refusal {
            reason: reason.into(),
            transient: true,
        }
    }

    /// The same, after what was tried.
    pub(crate) fn while_doing(self, what: &str) -> Refusal {
        Refusal {
            reason: format!("{what}: {}", self.reason),
            ..self
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(e: io::Error) -> Refusal {
        // A guardian that does not take orders any more is replaced.
        let lost = matches!(
            e.kind(),
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
        );
        Refusal {
            transient: lost || is_transient(&e),
            reason: e.to_string(),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        for (errno, transient) in [
            (libc::EAGAIN, true),
            (libc::EMFILE, true),
            (libc::ENFILE, true),
            (libc::ENOMEM, true),
            (libc::ETXTBSY, true),
            (libc::EPIPE, true),
            (libc::ENOENT, false),
            (libc::EACCES, false),
            (libc::ENOEXEC, false),
            (libc::E2BIG, false),
        ] {
            let refusal = Refusal::from(io::Error::from_raw_os_error(errno));
            assert_eq!(refusal.transient, transient, "{refusal:?}");
        }
    }
}
