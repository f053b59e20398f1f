//! Times a protocol's bytes through a sidecar's stdin and stdout: prints MiB/s, one run a line.
//!
//! `cargo run --release -p fake-host --bin stdio-speed -- out|in|both MIB RUNS`, with `fake-sidecar`
//! built beside it. `out` reads what the sidecar writes, `in` writes what it reads, `both` has it
//! copy one to the other.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use sidecar_lifecycle::{Engine, EventKind, SidecarConfig, StdinMode, StdoutMode, guardian};

/// The most that one call takes.
const CHUNK: usize = 1 << 20;

#[expect(clippy::print_stderr, reason = "it is for people")]
fn main() -> ExitCode {
    if let Err(e) = guardian::start() {
        eprintln!("{e}");
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("stdio-speed: {e}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "its output is what it is for")]
fn measure() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [way, mib, runs] = words.as_slice() else {
        return Err("usage: stdio-speed out|in|both MIB RUNS".into());
    };
    let (mib, runs) = (mib.parse::<u64>()?, runs.parse::<u32>()?);
    let source = format!("--source {mib}M --exit-early 0");
    let (flags, writes) = match way.as_str() {
        "out" => (source.as_str(), false),
        "in" => ("--exit-on-stdin-eof", true),
        "both" => ("--echo-stdin --exit-on-stdin-eof", true),
        _ => return Err(format!("{way} is no way: out, in or both").into()),
    };
    let folder = tempfile::tempdir()?;
    let engine = Engine::builder("stdio-speed", folder.path()).build()?;
    let program = std::env::current_exe()?.with_file_name("fake-sidecar");
    let config = SidecarConfig::builder()
        .program(program)
        .args(format!("--no-listen {flags}").split(' '))
        .stdin(StdinMode::Piped)
        .stdout(StdoutMode::Raw)
        .build()?;
    engine.declare("sidecar", config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for _ in 0..runs {
        let rate = runtime.block_on(run(&engine, mib, writes))?;
        println!("{rate:.1}");
    }
    Ok(())
}

/// One run, from when it is ready to when its last byte is there.
async fn run(engine: &Engine, mib: u64, writes: bool) -> Result<f64, Box<dyn Error>> {
    let mut events = engine.events();
    engine.start("sidecar")?;
    let run = loop {
        let event = events.next().await.ok_or("the engine ended")?;
        if matches!(event.kind, EventKind::Ready { .. }) {
            break event.run;
        }
    };
    let (stdin, output) = (engine.stdin("sidecar")?, engine.output("sidecar")?);
    let from = Instant::now();
    let write = async {
        if writes {
            let chunk = vec![b'x'; CHUNK];
            for _ in 0..mib {
                stdin.write_all(chunk.clone()).await?;
            }
            stdin.close().await?;
        }
        Ok::<(), Box<dyn Error>>(())
    };
    let read = async {
        let mut at = 0;
        loop {
            let bytes = output.read(run, at, CHUNK).await?.len() as u64;
            if bytes == 0 {
                return Ok::<(), Box<dyn Error>>(());
            }
            at += bytes;
        }
    };
    let (written, read) = tokio::join!(write, read);
    written?;
    read?;
    let took: Duration = from.elapsed();
    events.find(|event| matches!(event.kind, EventKind::Stopped { .. }));
    Ok(mib as f64 / took.as_secs_f64())
}
