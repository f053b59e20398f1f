//! Reads a sidecar's raw stdout.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use sidecar_lifecycle::{Engine, OutputError};

/// Reads so many bytes, or to the end, and tells how many there were.
pub(crate) fn read(engine: &Engine, id: &str, bytes: u64) {
    match try_read(engine, id, bytes) {
        Ok(read) => crate::say(&format!(
            r#"{{"event":"read","sidecar":"{id}","bytes":{read}}}"#
        )),
        Err(e) => crate::complain(&e.to_string()),
    }
}

fn try_read(engine: &Engine, id: &str, bytes: u64) -> Result<u64, Box<dyn std::error::Error>> {
    let output = engine.output(id)?;
    let position = wait(output.position())?;
    let mut at = position.acknowledged;
    let end = at + bytes;
    while at < end {
        let most = usize::try_from(end - at).unwrap_or(usize::MAX);
        let read = wait(output.read(position.run, at, most))?.len() as u64;
        if read == 0 {
            break;
        }
        at += read;
    }
    Ok(at - position.acknowledged)
}

/// The engine needs no executor.
fn wait<T>(future: impl Future<Output = Result<T, OutputError>>) -> Result<T, OutputError> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        thread::park();
    }
}
