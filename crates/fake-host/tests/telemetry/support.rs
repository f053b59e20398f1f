//! An engine in the test's own process, and what it tells.

use std::time::Duration;

use fake_host::testing::{DEADLINE, Family, Setup, fake_sidecar};
use sidecar_lifecycle::{Engine, Event, EventStream, SidecarBuilder, SidecarConfig};

/// The one sidecar of a test.
pub(crate) const WEB: &str = "web";

/// An engine whose state lies in the test's folder.
pub(crate) fn engine(setup: &Setup) -> Engine {
    Engine::builder("fake-host.telemetry", setup.state_dir())
        .build()
        .expect("an engine")
}

/// A fake sidecar that writes its pids into `family`.
pub(crate) fn fake(family: &Family, flags: &str) -> SidecarBuilder {
    let file = family.file().to_str().expect("text");
    let args = ["--pidfile", file, "--max-life", "3m", "--port", "0"];
    SidecarConfig::builder()
        .program(fake_sidecar())
        .args(args.into_iter().chain(flags.split_whitespace()))
        .graceful_shutdown_timeout(Duration::from_secs(5))
        .restart_backoff(Duration::from_millis(1))
}

/// The name of an event.
pub(crate) fn name(event: &Event) -> String {
    let json = serde_json::to_value(event).expect("an object");
    json["event"].as_str().expect("a name").to_owned()
}

/// Takes events up to the first of this name; answers all of them.
pub(crate) fn until(events: &mut EventStream, wanted: &str) -> Vec<Event> {
    let mut seen = Vec::new();
    loop {
        let Some(event) = events.next_within(DEADLINE) else {
            panic!("no {wanted} came after {seen:#?}");
        };
        seen.push(event);
        if seen.last().map(name).as_deref() == Some(wanted) {
            return seen;
        }
    }
}

/// The names of a process's threads.
#[cfg(target_os = "linux")]
pub(crate) fn threads_of(pid: i32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("threads");
    tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .collect()
}
