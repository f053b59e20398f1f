//! One randomised run: a host with a past, forged papers all around it, and people standing by.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use fake_host::testing::{
    Family, Host, Process, Setup, eventually, fake_sidecar, free_port, sealed,
};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::support::{HOST, args, args_for};
use crate::witness::{Witness, as_nobody, copied, terminal};

const APP: &str = "fake-host";
const VARIABLE: &str = "SIDECAR_LIFECYCLE";

pub(crate) struct Scenario {
    seed: u64,
    rng: Rng,
    setup: Setup,
    bystanders: Vec<Witness>,
    /// Who must be ended: without it, a sweep that does nothing would pass.
    control: Option<std::process::Child>,
    terminals: Vec<OwnedFd>,
    /// Names of dead instances whose papers are forged.
    dead: Vec<String>,
}

impl Scenario {
    /// Plays it through. Returns the roles of those who stood by.
    pub(crate) fn play(seed: u64) -> Vec<String> {
        let mut scenario = Scenario {
            seed,
            rng: Rng::with_seed(seed),
            setup: Setup::new(),
            bystanders: Vec::new(),
            control: None,
            terminals: Vec::new(),
            dead: Vec::new(),
        };
        // Another user's bystander has to get in.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(scenario.setup.folder(), open).expect("it is ours");
        fs::create_dir_all(scenario.setup.state_dir()).expect("a folder");
        scenario.run();
        scenario.bystanders.iter().map(|b| b.role.clone()).collect()
    }

    fn run(&mut self) {
        let second = self.rng.bool().then(|| self.second_instance());
        let past = self.past();
        self.papers();
        self.marked();
        let port = free_port();
        let held = self.rng.bool();
        if held {
            self.stranger(port);
        }
        self.present(port, held);
        if let Some(control) = &mut self.control {
            let ended = control.try_wait().expect("it is our child").is_some();
            assert!(ended, "seed {}: what was recorded was not ended", self.seed);
        }
        if let Some(server) = past {
            let left = server.living();
            assert!(
                left.is_empty(),
                "seed {}: the old server is left: {left:?}",
                self.seed
            );
        }
        self.hear_them("at the end");
        if let Some(mut second) = second {
            // Its own sidecar stands by until here.
            self.bystanders
                .retain(|b| b.role != "second instance's sidecar");
            second.order("shutdown");
            second.end();
            self.hear_them("after the second instance's end");
        }
    }

    /// None of them has been touched.
    fn hear_them(&self, when: &str) {
        let complaints: Vec<_> = self
            .bystanders
            .iter()
            .filter_map(Witness::complaint)
            .collect();
        let seed = self.seed;
        assert!(
            complaints.is_empty(),
            "{when} (ATTACK_SEED={seed} ATTACK_RUNS=1 plays it again): {complaints:#?}"
        );
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(0..100) < percent
    }

    /// A living instance of the same app in the same folder, with a witness for a sidecar.
    fn second_instance(&mut self) -> Host {
        let log = self.setup.path("second.witness");
        let command = vec![crate::witness::WITNESS.into(), log.clone().into()];
        let mut host = self
            .setup
            .start(Path::new(HOST), args_for(&self.setup, "", command));
        host.next("spawned");
        let role = "second instance's sidecar";
        self.bystanders.push(Witness::started_by_another(role, log));
        host
    }

