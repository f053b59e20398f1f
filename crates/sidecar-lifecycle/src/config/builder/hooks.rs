//! Whom to call.
//!
//! Hooks are called one after the other on a thread of their own: one that takes long delays those
//! after it and nothing else.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use super::SidecarBuilder;
use crate::config::{CrashInfo, HandOver, StateChange};
use crate::info::SidecarInfo;

impl SidecarBuilder {
    /// Called for every crash, before a new run follows.
    pub fn on_crash(mut self, hook: impl Fn(CrashInfo) + Send + Sync + 'static) -> Self {
        self.0.hooks.crash = Some(Arc::new(hook));
        self
    }

    /// Called each time that it becomes ready, also after having been unhealthy.
    pub fn on_healthy(mut self, hook: impl Fn(SidecarInfo) + Send + Sync + 'static) -> Self {
        self.0.hooks.healthy = Some(Arc::new(hook));
        self
    }

    /// Called for every change of its phase, and of what is wanted of it.
    pub fn on_state_change(mut self, hook: impl Fn(StateChange) + Send + Sync + 'static) -> Self {
        self.0.hooks.state_change = Some(Arc::new(hook));
        self
    }

    /// Called by a rolling restart once the new run is ready; the old one is stopped after it. An
    /// error, or more than 30 s, ends the new run and leaves the old one as it was.
    pub fn on_hand_over<F, E>(
        mut self,
        hook: impl Fn(HandOver) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.0.hooks.hand_over = Some(Arc::new(move |change| {
            let done = hook(change);
            Box::pin(async move { done.await.map_err(|e| e.to_string()) })
        }));
        self
    }
}
