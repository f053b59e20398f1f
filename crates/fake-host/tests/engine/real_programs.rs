//! Programs that people run, with their own ideas of how to start and how to end.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fake_host::testing::eventually;
use sidecar_lifecycle::{HealthCheck, SidecarBuilder, SidecarConfig};

use crate::support::Bench;

/// Writes a film for as long as it is let. Its file can be played only if it ends in peace: the
/// index is written last.
fn ffmpeg(film: &Path) -> SidecarBuilder {
    SidecarConfig::builder()
        .name("ffmpeg")
        .graceful_shutdown_timeout(Duration::from_secs(20))
        .success_exit_codes([0, 255])
        .args(
            "-hide_banner -loglevel error -y -re -f lavfi -i testsrc=size=64x64:rate=25 -c:v mpeg4"
                .split(' ')
                .map(Into::into)
                .chain([film.as_os_str().to_owned()]),
        )
}

#[track_caller]
fn assert_playable(film: &Path) {
    let told = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "format=duration",
            "-of",
            "csv=p=0",
        ])
        .arg(film)
        .output()
        .expect("ffprobe runs");
    let seconds: f64 = String::from_utf8_lossy(&told.stdout)
        .trim()
        .parse()
        .unwrap_or(0.0);
    let why = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(seconds > 0.0, "{} cannot be played: {why}", film.display());
}

fn record_until(stop: impl FnOnce(SidecarBuilder) -> SidecarBuilder) {
    let mut bench = Bench::new();
    let film = bench.path("film.mp4");
    bench.run("ffmpeg", stop(ffmpeg(&film)));
    eventually("it has begun to write", || {
        film.metadata().is_ok_and(|m| m.len() > 0)
    });
    assert_eq!(bench.stop("ffmpeg")["survivors"], 0);
    let exited = bench
        .seen
        .iter()
        .find(|e| e["event"] == "exited")
        .expect("it exited");
    assert!(
        exited.get("signal").is_none(),
        "it was ended by force: {exited}"
    );
    assert_playable(&film);
}

#[test]
fn ffmpeg_finishes_its_film_by_the_letter_q() {
    record_until(|sidecar| sidecar.stop_input("q"));
}

#[test]
fn ffmpeg_finishes_its_film_by_an_interrupt() {
    record_until(|sidecar| sidecar.stop_signal(libc::SIGINT));
}

#[test]
fn redis_becomes_ready_restarts_and_saves_what_it_knows() {
    let mut bench = Bench::new();
    let folder = bench.path("redis");
    std::fs::create_dir(&folder).expect("a folder");
    let redis = SidecarConfig::builder()
        .name("redis-server")
        .args(["--port", "{port}", "--save", "3600 1", "--dir", "."])
        .cwd(&folder)
        .port("auto".parse().expect("a wish"))
        .health_check(HealthCheck::command("redis-cli", ["-p", "{port}", "ping"]))
        .liveness(HealthCheck::tcp())
        .graceful_shutdown_timeout(Duration::from_secs(20));
    let ready = bench.run("redis", redis);
    let port = ready["port"].to_string();
    let cli = |args: &[&str]| {
        let told = Command::new("redis-cli")
            .args(["-p", &port])
            .args(args)
            .output();
        String::from_utf8_lossy(&told.expect("redis-cli runs").stdout)
            .trim()
            .to_owned()
    };
    assert_eq!(cli(&["set", "colour", "blue"]), "OK");
    bench.engine.restart("redis", "test").expect("asked");
    let again = bench.next("redis", "ready");
    assert_eq!(
        again["port"], ready["port"],
        "its clients find it where it was"
    );
    assert_eq!(cli(&["get", "colour"]), "blue", "it was let write its file");
    assert_eq!(bench.stop("redis")["survivors"], 0);
}

/// Says `clean` when it was let finish, and how often it was asked.
const NODE_SERVER: &str = "
const { appendFileSync: note } = require('node:fs');
process.on('SIGTERM', () => { note('notes', 'TERM\\n'); setTimeout(() => {
  note('notes', 'clean\\n'); process.exit(0); }, 200); });
require('node:http').createServer((_, answer) => answer.end('hello'))
  .listen(process.env.PORT, '127.0.0.1');
";

/// With npm and pnpm the leader is gone long before the server is.
fn runner_waits_for_its_server(runner: &str) {
    let mut bench = Bench::new();
    let folder = bench.path("project");
    std::fs::create_dir(&folder).expect("a folder");
    let package = r#"{ "name": "shop", "private": true, "scripts": { "dev": "node server.cjs" } }"#;
    std::fs::write(folder.join("package.json"), package).expect("written");
    std::fs::write(folder.join("server.cjs"), NODE_SERVER).expect("written");
    let sidecar = SidecarConfig::builder()
        .name(runner)
        .args(["run", "dev"])
        .cwd(&folder)
        // As the app does: no stall for a version that is pinned elsewhere.
        .env("npm_config_manage_package_manager_versions", "false")
        .env("npm_config_update_notifier", "false")
        .port("auto".parse().expect("a wish"))
        .health_check(HealthCheck::http("/"))
        .graceful_shutdown_timeout(Duration::from_secs(20));
    let ready = bench.run("web", sidecar);
    let port = ready["port"].as_u64().expect("a port") as u16;
    assert_eq!(bench.stop("web")["survivors"], 0);
    let notes = std::fs::read_to_string(folder.join("notes")).expect("it was asked");
    let asked = notes.lines().filter(|l| *l == "TERM").count();
    assert!(asked >= 1, "{notes}");
    assert!(notes.contains("clean"), "it was let finish: {notes:?}");
    assert!(sidecar_lifecycle::ports::is_free(port).is_ok());
}

#[test]
fn the_server_of_npm_is_asked_waited_for_and_gone() {
    runner_waits_for_its_server("npm");
}

#[test]
fn the_server_of_pnpm_is_asked_waited_for_and_gone() {
    runner_waits_for_its_server("pnpm");
}
