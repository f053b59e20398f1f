//! Ready means ready: never too early, never by somebody else's answer.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use fake_host::testing::{Host, Setup, eventually, free_port, is_wine};
use serde_json::Value;

use crate::logs::log;
use crate::support::{shut_down, start};

/// Starts and waits for `ready`; the whole tree is gone afterwards.
fn ready(host_flags: &str, sidecar: &str) -> Value {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, host_flags, sidecar);
    let ready = host.next("ready");
    shut_down(&mut host, &setup, &family);
    ready
}

/// Starts and waits for `failed`; it was never ready.
fn failed(host_flags: &str, sidecar: &str) -> (Host, Value) {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, host_flags, sidecar);
    let failed = host.next("failed");
    assert!(host.all("ready").is_empty(), "{:#?}", host.lines());
    shut_down(&mut host, &setup, &family);
    (host, failed)
}

/// Starts, and it is ready for no other reason than that it was asked where it listens at last: it
/// is not asked any more once it is taken for ready.
fn ready_when_asked(check: &str, sidecar: &str) {
    let setup = Setup::new();
    let flags = format!("--port auto {check} --log {}", setup.path("log").display());
    let sidecar = format!("{sidecar} --tell-clients");
    let (mut host, family) = start(&setup, &flags, &sidecar);
    host.next("ready");
    eventually("it was asked", || {
        let said = log(&setup, "log");
        said.contains("client 1\n") || check == "--tcp" && has_stood_for_long(&said)
    });
    shut_down(&mut host, &setup, &family);
}

/// A busy machine may draw a test bind out. What accepts once and still does 50 ms later (timers
/// count whole milliseconds) is up as far as the TCP check can tell.
fn has_stood_for_long(log: &str) -> bool {
    let stood = |line: &str| {
        let ms = line.strip_prefix("test bind over after ")?;
        ms.strip_suffix(" ms")?.parse::<u64>().ok()
    };
    log.lines().filter_map(stood).any(|ms| ms >= 48)
}

#[test]
fn a_late_listener_is_ready_when_it_listens() {
    for check in ["--http /", "--tcp"] {
        ready_when_asked(check, "--listen-after 300ms");
    }
}

#[test]
fn a_test_bind_is_not_readiness() {
    for check in ["--http /", "--tcp"] {
        for _ in 0..4 {
            ready_when_asked(check, "--test-bind-first 5ms --listen-after 200ms");
        }
    }
}

#[test]
fn a_long_test_bind_that_takes_requests_and_answers_none_is_not_readiness() {
    let flags = "--test-bind-first 200ms --listen-after 200ms";
    ready_when_asked("--http /", flags);
}

#[test]
fn ipv6_only_is_found() {
    for check in ["--http /", "--tcp"] {
        found_on_ipv6(check, "--host ::1");
    }
}

#[test]
fn a_listener_on_all_addresses_is_found() {
    ready("--port auto --http /", "--host 0.0.0.0");
    found_on_ipv6("--tcp", "--host ::");
}

/// Wine names no owner there, and nobody else's answer counts.
fn found_on_ipv6(check: &str, host: &str) {
    if is_wine() {
        let flags = format!("--port auto {check} --ready-timeout 600");
        let (_, failed) = failed(&flags, host);
        let reason = failed["reason"].as_str().expect("a reason");
        assert!(reason.contains("not ready within 600ms"), "{reason}");
    } else {
        ready(&format!("--port auto {check}"), host);
    }
}

#[test]
fn the_url_keeps_the_host_that_was_printed_even_in_colour() {
    let url = r"--print-url \e[32mhttp://localhost:\e[1m{port}\e[22m/\e[39m --listen-after 50ms";
    let ready = ready("--port auto --http /shop", url);
    let url = format!("http://localhost:{}/shop", ready["port"]);
    // The test server itself prints an address with digits, as late as it may.
    let other = url.replace("localhost", "127.0.0.1");
    assert!(ready["url"] == url || ready["url"] == other, "{ready}");
}

