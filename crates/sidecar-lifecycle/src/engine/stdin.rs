//! What is written to a sidecar's stdin.

use std::io;

use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::message::Message;
use super::run_loop::Loop;
use super::spawner::write_stdin;
use crate::config::StdinMode;
use crate::core::{Phase, RunId, Sidecar};
use crate::error_code::EngineErrorCode as Code;

type Done = oneshot::Sender<Result<(), StdinError>>;

/// Why nothing was written.
///
/// ```
/// use sidecar_lifecycle::StdinError;
///
/// /// Whether the same bytes are worth another try once the sidecar is up again.
/// fn may_retry(error: &StdinError) -> bool {
///     matches!(error, StdinError::NotRunning { .. } | StdinError::Closed { .. })
/// }
/// assert!(!may_retry(&StdinError::ShutDown));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StdinError {
    /// No run of it has a stdin now.
    #[error("{id} does not run: start it first")]
    NotRunning {
        /// The sidecar's id.
        id: String,
    },
    /// It was configured otherwise.
    #[error("the stdin of {id} cannot be written to: configure it as `piped`")]
    NotPiped {
        /// The sidecar's id.
        id: String,
    },
    /// The run that was meant is not the one that runs.
    #[error("run {run} of {id} has ended: ask for its present run")]
    StaleRun {
        /// The sidecar's id.
        id: String,
        /// The run that was meant.
        run: RunId,
    },
    /// It was closed, here or by the sidecar, or the run has ended.
    #[error("the stdin of {id} is closed")]
    Closed {
        /// The sidecar's id.
        id: String,
    },
    /// The system's answer.
    #[error("cannot write to the stdin of {id}: {source}")]
    Io {
        /// The sidecar's id.
        id: String,
        /// Why.
        source: io::Error,
    },
    /// The engine has shut down.
    #[error("the engine has shut down")]
    ShutDown,
}

impl StdinError {
    /// A stable name for programs: texts may change, names do not.
    ///
    /// ```
    /// assert_eq!(sidecar_lifecycle::StdinError::ShutDown.code(), "shut-down");
    /// ```
    pub fn code(&self) -> &'static str {
        let code = match self {
            StdinError::NotRunning { .. } => Code::NotRunning,
            StdinError::NotPiped { .. } => Code::NotPiped,
            StdinError::StaleRun { .. } => Code::StaleRun,
            StdinError::Closed { .. } => Code::StdinClosed,
            StdinError::Io { .. } => Code::StdinFailed,
            StdinError::ShutDown => Code::ShutDown,
        };
        code.as_str()
    }
}

/// Writes to the stdin of a sidecar that was configured with
/// [`StdinMode::Piped`](crate::StdinMode::Piped). Made by [`Engine::stdin`](crate::Engine::stdin).
///
/// It belongs to the sidecar, not to a run: after a restart it writes to the new one, unless it was
/// bound to [one run](SidecarStdin::of_run).
///
/// ```no_run
/// # async fn example(engine: sidecar_lifecycle::Engine) -> Result<(), Box<dyn std::error::Error>> {
/// let stdin = engine.stdin("language-server")?;
/// stdin.write_all(b"Content-Length: 2\r\n\r\n{}".to_vec()).await?;
/// stdin.close().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SidecarStdin {
    pub(super) id: String,
    pub(super) run: Option<RunId>,
    pub(super) tx: mpsc::UnboundedSender<Message>,
}

