//! An HTTP server from hell: `hostile KIND PORT`, where KIND says how it torments its clients.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

/// Between two bytes of those that trickle.
const TRICKLE: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            complain(&e.to_string());
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = env::args().skip(1);
    let kind = args.next().ok_or("what kind?")?;
    let port: u16 = args.next().ok_or("which port?")?.parse()?;
    let server = TcpListener::bind(("127.0.0.1", port))?;
    if kind == "never-accepts" {
        loop {
            thread::park();
        }
    }
    for client in server.incoming() {
        let (client, kind) = (client?, kind.clone());
        thread::Builder::new()
            .stack_size(128 * 1024)
            .spawn(move || drop(torment(client, &kind)))?;
    }
    Ok(())
}

/// Ends when the client has had enough.
fn torment(mut client: TcpStream, kind: &str) -> std::io::Result<()> {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n";
    if kind == "closes" {
        return Ok(());
    }
    if kind != "garbage-first" {
        // One read is the whole request: it is small and comes from this machine.
        let _ = client.read(&mut [0; 4096])?;
    }
    match kind {
        "never-answers" => loop {
            thread::park();
        },
        "trickles" => {
            for byte in HEAD.iter().chain(b"x: y\r\n".iter().cycle()) {
                client.write_all(&[*byte])?;
                thread::sleep(TRICKLE);
            }
            Ok(())
        }
        "endless-headers" => {
            client.write_all(HEAD)?;
            endless(&mut client, b"x-header: of which there are many more\r\n")
        }
        "endless-header" => {
            client.write_all(HEAD)?;
            client.write_all(b"x: ")?;
            endless(&mut client, b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")
        }
        "endless-status" => {
            client.write_all(b"HTTP/1.1 200 ")?;
            endless(&mut client, b"OK and more than that, much more ")
        }
        "endless-body" => {
            client.write_all(HEAD)?;
            client.write_all(b"\r\n")?;
            endless(&mut client, b"and so on ")
        }
        "garbage" | "garbage-first" => endless(&mut client, b"\x00\xff\x16\x03\x01 HTTP/9.9 \r\n\r\n"),
        "informs" => endless(&mut client, b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        "half" => client.write_all(b"HTTP/1.1 2"),
        "redirects" => client.write_all(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/elsewhere\r\ncontent-length: 0\r\n\r\n",
        ),
        "negative-length" => {
            client.write_all(HEAD)?;
            client.write_all(b"content-length: -1\r\n\r\n")
        }
        _ => Err(std::io::Error::other("no such kind")),
    }
}

fn endless(client: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    let piece = piece.repeat(256);
    loop {
        client.write_all(&piece)?;
    }
}

#[expect(clippy::print_stderr, reason = "the test shows it when it fails")]
fn complain(why: &str) {
    eprintln!("hostile: {why}");
}
