//! What the server prints: single lines, and too much of everything.
//!
//! All writes go straight to the descriptor. A gone reader is no reason to die
//! here: servers that ignore EPIPE exist, and they are the harder case.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::args::OutputArgs;
use crate::sys;
use crate::values::{Flood, Stream};

/// Bytes of a numbered line of the flood, with its line break.
const FLOOD_LINE: usize = 80;
/// Lines of one write; 4,000 bytes stay below `PIPE_BUF`, so other threads'
/// lines never land inside one.
const FLOOD_LINES_A_WRITE: usize = 50;

/// Prints one line to stdout.
pub(crate) fn say(line: &str) {
    write_to(Stream::Stdout, format!("{line}\n").as_bytes());
}

/// Prints one line to stderr.
pub(crate) fn complain(line: &str) {
    write_to(Stream::Stderr, format!("{line}\n").as_bytes());
}

/// Writes what comes at the start, in the order of the help text. What may
/// take long is left to a thread, which is returned.
pub(crate) fn begin(args: &OutputArgs, port: u16) -> JoinHandle<()> {
    if let Some(text) = &args.print_url {
        say(&expand(text, port));
    }
    if let Some(value) = args.print_env.as_ref().and_then(std::env::var_os) {
        say(&value.to_string_lossy());
    }
    if args.print_folder {
        match std::env::current_dir() {
            Ok(folder) => say(&folder.to_string_lossy()),
            Err(error) => complain(&format!("its folder: {error}")),
        }
    }
    for number in 1..=args.lines {
        say(&format!("line {number}"));
    }
    if args.invalid_utf8 {
        write_to(Stream::Stdout, b"not utf-8: \xff\xfe\x80 end\n");
    }
    let (endless_line, flood, source) = (args.endless_line, args.flood, args.source);
    thread::spawn(move || {
        if let Some(bytes) = endless_line {
            write_endless_line(bytes);
        }
        if let Some(flood) = flood {
            write_flood(flood);
        }
        if let Some(bytes) = source {
            write_pattern(bytes);
        }
    })
}

/// Writes words to stderr for as long as they are taken, as a program does that SIGPIPE ends.
pub(crate) fn chatter(counts: &Path) {
    for count in 1_u64.. {
        let said = io::stderr().write_all(b"word\n");
        if said.is_err() || fs::write(counts, count.to_string()).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Reads stdin until EOF, and does with it what was asked for.
pub(crate) fn drain_stdin(args: &OutputArgs) {
    let mut input = io::stdin().lock();
    let copied = if args.echo_stdin {
        open(Stream::Stdout).and_then(|mut out| io::copy(&mut input, &mut out))
    } else if args.sink {
        check_pattern(&mut input).inspect(|bytes| say(&format!("sink {bytes}")))
    } else {
        io::copy(&mut input, &mut io::sink())
    };
    if let Err(error) = copied {
        complain(&format!("stdin: {error}"));
    }
}

/// Reads one byte of stdin and no more, whatever a buffered reader would take at once.
pub(crate) fn sip() {
    match sys::own(&io::stdin()).and_then(|mut input| input.read_exact(&mut [0])) {
        Ok(()) => say("sip"),
        Err(error) => complain(&format!("stdin: {error}")),
    }
}

fn expand(text: &str, port: u16) -> String {
    text.replace("{port}", &port.to_string())
        .replace("\\e", "\x1b")
        .replace("\\n", "\n")
}

fn write_endless_line(bytes: u64) {
    let chunk = [b'e'; 4000];
    let mut left = bytes;
    while left > 0 {
        let take = left.min(chunk.len() as u64) as usize;
        write_to(Stream::Stdout, &chunk[..take]);
        left -= take as u64;
    }
}

/// Writes numbered lines of [`FLOOD_LINE`] bytes, so that a lost or torn one
/// shows; the last is cut where the number of bytes asks for it.
fn write_flood(flood: Flood) {
    let mut left = flood.bytes.unwrap_or(u64::MAX);
    let mut number = 0_u64;
    let mut chunk = Vec::with_capacity(FLOOD_LINE * FLOOD_LINES_A_WRITE);
    while left > 0 {
        chunk.clear();
        for _ in 0..FLOOD_LINES_A_WRITE {
            chunk.extend_from_slice(format!("flood {number:012} {:.<60}\n", "").as_bytes());
            number += 1;
        }
        chunk.truncate(left.min(chunk.len() as u64) as usize);
        write_to(flood.stream, &chunk);
        if flood.bytes.is_some() {
            left -= chunk.len() as u64;
        }
    }
}

/// What `--source` repeats: a prime number of bytes, so that no buffer's size hides what is lost.
const PATTERN: usize = 65_521;

fn pattern() -> Vec<u8> {
    let mixed = (0..PATTERN as u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    mixed.collect()
}

fn write_pattern(bytes: u64) {
    let (pattern, mut left) = (pattern(), bytes);
    while left > 0 {
        let take = left.min(PATTERN as u64);
        write_to(Stream::Stdout, &pattern[..take as usize]);
        left -= take;
    }
}

/// Answers with the number of bytes, if all of them are as [`write_pattern`] writes them.
fn check_pattern(input: &mut impl Read) -> io::Result<u64> {
    let (pattern, mut at) = (pattern(), 0);
    loop {
        let mut chunk = Vec::with_capacity(PATTERN);
        input.take(PATTERN as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(at);
        }
        if chunk != pattern[..chunk.len()] {
            let reason = format!("other bytes than expected behind byte {at}");
            return Err(io::Error::other(reason));
        }
        at += chunk.len() as u64;
    }
}

fn write_to(stream: Stream, mut bytes: &[u8]) {
    let Ok(mut out) = open(stream) else { return };
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return,
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The host may have left its end non-blocking: wait and go on.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(_gone) => return,
        }
    }
}

fn open(stream: Stream) -> io::Result<File> {
    match stream {
        Stream::Stdout => sys::own(&io::stdout()),
        Stream::Stderr => sys::own(&io::stderr()),
    }
}
