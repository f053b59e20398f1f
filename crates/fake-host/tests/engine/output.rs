//! The last lines, for readers that come late or come again.

use std::sync::{Arc, Mutex};

use fake_host::testing::eventually;
use sidecar_lifecycle::{LogLine, LogRing, Stream};

use crate::support::{Bench, script};

fn texts(lines: &[LogLine]) -> Vec<(u64, &str)> {
    lines.iter().map(|l| (l.seq, l.line.as_str())).collect()
}

/// Waits until it has said so much.
fn said(logs: &LogRing, lines: u64) {
    eventually("it was said", || logs.last_seq() == lines);
}

#[test]
fn a_page_that_is_reloaded_goes_on_where_it_was_through_a_restart_too() {
    let mut bench = Bench::new();
    let text = "echo first; echo second; echo third; exec sleep 1000";
    bench.run("web", script(text));
    let logs = bench.engine.logs("web").expect("it was declared");
    said(&logs, 3);
    assert_eq!(
        texts(&logs.since(0)),
        [(1, "first"), (2, "second"), (3, "third")]
    );
    // The page has shown two lines when it goes, and a new one comes.
    let page = Arc::new(Mutex::new(Vec::new()));
    let shown = page.clone();
    let feed = logs.subscribe(2, move |line| {
        shown.lock().expect("no panic").push(line.clone());
    });
    bench.engine.restart("web", "test").expect("asked");
    bench.next("web", "stopped");
    let new = [(3, "third"), (4, "first"), (5, "second"), (6, "third")];
    // A line is counted before it is shown.
    let shown = || page.lock().expect("no panic").len();
    eventually("it was shown", || shown() >= new.len());
    let seen = page.lock().expect("no panic").clone();
    assert_eq!(texts(&seen), new, "none twice, none left out");
    drop(feed);
    bench.engine.restart("web", "test").expect("asked");
    said(&logs, 9);
    assert_eq!(shown(), new.len());
}

#[test]
fn each_stream_can_be_had_for_itself() {
    let mut bench = Bench::new();
    bench.run(
        "web",
        script("echo fine; echo trouble >&2; exec sleep 1000"),
    );
    let logs = bench.engine.logs("web").expect("it was declared");
    said(&logs, 2);
    for (stream, text) in [(Stream::Stdout, "fine"), (Stream::Stderr, "trouble")] {
        let lines = logs.since_on(stream, 0);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].stream, lines[0].line.as_str()), (stream, text));
    }
}
