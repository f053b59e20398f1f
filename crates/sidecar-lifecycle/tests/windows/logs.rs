//! Output into log files.

use std::fs;

use crate::support::{Watched, bare};

/// Bytes of the flood. A limit counts as 64 KiB at the least, and lines are whole.
const FLOOD: usize = 400_000;

#[test]
fn a_flood_is_rotated_and_nothing_of_it_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = dir.path().join("web.log");
    let config = bare(&["--flood", &FLOOD.to_string(), "--exit-early", "0"])
        .log_file(&log)
        .log_limit(64 * 1024)
        .log_files(20);
    let watched = Watched::start(dir.path(), config);
    assert_eq!(watched.exited(), Some(0));
    watched.stopped();
    let older = (1..).map(|n| dir.path().join(format!("web.log.{n}")));
    let mut files: Vec<_> = older.take_while(|path| path.exists()).collect();
    assert!(files.len() >= 4, "{files:?}");
    files.reverse();
    files.push(log);
    let text: String = files
        .iter()
        .map(|f| fs::read_to_string(f).expect("text"))
        .collect();
    assert_eq!(text.len(), FLOOD);
    for (number, line) in text.lines().enumerate() {
        assert!(line.starts_with(&format!("flood {number:012} ")), "{line}");
    }
}

#[test]
fn colours_stay_in_the_file_as_they_were_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = dir.path().join("web.log");
    let flags = ["--print-url", r"\e[32mgreen\e[0m", "--exit-early", "0"];
    let watched = Watched::start(dir.path(), bare(&flags).log_file(&log));
    watched.stopped();
    let text = fs::read_to_string(log).expect("written");
    assert_eq!(text, "\x1b[32mgreen\x1b[0m\n");
}
