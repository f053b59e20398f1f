//! Whom to call.
//!
//! Hooks are called one after the other on a thread of their own: one that takes long delays those
//! after it and nothing else.
//!
//! They are called in the order of events, after subscribers have heard of the event. The thread,
//! `sidecar-hooks`, exists from the first due hook on. What is due when the engine is dropped is
//! called before the drop returns, but for hooks that take longer than 5 s all together. One that
//! panics is told of in the log and takes no other with it.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use super::SidecarBuilder;
use crate::config::{CrashInfo, HandOver, StateChange};
use crate::info::SidecarInfo;

impl SidecarBuilder {
    /// Called for every crash, in order. A new run does not wait for it.
    ///
    /// Hooks are called one after the other on a thread of their own: one that blocks delays later
    /// hooks and nothing else. One that holds an [`Engine`](crate::Engine) keeps it alive, see
    /// there.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .on_crash(|crash| eprintln!("{crash}\n{}", crash.last_lines.join("\n")))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn on_crash(mut self, hook: impl Fn(CrashInfo) + Send + Sync + 'static) -> Self {
        self.0.hooks.crash = Some(Arc::new(hook));
        self
    }

    /// Called each time that it becomes ready, also after having been unhealthy, with what was
    /// known of it at that moment. On the thread that [`on_crash`](SidecarBuilder::on_crash) names.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .on_healthy(|info| println!("{} is at {:?}", info.id, info.url))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn on_healthy(mut self, hook: impl Fn(SidecarInfo) + Send + Sync + 'static) -> Self {
        self.0.hooks.healthy = Some(Arc::new(hook));
        self
    }

    /// Called for every change of its phase, and of what is wanted of it. On the thread that
    /// [`on_crash`](SidecarBuilder::on_crash) names.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .on_state_change(|change| println!("{}: {:?}", change.id, change.to))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn on_state_change(mut self, hook: impl Fn(StateChange) + Send + Sync + 'static) -> Self {
        self.0.hooks.state_change = Some(Arc::new(hook));
        self
    }

    /// Called by a rolling restart once the new run is ready; the old one is stopped after it. An
    /// error, or more than 30 s, ends the new run and leaves the old one as it was.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// # async fn point_proxy_at(port: Option<u16>) -> std::io::Result<()> { Ok(()) }
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .on_hand_over(|change| async move { point_proxy_at(change.port).await })
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
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
