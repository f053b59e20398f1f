//! What the machine allows.

use sidecar_lifecycle::guardian::NoGuardian;
use sidecar_lifecycle::{Support, check_shared_folder};

use super::report::{Check, Level};

/// Fewer descriptors than this are soon used up by a server and its watchers.
const FEW: u64 = 1024;

pub(super) fn checks(guardian: Result<(), NoGuardian>) -> Vec<Check> {
    let support = Support::look();
    let mut checks = vec![protection(guardian), kernel(&support)];
    checks.extend(support.open_files.map(open_files));
    if let Err(e) = check_shared_folder() {
        let says = format!("engines cannot keep ports from each other: {e}");
        checks.push(Check::new("shared folder", Level::Warning, says));
    }
    checks
}

fn protection(guardian: Result<(), NoGuardian>) -> Check {
    const ID: &str = "protection";
    match guardian {
        _ if cfg!(windows) => Check::new(ID, Level::Ok, "kernel: job objects end every tree"),
        Ok(()) => {
            let says = "guardian: nothing is left behind, also when `sidecar run` is killed";
            Check::new(ID, Level::Ok, says)
        }
        Err(e) => Check::new(ID, Level::Warning, format!("best effort: {e}"))
            .helped_by("if `sidecar run` is killed, what is left is ended at its next start"),
    }
}

fn kernel(support: &Support) -> Check {
    const ID: &str = "kernel";
    let all = [
        (support.subreaper, "subreaper"),
        (support.splice, "splice"),
        (support.pidfd, "pidfd"),
    ];
    let named = |wanted: bool| {
        let those = all.iter().filter(|(has, _)| *has == wanted);
        those.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    };
    match named(false).as_str() {
        _ if cfg!(windows) => {
            let says = "job objects: nothing that a sidecar starts leaves its tree";
            Check::new(ID, Level::Ok, says)
        }
        "" => Check::new(ID, Level::Ok, named(true)),
        _ if !cfg!(target_os = "linux") => {
            let says =
                "no subreaper here: escapees are known by their group, their marker or their maker";
            Check::new(ID, Level::Note, says)
        }
        missing => Check::new(ID, Level::Warning, format!("without {missing}"))
            .helped_by("a sandbox or an old kernel may be in the way; escapees may be missed"),
    }
}

fn open_files((soft, hard): (u64, u64)) -> Check {
    const ID: &str = "open files";
    let hard = if hard > 1 << 40 {
        "no limit".to_owned()
    } else {
        format!("{hard} at most")
    };
    let says = format!("{soft} for each process, {hard}");
    if soft < FEW {
        Check::new(ID, Level::Warning, says).helped_by("raise it with `ulimit -n 4096`")
    } else {
        Check::new(ID, Level::Ok, says)
    }
}
