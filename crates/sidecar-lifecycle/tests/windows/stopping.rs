//! Stopping: asked first, by the end of stdin, and ended by force after the grace and not before.

use std::fs;
use std::time::{Duration, Instant};

use sidecar_lifecycle::StdinMode;

use crate::support::{LIMIT, Watched, server};

#[test]
fn a_program_that_reads_is_asked_by_the_end_of_its_stdin_and_its_words_arrive() {
    let dir = tempfile::tempdir().expect("a folder");
    for log in [None, Some(dir.path().join("log"))] {
        // Ctrl+Break comes with the end of stdin, and would end it before it has read that.
        let mut config = server(&["--sink", "--exit-on-stdin-eof", "--ignore-term"])
            .stdin(StdinMode::Silent)
            .graceful_shutdown_timeout(LIMIT);
        if let Some(path) = &log {
            config = config.log_file(path);
        }
        let watched = Watched::start(dir.path(), config);
        watched.ready();
        watched.stop();
        assert_eq!(watched.exited(), Some(0), "by itself, not by force");
        watched.stopped();
        let lines = watched.lines();
        assert!(lines.contains(&"sink 0".to_owned()), "{log:?}: {lines:?}");
        if let Some(path) = log {
            let text = fs::read_to_string(path).expect("written");
            assert!(text.contains("sink 0"), "{text}");
        }
    }
}

#[test]
fn force_comes_after_the_grace_and_not_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let grace = Duration::from_millis(400);
    let config = server(&["--ignore-term"]).graceful_shutdown_timeout(grace);
    let watched = Watched::start(dir.path(), config);
    watched.ready();
    let asked = Instant::now();
    watched.stop();
    assert_eq!(watched.exited(), Some(1), "what a job gives those it ends");
    assert!(asked.elapsed() >= grace, "{:?}", asked.elapsed());
    watched.stopped();
}
