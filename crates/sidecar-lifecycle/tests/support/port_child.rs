//! A second process with a port: this test binary, started again in the role of a server.
//!
//! It ends when its stdin does, so that none is left however the test ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sidecar_lifecycle::ports::{self, OurMarks, Picked, PortWish, Reservations};

const ADDRESS: &str = "PORT_CHILD_LISTENS_ON";
const QUESTION: &str = "PORT_CHILD_LOOKS_AT";
const ROLE: &str = "support::port_child::role";

/// A port that nobody has and that the system gives to no client. Every call names another, which
/// tests in other processes are not given, nor engines, as long as this process runs. For who is
/// [`alone`].
pub(crate) fn quiet_port() -> u16 {
    static NAMED: Mutex<Vec<Picked>> = Mutex::new(Vec::new());
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = u64::from(std::process::id()) << 32 | named.len() as u64;
    let all = Reservations::machine_wide().expect("a folder of this user's");
    let picked = ports::pick(PortWish::Auto, &all, seed, None, &[])
        .expect("ten thousand ports are not all held")
        .expect("a port was wished");
    let port = picked.port;
    named.push(picked);
    port
}

/// While this is held, no other test of this process picks a port or bears a child. To pick one is to
/// bind it for a moment; and a child has, until it runs its own program, a copy of every socket: one
/// that a test has just closed would still be open.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The role, when the environment asks for it. As a test of its own it is ignored.
#[test]
#[ignore = "not a test: what the other tests start"]
fn role() {
    if let Ok(address) = std::env::var(ADDRESS) {
        let address: SocketAddr = address.parse().expect("an address");
        let listener = std::net::TcpListener::bind(address).expect("the port is free");
        name_owner(&socket2::SockRef::from(&listener));
        answer("listening");
        let _ = std::io::stdin().read(&mut [0]).expect("stdin is a pipe");
    } else if let Ok(port) = std::env::var(QUESTION) {
        let marks = OurMarks {
            app_id: "test.app".into(),
            live_members: &|_| false,
            is_dead_instance: &|_| false,
            project_cwd: None,
        };
        let holder = ports::holder_of(port.parse().expect("a port"), &marks);
        answer(&serde_json::to_string(&holder).expect("serialises"));
    }
}

/// Wine keeps a socket to itself until its process asks for one of its options, and till then names
/// no owner. Elsewhere this is a question like any other.
pub(crate) fn name_owner(socket: &socket2::Socket) {
    socket.keepalive().expect("an open socket");
}

/// One line that stands out from what the test harness prints.
fn answer(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n>{line}").expect("stdout is a pipe");
    out.flush().expect("stdout is a pipe");
}

fn read_answer(child: &mut Child) -> String {
    let lines = BufReader::new(child.stdout.as_mut().expect("piped")).lines();
    lines
        .map(|line| line.expect("text"))
        .find_map(|line| line.strip_prefix('>').map(str::to_owned))
        .expect("the child said what it has to say before it ended")
}

/// This binary in the role.
fn myself() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("known"));
    command.args(["--exact", ROLE, "--ignored", "--nocapture"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// How a server is to be started.
pub(crate) struct Plan {
    address: IpAddr,
    port: Option<u16>,
    folder: Option<PathBuf>,
    marker: Option<String>,
    by_nobody: bool,
}

/// A running server.
pub(crate) struct PortChild {
    child: Child,
    /// The port it listens on.
    pub(crate) port: u16,
}

impl PortChild {
    pub(crate) fn listening_on(address: &str) -> Plan {
        let address = address.parse().expect("an address");
        Plan {
            address,
            port: None,
            folder: None,
            marker: None,
            by_nobody: false,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Plan {
    pub(crate) fn port(self, port: u16) -> Plan {
        Plan {
            port: Some(port),
            ..self
        }
    }

    pub(crate) fn in_folder(self, folder: &Path) -> Plan {
        Plan {
            folder: Some(folder.to_owned()),
            ..self
        }
    }

    pub(crate) fn marked(self, marker: &str) -> Plan {
        Plan {
            marker: Some(marker.to_owned()),
            ..self
        }
    }

    /// As the user `nobody`, which takes root's rights.
    #[cfg(unix)]
    pub(crate) fn by_nobody(self) -> Plan {
        Plan {
            by_nobody: true,
            ..self
        }
    }

    /// Starts it and waits until it listens.
    pub(crate) fn spawn(self) -> PortChild {
        self.try_spawn().expect("this binary can be started")
    }

    /// The same; an error when the system does not let us start it.
    pub(crate) fn try_spawn(self) -> std::io::Result<PortChild> {
        let _others = alone();
        let port = self.port.unwrap_or_else(quiet_port);
        let mut command = if self.by_nobody { nobody() } else { myself() };
        command.env(ADDRESS, SocketAddr::new(self.address, port).to_string());
        command.env_remove("SIDECAR_LIFECYCLE");
        if let Some(marker) = self.marker {
            command.env("SIDECAR_LIFECYCLE", marker);
        }
        if let Some(folder) = self.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn()?;
        assert_eq!(read_answer(&mut child), "listening");
        Ok(PortChild { child, port })
    }
}

impl Drop for PortChild {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// This binary in the role, as the user `nobody`.
#[cfg(unix)]
fn nobody() -> Command {
    use std::os::unix::process::CommandExt as _;

    let mut command = myself();
    command.current_dir("/").uid(65_534).gid(65_534);
    command
}

#[cfg(not(unix))]
fn nobody() -> Command {
    unreachable!("only asked for on Unix")
}

/// What the user `nobody` is told about a port. An error unless we may become that user.
#[cfg(target_os = "linux")]
pub(crate) fn asked_by_nobody(port: u16) -> std::io::Result<serde_json::Value> {
    let _others = alone();
    let mut child = nobody().env(QUESTION, port.to_string()).spawn()?;
    let line = read_answer(&mut child);
    child.wait()?;
    Ok(serde_json::from_str(&line).expect("JSON"))
}
