//! The reader's end.

use tokio::sync::{mpsc, oneshot};

use super::{OutputError, OutputOrder};
use crate::core::RunId;
use crate::engine::message::Message;

/// How far the reader of a raw stdout has come.
///
/// ```no_run
/// # async fn example(engine: sidecar_lifecycle::Engine) -> Result<(), Box<dyn std::error::Error>> {
/// let position = engine.output("language-server")?.position().await?;
/// println!("run {}: {} bytes were taken", position.run.0, position.acknowledged);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputPosition {
    /// The newest run.
    pub run: RunId,
    /// So many of its bytes were acknowledged: from here on they can be read.
    pub acknowledged: u64,
}

/// Reads the stdout of a sidecar that was configured with
/// [`StdoutMode::Raw`](crate::StdoutMode::Raw). Made by [`Engine::output`](crate::Engine::output).
///
/// There is one stream of bytes for each run, and one place up to which it was taken. Whoever reads
/// at a place says by that that he has all before it; until he does, it is kept, so that a reader
/// that was interrupted (a page that is reloaded, say) finds it again. What nobody reads stays in
/// the pipe, and a sidecar with a full pipe waits. At most 1 MiB is kept in this program for each
/// sidecar, and the pipe holds as much again (64 KiB where the system does not allow more).
///
/// A run's bytes can be read to their end after it has ended, until the next run begins: then its
/// rest is thrown away, and the old run's number is answered with [`OutputError::StaleRun`].
///
/// ```no_run
/// # async fn example(engine: sidecar_lifecycle::Engine) -> Result<(), Box<dyn std::error::Error>> {
/// let output = engine.output("language-server")?;
/// let run = output.position().await?.run;
/// let mut offset = 0;
/// loop {
///     let bytes = output.read(run, offset, 64 * 1024).await?;
///     if bytes.is_empty() {
///         break; // The end.
///     }
///     offset += bytes.len() as u64;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SidecarOutput {
    pub(in crate::engine) id: String,
    pub(in crate::engine) tx: mpsc::UnboundedSender<Message>,
}

impl SidecarOutput {
    /// Some of the bytes of `run` from `offset` on, at most `max` (and at most 1 MiB); empty at the
    /// end. Waits until there are some. All bytes before `offset` are acknowledged by this, and not
    /// kept any longer.
    ///
    /// It needs no particular executor. Dropping the future loses nothing: what it would have
    /// answered with is there for the next one.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use sidecar_lifecycle::{Engine, SidecarConfig, StdoutMode};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder()
    ///     .name("sh")
    ///     .args(["-c", "printf hello; exec sleep 1000"])
    ///     .stdout(StdoutMode::Raw)
    ///     .build()?;
    /// engine.declare("server", config)?;
    /// engine.start("server")?;
    /// engine.wait_ready("server").await?;
    /// let output = engine.output("server")?;
    /// let run = output.position().await?.run;
    /// let mut said = Vec::new();
    /// while said.len() < 5 {
    ///     // Says by the place that all before it has arrived.
    ///     said.extend(output.read(run, said.len() as u64, 64 * 1024).await?);
    /// }
    /// assert_eq!(said, b"hello");
    /// # Ok(())
    /// # }
    /// # #[cfg(unix)] {
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(example())?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn read(
        &self,
        run: RunId,
        offset: u64,
        max: usize,
    ) -> impl Future<Output = Result<Vec<u8>, OutputError>> + Send + 'static {
        self.order(move |answer| OutputOrder::Read {
            run,
            offset,
            max,
            answer,
        })
    }

    /// Where a reader begins that does not know where it was: the newest run, and the first byte of
    /// it that can still be read.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use sidecar_lifecycle::{Engine, SidecarConfig, StdoutMode};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder()
    ///     .name("sh")
    ///     .args(["-c", "printf hello; exec sleep 1000"])
    ///     .stdout(StdoutMode::Raw)
    ///     .build()?;
    /// engine.declare("server", config)?;
    /// engine.start("server")?;
    /// engine.wait_ready("server").await?;
    /// let output = engine.output("server")?;
    /// let position = output.position().await?;
    /// assert_eq!((position.run.0, position.acknowledged), (1, 0), "nobody has read yet");
    /// # Ok(())
    /// # }
    /// # #[cfg(unix)] {
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(example())?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn position(
        &self,
    ) -> impl Future<Output = Result<OutputPosition, OutputError>> + Send + 'static {
        self.order(|answer| OutputOrder::Position { answer })
    }

    fn order<T: Send + 'static>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<T, OutputError>>) -> OutputOrder,
    ) -> impl Future<Output = Result<T, OutputError>> + Send + 'static {
        let (tx, answer) = oneshot::channel();
        let sent = self.tx.send(Message::Output {
            id: self.id.clone(),
            order: order(tx),
        });
        async move {
            sent.map_err(|_| OutputError::ShutDown)?;
            answer.await.unwrap_or(Err(OutputError::ShutDown))
        }
    }
}
