//! Sidecars that need each other.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fake_host::testing::eventually;
use sidecar_lifecycle::{Condition, Dependency, Error, HealthCheck, OnDependencyRestart};

use crate::support::{Bench, fake, script, wait};

/// Where events of this kind stand in what was seen, by sidecar.
fn place(bench: &Bench, id: &str, kind: &str) -> usize {
    let of_it = |e: &serde_json::Value| e["sidecar"] == id && e["event"] == kind;
    let place = bench.seen.iter().position(of_it);
    place.unwrap_or_else(|| panic!("no {kind} of {id}: {:#?}", bench.seen))
}

fn declare(bench: &Bench, id: &str, sidecar: sidecar_lifecycle::SidecarBuilder) {
    let config = sidecar.build().expect("a good configuration");
    bench.engine.declare(id, config).expect("declared");
}

#[test]
fn a_start_brings_up_all_that_is_needed_in_order() {
    let mut bench = Bench::new();
    let auto = || "auto".parse().expect("a wish");
    let migration = bench.path("migrated");
    // Declared in the wrong order: what counts is who needs whom.
    declare(
        &bench,
        "web",
        script(&format!(
            "test -e {} || exit 9; exec sleep 1000",
            migration.display()
        ))
        .depends_on("db")
        .depends_on(Dependency::on("migration", Condition::Completed)),
    );
    let text = format!("touch {}", migration.display());
    declare(&bench, "migration", script(&text).depends_on("db"));
    let db = fake("--listen-after 100ms").port(auto());
    declare(&bench, "db", db.health_check(HealthCheck::tcp()));
    bench.engine.start("web").expect("started");
    bench.next("web", "ready");
    let waiting = &bench.seen[place(&bench, "web", "waiting_for")];
    assert_eq!(waiting["sidecars"], serde_json::json!(["db", "migration"]));
    assert!(place(&bench, "db", "ready") < place(&bench, "migration", "spawned"));
    assert!(place(&bench, "migration", "stopped") < place(&bench, "web", "spawned"));
}

#[test]
fn a_dependency_that_has_to_run_need_not_be_ready() {
    let mut bench = Bench::new();
    let auto = "auto".parse().expect("a wish");
    // It listens and never answers.
    let cache = fake("--hang").port(auto);
    declare(&bench, "cache", cache.health_check(HealthCheck::http("/")));
    let needs = |condition| Dependency::on("cache", condition);
    let eager = script("exec sleep 1000").depends_on(needs(Condition::Started));
    declare(&bench, "eager", eager);
    let patient = script("exec sleep 1000").depends_on(needs(Condition::Ready));
    declare(&bench, "patient", patient);
    bench.engine.start("patient").expect("started");
    bench.next("patient", "waiting_for");
    bench.engine.start("eager").expect("started");
    bench.next("eager", "ready");
    assert!(place(&bench, "cache", "spawned") < place(&bench, "eager", "spawned"));
    bench.stop("eager");
    let told = |id, kind| bench.count(id, kind);
    assert_eq!(
        (told("cache", "ready"), told("patient", "spawned")),
        (0, 0),
        "whoever waits for more still does"
    );
}

#[test]
fn all_are_stopped_in_reverse_order() {
    let mut bench = Bench::new();
    declare(&bench, "db", script("exec sleep 1000"));
    let slow = "trap 'sleep 0.2; exit' TERM; while :; do sleep 0.01; done";
    declare(&bench, "api", script(slow).depends_on("db"));
    declare(&bench, "web", script(slow).depends_on("api"));
    bench.engine.start("web").expect("started");
    bench.next("web", "ready");
    bench.engine.stop_all("enough").expect("asked");
    bench.next("db", "stopped");
    assert!(place(&bench, "web", "stopped") < place(&bench, "api", "stopping"));
    assert!(place(&bench, "api", "stopped") < place(&bench, "db", "stopping"));
    let again = bench.engine.start("db");
    assert!(again.is_ok(), "unlike after a shutdown");
    bench.next("db", "ready");
}

#[test]
fn those_that_do_not_need_each_other_are_stopped_side_by_side() {
    let mut bench = Bench::new();
    let up = bench.path("up");
    // Each ends when both were asked: one after the other, neither would. The shell itself makes
    // the file: a program begun for it would be in the tree that is being asked to end.
    let text = |id: &str| {
        format!(
            "trap ': >{up}.{id}.asked' TERM; touch {up}.{id}; \
             until test -e {up}.one.asked -a -e {up}.two.asked; do sleep 0.01; done",
            up = up.display()
        )
    };
    for id in ["one", "two"] {
        let slow = script(&text(id)).graceful_shutdown_timeout(Duration::from_hours(1));
        bench.run(id, slow);
        let file = bench.path(&format!("up.{id}"));
        eventually("it listens to signals", || file.exists());
    }
    bench.engine.stop_all("enough").expect("asked");
    for id in ["one", "two"] {
        if bench.count(id, "stopped") == 0 {
            assert_eq!(bench.next(id, "stopped")["survivors"], 0);
        }
    }
}

