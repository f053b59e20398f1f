//! The command line: every way of misbehaving is a flag, and flags combine.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};

use crate::values::{Flood, parse_bytes, parse_duration};

/// A test server that misbehaves on request.
///
/// Without flags it is a well-behaved one: it listens, prints
/// `listening on http://HOST:PORT/`, answers every request with its pid and the
/// path, and dies by SIGTERM. Durations are written `250ms`, `5s` or `2m`.
#[derive(Debug, Parser)]
#[command(version, args_override_self = true)]
pub(crate) struct Cli {
    /// What this process is; set by the leader for those that it makes.
    #[arg(long, value_enum, default_value_t = Role::Leader, hide = true)]
    pub(crate) role: Role,

    /// Append one line `ROLE PID` for each process; the leader's comes last,
    /// when the whole family is up and deaf or careful as told.
    #[arg(long, value_name = "FILE")]
    pub(crate) pidfile: Option<PathBuf>,

    /// Every process ends itself after this time, so that a failed test leaves
    /// no litter for long.
    #[arg(long, value_name = "DUR", value_parser = parse_duration, default_value = "10m")]
    pub(crate) max_life: Duration,

    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
    #[command(flatten)]
    pub(crate) end: EndArgs,
    #[command(flatten)]
    pub(crate) family: FamilyArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What a process of the family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The process that was started by the test.
    Leader,
    /// A plain child of the leader, in its process group.
    Child,
    /// Between the leader and a child, as a package manager's shell is.
    Middle,
    /// The first of those that go on making others.
    Storm,
    /// The middle process of a double fork; it ends once its escapee is up.
    Launcher,
    /// A grandchild whose parent is gone.
    Escapee,
}

/// Where and when it listens.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(crate) struct ListenArgs {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, env = "PORT", default_value_t = 0)]
    pub(crate) port: u16,

    /// Listen on this port whatever `--port` and PORT say.
    #[arg(long, value_name = "PORT")]
    pub(crate) hard_port: Option<u16>,

    /// Address to listen on; `localhost` takes the first address it resolves to.
    #[arg(long, default_value = "127.0.0.1", value_parser = ["127.0.0.1", "::1", "0.0.0.0", "::", "localhost"])]
    pub(crate) host: String,

    /// Listen this long after the start (or after the test bind).
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub(crate) listen_after: Option<Duration>,

    /// First listen for this long without accepting, close, then listen anew,
    /// as servers do that probe for a free port. `test bind over after N ms` is
    /// printed in between: how long it was in truth.
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub(crate) test_bind_first: Option<Duration>,

    /// Never listen; just live.
    #[arg(long)]
    pub(crate) no_listen: bool,
}

/// How it answers.
#[derive(Args, Debug)]
#[command(next_help_heading = "Answering")]
pub(crate) struct AnswerArgs {
    /// Status codes of the answers, one after the other; the last one stays. 3xx points at a port
    /// where nobody listens.
    #[arg(long, value_name = "CODE", value_delimiter = ',', default_value = "200", value_parser = clap::value_parser!(u16).range(200..=599))]
    pub(crate) status: Vec<u16>,

    /// The first answer takes this long.
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub(crate) slow_first: Option<Duration>,

    /// Accept connections and never answer.
    #[arg(long)]
    pub(crate) hang: bool,

    /// Print `client N` when the Nth connection is taken, before it is answered.
    #[arg(long)]
    pub(crate) tell_clients: bool,

    /// Die when this path is asked for.
    #[arg(long, value_name = "PATH")]
    pub(crate) crash_on: Option<String>,
}

/// How and when it ends.
#[derive(Args, Debug)]
#[command(next_help_heading = "Ending")]
pub(crate) struct EndArgs {
    /// The leader and its plain children ignore SIGTERM, SIGINT and SIGHUP.
    #[arg(long, conflicts_with = "term_takes")]
    pub(crate) ignore_term: bool,

    /// On SIGTERM, SIGINT or SIGHUP clean up for this long, then exit 0.
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub(crate) term_takes: Option<Duration>,

    /// With the set-uid bit on its program, be its owner whole: then whoever has started it may not
    /// signal it any more.
    #[arg(long)]
    pub(crate) as_owner: bool,

    /// End this long after the start.
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub(crate) exit_after: Option<Duration>,

