//! HTTP answers: just enough of HTTP/1.1 for probes and browsers.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::args::Cli;
use crate::ending;
use crate::output::{complain, say};

/// Longest request head that is read.
const LONGEST_HEAD: usize = 64 * 1024;
/// How long a silent client is kept.
const PATIENCE: Duration = Duration::from_secs(30);

/// Accepts for ever, one thread a connection.
pub(crate) fn serve(cli: &'static Cli, listener: &TcpListener) {
    static FIRST: AtomicBool = AtomicBool::new(true);
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let (mut taken, mut held) = (0_u64, Vec::new());
    loop {
        match listener.accept() {
            Ok((client, _)) => {
                taken += 1;
                if cli.answer.tell_clients {
                    say(&format!("client {taken}"));
                }
                if cli.answer.hang {
                    held.push(client);
                } else {
                    // A client that went away in the middle is no concern of ours.
                    thread::spawn(move || drop(answer(cli, client, &FIRST, &COUNT)));
                }
            }
            Err(error) => {
                // Out of descriptors, most likely: others will be closed.
                complain(&format!("accept: {error}"));
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

fn answer(
    cli: &Cli,
    mut client: TcpStream,
    first: &AtomicBool,
    count: &AtomicUsize,
) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let head = read_head(&mut client)?;
    let mut words = head.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or("/"),
    );
    let path = target.split(['?', '#']).next().unwrap_or(target);

    if cli.answer.crash_on.as_deref() == Some(path) {
        ending::end(&cli.end, cli.end.exit_code);
    }
    if let Some(takes) = cli.answer.slow_first
        && first.swap(false, Ordering::SeqCst)
    {
        thread::sleep(takes);
    }
    let before = count.fetch_add(1, Ordering::SeqCst);
    let statuses = &cli.answer.status;
    let status = statuses.get(before).or(statuses.last()).copied();
    client.write_all(&response(status.unwrap_or(200), before + 1, method, path))?;
    // Closing with unread bytes would reset the connection and lose the answer.
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    io::copy(&mut client, &mut io::sink()).map(drop)
}

fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = client.read(&mut chunk)?;
        if read == 0 || head.len() > LONGEST_HEAD {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        head.extend_from_slice(&chunk[..read]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The whole answer; its body is `pid N`, `path P` and `answer N` (counted from 1), a line each.
fn response(status: u16, number: usize, method: &str, path: &str) -> Vec<u8> {
    let pid = std::process::id();
    let body = format!("pid {pid}\npath {path}\nanswer {number}\n");
    let reason = match status {
        200 => "OK",
        300..=399 => "Elsewhere",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "As Requested",
    };
    let mut answer = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n",
        // These two have no body by RFC 9110.
        if matches!(status, 204 | 304) {
            0
        } else {
            body.len()
        },
    );
    if (300..400).contains(&status) {
        // Port 1: a prober that follows redirects fails and gives itself away.
        answer.push_str("Location: http://127.0.0.1:1/\r\n");
    }
    answer.push_str("\r\n");
    if method != "HEAD" && !matches!(status, 204 | 304) {
        answer.push_str(&body);
    }
    answer.into_bytes()
}
