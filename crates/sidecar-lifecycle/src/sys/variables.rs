//! A process's variables, where a name is in there once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::variable_key;

/// Variables by name, in the order in which the system wants them. Windows compares names without
/// case, so that `Path` and `PATH` are one; and yet a program that lists its variables sees how each
/// is spelled (Vite takes `VITE_apiUrl` for another setting than `VITE_APIURL`). So the last
/// spelling that was set is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Variables(BTreeMap<OsString, (OsString, OsString)>);

impl Variables {
    /// Sets it, under each of its spellings.
    pub(crate) fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        let name = name.into();
        self.0.insert(variable_key(&name), (name, value.into()));
    }

    pub(crate) fn remove(&mut self, name: impl AsRef<OsStr>) {
        self.0.remove(&variable_key(name.as_ref()));
    }

    pub(crate) fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        let (_, value) = self.0.get(&variable_key(name.as_ref()))?;
        Some(value)
    }

    /// As they are spelled.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.values().map(|(name, value)| (&**name, &**value))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Variables {
    /// Of two spellings the later one is meant.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Variables {
        let mut variables = Variables::default();
        for (name, value) in pairs {
            variables.set(name, value);
        }
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(variables: &Variables) -> Vec<(&str, &str)> {
        fn text(text: &OsStr) -> &str {
            text.to_str().expect("a text")
        }
        let pairs = variables.iter();
        pairs
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    #[test]
    fn each_is_there_once_as_it_was_spelled_last() {
        let mut variables: Variables = [
            ("Path", "old"),
            ("VITE_apiUrl", "/api"),
            ("PATH", "new"),
            ("_x", "1"),
        ]
        .into_iter()
        .collect();
        if cfg!(windows) {
            // In the order of capitals, in which `_` comes last.
            let wanted = [("PATH", "new"), ("VITE_apiUrl", "/api"), ("_x", "1")];
            assert_eq!(listed(&variables), wanted);
            assert_eq!(variables.get("vite_APIURL"), Some("/api".as_ref()));
            variables.remove("vite_apiurl");
            assert_eq!(listed(&variables), [("PATH", "new"), ("_x", "1")]);
        } else {
            assert_eq!(variables.get("Path"), Some("old".as_ref()));
            assert_eq!(variables.get("PATH"), Some("new".as_ref()));
            variables.remove("PATH");
            assert_eq!(variables.get("PATH"), None);
            assert_eq!(variables.get("path"), None);
            let wanted = [("Path", "old"), ("VITE_apiUrl", "/api"), ("_x", "1")];
            assert_eq!(listed(&variables), wanted);
        }
    }
}
