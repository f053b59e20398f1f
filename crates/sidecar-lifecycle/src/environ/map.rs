//! An environment as a value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Variables by name, in a stable order.
///
/// ```
/// use sidecar_lifecycle::environ::EnvMap;
///
/// let env = EnvMap::from([("PORT", "5173"), ("HOST", "::1")].map(|(k, v)| (k.into(), v.into())));
/// assert_eq!(env.keys().next().map(|name| name.as_os_str()), Some("HOST".as_ref()));
/// ```
pub type EnvMap = BTreeMap<OsString, OsString>;

/// The environment of this process, as it is now.
///
/// ```
/// use sidecar_lifecycle::environ::{current_env, scrub};
///
/// let mut for_a_child = current_env();
/// scrub(&mut for_a_child); // This process keeps what it has.
/// ```
pub fn current_env() -> EnvMap {
    std::env::vars_os().collect()
}

/// Sets a variable, and drops what it was under another spelling: names are compared without case
/// on Windows, whose `PATH` most often stands in the environment as `Path`. Both in one map would be
/// one variable with two values.
///
/// ```
/// use sidecar_lifecycle::environ::{EnvMap, set_var};
///
/// let mut env = EnvMap::from([("Path".into(), r"C:\Windows".into())]);
/// set_var(&mut env, "PATH", r"C:\node;C:\Windows");
/// assert_eq!(env["PATH".as_ref() as &std::ffi::OsStr], r"C:\node;C:\Windows");
/// assert_eq!(env.len(), if cfg!(windows) { 1 } else { 2 });
/// ```
pub fn set_var(env: &mut EnvMap, name: impl Into<OsString>, value: impl Into<OsString>) {
    let name = name.into();
    if cfg!(windows) {
        env.retain(|other, _| !other.eq_ignore_ascii_case(&name));
    }
    env.insert(name, value.into());
}

/// A variable's value. Names are compared without case on Windows (`Path` is `PATH` there).
pub(super) fn get<'a>(env: &'a EnvMap, name: &str) -> Option<&'a OsStr> {
    if let Some(value) = env.get(OsStr::new(name)) {
        return Some(value);
    }
    if !cfg!(windows) {
        return None;
    }
    env.iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_os_str())
}

/// A variable's value, unless it is empty.
pub(super) fn get_filled<'a>(env: &'a EnvMap, name: &str) -> Option<&'a OsStr> {
    get(env, name).filter(|value| !value.is_empty())
}

#[cfg(test)]
pub(super) fn of(pairs: &[(&str, &str)]) -> EnvMap {
    pairs
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        .collect()
}
