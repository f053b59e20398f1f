//! Times who-holds-this-port, as the engine asks it of a stranger: prints the milliseconds of each
//! look-up, one a line.
//!
//! `cargo run --release -p fake-host --bin port-lookup -- PORT RUNS`

use std::process::ExitCode;
use std::time::Instant;

use sidecar_lifecycle::ports::{OurMarks, holder_of};

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its output is what it is for"
)]
fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u16>());
    let (Some(Ok(port)), Some(Ok(runs))) = (numbers.next(), numbers.next()) else {
        eprintln!("usage: port-lookup PORT RUNS");
        return ExitCode::from(2);
    };
    // Nothing is ours, so that nothing is found early.
    let me = OurMarks {
        app_id: "port-lookup".to_owned(),
        live_members: &|_| false,
        is_dead_instance: &|_| false,
        project_cwd: None,
    };
    for _ in 0..runs {
        let from = Instant::now();
        let holder = holder_of(port, &me);
        let took = from.elapsed();
        if holder.and_then(|h| h.pid).is_none() {
            eprintln!("nobody that can be named listens on port {port}");
            return ExitCode::FAILURE;
        }
        println!("{:.4}", took.as_secs_f64() * 1000.0);
    }
    ExitCode::SUCCESS
}
