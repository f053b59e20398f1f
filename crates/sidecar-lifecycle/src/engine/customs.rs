//! Async closures of the engine's users, on a thread of their own: one that blocks must not hold up
//! the engine.

use std::cell::OnceCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::config::{CheckContext, CustomCheck};

type Verdict = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// One call of a closure.
struct Call {
    begin: Box<dyn FnOnce() -> Verdict + Send>,
    answer: oneshot::Sender<Result<(), String>>,
}

/// The thread, from the first call on. Clones call on the same one.
#[derive(Clone, Default)]
pub(crate) struct Customs(Rc<OnceCell<mpsc::UnboundedSender<Call>>>);

impl Customs {
    /// Asks a custom check. When the returned future is dropped, so is the closure's.
    pub(crate) async fn ask(
        &self,
        check: &CustomCheck,
        context: CheckContext,
    ) -> Result<(), String> {
        let check = check.clone();
        let begin = Box::new(move || check.ask(context));
        self.call("the custom check", begin).await
    }

    /// Calls a closure; `what` names it for people.
    pub(crate) async fn call(
        &self,
        what: &str,
        begin: Box<dyn FnOnce() -> Verdict + Send>,
    ) -> Result<(), String> {
        let calls = self
            .thread()
            .map_err(|e| format!("no thread to run {what} on: {e}"))?;
        let (answer, verdict) = oneshot::channel();
        let gone = || format!("{what} panicked");
        calls.send(Call { begin, answer }).map_err(|_| gone())?;
        verdict.await.map_err(|_| gone())?
    }

    fn thread(&self) -> io::Result<&mpsc::UnboundedSender<Call>> {
        if let Some(calls) = self.0.get() {
            return Ok(calls);
        }
        let (calls, inbox) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("sidecar-checks".into())
            .spawn(move || {
                // It ends with the engine: the last sender is dropped then.
                runtime.block_on(answer_all(inbox));
            })?;
        Ok(self.0.get_or_init(|| calls))
    }
}

async fn answer_all(mut inbox: mpsc::UnboundedReceiver<Call>) {
    while let Some(Call { begin, mut answer }) = inbox.recv().await {
        // A task of its own: a panic in it reaches nobody but who has asked.
        tokio::spawn(async move {
            tokio::select! {
                verdict = async { begin().await } => {
                    let _ = answer.send(verdict); // Not awaited any more.
                }
                () = answer.closed() => {}
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HealthCheck;

    fn ask(customs: &Customs, check: HealthCheck) -> impl Future<Output = Result<(), String>> {
        let HealthCheck::Custom(check) = check else {
            unreachable!("made by `HealthCheck::custom`")
        };
        let customs = customs.clone();
        async move {
            let context = CheckContext::new("web".into(), 1, Some(80));
            customs.ask(&check, context).await
        }
    }

    #[tokio::test]
    async fn an_answer_comes_back_and_a_panic_is_an_answer_too() {
        let customs = Customs::default();
        let yes = HealthCheck::custom(|context| async move { context.port == Some(80) });
        assert_eq!(ask(&customs, yes).await, Ok(()));
        let no = HealthCheck::custom(|_| async { Err("no disk") });
        assert_eq!(ask(&customs, no).await, Err("no disk".to_owned()));
        let broken = HealthCheck::custom(|_| async { a_bug_of_its_user() });
        let told = ask(&customs, broken).await;
        assert_eq!(told, Err("the custom check panicked".to_owned()));
        let again = HealthCheck::custom(|_| async { true });
        assert_eq!(ask(&customs, again).await, Ok(()), "the thread lives on");
    }

    fn a_bug_of_its_user() -> bool {
        panic!("this is meant to be seen in the output of a test")
    }

    #[tokio::test]
    async fn who_does_not_wait_any_longer_takes_the_check_with_him() {
        struct Dropped(Option<oneshot::Sender<()>>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                let _ = self.0.take().map(|tell| tell.send(())); // The test has ended.
            }
        }
        let customs = Customs::default();
        let (begun, begins) = oneshot::channel();
        let (dropped, drops) = oneshot::channel();
        let ends = std::sync::Mutex::new(Some((begun, Dropped(Some(dropped)))));
        let hung = HealthCheck::custom(move |_| {
            let (begun, dropped) = ends.lock().unwrap().take().unwrap();
            async move {
                let _dropped = dropped;
                begun.send(()).unwrap();
                std::future::pending::<bool>().await
            }
        });
        let question = ask(&customs, hung);
        tokio::select! {
            verdict = question => panic!("it answered: {verdict:?}"),
            begun = begins => begun.unwrap(),
        }
        drops.await.unwrap();
    }
}