#[test]
fn a_dependency_that_fails_takes_nobody_into_waiting_for_ever() {
    let mut bench = Bench::new();
    declare(
        &bench,
        "db",
        script("exit 3").health_check(HealthCheck::custom(|_| async { false })),
    );
    declare(&bench, "web", script("exec sleep 1000").depends_on("db"));
    bench.engine.start("web").expect("started");
    let failed = bench.next("web", "failed");
    let reason = "its dependency db failed: ended with code 3 before it was ready";
    assert_eq!(failed["reason"], reason);
    let told = wait(bench.engine.wait_ready("web"));
    assert!(matches!(told, Err(Error::Failed { .. })), "{told:?}");
    assert_eq!(bench.count("web", "spawned"), 0);
}

#[test]
fn a_dependency_that_crashes_brings_a_new_run_of_who_wants_that_and_of_nobody_else() {
    let mut bench = Bench::new();
    declare(&bench, "db", script("exec sleep 1000").auto_restart(true));
    let follows = script("exec sleep 1000").depends_on("db");
    let follows = follows.on_dependency_restart(OnDependencyRestart::Restart);
    declare(&bench, "follows", follows);
    declare(
        &bench,
        "ignores",
        script("exec sleep 1000").depends_on("db"),
    );
    declare(&bench, "apart", script("exec sleep 1000"));
    for id in ["follows", "ignores", "apart"] {
        bench.engine.start(id).expect("started");
        bench.next(id, "ready");
    }
    let db = bench
        .engine
        .info("db")
        .and_then(|i| i.pid)
        .expect("it runs");
    fake_host::testing::kill(db as i32, libc::SIGKILL);
    let stopping = bench.next("follows", "stopping");
    assert_eq!(stopping["reason"], "its dependency db has restarted");
    bench.next("follows", "ready");
    assert!(place(&bench, "db", "restarting") < place(&bench, "follows", "stopping"));
    for id in ["ignores", "apart"] {
        assert_eq!(bench.count(id, "stopping"), 0);
        assert!(bench.engine.info(id).expect("it runs").is_healthy);
    }
    assert_eq!(bench.count("follows", "crashed"), 0);
}

#[test]
fn a_dependent_waits_through_a_restart() {
    let mut bench = Bench::new();
    let open = Arc::new(AtomicBool::new(true));
    let gate = open.clone();
    let check = HealthCheck::custom(move |_| {
        let open = gate.load(Ordering::SeqCst);
        async move { open }
    });
    declare(&bench, "db", script("exec sleep 1000").health_check(check));
    declare(&bench, "web", script("exec sleep 1000").depends_on("db"));
    bench.engine.start("web").expect("started");
    bench.next("web", "ready");
    open.store(false, Ordering::SeqCst);
    bench.engine.restart("db", "test").expect("asked");
    bench.next("db", "spawned");
    bench.engine.restart("web", "test").expect("asked");
    bench.next("web", "waiting_for");
    assert_eq!(bench.count("web", "spawned"), 1);
    open.store(true, Ordering::SeqCst);
    bench.next("web", "ready");
    assert_eq!(bench.count("web", "spawned"), 2);
}

#[test]
fn cycles_and_strangers_are_refused_by_name() {
    let bench = Bench::new();
    declare(&bench, "web", script("true").depends_on("api"));
    declare(&bench, "api", script("true").depends_on("db"));
    let closing = script("true")
        .depends_on("web")
        .build()
        .expect("by itself it is good");
    let refused = bench.engine.declare("db", closing).expect_err("a cycle");
    assert_eq!(refused.code(), "dependency-cycle");
    assert!(
        refused.to_string().contains("db → web → api → db"),
        "{refused}"
    );
    let unknown = bench.engine.start("web").expect_err("nobody knows db");
    assert_eq!(unknown.code(), "unknown-dependency");
    assert!(
        unknown.to_string().starts_with("api needs \"db\""),
        "{unknown}"
    );
}

