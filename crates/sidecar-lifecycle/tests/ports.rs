//! Ports against real sockets and real processes: who holds one, whether it is free, picking one (`picking`).

#[path = "ports/picking.rs"]
mod picking;
mod support;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, SystemTime};

use sidecar_lifecycle::identity::Signalled;
use sidecar_lifecycle::ports::{HolderKind, OurMarks, holder_of, holders_of, is_free};
use socket2::{Domain, Socket, Type};
use support::port_child::{PortChild, alone, name_owner, quiet_port};
use support::wine;

const ADDRESSES: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
];

/// Marks by which nothing is ours.
fn nothing() -> OurMarks<'static> {
    OurMarks {
        app_id: "test.app".into(),
        live_members: &|_| false,
        is_dead_instance: &|_| false,
        project_cwd: None,
    }
}

/// A listener on a quiet port; nothing where the machine lacks the address family.
fn listen(addr: IpAddr, only_v6: bool) -> Option<(Socket, u16)> {
    let address = SocketAddr::new(addr, quiet_port());
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).ok()?;
    if addr.is_ipv6() {
        socket
            .set_only_v6(only_v6)
            .expect("settable before the bind");
    }
    // As a server does: somebody's connection may be in TIME_WAIT on it.
    #[cfg(unix)]
    socket
        .set_reuse_address(true)
        .expect("settable before the bind");
    match socket.bind(&address.into()) {
        Err(e) if addr.is_ipv6() && e.kind() == std::io::ErrorKind::AddrNotAvailable => {
            return None;
        }
        other => other.expect("a quiet port can be bound"),
    }
    socket.listen(8).expect("a bound socket can listen");
    name_owner(&socket);
    Some((socket, address.port()))
}

#[test]
fn a_holder_of_any_of_the_four_addresses_is_seen() {
    let _others = alone();
    for addr in ADDRESSES {
        for only_v6 in [true, false] {
            let Some((socket, port)) = listen(addr, only_v6) else {
                continue;
            };
            let busy = is_free(port).expect_err("it is held");
            assert_eq!(busy.source.kind(), std::io::ErrorKind::AddrInUse, "{addr}");
            let holder = holder_of(port, &nothing()).expect("somebody holds it");
            assert_eq!(holder.pid, wine::owner(addr, std::process::id()), "{addr}");

            drop(socket);
            is_free(port).expect("it was let go");
            assert_eq!(holder_of(port, &nothing()), None, "{addr}");
        }
    }
}

#[test]
fn a_client_is_never_a_holder() {
    let server = PortChild::listening_on("127.0.0.1").spawn();
    let client = TcpStream::connect(("127.0.0.1", server.port)).expect("the server listens");
    let named: Vec<_> = holders_of(server.port, &nothing())
        .into_iter()
        .filter_map(|h| h.pid)
        .collect();
    assert_eq!(
        named,
        [server.pid()],
        "the client, this process, is connected to the port"
    );

    let ephemeral = client.local_addr().expect("connected").port();
    assert_eq!(
        holder_of(ephemeral, &nothing()),
        None,
        "and nobody listens on its own port"
    );
}

#[test]
fn a_connection_that_outlives_its_listener_holds_nothing() {
    let _others = alone();
    let port = quiet_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("quiet");
    let _client = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let (_accepted, _) = listener.accept().expect("somebody connected");
    drop(listener);
    assert_eq!(holder_of(port, &nothing()), None);
}

#[test]
fn time_wait_is_not_busy_but_a_listener_is() {
    let _others = alone();
    let port = quiet_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("quiet");
    let client = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let (accepted, _) = listener.accept().expect("somebody connected");
    // The side that closes first keeps the port in TIME_WAIT.
    drop(accepted);
    let mut end = [0];
    assert_eq!(
        std::io::Read::read(&mut &client, &mut end).expect("an orderly end"),
        0
    );
    drop(client);
    is_free(port).expect_err("the listener is still there");
    drop(listener);

    let strict = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // Windows has no such hindrance, elsewhere this proves that there is a TIME_WAIT at all.
    assert_eq!(strict.bind(&address.into()).is_err(), cfg!(unix));
    drop(strict);
    is_free(port).expect("a server, which sets SO_REUSEADDR, could bind");
}