impl SidecarStdin {
    /// The same for this run alone: once it has ended, a write is [`StdinError::StaleRun`] and does
    /// not reach the next one, which would not understand the second half of a message.
    ///
    /// ```no_run
    /// # use sidecar_lifecycle::{Engine, RunId};
    /// # async fn example(engine: Engine, run: RunId) -> Result<(), Box<dyn std::error::Error>> {
    /// let stdin = engine.stdin("language-server")?.of_run(run);
    /// stdin.write_all("Content-Length: 2\r\n\r\n").await?;
    /// stdin.write_all("{}").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of_run(self, run: RunId) -> SidecarStdin {
        SidecarStdin {
            run: Some(run),
            ..self
        }
    }

    /// Writes all of it. The future is done when the pipe has taken the last byte: whoever waits
    /// for it before the next write is held back by a sidecar that reads slowly. Writes that are
    /// not awaited are made all the same, in their order.
    ///
    /// It needs no particular executor.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use sidecar_lifecycle::{Engine, SidecarConfig, StdinMode};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder().name("cat").stdin(StdinMode::Piped).build()?;
    /// engine.ensure_running("cat", config).await?;
    /// let stdin = engine.stdin("cat")?;
    /// stdin.write_all("hello\n").await?;
    ///
    /// stdin.close().await?; // So that it ends.
    /// engine.wait_down("cat").await?;
    /// let said = engine.logs("cat").map(|logs| logs.last(1));
    /// assert_eq!(said, Some(vec!["hello".to_owned()]));
    /// # Ok(())
    /// # }
    /// # #[cfg(unix)] {
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(example())?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StdinError`]; some of the bytes may have been written.
    pub fn write_all(
        &self,
        bytes: impl Into<Vec<u8>>,
    ) -> impl Future<Output = Result<(), StdinError>> + Send + 'static {
        let bytes = bytes.into();
        self.order(|done| StdinOrder::Write { bytes, done })
    }

    /// Closes it behind all that was written: the sidecar reads the end of its input. A later run
    /// begins with an open one.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use sidecar_lifecycle::{Engine, Phase, SidecarConfig, StdinMode};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder().name("cat").stdin(StdinMode::Piped).build()?;
    /// engine.ensure_running("cat", config).await?;
    /// let stdin = engine.stdin("cat")?;
    /// stdin.close().await?;
    /// let info = engine.wait_down("cat").await?;
    /// assert_eq!(info.state, Phase::Idle, "it has read the end of its input, and ended well");
    /// let refused = stdin.write_all("more\n").await.unwrap_err();
    /// assert_eq!(refused.to_string(), "cat does not run: start it first");
    /// # Ok(())
    /// # }
    /// # #[cfg(unix)] {
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(example())?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StdinError`], but not if it was closed before.
    pub fn close(&self) -> impl Future<Output = Result<(), StdinError>> + Send + 'static {
        self.order(|done| StdinOrder::Close { done })
    }

    fn order(
        &self,
        order: impl FnOnce(Done) -> StdinOrder,
    ) -> impl Future<Output = Result<(), StdinError>> + Send + 'static {
        let (done, answer) = oneshot::channel();
        let id = self.id.clone();
        // Sent now and not at the first poll: the order of the calls is the order of the bytes.
        let sent = self.tx.send(Message::Stdin {
            id: id.clone(),
            run: self.run,
            order: order(done),
        });
        async move {
            sent.map_err(|_| StdinError::ShutDown)?;
            answer.await.unwrap_or(Err(StdinError::Closed { id }))
        }
    }
}

/// What is asked of a stdin.
pub(crate) enum StdinOrder {
    Write { bytes: Vec<u8>, done: Done },
    Close { done: Done },
}

/// Bytes on their way to the pipe.
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    /// Told once the pipe has taken them. `None`: nobody wants to know.
    pub(crate) done: Option<oneshot::Sender<io::Result<()>>>,
}

/// A run's stdin, as the host holds it.
pub(crate) enum Stdin {
    /// Open and silent.
    Silent(std::fs::File),
    /// Somebody writes to it.
    Written(Writer),
}

/// The queue before a pipe. The pipe is closed when this is dropped, written or not.
pub(crate) struct Writer {
    queue: Option<mpsc::UnboundedSender<Chunk>>,
    task: Option<AbortHandle>,
}

impl Writer {
    /// `task` ends with the queue; where it is no task that can be aborted it has to end by itself
    /// once nobody reads.
    pub(crate) fn new(queue: mpsc::UnboundedSender<Chunk>, task: Option<AbortHandle>) -> Writer {
        Writer {
            queue: Some(queue),
            task,
        }
    }