/// An early failure is no reason to give up what becomes ready a moment later.
#[test]
fn a_dependent_waits_through_a_crash_of_what_it_needs() {
    let mut bench = Bench::new();
    let serves = bench.path("serves");
    let text = format!(
        "test -e {tried} || {{ touch {tried}; exit 1; }}; touch {serves}; exec sleep 1000",
        tried = bench.path("tried").display(),
        serves = serves.display()
    );
    // The first run never is.
    let check = move |_| {
        let serves = serves.clone();
        async move { serves.exists() }
    };
    let db = script(&text).health_check(HealthCheck::custom(check));
    declare(&bench, "db", db.auto_restart(true));
    declare(&bench, "web", script("exec sleep 1000").depends_on("db"));
    bench.engine.start("web").expect("started");
    bench.next("web", "ready");
    assert!(place(&bench, "db", "crashed") < place(&bench, "web", "spawned"));
    assert_eq!(bench.count("web", "failed"), 0);
}

/// What a sidecar has found in its environment, one that writes it into a file.
fn told(bench: &Bench) -> Vec<String> {
    let mut lines: Vec<String> = fs::read_to_string(bench.path("told"))
        .expect("it was ready, so it has written")
        .lines()
        .map(ToOwned::to_owned)
        .collect();
    lines.sort();
    lines
}

/// Is ready once it has written what it was told of others.
fn listener(bench: &Bench) -> sidecar_lifecycle::SidecarBuilder {
    let (file, next) = (bench.path("told"), bench.path("told.next"));
    let text = format!(
        "env | grep ^SIDECAR_[A-Z_0-9]*_ >{next}; mv {next} {file}; exec sleep 1000",
        next = next.display(),
        file = file.display(),
    );
    script(&text).health_check(HealthCheck::custom(move |_| {
        let there = file.exists();
        async move { there }
    }))
}

#[test]
fn a_sidecar_is_told_where_those_are_that_it_needs() {
    let mut bench = Bench::new();
    let auto = || "auto".parse().expect("a wish");
    declare(
        &bench,
        "my-api.v2",
        fake("")
            .port(auto())
            .health_check(HealthCheck::http("/health?deep=1")),
    );
    declare(
        &bench,
        "db",
        fake("").port(auto()).health_check(HealthCheck::tcp()),
    );
    declare(
        &bench,
        "begun",
        fake("--no-listen")
            .port(auto())
            .health_check(HealthCheck::http("/")),
    );
    declare(&bench, "job", script("exit 0"));
    declare(&bench, "mute", script("exec sleep 1000"));
    let web = listener(&bench)
        .env("SIDECAR_JOB_URL", "http://given")
        .depends_on("my-api.v2")
        .depends_on("db")
        .depends_on(Dependency::on("begun", Condition::Started))
        .depends_on(Dependency::on("job", Condition::Completed))
        .depends_on("mute");
    declare(&bench, "web", web);
    bench.engine.start("web").expect("started");
    bench.next("web", "ready");
    let port = |id: &str| {
        bench
            .engine
            .info(id)
            .expect("it runs")
            .port
            .expect("a port")
    };
    let [api, db, begun] = ["my-api.v2", "db", "begun"].map(port);
    assert_eq!(
        told(&bench),
        [
            format!("SIDECAR_BEGUN_PORT={begun}"),
            format!("SIDECAR_BEGUN_URL=http://localhost:{begun}"),
            format!("SIDECAR_DB_PORT={db}"),
            "SIDECAR_JOB_URL=http://given".to_owned(),
            format!("SIDECAR_MY_API_V2_PORT={api}"),
            format!("SIDECAR_MY_API_V2_URL=http://127.0.0.1:{api}"),
        ]
    );
}

/// The server's new run is on another port, and the one that depends on it has to be told.
#[test]
fn the_next_run_knows_the_new_port_of_a_dependency_that_was_replaced() {
    let mut bench = Bench::new();
    let api = fake("")
        .port("auto".parse().expect("a wish"))
        .health_check(HealthCheck::http("/"));
    declare(&bench, "api", api);
    let web = listener(&bench)
        .depends_on("api")
        .on_dependency_restart(OnDependencyRestart::Restart);
    declare(&bench, "web", web);
    bench.engine.start("web").expect("started");
    bench.next("web", "ready");
    let before = told(&bench);
    fs::remove_file(bench.path("told")).expect("it is there");
    bench.roll("api", "a new build");
    bench.next("web", "ready");
    let port = bench
        .engine
        .info("api")
        .expect("it runs")
        .port
        .expect("a port");
    assert_eq!(told(&bench)[0], format!("SIDECAR_API_PORT={port}"));
    assert_ne!(told(&bench), before, "a successor is on another port");
}
