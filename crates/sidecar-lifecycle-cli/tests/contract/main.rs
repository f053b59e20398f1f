//! `sidecar` as scripts see it: flags, events, answers, exit codes.
//! They look at processes through /proc.
#![cfg(target_os = "linux")]

mod configuration;
mod doctor;
mod endings;
mod events;
mod flags;
mod fleet;
mod generated;
mod port;
mod ps;
mod support;