    /// A host whose dev server opened an editor and a terminal, and whose page a browser shows. It
    /// comes to one of its ends.
    fn past(&mut self) -> Option<Family> {
        if self.chance(25) {
            return None;
        }
        let (server, folder) = (self.setup.family("server"), self.setup.path("bin"));
        fs::create_dir(&folder).expect("a folder");
        let (master, tty) = terminal();
        self.terminals.push(master);
        let editor = copied(
            &folder,
            self.rng
                .choice(["code", "nvim", "firefox", "xterm"])
                .expect("one"),
        );
        let shell = copied(&folder, "my-shell");
        let logs = ["editor", "terminal"].map(|n| self.setup.path(&format!("{n}.witness")));
        let apart = if self.rng.bool() { "setsid " } else { "" };
        let script = format!(
            r#"{apart}"$1" "$2" & (setsid "$3" "$4" --tty "$5" &)
            exec "$6" --max-life 3m --setsid --pidfile "$7""#
        );
        let words: [PathBuf; 7] = [
            editor,
            logs[0].clone(),
            shell,
            logs[1].clone(),
            tty.into(),
            fake_sidecar().into(),
            server.file().into(),
        ];
        let mut command = vec!["sh".into(), "-c".into(), script.into(), "sh".into()];
        command.extend(words.map(Into::into));
        let flags = "--port auto --http / --grace 300";
        let mut host = self
            .setup
            .start(Path::new(HOST), args_for(&self.setup, flags, command));
        let port = host.ready();
        server.wait_for(2);
        for (role, log) in ["editor", "terminal"].into_iter().zip(logs) {
            self.bystanders.push(Witness::started_by_another(role, log));
        }
        let to = format!("127.0.0.1:{port}");
        self.stand_by("browser", &["--connect", &to], |_| {});
        self.finish(host);
        Some(server)
    }

    /// One of the ends that a host can come to.
    fn finish(&mut self, mut host: Host) {
        match self.rng.u32(0..5) {
            0 => {
                host.order("shutdown");
                host.end();
            }
            1 => {
                host.kill();
                host.end();
            }
            2 => {
                host.signal(libc::SIGTERM);
                host.end();
            }
            3 => {
                host.order("restart");
                host.next("ready");
                host.order("stop");
                host.next("stopped");
                host.kill();
                host.end();
            }
            _ => kill_both(&mut host),
        }
    }

    fn stand_by(&mut self, role: &str, args: &[&str], adjust: impl FnOnce(&mut Command)) -> usize {
        let folder = self.setup.folder().to_owned();
        let same = self
            .bystanders
            .iter()
            .filter(|b| b.role.starts_with(role))
            .count();
        let name = if same == 0 {
            role.to_owned()
        } else {
            format!("{role} {same}")
        };
        self.bystanders
            .push(Witness::start(&folder, &name, args, adjust));
        self.bystanders.len() - 1
    }

    /// State files of instances that never were, about people who stand by.
    fn papers(&mut self) {
        for n in 0..self.rng.usize(1..5) {
            let index = self.stand_by("recorded", &[], |_| {});
            let process = self.bystanders[index].process.clone();
            let instance = format!("dead{n}");
            let text = self.forged(&instance, &process);
            self.lay_down(&instance, &text);
        }
        if self.rng.bool() {
            let child = Command::new(fake_sidecar())
                .args(["--no-listen", "--max-life", "3m"])
                .spawn()
                .expect("it starts");
            let process = Process::of(child.id() as i32).expect("it runs");
            let state = state(APP, "deadcontrol", &identity(&process));
            self.lay_down("deadcontrol", &sealed(&state.to_string()));
            self.control = Some(child);
        }
    }

    fn lay_down(&mut self, instance: &str, text: &[u8]) {
        let dir = self.setup.state_dir();
        fs::write(dir.join(format!("{instance}.json")), text).expect("written");
        fs::write(dir.join(format!("{instance}.lock")), "").expect("written");
        self.dead.push(instance.to_owned());
    }

    /// Papers on somebody that prove nothing, each in another way.
    fn forged(&mut self, instance: &str, process: &Process) -> Vec<u8> {
        let exact = identity(process);
        let mut wrong = exact.clone();
        let mut state = state(APP, instance, &exact);
        match self.rng.u32(0..9) {
            0 => wrong["start"] = json!(process.start() - self.rng.u64(1..500)),
            1 => wrong["start"] = json!(process.start() + self.rng.u64(1..500)),
            2 => wrong["boot"] = json!("00000000-0000-4000-8000-000000000000"),
            3 => wrong["pid"] = json!(self.rng.choice([0, 1, 4_194_304, u32::MAX])),
            4 => state["app_id"] = json!("another-app"),
            5 => state["instance"] = json!("anotherinstance"),
            6 => state["version"] = json!(2),
            7 => {
                let bytes = sealed(&state.to_string());
                return bytes[..self.rng.usize(0..bytes.len())].to_vec();
            }
            _ => {
                // Whatever the bit makes of it, it is not believed.
                let mut bytes = sealed(&state.to_string());
                let at = self.rng.usize(0..bytes.len());
                bytes[at] ^= 1 << self.rng.u32(0..8);
                return bytes;
            }
        }
        if wrong != exact {
            state["runs"][0]["leader"] = wrong.clone();
            state["runs"][0]["members"] = json!([wrong, wrong]);
        }
        sealed(&state.to_string())
    }

