//! The engine under attack: innocent bystanders, faults of every kind, hostile servers, and long
//! use. What broke, and which test holds it now, stands in `docs/attack.md`.

#![cfg(target_os = "linux")]

mod bystanders;
mod limits;
mod scenario;
mod servers;
mod shortage;
mod soak;
mod spawning;
#[path = "../processes/support.rs"]
mod support;
mod survivors;
mod suspended;
mod witness;
