//! What a program finds in its environment, of which the system compares the names without case.

use sidecar_lifecycle::SidecarConfig;

use crate::support::Watched;

/// What `cmd.exe` lists, which is what Node enumerates: Vite takes `VITE_apiUrl` for another setting
/// than `VITE_APIURL`.
#[test]
fn names_are_spelled_as_they_were_set_and_each_is_there_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let shell = std::env::var("ComSpec").expect("it has one");
    let path = std::env::var("PATH").expect("it has one");
    let config = SidecarConfig::builder()
        .program(shell)
        .args(["/d", "/c", "set"])
        .env("VITE_apiUrl", "/api")
        .env("pAtH", format!(r"C:\mine;{path}"));
    let watched = Watched::start(dir.path(), config);
    assert_eq!(watched.exited(), Some(0));
    watched.stopped();
    let lines = watched.lines();
    assert!(lines.contains(&"VITE_apiUrl=/api".to_owned()), "{lines:#?}");
    let is_path = |line: &&String| line.to_ascii_uppercase().starts_with("PATH=");
    let paths: Vec<&String> = lines.iter().filter(is_path).collect();
    assert_eq!(paths, [&format!(r"pAtH=C:\mine;{path}")]);
}
