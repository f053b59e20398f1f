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
