//! Who holds a port is told and left alone, unless it is ours.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fake_host::testing::{Setup, eventually, fake_sidecar, free_port, named_owner};
use serde_json::{Value, json};

use crate::support::{shut_down, start};

/// A server that is not ours, in a folder of its own. Dropping it ends it.
struct Stranger(Child);

impl Stranger {
    fn on(host: &str, port: u16, folder: &Path) -> Stranger {
        let mut command = Command::new(fake_sidecar());
        command.args([
            "--max-life",
            "3m",
            "--host",
            host,
            "--port",
            &port.to_string(),
        ]);
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let child = command.spawn().expect("it starts");
        eventually("the stranger listens", || {
            TcpStream::connect((host, port)).is_ok()
        });
        Stranger(child)
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().expect("it is our child").is_none()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        // A bug may have ended it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn a_stranger_on(address: &str) {
    let setup = Setup::new();
    let port = free_port();
    let folder = real_path(setup.folder()).join("shop");
    fs::create_dir(&folder).expect("a folder");
    let mut stranger = Stranger::on(address, port, &folder);
    // This test is a client of the port: it must not be named, let alone ended.
    let _client = TcpStream::connect((address, port)).expect("it listens");
    let (mut host, family) = start(&setup, &format!("--port {port} --http /"), "");
    let held = host.next("port_held");
    assert_eq!(held["port"], port);
    let holder = &held["holder"];
    let pid = named_owner(address.parse().expect("an address"), stranger.0.id());
    assert_eq!(holder["pid"], json!(pid));
    assert_eq!(holder["kind"], "stranger");
    if pid.is_some() {
        assert_described(&held, &folder);
    }
    let failed = host.next("failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains(&port.to_string()), "{reason}");
    if let Some(pid) = pid {
        for part in ["fake-sidecar", &pid.to_string(), &folder.to_string_lossy()] {
            assert!(reason.contains(part), "`{part}` is not in: {reason}");
        }
    }
    assert!(host.all("spawned").is_empty() && family.written().is_empty());
    host.order("shutdown");
    host.end();
    assert!(stranger.lives());
}

fn assert_described(held: &Value, folder: &Path) {
    let holder = &held["holder"];
    assert_eq!(holder["cwd"], folder.to_string_lossy().as_ref());
    assert!(
        holder["command"]
            .as_str()
            .is_some_and(|c| c.contains("fake-sidecar")),
        "{held}"
    );
    assert!(
        holder["started"].is_string() && holder["uid"].is_u64() == cfg!(unix),
        "{held}"
    );
}

/// A folder as the system tells it of a process: on macOS the temporary ones lie behind a link.
fn real_path(folder: &Path) -> PathBuf {
    if cfg!(windows) {
        // Made whole, it would begin with `\\?\`.
        return folder.to_owned();
    }
    fs::canonicalize(folder).expect("it exists")
}

#[test]
fn a_stranger_on_ipv4_survives_and_is_named() {
    a_stranger_on("127.0.0.1");
}

#[test]
fn a_stranger_on_ipv6_survives_and_is_named() {
    a_stranger_on("::1");
}

#[test]
fn with_a_range_the_next_port_is_taken() {
    let setup = Setup::new();
    let (first, second) = loop {
        let port = free_port();
        if sidecar_lifecycle::ports::is_free(port + 1).is_ok() {
            break (port, port + 1);
        }
    };
    let mut stranger = Stranger::on("127.0.0.1", first, setup.folder());
    let (mut host, family) = start(&setup, &format!("--port {first}-{second} --http /"), "");
    assert_eq!(host.ready(), second);
    assert_eq!(host.all("port_held").len(), 1);
    shut_down(&mut host, &setup, &family);
    assert!(stranger.lives());
}

#[test]
fn a_client_neither_dies_nor_keeps_the_port_from_the_next_run() {
    let setup = Setup::new();
    let port = free_port();
    let (mut host, family) = start(
        &setup,
        &format!("--port {port} --http /"),
        "--hang --no-listen",
    );
    host.next("spawned");
    drop((host, family));
    let (mut host, family) = start(&setup, &format!("--port {port} --tcp"), "--hang");
    host.ready();
    for _ in 0..3 {
        // As a browser does: connected, and waiting for an answer when the server goes.
        let _client = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        host.order("restart");
        host.next("stopped");
        assert_eq!(host.ready(), port);
    }
    assert!(host.all("port_held").is_empty(), "{:#?}", host.lines());
    shut_down(&mut host, &setup, &family);
}
