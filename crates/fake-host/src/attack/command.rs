//! The kill matrix as often as there is time for, as a program.
#![expect(clippy::print_stdout, reason = "it says how far it is")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};

use super::{Cell, Expectation, GRACE, How, Seen, Victim, expected, prepare, spread, try_once};

/// Tries every combination, round after round, and writes down what was seen.
#[derive(Debug, Parser)]
struct Args {
    /// Rounds: runs of each combination.
    #[arg(long, default_value_t = 50)]
    rounds: usize,
    /// Runs of each SIGKILL of the host in a round.
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// Runs side by side. More than one is faster, and takes worse times.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Begins no round after so many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// Only combinations whose names contain this.
    #[arg(long)]
    only: Option<String>,
    /// Where the results go.
    #[arg(long, default_value = "artifacts/attack/matrix.json")]
    out: PathBuf,
}

/// What was seen of each combination, by its place among all.
type Results = BTreeMap<usize, Vec<Seen>>;

/// The program: reads its arguments, and fails when a run was not as expected.
pub fn main() -> ExitCode {
    let args = Args::parse();
    prepare();
    match attack_all(&args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            println!("{failures} runs were not as expected");
            ExitCode::FAILURE
        }
        Err(e) => {
            println!("cannot write {}: {e}", args.out.display());
            ExitCode::FAILURE
        }
    }
}

/// Answers how many runs were not as expected.
fn attack_all(args: &Args) -> io::Result<usize> {
    let cells: Vec<Cell> = Cell::all().collect();
    let begin = Instant::now();
    let limit = args.minutes.map(|m| Duration::from_secs(60 * m));
    let results = Mutex::new(Results::new());
    for round in 0..args.rounds {
        if limit.is_some_and(|limit| begin.elapsed() >= limit) {
            break;
        }
        try_round(args, round, &cells, &results);
        let results = results.lock().unwrap_or_else(PoisonError::into_inner);
        write(args, &cells, &results)?;
        let runs: usize = results.values().map(Vec::len).sum();
        let failed = failures(&results);
        let minutes = begin.elapsed().as_secs_f64() / 60.0;
        println!(
            "round {}: {runs} runs, {failed} not as expected, {minutes:.1} min",
            round + 1
        );
    }
    let results = results.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(failures(&results))
}

fn failures(results: &Results) -> usize {
    let all = results.values().flatten();
    all.filter(|seen| seen.complaint.is_some()).count()
}

fn try_round(args: &Args, round: usize, cells: &[Cell], results: &Mutex<Results>) {
    let mut todo = Vec::new();
    for (place, cell) in cells.iter().enumerate() {
        let wanted = args.only.as_ref().is_none_or(|o| cell.name().contains(o));
        if !wanted || matches!(expected(*cell), Expectation::DoesNotApply(_)) {
            continue;
        }
        let is_first_promise = (cell.victim, cell.how) == (Victim::Host, How::Sigkill);
        let times = if is_first_promise { args.kills } else { 1 };
        todo.extend((0..times).map(|n| (place, round * times + n)));
    }
    let todo = Mutex::new(todo.into_iter());
    thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((place, round)) = next else { return };
                    let seen = try_once(cells[place], round);
                    if let Some(complaint) = &seen.complaint {
                        println!("{}: {complaint}", cells[place].name());
                    }
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.entry(place).or_default().push(seen);
                }
            });
        }
    });
}

fn write(args: &Args, cells: &[Cell], results: &Results) -> io::Result<()> {
    let told: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(place, cell)| tell(*cell, results.get(&place).map_or(&[], Vec::as_slice)))
        .collect();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let all = json!({
        "grace_ms": GRACE.as_millis(),
        "jobs": args.jobs,
        "cpus": thread::available_parallelism().map_or(0, usize::from),
        "load": load.split(' ').next(),
        "optimised": !cfg!(debug_assertions),
        "cells": told,
    });
    let folder = args.out.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    fs::write(&args.out, format!("{all:#}\n"))
}

fn tell(cell: Cell, seen: &[Seen]) -> Value {
    let millis = |d: Duration| d.as_micros() as f64 / 1000.0;
    let times: Vec<f64> = seen.iter().filter_map(|s| s.empty).map(millis).collect();
    let complaints: Vec<&String> = seen.iter().filter_map(|s| s.complaint.as_ref()).collect();
    json!({
        "victim": cell.victim.name(),
        "how": cell.how.name(),
        "tree": cell.tree.name(),
        "expected": expected(cell).name(),
        "applies": !matches!(expected(cell), Expectation::DoesNotApply(_)),
        "runs": seen.len(),
        "survivors": seen.iter().map(|s| s.survivors).sum::<usize>(),
        "not_as_expected": complaints.len(),
        "complaints": complaints,
        "empty_ms": spread(&times).map(|s| json!({"p50": s.p50, "p95": s.p95, "max": s.max})),
        "samples": times,
    })
}
