//! Who waits until a sidecar is ready, or down.

use tokio::sync::oneshot;

use super::run_loop::Loop;
use crate::core::{Phase, Wanted};
use crate::error::Error;
use crate::info::SidecarInfo;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    Ready,
    Down,
}

/// Somebody who waits.
pub(crate) struct Waiter {
    pub(crate) id: String,
    pub(crate) until: Until,
    pub(crate) answer: oneshot::Sender<Result<SidecarInfo, Error>>,
}

impl Loop {
    /// Answers at once or puts the waiter on the list.
    pub(super) fn wait(&mut self, waiter: Waiter) {
        self.waiters.push(waiter);
        self.answer_waiters();
    }

    /// Answers everybody who has waited long enough.
    pub(super) fn answer_waiters(&mut self) {
        if self.waiters.is_empty() {
            return;
        }
        let mut waiters = std::mem::take(&mut self.waiters);
        let due = |waiter: &mut Waiter| {
            waiter.answer.is_closed() || self.answer_to(&waiter.id, waiter.until).is_some()
        };
        for waiter in waiters.extract_if(.., due) {
            if let Some(answer) = self.answer_to(&waiter.id, waiter.until) {
                let _ = waiter.answer.send(answer); // Nobody waits any more.
            }
        }
        self.waiters = waiters;
    }

    fn answer_to(&self, id: &str, until: Until) -> Option<Result<SidecarInfo, Error>> {
        let info = self
            .shared
            .info(id)
            .unwrap_or_else(|| SidecarInfo::idle(id));
        match (until, info.state) {
            (Until::Ready, Phase::Ready) | (Until::Down, Phase::Idle | Phase::Failed) => {
                Some(Ok(info))
            }
            (Until::Ready, Phase::Failed) => Some(Err(Error::Failed {
                id: id.to_owned(),
                reason: info.failure.unwrap_or_default(),
            })),
            // It is down and nobody wants it up, or is on its way down for good.
            (Until::Ready, _) if info.wanted == Wanted::Down => {
                Some(Err(Error::Stopped { id: id.to_owned() }))
            }
            (
                Until::Ready,
                Phase::Idle
                | Phase::Preparing
                | Phase::Starting
                | Phase::Unhealthy
                | Phase::Stopping
                | Phase::Waiting,
            )
            | (
                Until::Down,
                Phase::Preparing
                | Phase::Starting
                | Phase::Ready
                | Phase::Unhealthy
                | Phase::Stopping
                | Phase::Waiting,
            ) => None,
        }
    }
}
