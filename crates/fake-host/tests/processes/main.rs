//! Real hosts with real sidecars, ended in every way there is. Each test looks at the process
//! table afterwards, and at the port.

mod at_rest;
mod blocked_signals;
mod editors;
mod exit_paths;
mod guardian_death;
mod guardian_stopped;
mod hard_trees;
mod leftovers;
mod log_rotation;
mod log_trouble;
mod logs;
mod outliving;
mod own_terminals;
mod port_races;
mod ports;
mod raw_output;
mod readiness;
mod restarts;
mod support;
mod sweeping;
mod thousand;
mod trees;
