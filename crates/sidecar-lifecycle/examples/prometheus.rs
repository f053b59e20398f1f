//! Runs one sidecar and serves its numbers to Prometheus (text format 0.0.4).
//!
//! `cargo run -p sidecar-lifecycle --example prometheus -- PORT ID COMMAND [ARG…]`
//!
//! Then `curl http://127.0.0.1:PORT/metrics`. Port 0 takes any free one; the address is printed.
//! Ctrl+C ends the sidecar, and the program after it.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use sidecar_lifecycle::metrics::{Counter, Metrics, SidecarMetrics, Timing};
use sidecar_lifecycle::{Engine, Phase, SidecarConfig, guardian, on_termination};

/// Longest wait for a client's next byte: one that says nothing keeps no other waiting for long.
const CLIENT_LIMIT: Duration = Duration::from_secs(2);
/// Longest request head that is read.
const HEAD_LIMIT: u64 = 16 * 1024;
/// The values of the label `phase`.
const PHASES: [Phase; 8] = [
    Phase::Idle,
    Phase::Preparing,
    Phase::Starting,
    Phase::Ready,
    Phase::Unhealthy,
    Phase::Stopping,
    Phase::Waiting,
    Phase::Failed,
];

/// How a gauge is read.
type Reading = fn(&SidecarMetrics) -> f64;

#[expect(clippy::print_stderr, reason = "a command says why it does not run")]
fn main() -> ExitCode {
    // First of all: it forks, which only a program of one thread can do safely.
    if let Err(e) = guardian::start() {
        eprintln!("prometheus: {e}");
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("prometheus: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(port), Some(id), Some(program)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: prometheus PORT ID COMMAND [ARG…]".into());
    };
    let config = SidecarConfig::builder()
        .name(program)
        .args(args)
        .auto_restart(true)
        .build()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse::<u16>()?))?;
    let state = std::env::temp_dir().join("sidecar-lifecycle-prometheus");
    let engine = Engine::builder("sidecar-lifecycle.prometheus", &state).build()?;
    let (end, ended) = mpsc::channel();
    on_termination(move |_| {
        let _ = end.send(()); // Ending already.
    })?;
    engine.declare(&id, config)?;
    engine.start(&id)?;
    writeln!(io::stdout(), "http://{}/metrics", listener.local_addr()?)?;
    let serving = engine.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client that went away has its reasons.
            let _ = answer(&client, &serving);
        }
    });
    ended.recv()?;
    // Said explicitly: the server's thread holds an engine too, so that dropping this one is not
    // the end of all.
    let report = engine.shutdown("interrupted", Duration::from_secs(15));
    if report.complete {
        // Empty now, unless another process of this example runs.
        let _ = std::fs::remove_dir(&state);
        Ok(())
    } else {
        Err("the sidecar did not end in time; the guardian goes on with it".into())
    }
}

fn answer(client: &TcpStream, engine: &Engine) -> io::Result<()> {
    client.set_read_timeout(Some(CLIENT_LIMIT))?;
    client.set_write_timeout(Some(CLIENT_LIMIT))?;
    let mut lines = BufReader::new(client.take(HEAD_LIMIT)).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    // The rest of the head is read too: closing a socket with unread bytes resets it.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = match request.split(' ').collect::<Vec<_>>()[..] {
        ["GET", "/metrics", _] => ("200 OK", render(&engine.metrics())),
        _ => ("404 Not Found", "see /metrics\n".to_owned()),
    };
    let mut out = client;
    write!(
        out,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    out.flush()
}

/// Every metric of one name stands together, under its `HELP` and `TYPE`.
fn render(metrics: &Metrics) -> String {
    let mut page = Page::default();
    for &counter in Counter::ALL {
        page.family(counter.name(), counter.description(), "counter");
        for (id, sidecar) in &metrics.sidecars {
            page.sample(
                counter.name(),
                &[("sidecar", id)],
                sidecar.counters.get(counter),
            );
        }
    }
    for &timing in Timing::ALL {
        page.histogram(timing, metrics);
    }
    let gauges: [(&str, &str, Reading); 4] = [
        (
            "sidecar_up",
            "Whether a run of it has been spawned and has not stopped.",
            |s| f64::from(s.up),
        ),
        ("sidecar_healthy", "Whether its checks pass.", |s| {
            f64::from(s.healthy)
        }),
        (
            "sidecar_uptime_seconds",
            "How long the current run has been ready.",
            |s| s.uptime_seconds,
        ),
        (
            "sidecar_restart_count",
            "New runs after the first, asked for or not.",
            |s| s.restart_count as f64,
        ),
    ];
    for (name, help, value) in gauges {
        page.family(name, help, "gauge");
        for (id, sidecar) in &metrics.sidecars {
            page.sample(name, &[("sidecar", id)], value(sidecar));
        }
    }
    page.family(
        "sidecar_phase",
        "1 for the phase that it is in, else 0.",
        "gauge",
    );
    for (id, sidecar) in &metrics.sidecars {
        for phase in PHASES {
            let name = format!("{phase:?}").to_lowercase();
            let labels = [("sidecar", id.as_str()), ("phase", &name)];
            page.sample("sidecar_phase", &labels, u8::from(sidecar.phase == phase));
        }
    }
    page.family("sidecar_declared", "Sidecars that are declared.", "gauge");
    page.sample("sidecar_declared", &[], metrics.declared);
    page.family("sidecar_events_total", "Events of all sidecars.", "counter");
    page.sample("sidecar_events_total", &[], metrics.events);
    page.family(
        "sidecar_protection_info",
        "How well they are protected.",
        "gauge",
    );
    let protection = format!("{:?}", metrics.protection);
    page.sample("sidecar_protection_info", &[("protection", &protection)], 1);
    page.0
}

/// Text that grows. Writing into a `String` cannot fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, help: &str, kind: &str) {
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0 += name;
        for (at, (label, text)) in labels.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            let text = text
                .replace('\\', r"\\")
                .replace('"', r#"\""#)
                .replace('\n', r"\n");
            let _ = write!(self.0, "{before}{label}=\"{text}\"");
        }
        let after = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{after} {value}");
    }

    fn histogram(&mut self, timing: Timing, metrics: &Metrics) {
        let name = timing.name();
        self.family(name, timing.description(), "histogram");
        for (id, sidecar) in &metrics.sidecars {
            let durations = sidecar.duration(timing);
            let bucket = format!("{name}_bucket");
            for (le, count) in durations.buckets() {
                let le = le.to_string();
                self.sample(&bucket, &[("sidecar", id), ("le", &le)], count);
            }
            self.sample(&bucket, &[("sidecar", id), ("le", "+Inf")], durations.count);
            self.sample(&format!("{name}_sum"), &[("sidecar", id)], durations.sum);
            self.sample(
                &format!("{name}_count"),
                &[("sidecar", id)],
                durations.count,
            );
        }
    }
}