    /// Exit code of `--exit-after` and `--crash-on`.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) exit_code: u8,

    /// Exit before listening, after all output was written.
    #[arg(long, value_name = "CODE")]
    pub(crate) exit_early: Option<u8>,

    /// Every end of its own making is a SIGABRT; alone it comes before
    /// listening.
    #[arg(long)]
    pub(crate) abort: bool,

    /// Exit 0 when stdin is closed.
    #[arg(long)]
    pub(crate) exit_on_stdin_eof: bool,
}

/// Which other processes it makes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Family")]
pub(crate) struct FamilyArgs {
    /// Make N plain children that live on.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) fork: u16,

    /// Make a middle process with a child of its own; the leader ends when the
    /// middle ends, with `--exit-code`, as package managers do.
    #[arg(long)]
    pub(crate) middle: bool,

    /// Make a child of another program, which is this one under another name.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) helper: Option<PathBuf>,

    /// Do nothing but run this program with these WORDS, parted by spaces, anew
    /// whenever it has ended; SIGTERM, SIGINT and SIGHUP end none but those.
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    pub(crate) respawn: Option<String>,

    /// Make a process that forks without end: its children live for a moment,
    /// each in a session of its own, and it passes itself on. Deaf with
    /// `--escapee-ignores-term`.
    #[arg(long)]
    pub(crate) fork_storm: bool,

    /// Make an escapee: double-forked, in a session of its own. On Windows: out of its job, as far
    /// as that lets it go.
    #[arg(long)]
    pub(crate) setsid: bool,

    /// Make an escapee: double-forked, still in the leader's process group.
    #[arg(long)]
    pub(crate) double_fork: bool,

    /// Make an escapee in a session of its own that keeps stdout open.
    #[arg(long)]
    pub(crate) hold_stdout: bool,

    /// Escapees ignore SIGTERM, SIGINT and SIGHUP.
    #[arg(long)]
    pub(crate) escapee_ignores_term: bool,

    /// Escapees close every descriptor (not that of `--hold-stdout`).
    #[arg(long)]
    pub(crate) close_fds: bool,

    /// Escapees run with an empty environment.
    #[arg(long)]
    pub(crate) wipe_env: bool,
}

/// What it prints and reads.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output and input")]
pub(crate) struct OutputArgs {
    /// Write into this file first which console it is on: `none`, one that is `hidden`, or one
    /// that is `shown` in a window.
    #[cfg(windows)]
    #[arg(long, value_name = "FILE")]
    pub(crate) tell_console: Option<PathBuf>,

    /// Print this line at the start; `{port}`, `\e` and `\n` are replaced.
    #[arg(long, value_name = "TEXT")]
    pub(crate) print_url: Option<String>,

    /// Print the value of this variable at the start; nothing if it is not set.
    #[arg(long, value_name = "NAME")]
    pub(crate) print_env: Option<String>,

    /// Print the folder that it works in at the start.
    #[arg(long)]
    pub(crate) print_folder: bool,

    /// Print `line 1` to `line N` at the start.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) lines: u64,

    /// Print one line that is not UTF-8.
    #[arg(long)]
    pub(crate) invalid_utf8: bool,

    /// Print this many bytes (`64k`, `10M`) without a line break.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub(crate) endless_line: Option<u64>,

    /// Print this many bytes, or `endless`, of numbered lines as fast as they
    /// are taken; `/stderr` picks the other stream.
    #[arg(long, value_name = "BYTES[/STREAM]")]
    pub(crate) flood: Option<Flood>,

    /// Write this many bytes to stdout as fast as they are taken, of a pattern
    /// in which a lost one shows.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub(crate) source: Option<u64>,

    /// Write a word to stderr each 10 ms, and into FILE how many; a gone reader
    /// is the end of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) chatter: Option<PathBuf>,

    /// Copy stdin to stdout, byte for byte.
    #[arg(long)]
    pub(crate) echo_stdin: bool,

    /// Read stdin to its end, which has to be as `--source` writes it, then
    /// print `sink N` with the number of bytes to stdout.
    #[arg(long, conflicts_with = "echo_stdin")]
    pub(crate) sink: bool,

    /// Read one byte of stdin, print `sip`, and leave the rest unread.
    #[arg(long, conflicts_with_all = ["echo_stdin", "sink", "exit_on_stdin_eof"])]
    pub(crate) sip: bool,
}
