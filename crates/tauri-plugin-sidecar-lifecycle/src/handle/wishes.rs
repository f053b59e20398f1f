//! What is wanted of sidecars: it waits until the user's PATH is known.

use std::pin::Pin;
use std::sync::atomic::Ordering;

use sidecar_lifecycle::{Engine, SidecarInfo};
use tokio::sync::oneshot;

use super::{SidecarLifecycle, unknown};
use crate::error::{Error, Result};
use crate::outbox::lock;

type Ready = Pin<
    Box<dyn Future<Output = std::result::Result<SidecarInfo, sidecar_lifecycle::Error>> + Send>,
>;

impl SidecarLifecycle {
    /// Wants it up, see [`Engine::start`].
    ///
    /// # Errors
    /// As there, and `exiting` when the app is on its way out.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarLifecycleExt};
    /// # fn example(app: &tauri::AppHandle) -> Result<()> {
    /// app.sidecar_lifecycle().start("api")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self, id: &str) -> Result<()> {
        self.wish(id, Engine::start)
    }

    /// Wants a new run instead of the current one, see [`Engine::restart`].
    ///
    /// # Errors
    /// As [`start`](SidecarLifecycle::start).
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarLifecycleExt};
    /// # fn example(app: &tauri::AppHandle) -> Result<()> {
    /// app.sidecar_lifecycle().restart("api", "its settings have changed")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn restart(&self, id: &str, reason: &str) -> Result<()> {
        let reason = reason.to_owned();
        self.wish(id, move |engine, id| engine.restart(id, &reason))
    }

    /// Replaces the current run by a new one without a gap, see [`Engine::roll`].
    ///
    /// # Errors
    /// As [`start`](SidecarLifecycle::start).
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarLifecycleExt};
    /// # fn example(app: &tauri::AppHandle) -> Result<()> {
    /// app.sidecar_lifecycle().roll("api", "a new build")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn roll(&self, id: &str, reason: &str) -> Result<()> {
        let reason = reason.to_owned();
        self.wish(id, move |engine, id| engine.roll(id, &reason))
    }

    /// Makes a wish, once the user's PATH is known.
    fn wish(
        &self,
        id: &str,
        wish: impl FnOnce(&Engine, &str) -> std::result::Result<(), sidecar_lifecycle::Error>
        + Send
        + 'static,
    ) -> Result<()> {
        if self.inner.exiting.load(Ordering::Acquire) {
            return Err(Error::Exiting);
        }
        if self.inner.engine.logs(id).is_none() {
            return Err(unknown(id));
        }
        let (this, id) = (self.clone(), id.to_owned());
        // Mostly at once, and then the answer is here before the next line.
        let (answer, mut heard) = oneshot::channel();
        self.inner.programs.once_known(move || {
            let done = wish(&this.inner.engine, &id);
            if let Err(Err(e)) = answer.send(done) {
                log::error!("{id}: {e}"); // Nobody waited for so long.
            }
        });
        match heard.try_recv() {
            Ok(done) => Ok(done?),
            Err(_) => Ok(()),
        }
    }

    /// Wants it up and waits until it is ready.
    pub(super) fn bring_up(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<SidecarInfo>> + Send + 'static {
        let declared = lock(&self.inner.declared);
        let awaited = declared.get(id).map(|known| known.awaited.clone());
        drop(declared);
        let (started, heard) = oneshot::channel();
        let wished = self.wish(id, move |engine, id| {
            let ready = engine
                .start(id)
                .map(|()| -> Ready { Box::pin(engine.wait_ready(id)) });
            let _ = started.send(ready); // Nobody waits for it.
            Ok(())
        });
        async move {
            wished?;
            let gone = Err(sidecar_lifecycle::Error::ShutDown);
            let ready = heard.await.unwrap_or(gone)?.await;
            drop(awaited);
            Ok(ready?)
        }
    }
}
