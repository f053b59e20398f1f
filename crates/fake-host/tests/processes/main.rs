//! Real hosts with real sidecars, ended in every way there is. Each test looks at the process
//! table afterwards, and at the port.

#[cfg(unix)]
mod asking;
#[cfg(target_os = "linux")]
mod at_rest;
#[cfg(target_os = "linux")]
mod blocked_signals;
#[cfg(unix)]
mod editors;
mod exit_paths;
#[cfg(target_os = "linux")]
mod guardian_death;
#[cfg(unix)]
mod guardian_stopped;
#[cfg(target_os = "linux")]
mod hard_trees;
#[cfg(windows)]
mod kept_in_a_job;
mod leftovers;
mod log_rotation;
#[cfg(unix)]
mod log_rotation_goes_on;
#[cfg(target_os = "linux")]
mod log_trouble;
mod logs;
#[cfg(target_os = "linux")]
mod outliving;
#[cfg(target_os = "linux")]
mod own_terminals;
mod port_races;
mod ports;
mod raw_output;
mod readiness;
#[cfg(target_os = "linux")]
mod reservations;
mod restarts;
mod support;
#[cfg(unix)]
mod sweeping;
#[cfg(target_os = "linux")]
mod thousand;
mod trees;
