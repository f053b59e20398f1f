//! What tests need that start hosts and kill them: never published, never part of a program.

#[cfg(target_os = "linux")]
pub mod attack;
pub mod testing;
#[cfg(target_os = "linux")]
pub mod witness;
