//! The environment of children, against real and fake shells, files and homes.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "environ/cache.rs"]
mod cache;
#[path = "environ/login.rs"]
mod login;
#[path = "environ/lookup.rs"]
mod lookup;
#[path = "environ/support.rs"]
mod support;
