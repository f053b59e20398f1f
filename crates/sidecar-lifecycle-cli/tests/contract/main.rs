//! `sidecar run` as scripts see it: flags, events, exit codes.
#![cfg(unix)]

mod configuration;
mod endings;
mod events;
mod flags;
mod support;
