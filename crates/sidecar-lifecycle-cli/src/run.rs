//! `sidecar run`: one sidecar in the foreground.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use sidecar_lifecycle::{Engine, on_termination};

use crate::args::Run;
use crate::configuration::{complete, config, label};
use crate::outcome::{News, watch};
use crate::printer::Printer;
use crate::reader;

/// Bad usage or configuration.
const BAD_USAGE: u8 = 2;
/// Forced by a second interrupt.
const FORCED: u8 = 130;

/// Runs until interrupted, failed or ended.
pub(crate) fn run(args: Run) -> ExitCode {
    let args = match complete(args) {
        Ok(args) => args,
        Err(e) => return refuse(&e),
    };
    let label = label(&args);
    let config = match config(&args) {
        Ok(config) => config,
        Err(e) => return refuse(&e),
    };
    let engine = Engine::builder("sidecar", state_dir())
        // Labels of different folders would meet in one memory.
        .remember_ports(false)
        .build();
    let engine = match engine {
        Ok(engine) => engine,
        Err(e) => return refuse(&e.to_string()),
    };
    let (news, inbox) = mpsc::channel();
    let printer = Arc::new(Printer::new(&args, &label, news.clone()));
    let events = (printer.clone(), news.clone());
    engine.subscribe(move |event| {
        events.0.event(event);
        watch(event, &events.1);
    });
    let readers = news.clone();
    reader::on_gone(move || drop(readers.send(News::ReaderGone)));
    let terminations = news;
    let caught = on_termination(move |t| {
        // The main thread has ended: so has everything.
        let _ = terminations.send(News::Terminate {
            signal: t.name(),
            count: t.count,
        });
    });
    if let Err(e) = caught {
        return refuse(&format!("cannot catch signals: {e}"));
    }
    if let Err(e) = engine.declare(&label, config) {
        return refuse(&e.to_string());
    }
    let lines = printer.clone();
    let _lines = engine
        .logs(&label)
        .filter(|_| lines.wants_lines())
        .map(|ring| ring.subscribe(0, move |line| lines.log(line)));
    if let Err(e) = engine.start(&label) {
        return refuse(&e.to_string());
    }
    let code = wait(&engine, &inbox);
    ExitCode::from(code)
}

fn wait(engine: &Engine, inbox: &mpsc::Receiver<News>) -> u8 {
    let mut code = 0;
    loop {
        match inbox.recv() {
            Ok(News::Terminate { signal, count: 1 }) => engine.begin_shutdown(signal),
            Ok(News::Terminate { .. }) => {
                engine.force();
                code = FORCED;
            }
            Ok(News::ReaderGone) => engine.begin_shutdown("nobody reads the output"),
            Ok(News::Failed) => {
                code = code.max(1);
                break;
            }
            Ok(News::Ended) | Err(_) => break,
        }
    }
    // Everything is down by now, or has been told to be; the guardian sees to the rest.
    let report = engine.shutdown("done", engine.stop_limit() + Duration::from_secs(5));
    if report.complete { code } else { code.max(1) }
}

/// Where state files lie. Without a home folder, a folder of this user's among the temporary ones.
fn state_dir() -> PathBuf {
    dirs::state_dir()
        .or_else(dirs::data_local_dir)
        .unwrap_or_else(std::env::temp_dir)
        .join("sidecar-lifecycle")
        .join("sidecar")
}

#[expect(
    clippy::print_stderr,
    reason = "a command says on stderr why it does not run"
)]
fn refuse(why: &str) -> ExitCode {
    eprintln!("sidecar: {why}");
    ExitCode::from(BAD_USAGE)
}