    /// Who carries a marker that is not theirs, or not ours.
    fn marked(&mut self) {
        let dead = self.dead[0].clone();
        let markers = [
            ("another app's", format!("another-app/{dead}/web/1")),
            (
                "an unknown instance's",
                format!("{APP}/0123456789abcdef/web/1"),
            ),
            (
                "a path for an instance",
                format!("{APP}/..%2F..%2F{dead}/web/1"),
            ),
            ("half a marker", format!("{APP}/{dead}/web")),
            ("no marker", "1".to_owned()),
        ];
        for (role, marker) in markers {
            if self.chance(40) {
                self.stand_by(role, &[], |command| {
                    command.env(VARIABLE, marker);
                });
            }
        }
        if self.chance(60) {
            let program = copied(self.setup.folder(), "of-nobody");
            let log = self.setup.path("another user's.witness");
            let mut command = Command::new(program);
            if as_nobody(&mut command) {
                fs::write(&log, "").expect("written");
                let all = std::os::unix::fs::PermissionsExt::from_mode(0o666);
                fs::set_permissions(&log, all).expect("it is ours");
                command
                    .arg(&log)
                    .env(VARIABLE, format!("{APP}/{dead}/web/1"));
                let child = command.spawn().expect("it starts");
                self.bystanders
                    .push(Witness::adopt("another user's", log, child));
            }
        }
    }

    fn stranger(&mut self, port: u16) {
        let address = self
            .rng
            .choice(["127.0.0.1", "0.0.0.0", "[::1]", "[::]"])
            .expect("one");
        self.stand_by(
            "stranger",
            &["--listen", &format!("{address}:{port}")],
            |_| {},
        );
    }

    /// The start that reads all those papers.
    fn present(&mut self, port: u16, held: bool) {
        let fixed = self.rng.bool();
        let wish = if fixed {
            format!("--port {port} --http /")
        } else {
            format!("--port {port}-{} --http /", port + 20)
        };
        let family = self.setup.family("present");
        let mut host = self
            .setup
            .start(Path::new(HOST), args(&self.setup, &wish, &family, ""));
        let fails = held && fixed;
        host.next(if fails { "failed" } else { "ready" });
        self.hear_them("once it is up");
        if fails {
            host.order("shutdown");
            host.end();
        } else {
            self.finish_present(host);
        }
        eventually("its own sidecars are gone", || family.living().is_empty());
    }

    fn finish_present(&mut self, mut host: Host) {
        let (first, last) = if self.rng.bool() {
            ("restart", "shutdown")
        } else {
            ("", "shutdown")
        };
        if !first.is_empty() {
            host.order(first);
            host.next("ready");
        }
        if self.rng.bool() {
            host.order(last);
        } else {
            host.kill();
        }
        host.end();
    }
}

/// Kills host and guardian so that neither sees the other die.
pub(crate) fn kill_both(host: &mut Host) {
    let guardian = host.guardian();
    guardian.signal(libc::SIGSTOP);
    host.signal(libc::SIGSTOP);
    host.kill();
    guardian.kill();
    eventually("the guardian is gone", || !guardian.lives());
    host.end();
}

pub(crate) fn identity(process: &Process) -> Value {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("a boot id");
    json!({"pid": process.pid, "start": process.start(), "boot": boot.trim()})
}

/// What an instance that died says of a leader.
pub(crate) fn state(app: &str, instance: &str, leader: &Value) -> Value {
    json!({
        "version": 1, "app_id": app, "instance": instance, "host": null, "guardian": null,
        "runs": [{
            "sidecar": "web", "run": 1, "leader": leader, "command": "x", "members": [leader],
        }],
    })
}
