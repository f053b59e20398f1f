//! The examples that export numbers, run for real.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpStream;

use fake_host::testing::{
    DEADLINE, Family, Host, Setup, eventually, eventually_some, example, fake_sidecar,
};

use crate::exposition::{Sample, parse};

/// A name that must be escaped in a label.
const ID: &str = r#"we"b\1"#;

fn start(setup: &Setup, name: &str, first: &[&str], family: &Family, flags: &str) -> Host {
    let mut args: Vec<OsString> = first.iter().map(Into::into).collect();
    args.extend([ID.into(), fake_sidecar().into(), "--pidfile".into()]);
    args.push(family.file().into());
    args.extend(["--max-life", "3m"].map(Into::into));
    args.extend(flags.split_whitespace().map(Into::into));
    setup.start_with(&example(name), args, |command| {
        command.env("TMPDIR", setup.path("tmp"));
    })
}

fn end_by_ctrl_c(setup: &Setup, host: &mut Host, family: &Family) {
    host.signal(libc::SIGINT);
    let status = host.end();
    assert!(status.success(), "{status}");
    assert!(
        family.living().is_empty(),
        "the sidecar ended before its host"
    );
    eventually("the guardian ends too", || setup.survivors().is_empty());
    let left = std::fs::read_dir(setup.path("tmp")).expect("a folder");
    let left: Vec<_> = left.flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "these are left: {left:?}");
}

fn get(address: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}

/// The value of a sample whose labels are the sidecar's and these.
fn value(samples: &[Sample], name: &str, more: &[(&str, &str)]) -> Option<f64> {
    let mut labels: Vec<(String, String)> = vec![("sidecar".into(), ID.into())];
    labels.extend(more.iter().map(|(k, v)| ((*k).into(), (*v).into())));
    let labels = labels.into_iter().collect();
    let found = samples
        .iter()
        .find(|s| s.name == name && s.labels == labels);
    found.map(|s| s.value)
}

#[test]
fn the_prometheus_example_serves_what_prometheus_can_read() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = start(&setup, "prometheus", &["0"], &family, "--lines 5");
    let url = eventually_some("it tells its address", || host.lines().first().cloned());
    let address = url.strip_prefix("http://").expect("a URL");
    let address = address.strip_suffix("/metrics").expect("the page's path");
    assert!(address.starts_with("127.0.0.1:"), "loopback only");
    assert!(get(address, "/other").0.starts_with("HTTP/1.1 404"));
    family.wait_for(1);
    let samples = eventually_some("it is ready", || {
        let (head, body) = get(address, "/metrics");
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert!(head.contains("text/plain; version=0.0.4"), "{head}");
        assert!(body.contains(r#"{sidecar="we\"b\\1"}"#), "{body}");
        let samples = parse(&body);
        let ready = value(&samples, "sidecar_phase", &[("phase", "ready")]);
        let lines = value(&samples, "sidecar_log_lines_total", &[]);
        (ready == Some(1.0) && lines >= Some(5.0)).then_some(samples)
    });
    for (name, expected) in [
        ("sidecar_starts_total", 1.0),
        ("sidecar_ready_total", 1.0),
        ("sidecar_crashes_total", 0.0),
        ("sidecar_stops_total", 0.0),
        ("sidecar_up", 1.0),
        ("sidecar_healthy", 1.0),
        ("sidecar_restart_count", 0.0),
        ("sidecar_start_duration_seconds_count", 1.0),
        ("sidecar_stop_duration_seconds_count", 0.0),
    ] {
        assert_eq!(value(&samples, name, &[]), Some(expected), "{name}");
    }
    let bucket = "sidecar_start_duration_seconds_bucket";
    assert_eq!(value(&samples, bucket, &[("le", "+Inf")]), Some(1.0));
    assert_eq!(value(&samples, bucket, &[("le", "120")]), Some(1.0));
    let phases = samples.iter().filter(|s| s.name == "sidecar_phase");
    assert_eq!(phases.filter(|s| s.value > 0.0).count(), 1, "in one phase");
    // The counters go on through a crash and a new run.
    family.living_as("leader")[0].kill();
    eventually("the crash and the new run are counted", || {
        let samples = parse(&get(address, "/metrics").1);
        value(&samples, "sidecar_crashes_total", &[]) == Some(1.0)
            && value(&samples, "sidecar_restarts_total", &[]) == Some(1.0)
            && value(&samples, "sidecar_ready_total", &[]) == Some(2.0)
    });
    end_by_ctrl_c(&setup, &mut host, &family);
}

#[test]
fn the_opentelemetry_example_exports_what_has_happened_until_its_end() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = start(&setup, "opentelemetry", &[], &family, "--lines 5");
    family.wait_for(1);
    // Nothing is printed before the end: the period of the export is a minute.
    end_by_ctrl_c(&setup, &mut host, &family);
    let text = host.lines().join("\n");
    for line in [
        "Name         : sidecar.starts",
        "Name         : sidecar.stops",
        "Name         : sidecar.stop_duration",
        "Name         : sidecar.up",
        "Unit         : {start}",
        "Unit         : s",
    ] {
        assert!(text.contains(line), "no `{line}` in {text}");
    }
    assert!(text.contains("sidecar") && text.contains(r"b\1"), "{text}");
}