    fn send(&self, chunk: Chunk) -> Result<(), ()> {
        let queue = self.queue.as_ref().ok_or(())?;
        queue.send(chunk).map_err(|_| ())
    }

    /// Closes the pipe behind what is in the queue.
    fn close(&mut self) {
        self.queue = None;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Stdin {
    pub(crate) fn new(file: std::fs::File, mode: StdinMode) -> io::Result<Stdin> {
        match mode {
            StdinMode::Piped => Ok(Stdin::Written(write_stdin(file)?)),
            StdinMode::Silent | StdinMode::Null => Ok(Stdin::Silent(file)),
        }
    }

    /// Writes this as the last word, and closes the pipe behind it. The returned value has to be
    /// kept until it may be cut short.
    pub(crate) fn farewell(self, text: &[u8]) -> io::Result<Stdin> {
        let mut writer = match self {
            Stdin::Silent(file) => write_stdin(file)?,
            Stdin::Written(writer) => writer,
        };
        let (bytes, done) = (text.to_vec(), None);
        // A pipe that the sidecar has closed takes no last word; its end is what counts.
        let _ = writer.send(Chunk { bytes, done });
        writer.close();
        Ok(Stdin::Written(writer))
    }
}

impl Loop {
    /// Writes to a sidecar's stdin, or closes it.
    pub(super) fn stdin(&mut self, id: String, run: Option<RunId>, order: StdinOrder) {
        let (done, result) = match order {
            StdinOrder::Write { bytes, done } => match self.writer(&id, run) {
                Ok(writer) => {
                    let (written, wait) = oneshot::channel();
                    let sent = writer.send(Chunk {
                        bytes,
                        done: Some(written),
                    });
                    if sent.is_ok() {
                        answer_later(id, done, wait);
                        return;
                    }
                    (done, Err(StdinError::Closed { id }))
                }
                Err(e) => (done, Err(e)),
            },
            StdinOrder::Close { done } => (done, self.writer(&id, run).map(Writer::close)),
        };
        let _ = done.send(result); // Nobody waits for it.
    }

    /// Of this run, or of the present one.
    fn writer(&mut self, id: &str, run: Option<RunId>) -> Result<&mut Writer, StdinError> {
        let id = || id.to_owned();
        let index = match run {
            Some(run) => self
                .living(&id(), run)
                .ok_or_else(|| StdinError::StaleRun { id: id(), run }),
            None => self
                .present(&id())
                .ok_or_else(|| StdinError::NotRunning { id: id() }),
        }?;
        let entry = &mut self.entries[index];
        if entry.config_in_use().stdin != StdinMode::Piped {
            return Err(StdinError::NotPiped { id: id() });
        }
        match entry.run.as_mut().map(|current| &mut current.stdin) {
            Some(Some(Stdin::Written(writer))) => Ok(writer),
            Some(Some(Stdin::Silent(_)) | None) => Err(StdinError::Closed { id: id() }),
            None => Err(StdinError::NotRunning { id: id() }),
        }
    }

    /// Where a sidecar is that may have processes now, or whose configuration has no writable
    /// stdin: that is the better answer.
    fn present(&mut self, id: &str) -> Option<usize> {
        let entry = self.entry(id)?;
        let (core, piped) = (entry.core, entry.config_in_use().stdin == StdinMode::Piped);
        let phase = self.fleet.get(core).map(Sidecar::phase);
        let runs = phase.is_some_and(Phase::may_have_processes);
        if runs || !piped {
            self.index(core)
        } else {
            None
        }
    }
}

fn answer_later(id: String, done: Done, wait: oneshot::Receiver<io::Result<()>>) {
    tokio::task::spawn_local(async move {
        let result = match wait.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) if e.kind() == io::ErrorKind::BrokenPipe => Err(StdinError::Closed { id }),
            Ok(Err(source)) => Err(StdinError::Io { id, source }),
            Err(_) => Err(StdinError::Closed { id }), // The run has ended.
        };
        let _ = done.send(result); // Nobody waits for it.
    });
}
