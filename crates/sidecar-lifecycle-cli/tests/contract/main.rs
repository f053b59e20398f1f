//! `sidecar` as scripts see it: flags, events, answers, exit codes.

#[cfg(target_os = "linux")]
mod completions;
mod configuration;
mod doctor;
mod endings;
mod events;
mod flags;
mod fleet;
mod generated;
#[cfg(unix)]
mod interrupts;
mod port;
#[cfg(unix)]
mod port_holders;
mod ps;
mod support;
#[cfg(unix)]
mod with_a_shell;
#[cfg(windows)]
mod without_a_login_shell;
