//! `sidecar port N`: who holds it, and whether it is a sidecar.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;

use serde::Serialize;
use sidecar_lifecycle::census::{Census, Status};
use sidecar_lifecycle::identity::user_name;
use sidecar_lifecycle::ports::{
    self, Barred, Holder, HolderKind, OurMarks, Trial, listening_on, try_all,
};
use sidecar_lifecycle::{Leftovers, RunId};

use crate::paint::{BOLD, DIM, GREEN, Paint, RED, YELLOW, complain, say};
use crate::words::{age, shorten, wrap};

/// What `sidecar port` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "All of 127.0.0.1, ::1, 0.0.0.0 and :: are looked at, and only who listens \
counts: a browser that is connected to the port does not hold it. A holder is ours (a sidecar of \
any app of yours), of the same project (it runs in this folder or below), or a stranger. Nothing \
is ever ended by this command.

Exit code, for `if sidecar port 5173 >/dev/null; then ...`: 0 when the port is free on every address, \
1 when it is not, 2 for bad usage."
)]
pub(crate) struct Args {
    /// The port.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    number: u16,
    /// Print one object.
    #[arg(long)]
    json: bool,
}

/// The answer, as `--json` has it.
#[derive(Debug, Serialize)]
struct Answer {
    port: u16,
    free: bool,
    holders: Vec<Held>,
    addresses: Vec<Place>,
    /// For people: a program reads it from the addresses.
    #[serde(skip)]
    barred: Option<Barred>,
}

/// A process that listens.
#[derive(Debug, Serialize)]
struct Held {
    #[serde(flatten)]
    holder: Holder,
    user: Option<String>,
    addresses: Vec<IpAddr>,
    sidecar: Option<Whose>,
}

/// A sidecar, by its names.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Whose {
    app_id: String,
    instance: String,
    status: Status,
    sidecar: String,
    run: RunId,
    leftovers: Leftovers,
}

/// One of the four.
#[derive(Debug, Serialize)]
struct Place {
    address: IpAddr,
    free: bool,
    why: Option<String>,
}

/// Prints who holds the port.
pub(crate) fn port(args: &Args) -> ExitCode {
    let answer = ask(args.number);
    if args.json {
        match serde_json::to_string_pretty(&answer) {
            Ok(text) => say(&(text + "\n")),
            Err(e) => {
                complain(&format!("cannot write it as JSON: {e}"));
                return ExitCode::from(2);
            }
        }
    } else {
        say(&readable(&answer, Paint::of_stdout()));
    }
    ExitCode::from(u8::from(!answer.free))
}

fn ask(port: u16) -> Answer {
    // Without it a sidecar is a stranger, which is what it then is to us.
    let census = Census::take().unwrap_or_default();
    let folder = std::env::current_dir().ok();
    let marks = OurMarks {
        app_id: String::new(),
        live_members: &|pid| census.whose(pid).is_some(),
        is_dead_instance: &|_| false,
        project_cwd: folder.as_deref(),
    };
    let mut holders: Vec<Held> = Vec::new();
    for listening in listening_on(port, &marks) {
        let holder = listening.holder;
        let same = |h: &&mut Held| h.holder.pid == holder.pid && h.holder.uid == holder.uid;
        if let Some(known) = holders.iter_mut().find(same) {
            known.addresses.push(listening.address);
            continue;
        }
        let whose = holder.pid.and_then(|pid| census.whose(pid));
        holders.push(Held {
            user: holder.uid.and_then(user_name),
            addresses: vec![listening.address],
            sidecar: whose.map(|(instance, tree)| Whose {
                app_id: instance.app_id.clone(),
                instance: instance.instance.clone(),
                status: instance.status,
                sidecar: tree.sidecar.clone(),
                run: tree.run,
                leftovers: tree.leftovers,
            }),
            holder,
        });
    }
    let trials = try_all(port).into_iter();
    let addresses: Vec<Place> = trials
        .filter_map(|(address, trial)| match trial {
            Trial::Free => Some(Place {
                address,
                free: true,
                why: None,
            }),
            Trial::Refused(e) => Some(Place {
                address,
                free: false,
                why: Some(e.to_string()),
            }),
            Trial::Missing => None,
        })
        .collect();
    Answer {
        port,
        barred: ports::barred(port),
        free: holders.is_empty() && addresses.iter().all(|a| a.free),
        holders,
        addresses,
    }
}

