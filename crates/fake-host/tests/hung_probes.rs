//! A thousand servers that take connections and never answer.
//!
//! On its own in this file, and with that in a process of its own: threads are counted.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener as StdListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_host::testing::{DEADLINE, eventually, fake_sidecar, reaches};
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{Engine, EventKind, HealthCheck, SidecarConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const MANY: usize = 1000;
const LIMIT: Duration = Duration::from_secs(3);

/// What has happened at the servers.
#[derive(Default)]
struct Seen {
    /// Probes that were ended by whoever asked, by port.
    ended: Mutex<BTreeMap<u16, usize>>,
    answers: AtomicBool,
}

/// Takes a request, and answers it or waits until its asker has had enough.
async fn hang(stream: TcpStream, port: u16, seen: Arc<Seen>) {
    let mut buf = [0; 1024];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut buf) {
            Ok(n) if n > 0 => {
                if seen.answers.load(Ordering::SeqCst) {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                    let _ = stream.try_write(answer); // Whoever asked has had enough by now.
                }
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => break,
        }
    }
    let mut ended = seen.ended.lock().expect("no panic");
    *ended.entry(port).or_default() += 1;
}

/// Serves all listeners that come, on one thread.
fn serve(mut listeners: mpsc::UnboundedReceiver<(u16, StdListener)>, seen: &Arc<Seen>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        while let Some((port, listener)) = listeners.recv().await {
            let listener = TcpListener::from_std(listener).expect("it does not block");
            let seen = seen.clone();
            tokio::task::spawn_local(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::task::spawn_local(hang(stream, port, seen.clone()));
                }
            });
        }
    });
}

/// Each sidecar needs a few descriptors in this process, and each server some more.
fn raise_limit() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid rlimit for the call to fill in.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: `limit` is a valid rlimit that lives through the call.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!((got, set), (0, 0), "the soft limit may be raised");
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("threads").count()
}

#[test]
fn a_thousand_hung_probes_block_no_thread_and_outlive_no_time_out() {
    raise_limit();
    let folder = tempfile::tempdir().expect("a folder");
    let seen = Arc::new(Seen::default());
    let (tx, listeners) = mpsc::unbounded_channel();
    let servers = seen.clone();
    std::thread::spawn(move || serve(listeners, &servers));
    let before = threads();
    let engine = Engine::builder("hung-probes", folder.path())
        .build()
        .expect("an engine");
    let [picked, spawned, ready] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
    let counts = [&picked, &spawned, &ready].map(Arc::clone);
    engine.subscribe(move |event| match event.kind {
        // Called on the engine's own thread: the server is there before it is asked.
        EventKind::Spawned {
            port: Some(port), ..
        } if event.sidecar != "well" => {
            let listener = StdListener::bind(("127.0.0.1", port)).expect("it was picked");
            listener.set_nonblocking(true).expect("a socket");
            tx.send((port, listener)).expect("the servers run");
            counts[1].fetch_add(1, Ordering::SeqCst);
        }
        EventKind::PortChosen { .. } => drop(counts[0].fetch_add(1, Ordering::SeqCst)),
        EventKind::Ready { .. } => drop(counts[2].fetch_add(1, Ordering::SeqCst)),
        _ => {}
    });
    let check = HealthCheck::Http {
        path: "/".into(),
        timeout: LIMIT,
        interval: Duration::from_secs(1),
    };
    let hung = SidecarConfig::builder()
        .name("sleep")
        .args(["1000"])
        .port(PortWish::Auto)
        .health_check(check)
        .ready_timeout(Duration::from_mins(10))
        // The servers are in this process.
        .own_listener(false);
    let hung = hung.build().expect("a good configuration");
    for n in 0..MANY {
        let id = format!("hung-{n}");
        engine.declare(&id, hung.clone()).expect("declared");
        engine.start(&id).expect("started");
    }
    let of = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    reaches("all have a port", MANY, || of(&picked));
    reaches("all run", MANY, || of(&spawned));
    // Twice: whoever was given up was asked again.
    for times in 1..=2 {
        reaches("all were given up", MANY, || {
            let ended = seen.ended.lock().expect("no panic");
            ended.values().filter(|n| **n >= times).count()
        });
    }
    let more = threads() - before;
    assert!(more <= 6, "{more} threads for {MANY} hung probes");
    assert_eq!(of(&ready), 0, "none has answered");

    let well = SidecarConfig::builder()
        .program(fake_sidecar())
        .args(["--max-life", "3m"])
        .port(PortWish::Auto)
        .health_check(HealthCheck::http("/"));
    let well = well.build().expect("a good configuration");
    engine.declare("well", well).expect("declared");
    engine.start("well").expect("started");
    eventually("another one is ready meanwhile", || of(&ready) == 1);

    seen.answers.store(true, Ordering::SeqCst);
    reaches("all are ready once they answer", MANY + 1, || of(&ready));
    assert!(engine.shutdown("the test has ended", 4 * DEADLINE).complete);
}
