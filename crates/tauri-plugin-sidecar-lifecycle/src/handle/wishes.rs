//! What is wanted of sidecars. While the login shell is asked for the user's PATH all wishes wait, in
//! the order in which they were made: a stop that did not would come before the start that it ends.

use std::pin::Pin;
use std::sync::atomic::Ordering;

use sidecar_lifecycle::{Engine, RunId, SidecarInfo};
use tokio::sync::oneshot;

use super::{SidecarLifecycle, unknown};
use crate::error::{Error, Result};
use crate::outbox::lock;

/// The engine's answer to a wish.
type Asked = std::result::Result<(), sidecar_lifecycle::Error>;

/// The same, when it is there.
type Later<T> =
    Pin<Box<dyn Future<Output = std::result::Result<T, sidecar_lifecycle::Error>> + Send>>;

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
        self.wish_up(id, Engine::start)
    }

    /// Wants it down, see [`Engine::stop`]. Like a start it waits until the user's PATH is known: the
    /// last wish counts.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarLifecycleExt};
    /// # fn example(app: &tauri::AppHandle) -> Result<()> {
    /// app.sidecar_lifecycle().stop("api", "the project was closed")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self, id: &str, reason: &str) -> Result<()> {
        let reason = reason.to_owned();
        self.wish(id, move |engine, id| engine.stop(id, &reason))
    }

    /// Wants every sidecar down, see [`Engine::stop_all`] and [`stop`](SidecarLifecycle::stop).
    ///
    /// # Errors
    /// As there.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarLifecycleExt};
    /// # fn example(app: &tauri::AppHandle) -> Result<()> {
    /// app.sidecar_lifecycle().stop_all("the project was closed")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_all(&self, reason: &str) -> Result<()> {
        let reason = reason.to_owned();
        self.in_turn("all", move |engine| engine.stop_all(&reason))
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
        self.wish_up(id, move |engine, id| engine.restart(id, &reason))
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
        self.wish_up(id, move |engine, id| engine.roll(id, &reason))
    }

    /// Ends the tree of this very run by force, see [`Engine::kill`]. As with
    /// [`stop`](SidecarLifecycle::stop), no start that was wanted before comes after it.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, RunId, SidecarLifecycleExt};
    /// # async fn example(app: tauri::AppHandle, run: RunId) -> Result<()> {
    /// app.sidecar_lifecycle().kill("api", run).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn kill(&self, id: &str, run: RunId) -> impl Future<Output = Result<()>> + Send + 'static {
        let id = id.to_owned();
        self.later(move |engine| Box::pin(engine.kill(&id, run)))
    }

    /// Waits until it is ready, see [`Engine::wait_ready`]; wishes that were made before come first.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarLifecycleExt};
    /// # async fn example(app: tauri::AppHandle) -> Result<()> {
    /// app.sidecar_lifecycle().restart("api", "its configuration has changed")?;
    /// let info = app.sidecar_lifecycle().wait_ready("api").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<SidecarInfo>> + Send + 'static {
        let id = id.to_owned();
        self.later(move |engine| Box::pin(engine.wait_ready(&id)))
    }

    /// Waits until nothing of it runs and nothing will of itself, see [`Engine::wait_down`]; wishes
    /// that were made before come first.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarLifecycleExt};
    /// # async fn example(app: tauri::AppHandle) -> Result<()> {
    /// app.sidecar_lifecycle().stop("api", "its folder is to be deleted")?;
    /// app.sidecar_lifecycle().wait_down("api").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_down(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<SidecarInfo>> + Send + 'static {
        let id = id.to_owned();
        self.later(move |engine| Box::pin(engine.wait_down(&id)))
    }

    /// Makes a wish of one sidecar.
    fn wish(
        &self,
        id: &str,
        wish: impl FnOnce(&Engine, &str) -> Asked + Send + 'static,
    ) -> Result<()> {
        if self.inner.engine.logs(id).is_none() {
            return Err(unknown(id));
        }
        let own = id.to_owned();
        self.in_turn(id, move |engine| wish(engine, &own))
    }

    /// The same for what an app on its way out does not want any more.
    fn wish_up(
        &self,
        id: &str,
        wish: impl FnOnce(&Engine, &str) -> Asked + Send + 'static,
    ) -> Result<()> {
        if self.inner.exiting.load(Ordering::Acquire) {
            return Err(Error::Exiting);
        }
        self.wish(id, wish)
    }

    /// Makes a wish once the user's PATH is known. `of` is who is named if that fails later.
    fn in_turn(
        &self,
        of: &str,
        wish: impl FnOnce(&Engine) -> Asked + Send + 'static,
    ) -> Result<()> {
        let (engine, of) = (self.inner.engine.clone(), of.to_owned());
        // Mostly at once, and then the answer is here before the next line.
        let (answer, mut heard) = oneshot::channel();
        self.inner.programs.once_known(move || {
            let done = wish(&engine);
            if let Err(Err(e)) = answer.send(done) {
                log::error!("{of}: {e}"); // Nobody waited for so long.
            }
        });
        match heard.try_recv() {
            Ok(done) => Ok(done?),
            Err(_) => Ok(()),
        }
    }

    /// Asks for what takes its time, once the user's PATH is known.
    fn later<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Engine) -> Later<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send + 'static {
        let (asked, heard) = oneshot::channel();
        let engine = self.inner.engine.clone();
        self.inner.programs.once_known(move || {
            let _ = asked.send(ask(&engine)); // Nobody waits for it.
        });
        async move {
            let asked = heard
                .await
                .map_err(|_| sidecar_lifecycle::Error::ShutDown)?;
            Ok(asked.await?)
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
        let wished = self.wish_up(id, move |engine, id| {
            let ready = engine
                .start(id)
                .map(|()| -> Later<_> { Box::pin(engine.wait_ready(id)) });
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};
    use std::time::Duration;

    use fake_host::testing::fake_sidecar;
    use sidecar_lifecycle::SidecarConfig;
    use tauri::async_runtime::block_on;

    use super::*;
    use crate::programs::Programs;

    /// One that was declared, and never runs longer than a failed test may take.
    fn sidecars(folder: &tempfile::TempDir) -> SidecarLifecycle {
        let engine = Engine::builder("wishes-tests", folder.path().join("state"));
        let engine = engine.build().expect("an engine");
        let sidecars = SidecarLifecycle::new(engine, Programs::new(&[], None));
        let program = fake_sidecar().to_str().expect("a path that is text");
        let web = SidecarConfig::builder().name(program).args(["--no-listen"]);
        let web = web.build().expect("a good configuration");
        sidecars.declare("web", web).expect("declared");
        sidecars
    }

    /// Whether the last wish was a stop. One that is up, or on its way, is waited for.
    fn is_wanted_down(sidecars: &SidecarLifecycle) -> bool {
        match block_on(sidecars.engine().wait_ready("web")) {
            Ok(_) => false,
            Err(sidecar_lifecycle::Error::Stopped { .. }) => true,
            Err(e) => panic!("it does not start: {e}"),
        }
    }

    fn end(sidecars: &SidecarLifecycle) {
        sidecars.force();
        let report = sidecars.shutdown("the test has ended", Duration::from_secs(30));
        assert!(report.complete, "something is left");
    }

    #[test]
    fn a_stop_does_not_overtake_a_start_that_waits_for_the_users_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let sidecars = sidecars(&folder);
        for all in [false, true] {
            sidecars.inner.programs.ask();
            sidecars.start("web").expect("noted");
            let stopped = if all {
                sidecars.stop_all("the test")
            } else {
                sidecars.stop("web", "the test")
            };
            stopped.expect("noted");
            sidecars.use_path(None);
            assert!(is_wanted_down(&sidecars), "all: {all}");
        }
        assert_eq!(
            sidecars.stop("nobody", "the test").map_err(|e| e.code()),
            Err("unknown-sidecar")
        );
        sidecars.set_exiting(true);
        sidecars.stop("web", "the test").expect("always possible");
        end(&sidecars);
    }

    #[test]
    fn who_waits_for_a_start_that_waits_for_the_users_path_is_not_told_that_it_is_down() {
        let folder = tempfile::tempdir().expect("a folder");
        let sidecars = sidecars(&folder);
        sidecars.inner.programs.ask();
        sidecars.start("web").expect("noted");
        let ready = sidecars.wait_ready("web");
        let mut down = pin!(sidecars.wait_down("web"));
        sidecars.use_path(None);
        block_on(ready).expect("ready");
        let mut context = Context::from_waker(Waker::noop());
        assert!(down.as_mut().poll(&mut context).is_pending(), "it runs");
        sidecars.stop("web", "the test").expect("stopped");
        block_on(down).expect("down");
        end(&sidecars);
    }

    #[test]
    fn a_kill_does_not_overtake_a_start_that_waits_for_the_users_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let sidecars = sidecars(&folder);
        let first = block_on(sidecars.ensure_declared("web", None)).expect("ready");
        sidecars.inner.programs.ask();
        sidecars.start("web").expect("noted");
        let killed = sidecars.kill("web", first.run.expect("it runs"));
        sidecars.use_path(None);
        block_on(killed).expect("killed");
        assert!(is_wanted_down(&sidecars));
        end(&sidecars);
    }
}