fn readable(answer: &Answer, paint: Paint) -> String {
    let port = answer.port;
    let free = answer
        .addresses
        .iter()
        .filter(|a| a.free)
        .map(|a| a.address);
    let free = list(&free.collect::<Vec<_>>());
    if answer.free {
        let word = paint.paint(GREEN, "free");
        return format!("port {port} is {word} on {free}\n");
    }
    let mut text: String = answer
        .holders
        .iter()
        .map(|h| held(port, h, paint))
        .collect();
    if answer.holders.is_empty() {
        let word = paint.paint(RED, "cannot be had");
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "port {port} {word}, and nobody is seen to listen on it"
        );
        let refused = answer.addresses.iter().filter(|a| !a.free);
        for Place { address, why, .. } in refused {
            let why = why.as_deref().unwrap_or_default();
            let _ = writeln!(text, "  {address}: {why}");
        }
        if let Some(why) = answer.barred {
            for line in wrap(&why.to_string(), room(paint).saturating_sub(2)) {
                let _ = writeln!(text, "  {}", paint.paint(YELLOW, &line));
            }
        }
    }
    if !free.is_empty() {
        let _ = writeln!(text, "still free on {free}");
    }
    text
}

fn held(port: u16, held: &Held, paint: Paint) -> String {
    let holder = &held.holder;
    let room = room(paint);
    let begin = format!("port {port} is held by ");
    let who = match (&holder.command, holder.pid) {
        (Some(command), _) => shorten(command, room.saturating_sub(begin.len()).max(20)),
        (None, Some(_)) => "a process whose command cannot be read".to_owned(),
        (None, None) => "another user's process".to_owned(),
    };
    let mut lines = Vec::new();
    let pid = holder.pid.map(|pid| format!("pid {pid}"));
    let user = held.user.clone().or(holder.uid.map(|uid| uid.to_string()));
    let user = user.map(|user| format!("user {user}"));
    let facts: Vec<String> = pid.into_iter().chain(user).collect();
    lines.push(facts.join(", "));
    lines.extend(
        holder
            .cwd
            .as_ref()
            .map(|cwd| format!("in {}", cwd.display())),
    );
    if let Some(started) = holder.started {
        lines.push(format!("started {} ago{}", age(started), at(holder)));
    }
    lines.push(format!("listens on {}", list(&held.addresses)));
    lines.retain(|line| !line.is_empty());
    let mut text = format!("{begin}{}\n", paint.paint(BOLD, &who));
    for line in lines {
        let _ = writeln!(text, "  {}", paint.paint(DIM, &line));
    }
    let (colour, verdict) = verdict(held);
    for line in wrap(&verdict, room.saturating_sub(2)) {
        let _ = writeln!(text, "  {}", paint.paint(colour, &line));
    }
    text
}

fn verdict(held: &Held) -> (&'static str, String) {
    match (&held.sidecar, held.holder.kind) {
        (Some(whose), _) => {
            let app = match whose.app_id.as_str() {
                "sidecar" => "`sidecar run`",
                app => app,
            };
            let what = format!("sidecar {}, run {}, of {app}", whose.sidecar, whose.run);
            match whose.status {
                Status::LeftBehind => {
                    let (how, next) = match whose.leftovers {
                        Leftovers::End => ("left behind", "the next start ends it"),
                        Leftovers::Keep => ("kept", "nobody ends it"),
                        Leftovers::Adopt => ("adoptable", "the next start takes it over"),
                    };
                    (YELLOW, format!("ours, {how}: {what}; {next}"))
                }
                Status::Ending => (YELLOW, format!("ours, and being ended: {what}")),
                _ => (GREEN, format!("ours: {what}")),
            }
        }
        (None, HolderKind::SameProject) => {
            (YELLOW, "no sidecar, but it runs in this folder".to_owned())
        }
        (None, _) if held.holder.pid.is_none() => (
            RED,
            "a stranger: which process it is, only root can see".to_owned(),
        ),
        (None, _) => (
            RED,
            "a stranger: no sidecar, and not from this folder".to_owned(),
        ),
    }
}

/// How long a line may be.
fn room(paint: Paint) -> usize {
    paint.width.unwrap_or(usize::MAX)
}

/// When it started, as the JSON has it.
fn at(holder: &Holder) -> String {
    let json = serde_json::to_value(holder).unwrap_or_default();
    let time = json["started"].as_str().unwrap_or_default();
    let time = time.trim_end_matches('Z').replace('T', " ");
    if time.is_empty() {
        time
    } else {
        format!(" ({time} UTC)")
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let each = addresses.iter().map(ToString::to_string);
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_the_system_keeps_for_itself_is_told_with_what_helps() {
        let answer = Answer {
            port: 5173,
            free: false,
            holders: Vec::new(),
            addresses: vec![Place {
                address: IpAddr::from([127, 0, 0, 1]),
                free: false,
                why: Some("denied".to_owned()),
            }],
            barred: Some(Barred::Excluded),
        };
        let text = readable(&answer, Paint::plain(None));
        assert_eq!(
            text,
            format!(
                "port 5173 cannot be had, and nobody is seen to listen on it\n  \
                 127.0.0.1: denied\n  {}\n",
                Barred::Excluded
            )
        );
    }
}
