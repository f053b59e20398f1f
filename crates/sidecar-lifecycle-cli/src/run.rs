//! `sidecar run`: one sidecar or a fleet in the foreground.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use sidecar_lifecycle::{Engine, Error, Subscription, on_termination};

use crate::args::Run;
use crate::configuration::{Sidecars, sidecars};
use crate::outcome::{News, Standing, watch};
use crate::printer::Printer;
use crate::reader;

/// Bad usage or configuration.
const BAD_USAGE: u8 = 2;
/// Forced by a second interrupt.
const FORCED: u8 = 130;

/// Runs until interrupted, failed or ended.
pub(crate) fn run(args: &Run) -> ExitCode {
    let sidecars = match sidecars(args) {
        Ok(sidecars) => sidecars,
        Err(problems) => return refuse(&problems),
    };
    let Some(state_dir) = state_dir() else {
        return refuse(&["cannot find your home folder: set HOME".to_owned()]);
    };
    let engine = Engine::builder("sidecar", state_dir)
        // Labels of different folders would meet in one memory.
        .remember_ports(false)
        .build();
    let engine = match engine {
        Ok(engine) => engine,
        Err(e) => return refuse(&[e.to_string()]),
    };
    let labels: Vec<String> = sidecars.iter().map(|(label, _)| label.clone()).collect();
    let (news, inbox) = mpsc::channel();
    let printer = Arc::new(Printer::new(args, &labels, news.clone()));
    let events = (printer.clone(), news.clone());
    engine.subscribe(move |event| {
        events.0.event(event);
        watch(event, &events.1);
    });
    let readers = news.clone();
    reader::on_gone(move || drop(readers.send(News::ReaderGone)));
    let (terminations, interrupted) = (news, printer.clone());
    let caught = on_termination(move |t| {
        if t.name() == "SIGINT" {
            interrupted.interrupted();
        }
        // The main thread has ended: so has everything.
        let _ = terminations.send(News::Terminate {
            signal: t.name(),
            count: t.count,
        });
    });
    if let Err(e) = caught {
        return refuse(&[format!("cannot catch signals: {e}")]);
    }
    // Held until the end: what is dropped is not printed any more.
    let _lines = match start(&engine, sidecars, &printer) {
        Ok(lines) => lines,
        Err(e) => return refuse(&[e.to_string()]),
    };
    ExitCode::from(wait(&engine, &inbox, Standing::new(&labels)))
}

/// Declares all of them, and then starts them in this order: what has ended well before its
/// dependents begin is not run again for them.
fn start(
    engine: &Engine,
    sidecars: Sidecars,
    printer: &Arc<Printer>,
) -> Result<Vec<Subscription>, Error> {
    let mut lines = Vec::new();
    let mut labels = Vec::new();
    for (label, config) in sidecars {
        engine.declare(&label, config)?;
        if let Some(ring) = engine.logs(&label).filter(|_| printer.wants_lines()) {
            let (printer, label) = (printer.clone(), label.clone());
            lines.push(ring.subscribe(0, move |line| printer.log(&label, line)));
        }
        labels.push(label);
    }
    for label in &labels {
        engine.start(label)?;
    }
    Ok(lines)
}

/// Waits until all have come to their end; answers the exit code.
fn wait(engine: &Engine, inbox: &mpsc::Receiver<News>, mut fleet: Standing) -> u8 {
    let limit = engine.stop_limit() + Duration::from_secs(5);
    let mut code = 0;
    // Until when a stop may take, once there is one.
    let mut deadline: Option<Instant> = None;
    let stop = |why: &str, deadline: &mut Option<Instant>| {
        engine.begin_shutdown(why);
        deadline.get_or_insert_with(|| Instant::now() + limit);
    };
    while !fleet.is_over() {
        let news = match deadline {
            None => inbox.recv().ok(),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                inbox.recv_timeout(left).ok()
            }
        };
        match news {
            Some(News::Terminate { signal, count: 1 }) => stop(signal, &mut deadline),
            Some(News::Terminate { .. }) => {
                engine.force();
                code = FORCED;
            }
            Some(News::ReaderGone) => stop("nobody reads the output", &mut deadline),
            // One that is missing for good is no state to work in: the others end as well.
            Some(News::Failed { sidecar }) => {
                code = code.max(1);
                fleet.ended(&sidecar);
                stop(&format!("{sidecar} has failed"), &mut deadline);
            }
            Some(News::Ended { sidecar }) => fleet.ended(&sidecar),
            Some(News::Began { sidecar }) => fleet.began(sidecar),
            None => break,
        }
    }
    // Everything is down by now, or has been told to be; the guardian sees to the rest.
    let report = engine.shutdown("done", limit);
    if report.complete { code } else { code.max(1) }
}

/// Where state files lie: in the user's home folder. The temporary folder is everybody's.
fn state_dir() -> Option<PathBuf> {
    let folder = dirs::state_dir().or_else(dirs::data_local_dir)?;
    Some(folder.join("sidecar-lifecycle").join("sidecar"))
}

#[expect(
    clippy::print_stderr,
    reason = "a command says on stderr why it does not run"
)]
fn refuse(problems: &[String]) -> ExitCode {
    for problem in problems {
        eprintln!("sidecar: {problem}");
    }
    ExitCode::from(BAD_USAGE)
}