#[test]
fn another_process_is_found_with_command_folder_and_start() {
    let before = SystemTime::now();
    let folder = tempfile::tempdir().expect("a folder");
    let child = PortChild::listening_on("127.0.0.1")
        .in_folder(folder.path())
        .spawn();
    let holder = holder_of(child.port, &nothing()).expect("the child listens");

    assert_eq!(holder.pid, Some(child.pid()));
    assert_eq!(holder.kind, HolderKind::Stranger);
    let exe = std::env::current_exe().expect("known");
    let name = exe
        .file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned();
    assert!(
        holder.command.as_deref().is_some_and(|c| c.contains(&name)),
        "{holder:?}"
    );
    let real = folder.path().canonicalize().expect("exists");
    let told = holder.cwd.as_deref().expect("readable");
    assert_eq!(told.canonicalize().expect("exists"), real);
    assert!(
        !told.as_os_str().to_string_lossy().ends_with('\\'),
        "{told:?}"
    );
    // Start times are counted in ticks of 10 ms.
    let started = holder.started.expect("readable");
    assert!(
        started + Duration::from_secs(1) >= before,
        "{started:?} is before the test"
    );
    assert!(
        started <= SystemTime::now() + Duration::from_secs(1),
        "{started:?} is to come"
    );

    let json = serde_json::to_value(&holder).expect("serialises");
    let mut keys: Vec<_> = json
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    keys.sort();
    assert_eq!(keys, ["command", "cwd", "kind", "pid", "started", "uid"]);
    assert_eq!(json["kind"], "stranger");
    assert!(
        json["started"]
            .as_str()
            .is_some_and(|t| t.ends_with('Z') && t.len() == 20),
        "{json}"
    );

    let identity = holder.identity.expect("known");
    assert_eq!(identity.signal(0).expect("ours to signal"), Signalled::Sent);
}

#[test]
fn ours_is_only_what_a_dead_instance_of_this_app_left_or_this_one_runs() {
    let marks = OurMarks {
        is_dead_instance: &|i| i == "dead",
        ..nothing()
    };
    for (marker, kind) in [
        ("test.app/dead/web/1", HolderKind::Ours),
        ("test.app/living/web/1", HolderKind::Stranger),
        ("other.app/dead/web/1", HolderKind::Stranger),
        ("test.app/dead/web", HolderKind::Stranger),
        ("%zz/dead/web/1", HolderKind::Stranger),
        ("", HolderKind::Stranger),
    ] {
        let child = PortChild::listening_on("127.0.0.1").marked(marker).spawn();
        let holder = holder_of(child.port, &marks).expect("the child listens");
        assert_eq!((holder.kind, holder.live), (kind, false), "{marker}");

        let pid = child.pid();
        let live = OurMarks {
            live_members: &|p| p == pid,
            ..nothing()
        };
        let holder = holder_of(child.port, &live).expect("the child listens");
        assert_eq!(
            (holder.kind, holder.live),
            (HolderKind::Ours, true),
            "{marker}"
        );
    }
}

/// As `System` and the services are to an ordinary user.
#[cfg(windows)]
#[test]
fn a_holder_that_may_not_be_opened_is_named_and_cannot_be_ended() {
    let child = PortChild::listening_on("127.0.0.1").spawn();
    support::shut::shut(child.pid());
    let holder = holder_of(child.port, &nothing()).expect("the child listens");
    assert_eq!(holder.pid, Some(child.pid()));
    let name = std::env::current_exe().expect("known");
    let name = name.file_name().expect("a file").to_string_lossy();
    assert_eq!(holder.command.as_deref(), Some(&*name));
    assert_eq!(holder.kind, HolderKind::Stranger);
    assert_eq!((holder.identity, holder.started), (None, None));
    // Nor is it ours where its number is.
    let pid = child.pid();
    let live = OurMarks {
        live_members: &|p| p == pid,
        ..nothing()
    };
    let holder = holder_of(child.port, &live).expect("the child listens");
    assert_eq!(holder.kind, HolderKind::Stranger);
}

