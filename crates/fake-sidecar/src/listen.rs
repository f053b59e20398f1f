//! The listening socket: which address, when, and twice if asked for.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::thread;
use std::time::Instant;

use socket2::{Domain, Protocol, Socket, Type};

use crate::args::ListenArgs;
use crate::output::say;

/// The port that was asked for; 0 stands for any.
pub(crate) fn wanted_port(args: &ListenArgs) -> u16 {
    args.hard_port.unwrap_or(args.port)
}

/// Test-binds and waits as the flags say, then listens.
pub(crate) fn listen(args: &ListenArgs) -> io::Result<TcpListener> {
    let mut address = resolve(&args.host, wanted_port(args))?;
    if let Some(for_long) = args.test_bind_first {
        let begun = Instant::now();
        let test = bind(address)?;
        // Any free port is picked once, for both.
        address = test.local_addr()?;
        thread::sleep(for_long);
        drop(test);
        let stood = begun.elapsed().as_millis();
        say(&format!("test bind over after {stood} ms"));
    }
    if let Some(after) = args.listen_after {
        thread::sleep(after);
    }
    bind(address)
}

/// The address as a browser takes it, with the host as it was given.
pub(crate) fn url(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("http://[{host}]:{port}/")
    } else {
        format!("http://{host}:{port}/")
    }
}

fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::other(format!("{host} has no address")))
}

/// Binds as Node does: the address may be reused, and `::` takes IPv4 too.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let attempt = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        socket.bind(&address.into())?;
        socket.listen(511)?;
        socket.keepalive()?; // Wine names the owner of no socket that was not asked for anything.
        Ok(TcpListener::from(socket))
    };
    attempt().map_err(|error: io::Error| {
        let what = match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("listen EADDRINUSE: address already in use {address}")
            }
            _ => format!("listen {address}: {error}"),
        };
        io::Error::new(error.kind(), what)
    })
}
