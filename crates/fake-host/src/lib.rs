//! What tests need that start hosts and kill them: never published, never part of a program.

#![cfg(unix)]

pub mod attack;
pub mod testing;
