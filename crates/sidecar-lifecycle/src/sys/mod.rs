//! All platform code and all `unsafe`: every platform exports the same names, callers hold no `cfg`.

mod facts;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(target_os = "linux"))]
mod no_changes;
#[cfg(unix)]
pub(crate) mod unix;
mod variables;
#[cfg(windows)]
pub(crate) mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::changes::FileChanges;
#[cfg(target_os = "linux")]
pub(crate) use linux::{process, sockets};
#[cfg(target_os = "macos")]
pub(crate) use macos::{process, sockets};
#[cfg(not(target_os = "linux"))]
pub(crate) use no_changes::FileChanges;
#[cfg(windows)]
pub(crate) use windows::{process, sockets};

#[cfg(any(unix, test))]
pub(crate) use facts::Lineage;
#[cfg(unix)]
pub(crate) use facts::variable;
pub(crate) use facts::{Birth, Listener, Owner, ProcessFacts};
#[cfg(unix)]
pub(crate) use unix::clock::monotonic;
#[cfg(unix)]
pub(crate) use unix::files::{
    discard_lock, has_descriptors, is_at, never_wait, owner_only, read_at, replace, shared_folder,
    variable_key, write_at,
};
#[cfg(unix)]
pub(crate) use unix::shortage::is_transient;
#[cfg(unix)]
pub(crate) use unix::signals::{
    KILL_SIGNAL, STOP_SIGNAL, errors_not_signals, on_termination, signal_name, signal_named,
};
#[cfg(unix)]
pub(crate) use unix::support::{has_pidfd, has_splice, has_subreaper, open_files};
#[cfg(unix)]
pub(crate) use unix::text::text_of;
#[cfg(unix)]
pub(crate) use unix::users::user_name;
pub(crate) use variables::Variables;
#[cfg(windows)]
pub(crate) use windows::clock::monotonic;
#[cfg(windows)]
pub(crate) use windows::console::{
    KILL_SIGNAL, STOP_SIGNAL, errors_not_signals, on_termination, signal_name, signal_named,
};
#[cfg(windows)]
pub(crate) use windows::files::{
    discard_lock, has_descriptors, is_at, never_wait, owner_only, read_at, replace, shared_folder,
    variable_key, write_at,
};
#[cfg(windows)]
pub(crate) use windows::shortage::is_transient;
#[cfg(windows)]
pub(crate) use windows::support::{has_pidfd, has_splice, has_subreaper, open_files};
#[cfg(windows)]
pub(crate) use windows::text::text_of;
#[cfg(windows)]
pub(crate) use windows::users::user_name;
