//! `sidecar` as scripts see it: flags, events, answers, exit codes.
#![cfg(unix)]

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
