//! The sweep against leftovers that resist it, and for those whom it must spare.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fake_host::testing::{Process, Setup, eventually, fake_sidecar, free_port, processes_marked};

use crate::support::{HOST, args, start};

const VARIABLE: &str = "SIDECAR_LIFECYCLE";

/// An instance that died, of which only the lock file and marked processes are left.
struct DeadInstance {
    name: String,
}

impl DeadInstance {
    fn new(setup: &Setup, name: &str) -> DeadInstance {
        // No two tests look at each other's processes.
        let name = format!("{name}{}", std::process::id());
        fs::create_dir_all(setup.state_dir()).expect("a folder");
        fs::write(setup.state_dir().join(format!("{name}.lock")), "").expect("written");
        DeadInstance { name }
    }

    fn marker(&self) -> String {
        format!("fake-host/{}/web/1", self.name)
    }

    /// Who carries its marker.
    fn living(&self) -> Vec<Process> {
        processes_marked(&format!("{VARIABLE}={}", self.marker()))
    }

    /// One that takes no notice of being asked to end, and starts a child whenever it has none.
    ///
    /// A program of ours: macOS hides the environment of its own ones, such as a shell's.
    fn leave_respawner(&self, child: &str) -> Child {
        let child = Command::new(fake_sidecar())
            .args(["--max-life", "3m", "--respawn", child])
            .env(VARIABLE, self.marker())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let child = child.expect("a test server");
        eventually("it has a child", || self.living().len() >= 2);
        child
    }
}

impl Drop for DeadInstance {
    fn drop(&mut self) {
        for process in self.living() {
            process.kill();
        }
    }
}

#[test]
fn a_leftover_that_is_deaf_and_respawns_its_child_leaves_none() {
    let setup = Setup::new();
    let dead = DeadInstance::new(&setup, "deaf");
    let mut respawner = dead.leave_respawner("--no-listen");
    let (mut host, _family) = start(&setup, "", "--no-listen");
    host.next("spawned");
    assert!(dead.living().is_empty(), "{:#?}", dead.living());
    // Reaps it.
    let _ = respawner.wait();
    let mut told: Vec<String> = host
        .all("cleaned")
        .iter()
        .map(|e| e["pid"].to_string())
        .collect();
    assert!(told.contains(&respawner.id().to_string()), "{told:?}");
    assert!(
        told.len() >= 3,
        "the later children are told of too: {told:?}"
    );
    told.sort_unstable();
    let count = told.len();
    told.dedup();
    assert_eq!(told.len(), count, "each is told of once: {told:?}");
    let lock = setup.state_dir().join(format!("{}.lock", dead.name));
    assert!(!lock.exists(), "nothing is left that it could tell of");
}

#[test]
fn a_host_that_is_started_inside_a_dead_instances_tree_spares_itself_and_its_ancestors() {
    let setup = Setup::new();
    let dead = DeadInstance::new(&setup, "outer");
    let family = setup.family("pids");
    // Not `exec`: the shell is the ancestor, and says at the end that it is there.
    let script = r#""$@"; echo '{"event":"survived"}'"#;
    let mut words = vec!["-c".into(), script.into(), "sh".into(), HOST.into()];
    words.extend(args(&setup, "", &family, "--no-listen"));
    let mut shell = setup.start_with(Path::new("sh"), words, |command| {
        command.env(VARIABLE, dead.marker());
    });
    let spawned = shell.next("spawned");
    assert_eq!(
        spawned["protection"], "guardian",
        "it has ended its guardian"
    );
    shell.next("ready");
    assert!(shell.all("cleaned").is_empty(), "{:#?}", shell.lines());
    shell.order("shutdown");
    assert!(shell.end().success());
    shell.next_after_end("survived");
}

#[test]
fn a_living_instance_that_carries_a_dead_ones_marker_is_spared() {
    let setup = Setup::new();
    let first_family = setup.family("first");
    let name = "inherited";
    let marker = format!("fake-host/{name}{}/web/1", std::process::id());
    let mut first = setup.start_with(
        Path::new(HOST),
        args(&setup, "", &first_family, "--no-listen"),
        |command| {
            command.env(VARIABLE, &marker);
        },
    );
    first.next("ready");
    first_family.wait_for(1);
    let guardian = first.guardian();
    // Only now does the second find a reason to look for that marker.
    let dead = DeadInstance::new(&setup, name);
    assert_eq!(dead.marker(), marker);
    let (mut second, _family) = start(&setup, "", "--no-listen");
    second.next("ready");
    assert!(second.all("cleaned").is_empty(), "{:#?}", second.lines());
    assert!(first.process.lives() && guardian.lives());
    assert_eq!(first_family.living().len(), 1);
}

#[test]
fn the_whole_tree_of_a_leftover_that_holds_the_port_is_ended() {
    let setup = Setup::new();
    let port = free_port();
    let flags = format!("--port {port} --http /");
    let (mut host, family) = start(&setup, &flags, "");
    host.ready();
    // After this host's sweep another instance dies, and what watches over its server lives on.
    host.order("stop");
    host.next("stopped");
    let dead = DeadInstance::new(&setup, "holder");
    let mut respawner = dead.leave_respawner(&format!("--port {port}"));
    let is_held = || sidecar_lifecycle::ports::is_free(port).is_err();
    eventually("the port is held", is_held);
    host.order("start");
    assert_eq!(host.ready(), port);
    assert!(dead.living().is_empty(), "{:#?}", dead.living());
    // Reaps it.
    let _ = respawner.wait();
    let cleaned = host.all("cleaned");
    let named = |e: &serde_json::Value| e["pid"] == respawner.id();
    assert!(cleaned.iter().any(named), "{cleaned:#?}");
    let why = format!("a leftover of a dead instance held port {port}");
    assert!(cleaned.iter().any(|e| e["why"] == why), "{cleaned:#?}");
    assert_eq!(family.living().len(), 1);
}
