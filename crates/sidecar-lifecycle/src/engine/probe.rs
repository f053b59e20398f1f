//! One question to a server. None blocks a thread: a thousand hung ones cost a thousand sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::clock::within;

/// Bytes read for the sake of a status, interim answers included. Servers' heads have a few hundred.
const LONGEST_HEAD: u64 = 128 * 1024;

/// Where to connect to for a socket that listens on `addr`.
pub(crate) fn reachable(addr: IpAddr) -> IpAddr {
    match addr {
        IpAddr::V4(a) if a.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(a) if a.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// Connects, and says why not.
pub(crate) async fn tcp(addr: IpAddr, port: u16, limit: Duration) -> Result<(), String> {
    let to = SocketAddr::new(addr, port);
    match within(limit, TcpStream::connect(to)).await {
        Some(Ok(_)) => Ok(()),
        Some(Err(e)) => Err(format!("cannot connect to {to}: {e}")),
        None => Err(format!("no connection to {to} within {limit:?}")),
    }
}

/// GETs `path` and returns the status. The body is not read: the head is the answer.
///
/// No proxy is asked, whatever the environment says, and no redirect is followed: this is about
/// one server on this machine.
pub(crate) async fn http(
    addr: IpAddr,
    port: u16,
    path: &str,
    limit: Duration,
) -> Result<u16, String> {
    let to = SocketAddr::new(addr, port);
    match within(limit, get(to, path)).await {
        Some(Ok(status)) => Ok(status),
        Some(Err(e)) => Err(format!("no HTTP answer from {to}: {e}")),
        None => Err(format!("no HTTP answer from {to} within {limit:?}")),
    }
}

async fn get(to: SocketAddr, path: &str) -> io::Result<u16> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    // Beyond its end the stream seems closed: hints without end would keep this thread busy.
    let (read, write) = stream.into_split();
    let stream = tokio::io::join(read.take(LONGEST_HEAD), write);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let request = Request::get(path)
        // The name that the page will be asked for by: servers check it.
        .header(header::HOST, format!("localhost:{}", to.port()))
        .header(header::ACCEPT, "text/html,*/*")
        .header(header::CONNECTION, "close")
        .header(
            header::USER_AGENT,
            concat!("sidecar-lifecycle/", env!("CARGO_PKG_VERSION")),
        )
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    // The connection is driven by this very future and dropped with it: nothing stays in flight.
    let answer = sender.send_request(request);
    tokio::pin!(answer);
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        // A short answer may arrive whole, so that the connection ends before it is handed out.
        _ = connection => answer.await,
    };
    answer
        .map(|a| a.status().as_u16())
        .map_err(io::Error::other)
}
