//! A health check that its user writes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a custom check may look at.
///
/// ```
/// use sidecar_lifecycle::{CheckContext, HealthCheck};
///
/// async fn accepts(context: CheckContext) -> Result<(), String> {
///     let port = context.port.ok_or("it was given no port")?;
///     let connected = std::net::TcpStream::connect(("127.0.0.1", port));
///     connected.map(drop).map_err(|e| format!("{} on port {port}: {e}", context.id))
/// }
/// let check = HealthCheck::custom(accepts);
/// # assert_eq!(check, HealthCheck::custom(accepts));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckContext {
    /// The sidecar's id.
    pub id: String,
    /// Its leader.
    pub pid: u32,
    /// Its port, if it has one.
    pub port: Option<u16>,
}

impl CheckContext {
    pub(crate) fn new(id: String, pid: u32, port: Option<u16>) -> CheckContext {
        CheckContext { id, pid, port }
    }
}

/// What a custom check may answer: `true` and `Ok(())` mean healthy, anything else is told as the
/// reason.
///
/// ```
/// use sidecar_lifecycle::IntoVerdict;
///
/// /// How many messages a consumer is behind.
/// struct Lag(u64);
///
/// impl IntoVerdict for Lag {
///     fn into_verdict(self) -> Result<(), String> {
///         if self.0 <= 100 { Ok(()) } else { Err(format!("{} messages behind", self.0)) }
///     }
/// }
/// assert_eq!(Lag(250).into_verdict().unwrap_err(), "250 messages behind");
/// assert!(true.into_verdict().is_ok());
/// ```
pub trait IntoVerdict {
    /// `Err` says why it is not healthy.
    ///
    /// ```
    /// use sidecar_lifecycle::IntoVerdict;
    ///
    /// assert_eq!(true.into_verdict(), Ok(()));
    /// assert_eq!(false.into_verdict(), Err("the custom check said no".to_owned()));
    /// let refused: Result<(), &str> = Err("no route to its queue");
    /// assert_eq!(refused.into_verdict(), Err("no route to its queue".to_owned()));
    /// ```
    ///
    /// # Errors
    /// The reason, in words for people: events tell it as it is.
    fn into_verdict(self) -> Result<(), String>;
}

impl IntoVerdict for bool {
    fn into_verdict(self) -> Result<(), String> {
        self.then_some(())
            .ok_or_else(|| "the custom check said no".to_owned())
    }
}

impl<E: fmt::Display> IntoVerdict for Result<(), E> {
    fn into_verdict(self) -> Result<(), String> {
        self.map_err(|e| e.to_string())
    }
}

pub(crate) type Verdict = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Ask = dyn Fn(CheckContext) -> Verdict + Send + Sync;

/// The closure of [`HealthCheck::Custom`](super::HealthCheck::Custom).
///
/// Two of them always count as the same: closures cannot be compared, and a configuration that is
/// built anew by each call of a function is meant to be the same one.
///
/// ```
/// use sidecar_lifecycle::{CustomCheck, HealthCheck, SidecarConfig};
///
/// // One check for several sidecars.
/// let up = CustomCheck::new(|context| async move { context.port.is_some() });
/// for name in ["api", "web"] {
///     let check = HealthCheck::Custom(up.clone());
///     SidecarConfig::builder().name(name).health_check(check).build()?;
/// }
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct CustomCheck(Arc<Ask>);

impl CustomCheck {
    /// Wraps an async closure. It runs on a thread for custom checks, never on the engine's: one
    /// that blocks delays other custom checks at the most. After its time-out it is dropped.
    ///
    /// ```
    /// use sidecar_lifecycle::{CustomCheck, HealthCheck};
    ///
    /// let joined = CustomCheck::new(|context| async move {
    ///     let file = format!("/run/worker/{}.joined", context.pid);
    ///     std::fs::metadata(&file).map(drop).map_err(|e| format!("{file}: {e}"))
    /// });
    /// assert_eq!(HealthCheck::Custom(joined), HealthCheck::custom(|_| async { true }));
    /// ```
    pub fn new<F, V>(ask: impl Fn(CheckContext) -> F + Send + Sync + 'static) -> CustomCheck
    where
        F: Future<Output = V> + Send + 'static,
        V: IntoVerdict,
    {
        CustomCheck(Arc::new(move |context| {
            let answer = ask(context);
            Box::pin(async move { answer.await.into_verdict() })
        }))
    }

    pub(crate) fn ask(&self, context: CheckContext) -> Verdict {
        (self.0)(context)
    }
}

impl fmt::Debug for CustomCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomCheck")
    }
}

impl PartialEq for CustomCheck {
    fn eq(&self, _other: &CustomCheck) -> bool {
        true
    }
}

impl Eq for CustomCheck {}
