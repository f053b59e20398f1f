//! The kill matrix, a few runs of each combination. `scripts/attack/matrix.sh` tries them by the thousand.
//!
//! Who is killed, how, with which tree below, and what has to come of it stands in
//! `fake_host::attack`.

#![cfg(target_os = "linux")]

mod rows;
