//! A host whose main starts the guardian first, for tests that kill it.

mod args;
#[cfg(windows)]
mod console;
mod logger;
mod orders;
mod reader;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};

use clap::Parser;
use sidecar_lifecycle::{Engine, guardian, on_termination};

use orders::{Next, Order};

fn main() -> ExitCode {
    // First of all, as every host does. Two flags are looked for by hand: a parser would come
    // first otherwise.
    let has = |flag| std::env::args_os().any(|arg| arg == flag);
    let (without, standby) = (has("--no-guardian"), has("--standby"));
    let started = match (without, standby) {
        (true, _) => Ok(()),
        (false, true) => guardian::start_with_standby(),
        (false, false) => guardian::start(),
    };
    if let Err(e) = started {
        complain(&e.to_string());
    }
    let args = args::Args::parse();
    logger::start(args.log_level);
    debug_assert_eq!((args.no_guardian, args.standby), (without, standby));
    match host(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            complain(&e.to_string());
            ExitCode::FAILURE
        }
    }
}

fn host(args: &args::Args) -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder(&args.app_id, &args.state_dir).build()?;
    engine.subscribe(|event| match serde_json::to_string(event) {
        Ok(line) => say(&line),
        Err(e) => complain(&e.to_string()),
    });
    let (tx, orders) = mpsc::channel();
    let terminations = tx.clone();
    on_termination(move |t| drop(terminations.send(Order::Terminate(t))))?;
    let config = args.sidecar()?;
    let ids: Vec<String> = (1..=args.count)
        .map(|n| {
            if n == 1 {
                "web".to_owned()
            } else {
                format!("web-{n}")
            }
        })
        .collect();
    for id in &ids {
        engine.declare(id, config.clone())?;
        engine.start(id)?;
    }
    listen(tx.clone());
    let mut memory = Vec::new();
    for order in orders {
        let tx = tx.clone();
        let down = move || drop(tx.send(Order::Down));
        if let Next::End = orders::obey(&order, &engine, &ids, &mut memory, down)? {
            break;
        }
        say(r#"{"event":"obeyed"}"#);
    }
    Ok(())
}

/// Reads orders. When nobody can give any more, all is to end.
fn listen(orders: Sender<Order>) {
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            match line.parse() {
                Ok(order) => drop(orders.send(order)),
                Err(e) => complain(&e),
            }
        }
        drop(orders.send(Order::Shutdown));
    });
}

/// One line on stdout, whole. A reader that is gone is the test's business.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    drop(
        out.write_all(format!("{line}\n").as_bytes())
            .and_then(|()| out.flush()),
    );
}

#[expect(clippy::print_stderr, reason = "the test shows it when it fails")]
fn complain(why: &str) {
    eprintln!("fake-host: {why}");
}
