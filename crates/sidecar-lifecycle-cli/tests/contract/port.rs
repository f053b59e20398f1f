//! `sidecar port`.

use std::path::Path;

use fake_host::testing::{Setup, eventually, free_port};
use serde_json::{Value, json};

use crate::support::{ask, run, server, stop};

pub(crate) fn free_addresses(answer: &Value) -> Vec<&str> {
    let all = answer["addresses"].as_array().expect("an array");
    let free = all.iter().filter(|a| a["free"] == true);
    free.map(|a| a["address"].as_str().expect("a text"))
        .collect()
}

#[test]
fn a_free_port_is_free_on_all_four_addresses() {
    let port = free_port().to_string();
    let answer = ask(Path::new("/"), &["port", &port, "--json"]);
    assert_eq!(answer.code, 0);
    let json = answer.json();
    assert_eq!(
        (&json["free"], &json["holders"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(free_addresses(&json), ["127.0.0.1", "::1", "0.0.0.0", "::"]);
    let text = ask(Path::new("/"), &["port", &port]).stdout;
    assert_eq!(
        text,
        format!("port {port} is free on 127.0.0.1, ::1, 0.0.0.0, ::\n")
    );
}

#[test]
fn a_sidecar_is_ours_and_says_which_it_is() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = run(
        &setup,
        "--json --name shop --port auto --http /",
        server(&family, ""),
    );
    let port = host.ready().to_string();
    let answer = ask(Path::new("/"), &["port", &port, "--json"]);
    assert_eq!(answer.code, 1);
    let holder = &answer.json()["holders"][0];
    assert_eq!(holder["kind"], "ours");
    assert_eq!(holder["pid"], family.living()[0].pid);
    assert_eq!(holder["addresses"], json!(["127.0.0.1"]));
    let sidecar = &holder["sidecar"];
    assert_eq!(
        (&sidecar["sidecar"], &sidecar["run"]),
        (&json!("shop"), &json!(1))
    );
    assert_eq!(
        (&sidecar["app_id"], &sidecar["status"]),
        (&json!("sidecar"), &json!("running"))
    );
    let text = ask(Path::new("/"), &["port", &port]).stdout;
    assert!(
        text.contains("  ours: sidecar shop, run 1, of `sidecar run`\n"),
        "{text}"
    );
    stop(&mut host);
    eventually("its port is free", || {
        ask(Path::new("/"), &["port", &port]).code == 0
    });
}

#[test]
fn what_is_no_port_is_bad_usage() {
    for bad in ["0", "65536", "web", "-1", ""] {
        let answer = ask(Path::new("/"), &["port", bad]);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{bad}");
        assert!(!answer.stderr.is_empty());
    }
}
