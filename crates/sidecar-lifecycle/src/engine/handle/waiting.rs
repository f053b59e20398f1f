//! Wishes that are waited for, as futures of any executor.

use tokio::sync::oneshot;

use super::Engine;
use crate::config::SidecarConfig;
use crate::engine::message::Message;
use crate::engine::shared::lock;
use crate::engine::waiters::{Until, Waiter};
use crate::error::Error;
use crate::info::SidecarInfo;

impl Engine {
    /// Declares it, wants it up and waits until it is ready. Asked for many times at once, it is
    /// started once; one that is ready is answered at once.
    ///
    /// The wish is made by this call and not by the first poll of the future, which needs no
    /// particular executor.
    ///
    /// ```no_run
    /// use sidecar_lifecycle::{Engine, HealthCheck, SidecarConfig};
    ///
    /// # async fn example(engine: Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// let config = SidecarConfig::builder()
    ///     .name("api-server")
    ///     .port_range(8080..8200)
    ///     .health_check(HealthCheck::http("/health"))
    ///     .build()?;
    /// let info = engine.ensure_running("api", config).await?;
    /// println!("it answers at {:?}", info.url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`declare`](Engine::declare), [`Error::Failed`] when it is given up,
    /// [`Error::Stopped`] when somebody stops it meanwhile.
    pub fn ensure_running(
        &self,
        id: &str,
        config: SidecarConfig,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        let wished = self
            .declare(id, config)
            .and_then(|()| self.start(id))
            .map(|()| self.wait(id, Until::Ready));
        async move { wished?.await }
    }

    /// Waits until it is ready; at once if it is. A crash with another run to follow is waited
    /// through.
    ///
    /// # Errors
    /// [`Error::Failed`] when it is given up, [`Error::Stopped`] if nobody wants it up (any more).
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # async fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.restart("api", "its configuration has changed")?;
    /// let info = engine.wait_ready("api").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_ready(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        self.wait(id, Until::Ready)
    }

    /// Waits until nothing of it runs and nothing will of itself; at once if that is so.
    ///
    /// # Errors
    /// [`Error::ShutDown`] if the engine ended meanwhile.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::Engine;
    /// # async fn example(engine: &Engine) -> Result<(), sidecar_lifecycle::Error> {
    /// engine.stop("api", "its folder is to be deleted")?;
    /// engine.wait_down("api").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_down(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        self.wait(id, Until::Down)
    }

    fn wait(
        &self,
        id: &str,
        until: Until,
    ) -> impl Future<Output = Result<SidecarInfo, Error>> + Send + 'static {
        let (answer, heard) = oneshot::channel();
        let sent = if lock(&self.inner.declared).contains_key(id) {
            let id = id.to_owned();
            self.send(Message::Wait(Waiter { id, until, answer }))
        } else {
            Err(Error::Unknown { id: id.to_owned() })
        };
        async move {
            sent?;
            heard.await.unwrap_or(Err(Error::ShutDown))
        }
    }
}