/// A stranger that answers everything with 200.
fn answer_everything(listener: TcpListener) {
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            // Whoever asks may be gone by now.
            let _ = client.read(&mut [0; 1024]);
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
}

#[test]
fn a_strangers_answer_is_not_readiness() {
    for check in ["--http /", "--tcp"] {
        let setup = Setup::new();
        let port = free_port();
        let flags = format!("--port {port} {check} --ready-timeout 700");
        let (mut host, family) = start(&setup, &flags, "--no-listen");
        host.next("spawned");
        answer_everything(TcpListener::bind(("127.0.0.1", port)).expect("it is free"));
        let reason = host.next("failed")["reason"].to_string();
        assert!(reason.contains("not ready within"), "{reason}");
        assert!(host.all("ready").is_empty());
        shut_down(&mut host, &setup, &family);
    }
}

#[test]
fn a_server_with_a_port_of_its_own_is_found_by_what_it_prints() {
    let port = free_port();
    let ready = ready("--port auto --http /", &format!("--hard-port {port}"));
    assert_eq!(ready["port"], port);
    assert_eq!(ready["url"], format!("http://127.0.0.1:{port}/"));
}

#[cfg(unix)]
#[test]
fn an_escapee_may_be_the_one_that_listens() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let script = r#"(setsid "$0" --max-life 3m --pidfile "$1" &) ; exec sleep 180"#;
    let script = format!("{}{script}", fake_host::testing::SETSID);
    let words = ["sh", "-c", &script].map(Into::into);
    let mut command: Vec<std::ffi::OsString> = words.into();
    command.push(fake_host::testing::fake_sidecar().into());
    command.push(family.file().into());
    let mut host = crate::support::start_command(&setup, "--port auto --http /", command);
    host.ready();
    shut_down(&mut host, &setup, &family);
}

#[test]
fn an_early_exit_has_failed_whatever_its_code() {
    for code in [0, 3] {
        let (host, failed) = failed(
            "--port auto --http /",
            &format!("--lines 3 --exit-early {code}"),
        );
        let reason = failed["reason"].as_str().expect("a reason");
        assert_eq!(
            reason,
            format!("ended with code {code} before it was ready")
        );
        let lines = failed["last_lines"].as_array().expect("lines");
        assert!(
            lines.iter().any(|l| l == "line 3"),
            "what it said is told: {failed}"
        );
        assert_eq!(host.next_after_end("exited")["code"], code);
    }
}

#[test]
fn errors_are_not_readiness_and_other_answers_are() {
    let (_, failed) = failed("--port auto --http / --ready-timeout 600", "--status 500");
    assert!(
        failed["reason"]
            .as_str()
            .is_some_and(|r| r.contains("not ready within 600ms"))
    );
    for status in [204, 302, 404] {
        ready("--port auto --http /", &format!("--status {status}"));
    }
}

#[test]
fn who_accepts_and_never_answers_hits_the_time_out() {
    let (_, failed) = failed("--port auto --http / --ready-timeout 600", "--hang");
    assert!(
        failed["reason"]
            .as_str()
            .is_some_and(|r| r.contains("not ready within 600ms"))
    );
}

#[test]
fn a_slow_first_answer_is_waited_for() {
    let ready = ready("--port auto --http /", "--slow-first 500ms");
    // It is asked after its start: with clocks that are a bit apart, that is no less.
    let took = ready["start_ms"].as_f64().expect("a number");
    assert!(took >= 480.0, "ready too early: {ready}");
}

#[test]
fn without_a_check_ready_is_spawned() {
    ready("", "--no-listen");
}

#[test]
fn a_program_that_does_not_exist_is_told() {
    let setup = Setup::new();
    let command = vec!["no-such-program-anywhere".into()];
    let mut host = crate::support::start_command(&setup, "", command);
    let reason = host.next("failed")["reason"].to_string();
    assert!(
        reason.contains("no-such-program-anywhere was not found in"),
        "{reason}"
    );
}
