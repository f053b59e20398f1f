//! The engine as a library: its API on real processes, from a program with other threads. There is
//! no guardian here; hosts that have one are tested in `processes`.

#![cfg(unix)]

mod declaring;
mod dependencies;
mod health;
mod killing;
mod output;
mod ports;
mod raw_output;
#[cfg(target_os = "linux")]
mod real_programs;
mod restarting;
mod rolling;
mod stdin;
mod stopping;
mod support;
