//! Whether a run has found its port taken: between our test of a port and the server's bind
//! anybody may bind it.

use super::ownership::RunTree;
use super::question::Question;
use super::run_loop::Loop;
use crate::core::Phase;
use crate::logs::LogRing;
use crate::sys::sockets;

/// The lines of one run.
pub(crate) struct Lines {
    ring: LogRing,
    /// The sequence number of the last line that was looked at.
    seen: u64,
    taken: bool,
}

/// What is looked at: a stack trace may follow the line that counts.
const LAST: usize = 200;

/// How programs say that a port is taken, in lower case.
const SAYINGS: [&str; 6] = [
    "eaddrinuse",
    "address already in use", // libc, Go, Rust
    "address in use",
    "only one usage of each socket address", // Windows
    "is already in use",                     // Vite, webpack: "Port 5173 is already in use"
    "port is already allocated",             // containers
];

impl Lines {
    /// Those that follow the line with this sequence number.
    pub(crate) fn after(ring: LogRing, before: u64) -> Lines {
        Lines {
            ring,
            seen: before,
            taken: false,
        }
    }

    /// Whether the run has said that this port is taken, now or when it was asked before. A line
    /// that names another port alone is about that one. Each line is looked at once.
    pub(crate) fn say_taken(&mut self, port: u16) -> bool {
        let last = self.ring.last_seq();
        if last > self.seen && !self.taken {
            let lines = self.ring.last_since(self.seen, LAST);
            self.taken = lines.iter().any(|line| says_taken(line, port));
            self.seen = last;
        }
        self.taken
    }
}

/// The chosen port, if a stranger listens on it and the run has said that it is taken: it does not
/// end by itself, and will never be ready.
pub(crate) fn by_a_stranger(question: &Question, lines: &mut Lines) -> Option<u16> {
    let port = question.port.filter(|_| question.own_listener)?;
    // Asked every two milliseconds: what it has said costs nothing while it says nothing.
    (lines.say_taken(port) && held_by_another(&question.tree, port)).then_some(port)
}

fn held_by_another(tree: &RunTree, port: u16) -> bool {
    let listeners = sockets::listeners(Some(port)).unwrap_or_default();
    !listeners.is_empty() && tree.listening_on(port).is_empty()
}

impl Loop {
    /// Whether the current run, which has ended before it was ready, ended for want of its port:
    /// a stranger holds it, or the run has said so.
    pub(super) fn port_was_taken(&self, index: usize) -> bool {
        let entry = &self.entries[index];
        let starting = self
            .fleet
            .get(entry.core)
            .is_some_and(|core| core.phase() == Phase::Starting);
        let current = entry.run.as_ref().filter(|_| starting);
        let Some((port, tree)) = current.and_then(|run| Some((run.port?, run.tree()?))) else {
            return false;
        };
        (entry.config_in_use().own_listener && held_by_another(&tree, port))
            || self.lines_of(index).say_taken(port)
    }
}

fn says_taken(line: &str, port: u16) -> bool {
    let line = line.to_lowercase();
    if !SAYINGS.iter().any(|saying| line.contains(saying)) {
        return false;
    }
    let ports = named_ports(&line);
    ports.is_empty() || ports.contains(&port)
}

/// Numbers that stand where a port does: behind a colon or the word.
fn named_ports(line: &str) -> Vec<u16> {
    let mut ports = Vec::new();
    let mut before = String::new();
    let mut digits = String::new();
    for c in line.chars().chain(" ".chars()) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let is_port = before.ends_with(':') || before.trim_end().ends_with("port");
        // `:24:5` is a place in a source file, and so is what a colon follows.
        // And the 1 of `::1` is no port.
        if is_port
            && c != ':'
            && digits.len() > 1
            && let Ok(port) = digits.parse()
        {
            ports.push(port);
        }
        before.push_str(&digits);
        digits.clear();
        before.push(c);
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Stream;

    #[test]
    fn programs_say_it_in_many_ways() {
        for line in [
            "Error: listen EADDRINUSE: address already in use :::5173",
            "Error: listen EADDRINUSE: address already in use 127.0.0.1:5173",
            "OSError: [Errno 98] Address already in use",
            "listen tcp 127.0.0.1:5173: bind: address already in use",
            "Error: Port 5173 is already in use",
            "[Errno 48] error while attempting to bind on address ('::1', 5173, 0, 0): address already in use",
            "thread 'main' panicked: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }",
        ] {
            assert!(says_taken(line, 5173), "{line}");
        }
    }

    #[test]
    fn each_line_is_looked_at_once_and_what_was_said_stays_said() {
        let ring = LogRing::default();
        let say = |line: &str| ring.push(Stream::Stderr, line.to_owned());
        say("Port 5173 is already in use"); // The run before.
        let mut lines = Lines::after(ring.clone(), ring.last_seq());
        assert!(!lines.say_taken(5173));
        say("starting");
        assert!(!lines.say_taken(5173));
        say("Port 5173 is already in use");
        assert!(lines.say_taken(5173));
        for _ in 0..2 * LAST {
            say("trying again");
        }
        assert!(lines.say_taken(5173));
    }

    #[test]
    fn other_lines_and_other_ports_do_not_count() {
        for line in [
            "serving on http://localhost:5173",
            "Error: listen EADDRINUSE: address already in use :::24678",
            "Port 9229 is already in use",
            "in use: 5173",
        ] {
            assert!(!says_taken(line, 5173), "{line}");
        }
    }
}
