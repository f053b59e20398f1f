//! Hooks, streams and numbers of an engine with real sidecars, and the examples that export them.

#![cfg(unix)]

mod examples;
mod exposition;
mod hooks;
mod numbers;
mod support;
