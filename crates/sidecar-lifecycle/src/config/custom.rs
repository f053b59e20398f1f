//! A health check that its user writes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a custom check may look at.
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
pub trait IntoVerdict {
    /// `Err` says why it is not healthy.
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
#[derive(Clone)]
pub struct CustomCheck(Arc<Ask>);

impl CustomCheck {
    /// Wraps an async closure. It runs on a thread for custom checks, never on the engine's: one
    /// that blocks delays other custom checks at the most. After its time-out it is dropped.
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
