//! What the next start of the same app ends, and what it must not touch.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fake_host::testing::{Process, Setup, eventually, fake_sidecar, sealed};
use serde_json::{Value, json};
use sidecar_lifecycle::identity::BootId;

use crate::support::{HOST, args, start};

/// A process of somebody else's. Dropping it ends it.
struct Bystander {
    child: Child,
    process: Process,
}

impl Bystander {
    fn start() -> Bystander {
        let mut command = Command::new(fake_sidecar());
        command
            .args(["--no-listen", "--max-life", "3m"])
            .stdin(Stdio::null());
        let child = command.spawn().expect("it starts");
        let process = Process::of(child.id() as i32).expect("it runs");
        Bystander { child, process }
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        // It may have been ended by the very bug that a test looks for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn boot() -> String {
    BootId::current().expect("a boot id").0
}

/// Writes the state of an instance that died and had this process as a leader, or so it says.
fn write_state(setup: &Setup, app: &str, leader: &Value) {
    write_state_with(setup, app, leader, &json!({}));
}

/// The same, with what the sidecar's configuration said of its leftovers.
fn write_state_with(setup: &Setup, app: &str, leader: &Value, cleanup: &Value) {
    let state = json!({
        "version": 1, "app_id": app, "instance": "dead1", "host": null, "guardian": null,
        "runs": [{
            "sidecar": "web", "run": 1, "leader": leader, "command": "x", "members": [leader],
            "cleanup": cleanup,
        }],
    });
    fs::create_dir_all(setup.state_dir()).expect("a folder");
    let text = sealed(&state.to_string());
    fs::write(setup.state_dir().join("dead1.json"), text).expect("written");
    fs::write(setup.state_dir().join("dead1.lock"), "").expect("written");
}

/// Starts a host beside that state and tells whether the process lived on.
fn lives_through_a_start(app: &str, leader: impl FnOnce(&Process) -> Value) -> bool {
    let setup = Setup::new();
    let bystander = Bystander::start();
    write_state(&setup, app, &leader(&bystander.process));
    let (mut host, _family) = start(&setup, "", "--no-listen");
    // Nothing is spawned before the sweep is over.
    host.next("spawned");
    let lives = bystander.process.lives();
    assert_eq!(host.all("cleaned").is_empty(), lives, "{:#?}", host.lines());
    lives
}

#[test]
fn a_recorded_leader_that_still_runs_is_ended() {
    let exact = |p: &Process| json!({"pid": p.pid, "start": p.start(), "boot": boot()});
    assert!(!lives_through_a_start("fake-host", exact));
}

#[test]
fn a_recycled_pid_survives() {
    let other = |p: &Process| json!({"pid": p.pid, "start": p.start() - 1, "boot": boot()});
    assert!(lives_through_a_start("fake-host", other));
}

#[test]
fn a_process_of_another_boot_survives() {
    let boot = "00000000-0000-4000-8000-000000000000";
    let other = |p: &Process| json!({"pid": p.pid, "start": p.start(), "boot": boot});
    assert!(lives_through_a_start("fake-host", other));
}

#[test]
fn what_another_app_has_left_is_not_ours() {
    let exact = |p: &Process| json!({"pid": p.pid, "start": p.start(), "boot": boot()});
    assert!(lives_through_a_start("another-app", exact));
}

#[cfg(unix)]
#[test]
fn the_state_file_may_not_name_init_or_the_host_itself() {
    // launchd is root's, and its start is told to root alone: another's would be refused for that.
    let start_of_init = Process::of(1).map(|init| init.start());
    assert!(
        start_of_init.is_some() || cfg!(target_os = "macos"),
        "init runs"
    );
    // 0 is the own group to whoever sends signals. Root's signal would end a container.
    let init = start_of_init.filter(|_| !is_root()).map(|start| (1, start));
    let own_group = (0, start_of_init.unwrap_or(1));
    for (pid, start_time) in [own_group].into_iter().chain(init) {
        let setup = Setup::new();
        let leader = json!({"pid": pid, "start": start_time, "boot": boot()});
        write_state(&setup, "fake-host", &leader);
        let (mut host, _family) = start(&setup, "", "--no-listen");
        host.next("ready");
        assert!(host.all("cleaned").is_empty(), "{pid}");
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// A stale pid file named the very program that read it, which ended itself. A shell writes that
/// file here and becomes the host, which keeps its pid and its start time.
#[cfg(target_os = "linux")]
#[test]
fn a_state_file_that_names_the_host_itself_does_not_end_it() {
    let setup = Setup::new();
    let leader = json!({ "pid": 47_114_711, "start": 0, "boot": boot() });
    write_state(&setup, "fake-host", &leader);
    let state = setup.state_dir().join("dead1.json");
    let script = "start=$(cut -d' ' -f22 /proc/$$/stat); \
                  sed -i \"s/\\\"pid\\\":47114711/\\\"pid\\\":$$/g; s/\\\"start\\\":0/\\\"start\\\":$start/g\" \"$0\"; \
                  exec \"$@\"";
    let family = setup.family("pids");
    let mut words: Vec<std::ffi::OsString> = ["-c", script].map(Into::into).into();
    words.extend([state.into_os_string(), HOST.into()]);
    words.extend(args(&setup, "", &family, "--no-listen"));
    let mut host = setup.start(Path::new("sh"), words);
    host.next("ready");
    assert!(host.all("cleaned").is_empty(), "{:#?}", host.lines());
    assert!(host.process.lives());
    host.order("shutdown");
    assert!(host.end().success());
}

#[test]
fn a_living_instance_of_the_same_app_keeps_its_children() {
    let setup = Setup::new();
    let (mut first, family) = start(&setup, "--port auto --http /", "--fork 2 --setsid");
    first.ready();
    family.wait_for(4);
    let others = setup.family("others");
    let mut second = setup.start(
        Path::new(HOST),
        args(&setup, "--port auto --http /", &others, "--setsid"),
    );
    second.ready();
    others.wait_for(2);
    assert_eq!(family.living().len(), 4);
    assert!(second.all("cleaned").is_empty(), "{:#?}", second.lines());
    // And its end is its own.
    first.kill();
    eventually("the first's tree is gone", || family.living().is_empty());
    assert_eq!(others.living().len(), 2);
    second.order("shutdown");
    second.end();
}

#[cfg(target_os = "linux")]
#[test]
fn a_leftover_that_holds_the_port_is_ended_and_the_port_is_had() {
    let setup = Setup::new();
    let port = fake_host::testing::free_port();
    let flags = format!("--port {port} --http / --grace 300");
    let (mut host, family) = start(&setup, &flags, "--hold-stdout");
    host.ready();
    family.wait_for(2);
    kill_both(&mut host);
    let is_free = || sidecar_lifecycle::ports::is_free(port).is_ok();
    eventually("the leader has let go of the port", is_free);
    // An orphan that serves old code: the leader died with the guardian, so another one takes it.
    let orphan = setup.family("orphan");
    let marker = marker_of(&setup);
    let mut command = Command::new(fake_sidecar());
    command.args(["--max-life", "3m", "--port", &port.to_string(), "--pidfile"]);
    let mut child = command
        .arg(orphan.file())
        .env("SIDECAR_LIFECYCLE", marker)
        .spawn()
        .expect("it starts");
    orphan.wait_for(1);
    let next_family = setup.family("next");
    let mut next = setup.start(Path::new(HOST), args(&setup, &flags, &next_family, ""));
    assert_eq!(next.ready(), port);
    assert!(orphan.living().is_empty(), "{:#?}", next.lines());
    // Reaps it.
    let _ = child.wait();
}

/// Kills host and guardian so that neither sees the other die.
#[cfg(unix)]
pub(crate) fn kill_both(host: &mut fake_host::testing::Host) {
    let guardian = host.guardian();
    guardian.signal(libc::SIGSTOP);
    host.signal(libc::SIGSTOP);
    host.kill();
    guardian.kill();
    eventually("the guardian is gone", || !guardian.lives());
    host.end();
}

/// The mark that the dead instance's processes carry.
#[cfg(target_os = "linux")]
fn marker_of(setup: &Setup) -> String {
    let entries = fs::read_dir(setup.state_dir()).expect("a folder").flatten();
    let names: Vec<String> = entries
        .filter_map(|e| e.file_name().into_string().ok())
        .collect();
    let instance = names
        .iter()
        .find_map(|n| n.strip_suffix(".json"))
        .expect("a state file");
    format!("fake-host/{instance}/web/1")
}

#[cfg(unix)]
#[test]
fn a_damaged_state_file_hides_nothing_that_is_marked() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http /", "--setsid");
    host.ready();
    family.wait_for(2);
    kill_both(&mut host);
    for entry in fs::read_dir(setup.state_dir()).expect("a folder").flatten() {
        if entry.path().extension().is_some_and(|e| e == "json") {
            fs::write(entry.path(), "{\"version\": 1, \"app_").expect("written");
        }
    }
    let others = setup.family("others");
    let mut next = setup.start(Path::new(HOST), args(&setup, "", &others, "--no-listen"));
    next.next("ready");
    assert!(family.living().is_empty(), "{:#?}", family.living());
    next.order("shutdown");
    next.end();
    let left: Vec<_> = fs::read_dir(setup.state_dir())
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.file_name() != "ports.json")
        .collect();
    assert!(
        left.is_empty(),
        "no state file outlives what it tells of: {left:?}"
    );
}

/// Starts a host beside a leftover of a sidecar that was configured so. Returns whether the
/// leftover lived on, and why it was kept.
fn kept_by(cleanup: &Value) -> (bool, Vec<Value>) {
    let setup = Setup::new();
    let bystander = Bystander::start();
    let leader = json!({
        "pid": bystander.process.pid, "start": bystander.process.start(), "boot": boot(),
    });
    write_state_with(&setup, "fake-host", &leader, cleanup);
    let (mut host, _family) = start(&setup, "", "--no-listen");
    host.next("spawned");
    let why = host.all("kept").iter().map(|e| e["why"].clone()).collect();
    (bystander.process.lives(), why)
}

#[test]
fn a_leftover_that_is_not_to_be_cleaned_up_is_left_alone_and_told_of() {
    let told = kept_by(&json!({ "on": false }));
    let why = "it was started with `cleanup_on_start` off";
    assert_eq!(told, (true, vec![json!(why)]));
}

#[test]
fn a_pattern_chooses_among_leftovers_by_name() {
    let spared = kept_by(&json!({ "pattern": "terminator-*" }));
    let why = "fake-sidecar does not match terminator-*";
    assert_eq!(spared, (true, vec![json!(why)]));
    assert_eq!(kept_by(&json!({ "pattern": "fake-*" })), (false, vec![]));
}

#[test]
fn a_leftover_on_its_own_keep_list_is_left_alone() {
    let told = kept_by(&json!({ "keep": ["fake-sidecar"] }));
    assert_eq!(
        told,
        (true, vec![json!("fake-sidecar is on the keep list")])
    );
}

#[test]
fn a_name_that_matches_marks_nobody_as_ours() {
    let setup = Setup::new();
    let bystander = Bystander::start();
    let leader = json!({ "pid": 4_194_000, "start": 1, "boot": boot() });
    write_state_with(
        &setup,
        "fake-host",
        &leader,
        &json!({ "pattern": "fake-sidecar" }),
    );
    let (mut host, _family) = start(&setup, "", "--no-listen");
    host.next("spawned");
    assert!(bystander.process.lives());
    assert!(host.all("cleaned").is_empty());
}