#[test]
fn the_same_project_is_told_by_its_folder() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| {
        let path = root.path().join(name);
        std::fs::create_dir_all(&path).expect("can be made");
        path
    };
    let project = folder("shop");
    for (cwd, kind) in [
        (project.clone(), HolderKind::SameProject),
        (folder("shop/packages/web"), HolderKind::SameProject),
        (folder("shop-two"), HolderKind::Stranger),
        (root.path().to_owned(), HolderKind::Stranger),
    ] {
        let child = PortChild::listening_on("127.0.0.1").in_folder(&cwd).spawn();
        let marks = OurMarks {
            project_cwd: Some(&project),
            ..nothing()
        };
        assert_eq!(kind_of(child.port, &marks), kind, "{}", cwd.display());
        #[cfg(unix)]
        {
            let link = root.path().join(format!("link-{}", child.port));
            std::os::unix::fs::symlink(&project, &link).expect("can be made");
            let marks = OurMarks {
                project_cwd: Some(&link),
                ..nothing()
            };
            assert_eq!(
                kind_of(child.port, &marks),
                kind,
                "{} by a link",
                cwd.display()
            );
        }
    }
}

fn kind_of(port: u16, marks: &OurMarks<'_>) -> HolderKind {
    holder_of(port, marks).expect("the child listens").kind
}

/// A stranger beside a leftover keeps the port from us, so it is the one that is named.
#[test]
fn of_two_holders_the_one_in_the_way_is_named() {
    let ours = PortChild::listening_on("127.0.0.1")
        .marked("test.app/dead/web/1")
        .spawn();
    let port = ours.port;
    let stranger = PortChild::listening_on("::1").port(port).spawn();
    let marks = OurMarks {
        is_dead_instance: &|i| i == "dead",
        ..nothing()
    };
    let mut all: Vec<_> = holders_of(port, &marks)
        .into_iter()
        .map(|h| (h.kind, h.pid))
        .collect();
    all.sort();
    let second = wine::owner(Ipv6Addr::LOCALHOST.into(), stranger.pid());
    let first = Some(ours.pid());
    assert_eq!(
        all,
        [(HolderKind::Ours, first), (HolderKind::Stranger, second)]
    );
    assert_eq!(holder_of(port, &marks).expect("held").pid, second);
}

/// Needs root, to become somebody else, and a build folder that others may enter; elsewhere there
/// is nothing to check.
#[cfg(target_os = "linux")]
#[test]
fn a_process_of_another_user_is_not_guessed() {
    let others = alone();
    let held = TcpListener::bind(("127.0.0.1", quiet_port())).expect("quiet");
    drop(others);
    let port = held.local_addr().expect("bound").port();
    let Ok(answer) = support::port_child::asked_by_nobody(port) else {
        return;
    };
    let uid = std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m));
    assert_eq!(answer["pid"], serde_json::Value::Null);
    assert_eq!(answer["command"], serde_json::Value::Null);
    assert_eq!(answer["uid"], uid.expect("readable"));
    assert_eq!(answer["kind"], "stranger");
}

/// Anyone can set a variable: a host that runs as root may not be led to end others' processes.
#[cfg(unix)]
#[test]
fn a_marker_on_another_users_process_does_not_make_it_ours() {
    let plan = PortChild::listening_on("127.0.0.1")
        .marked("test.app/dead/web/1")
        .by_nobody();
    let Ok(child) = plan.try_spawn() else { return };
    let marks = OurMarks {
        is_dead_instance: &|i| i == "dead",
        ..nothing()
    };
    assert_eq!(kind_of(child.port, &marks), HolderKind::Stranger);
}
