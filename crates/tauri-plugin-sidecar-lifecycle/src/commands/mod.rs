//! What pages can ask for. None of it names a program: only what Rust or `tauri.conf.json` has
//! declared can be run, and only what a page's capabilities name can be asked about.

mod input;
mod looking;
mod output;
mod steering;

pub(crate) use input::*;
pub(crate) use looking::*;
pub(crate) use output::*;
pub(crate) use steering::*;
