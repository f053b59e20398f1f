//! Where, when and how the fake listens and answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{DEADLINE, Fake, OwnPort, connect, get};

#[test]
fn answers_with_its_pid_and_the_path() {
    let fake = Fake::start("");
    let answer = get(&fake.address(), "/some/where?query=1");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.ends_with(&format!(
            "\r\n\r\npid {}\npath /some/where\nanswer 1\n",
            fake.pid
        )),
        "{answer}"
    );
}

#[test]
fn takes_its_port_from_flag_or_environment_unless_hard_wired() {
    let ports = [OwnPort::new(), OwnPort::new(), OwnPort::new()];
    let [flag, environment, hard] = ports.each_ref().map(OwnPort::number);
    let by_flag = Fake::start_with(&format!("--port {flag}"), |command| {
        command.env("PORT", environment.to_string());
    });
    assert_eq!(by_flag.address(), format!("127.0.0.1:{flag}"));
    let by_environment = Fake::start_with("", |command| {
        command.env("PORT", environment.to_string());
    });
    assert_eq!(by_environment.address(), format!("127.0.0.1:{environment}"));
    let hard_wired = Fake::start(&format!("--port 1 --hard-port {hard}"));
    assert_eq!(hard_wired.address(), format!("127.0.0.1:{hard}"));
}

#[test]
fn listens_on_each_address() {
    for (host, shown, dial) in [
        ("127.0.0.1", "127.0.0.1", vec!["127.0.0.1"]),
        ("::1", "[::1]", vec!["[::1]"]),
        ("0.0.0.0", "0.0.0.0", vec!["127.0.0.1"]),
        ("::", "[::]", vec!["[::1]", "127.0.0.1"]),
        ("localhost", "localhost", vec!["localhost"]),
    ] {
        let fake = Fake::start(&format!("--host {host}"));
        let address = fake.address();
        let port = address.strip_prefix(shown).expect("the host as given");
        for dial in dial {
            assert!(
                get(&format!("{dial}{port}"), "/").contains("pid "),
                "{host} by {dial}"
            );
        }
    }
}

#[test]
fn only_the_asked_family_is_bound() {
    let port = OwnPort::new();
    let fake = Fake::start(&format!("--host ::1 --port {}", port.number()));
    assert_eq!(fake.address(), format!("[::1]:{}", port.number()));
    assert!(TcpStream::connect(("127.0.0.1", port.number())).is_err());
}

#[test]
fn a_taken_port_is_an_error_in_nodes_words() {
    let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = holder.local_addr().unwrap();
    let fake = Fake::start(&format!("--port {}", address.port()));
    let said = String::from_utf8(fake.error_line().unwrap()).unwrap();
    assert_eq!(
        said,
        format!("Error: listen EADDRINUSE: address already in use {address}")
    );
    assert_eq!(fake.exit().code(), Some(1));
}

#[test]
fn listens_late() {
    let port = OwnPort::new();
    let start = Instant::now();
    let fake = Fake::start(&format!("--port {} --listen-after 5s", port.number()));
    assert!(TcpStream::connect(("127.0.0.1", port.number())).is_err());
    fake.address();
    assert!(start.elapsed() >= Duration::from_secs(5));
}

#[test]
fn a_test_bind_connects_and_then_refuses() {
    let port = OwnPort::new();
    let address = format!("127.0.0.1:{}", port.number());
    let fake = Fake::start(&format!(
        "--port {} --test-bind-first 2s --listen-after 5s --lines 1",
        port.number()
    ));
    let mut early = connect(&address);
    early.set_read_timeout(Some(DEADLINE)).unwrap();
    // Nobody accepts: the connection ends without an answer when the socket closes.
    let _ = early.write_all(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(early.read(&mut [0; 16]).unwrap_or(0), 0);
    assert!(
        TcpStream::connect(&address).is_err(),
        "a gap follows the test bind"
    );
    let stood = fake.line_after("test bind over after ");
    let stood = stood.strip_suffix(" ms").and_then(|ms| ms.parse().ok());
    assert!(stood >= Some(2000), "{stood:?}");
    assert_eq!(fake.address(), address);
    assert!(get(&address, "/").contains("pid "));
}

#[test]
fn a_test_bind_keeps_the_port_it_was_given() {
    let fake = Fake::start("--port 0 --test-bind-first 10ms");
    assert!(get(&fake.address(), "/").contains("200 OK"));
}

#[test]
fn answers_with_the_asked_status() {
    for status in ["204", "302", "404", "500", "503"] {
        let fake = Fake::start(&format!("--status {status}"));
        let answer = get(&fake.address(), "/");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert_eq!(answer.contains("Location: "), status == "302", "{answer}");
        assert_eq!(answer.contains("pid "), status != "204", "{answer}");
    }
}

#[test]
fn statuses_come_one_after_the_other_and_the_last_one_stays() {
    let fake = Fake::start("--status 200,503,404");
    let address = fake.address();
    for (number, status) in [(1, 200), (2, 503), (3, 404), (4, 404)] {
        let answer = get(&address, "/");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.ends_with(&format!("answer {number}\n")), "{answer}");
    }
}

#[test]
fn the_first_answer_is_slow() {
    let fake = Fake::start("--slow-first 300ms");
    let address = fake.address();
    let start = Instant::now();
    assert!(get(&address, "/").contains("answer 1\n"));
    assert!(start.elapsed() >= Duration::from_millis(300));
}

/// Of two at once either may be the first, and the other does not wait for it.
#[test]
fn only_the_first_answer_is_slow() {
    let fake = Fake::start("--slow-first 10m");
    let address = fake.address();
    let (answers, answered) = mpsc::channel();
    for _ in 0..2 {
        let (answers, address) = (answers.clone(), address.clone());
        thread::spawn(move || answers.send(get(&address, "/")));
    }
    let quick = answered.recv_timeout(DEADLINE).expect("one is quick");
    assert!(quick.contains("answer 1\n"), "{quick}");
    drop(fake);
    let slow = answered.recv_timeout(DEADLINE).expect("its server is gone");
    assert_eq!(slow, "", "it was waited for until then");
}

#[test]
fn hangs_without_closing() {
    let fake = Fake::start("--hang");
    let mut server = TcpStream::connect(fake.address()).unwrap();
    server.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    server
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let error = server
        .read(&mut [0])
        .expect_err("neither an answer nor an end");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn tells_of_each_connection_whatever_it_is_for() {
    for (flags, asks) in [("", true), ("", false), ("--hang", false)] {
        let fake = Fake::start(&format!("--tell-clients {flags}"));
        let address = fake.address();
        for number in 1..=3 {
            if asks {
                get(&address, "/");
            } else {
                connect(&address);
            }
            assert_eq!(fake.line_after("client "), number.to_string());
        }
    }
}

#[test]
fn broken_requests_do_not_harm_it() {
    let fake = Fake::start("");
    let address = fake.address();
    for junk in [
        &b"\r\n\r\n"[..],
        b"\xff\xfe\r\n\r\n",
        b"GET",
        &vec![b'x'; 200_000],
    ] {
        let mut client = TcpStream::connect(&address).unwrap();
        // It may hang up in the middle.
        let _ = client.write_all(junk);
    }
    assert!(get(&address, "/after").contains("path /after"));
}
