//! Writing to a run's stdin.

use std::fs::File;
use std::io::{self, Write};
use std::thread;

use tokio::sync::mpsc;

use crate::engine::stdin::{Chunk, Writer};

/// Writes to a run's stdin on a thread: a write waits until the sidecar has read. It ends with the
/// queue, or with the sidecar.
pub(crate) fn write_stdin(mut pipe: File) -> io::Result<Writer> {
    let (queue, mut chunks) = mpsc::unbounded_channel::<Chunk>();
    thread::Builder::new()
        .name("sidecar-stdin".into())
        .stack_size(128 * 1024)
        .spawn(move || {
            while let Some(Chunk { bytes, done }) = chunks.blocking_recv() {
                let written = pipe.write_all(&bytes);
                let failed = written.is_err();
                if let Some(done) = done {
                    let _ = done.send(written); // Nobody waits for it.
                }
                if failed {
                    return; // It has closed its stdin, and nothing will change that.
                }
            }
        })?;
    Ok(Writer::new(queue, None))
}
