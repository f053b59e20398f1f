//! Before a spawn: the program is found, the port is picked and, if a leftover of ours holds it,
//! freed.

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::entry::Prepared;
use super::leftovers::{self, Left, Sweeper};
use super::ownership::{self, RunTree};
use super::refusal::Refusal;
use crate::config::SidecarConfig;
use crate::core::Leftovers;
use crate::event::EventKind;
use crate::ports::{self, Barred, Holder, HolderKind, OurMarks, PickError, PortWish, Reservations};
use crate::sys::{has_descriptors, monotonic};

/// What preparing needs to know, and where it tells what it finds.
pub(crate) struct Preparation {
    pub(crate) config: Arc<SidecarConfig>,
    pub(crate) path: Option<OsString>,
    /// Whose turn it is.
    pub(crate) id: String,
    /// What it would be started with.
    pub(crate) fingerprint: u64,
    pub(crate) sweeper: Sweeper,
    /// The trees that run now. Who is in them is only asked when a port has a holder: the whole
    /// process table is read for that.
    pub(crate) live: Vec<RunTree>,
    pub(crate) reservations: Reservations,
    /// Asked for first.
    pub(crate) preferred: Option<u16>,
    /// Not asked for, where there is a choice.
    pub(crate) avoid: Vec<u16>,
    pub(crate) seed: u64,
}

/// How often a port that is being freed is looked at.
const FREEING_TICK: Duration = Duration::from_millis(5);
/// How long the socket of a leftover that has ended may take to close.
const FREEING_LIMIT: Duration = Duration::from_secs(2);

/// How a run begins.
pub(crate) enum Begin {
    Prepared(Prepared),
    /// It runs already.
    Found(Box<Left>),
}

impl Preparation {
    /// Does it all. `tell` gets news on the way.
    pub(crate) async fn run(&self, tell: impl Fn(EventKind)) -> Result<Begin, Refusal> {
        if let Some(left) = self.look_for_left(&tell).await {
            return Ok(Begin::Found(Box::new(left)));
        }
        let program = self.find_program().map_err(Refusal::lasting)?;
        let picked = self.pick_port(&tell).await?;
        let (port, reservation) = match picked {
            Some(picked) => {
                tell(EventKind::PortChosen { port: picked.port });
                (Some(picked.port), Some(picked.reservation))
            }
            None => (None, None),
        };
        Ok(Begin::Prepared(Prepared {
            program,
            port,
            reservation,
        }))
    }

    /// What an earlier host has left of it, if that is what would be started now. If it is not, it
    /// is ended first, with all that is left of it.
    async fn look_for_left(&self, tell: &impl Fn(EventKind)) -> Option<Left> {
        let left = self.sweeper.estate.of(&self.id)?;
        let same = left.record.fingerprint == self.fingerprint && left.record.lives_on();
        if same && self.config.leftovers == Leftovers::Adopt {
            return Some(left);
        }
        let news = self.sweeper.beside(move |s| s.end_left(left)).await;
        // No thread for it, it panicked, or the engine ends: then the next start finds it again.
        for (_, kind) in news.unwrap_or_default() {
            tell(kind);
        }
        None
    }

    fn find_program(&self) -> Result<PathBuf, String> {
        let program = &self.config.program;
        let here = std::env::current_dir().unwrap_or_default();
        let cwd = self
            .config
            .cwd
            .as_deref()
            .map_or_else(|| here.clone(), |c| here.join(c));
        if !cwd.is_dir() {
            return Err(format!(
                "the working folder {} does not exist",
                cwd.display()
            ));
        }
        which::which_in(program, self.path.as_deref(), &cwd).map_err(|_| {
            if program.components().count() > 1 {
                why_not(&cwd.join(program))
            } else {
                format!(
                    "{} was not found in {}",
                    program.display(),
                    searched(self.path.as_deref())
                )
            }
        })
    }

    async fn pick_port(&self, tell: &impl Fn(EventKind)) -> Result<Option<ports::Picked>, Refusal> {
        let wish = self.config.port;
        if wish == PortWish::None {
            return Ok(None);
        }
        let preferred = self.preferred.filter(|port| !self.avoid.contains(port));
        // What is wanted first is looked at first, and freed if a leftover of ours holds it.
        let first = match wish {
            PortWish::Fixed(port) => Some(port),
            PortWish::Range(first, last) => Some(
                preferred
                    .filter(|p| (first..=last).contains(p))
                    .unwrap_or(first),
            ),
            PortWish::Auto => preferred,
            PortWish::None => None,
        };
        if let Some(port) = first
            && ports::is_free(port).is_err()
        {
            self.free(port, tell).await;
        }
        let pick = || ports::pick(wish, &self.reservations, self.seed, preferred, &self.avoid);
        let picked = match pick() {
            // Whoever looks whether it is free has it for a moment: another engine, `sidecar port`.
            Err(PickError::Held { port }) if ports::is_free(port).is_ok() => pick(),
            picked => picked,
        };
        match picked {
            Ok(picked) => Ok(picked),
            Err(_) if !has_descriptors() => Err(Refusal::passing(
                "no port can be tested: too many files are open here; close some, or raise the \
                 limit (ulimit -n)",
            )),
            Err(PickError::Held { port }) => {
                let reason = match (self.holder(port), ports::is_free(port)) {
                    (None, Ok(())) => format!(
                        "port {port} is reserved for another sidecar, which is about to bind it"
                    ),
                    (holder, _) => held(port, holder.as_ref(), || ports::barred(port)),
                };
                Err(Refusal::lasting(reason))
            }
            Err(e) => Err(Refusal::lasting(none_left(e, ports::barred))),
        }
    }

    fn holder(&self, port: u16) -> Option<Holder> {
        let state_dir = &self.sweeper.dir;
        let live = OnceCell::new();
        ports::holder_of(
            port,
            &OurMarks {
                app_id: self.sweeper.app_id.clone(),
                live_members: &|pid| {
                    live.get_or_init(|| ownership::members_of(&self.live))
                        .contains(&pid)
                },
                is_dead_instance: &|instance| super::ledger::is_dead(state_dir, instance),
                project_cwd: self.config.cwd.as_deref(),
            },
        )
    }

    /// Tells who holds the port. If that is a leftover of ours, all that its dead instance has left
    /// is ended: the holder alone would be started again by whoever watches it.
    async fn free(&self, port: u16, tell: &impl Fn(EventKind)) {
        let Some(holder) = self.holder(port) else {
            return;
        };
        tell(EventKind::PortHeld {
            port,
            holder: holder.clone(),
        });
        if holder.kind != HolderKind::Ours || holder.live {
            return;
        }
        let Some(identity) = holder.identity else {
            return;
        };
        let (sweeper, leftover) = (self.sweeper.clone(), identity.clone());
        let Ok(news) = sweeper.beside(move |s| s.sweep_with(&leftover)).await else {
            return; // No thread for it, it panicked, or the engine ends.
        };
        let mut free = false;
        if leftovers::is_gone(&news, identity.pid) {
            // Its socket closes a moment after it.
            let deadline = monotonic() + FREEING_LIMIT;
            free = ports::is_free(port).is_ok();
            while !free && monotonic() < deadline {
                sleep(FREEING_TICK).await;
                free = ports::is_free(port).is_ok();
            }
        }
        for (_, mut kind) in news {
            if let EventKind::Cleaned { pid, why, .. } = &mut kind
                && *pid == identity.pid
                && free
            {
                *why = format!("a leftover of a dead instance held port {port}");
            }
            tell(kind);
        }
    }
}

/// Why a program at a path cannot be run.
fn why_not(program: &Path) -> String {
    let shown = program.display();
    match program.metadata() {
        Ok(found) if found.is_dir() => format!("{shown} is a folder and no program"),
        Ok(_) => format!("{shown} may not be executed: make it executable (chmod +x)"),
        Err(e) => format!("{shown} cannot be executed: {e}"),
    }
}

/// The sentence about all ports of a range. One of them tells why: what the system keeps for
/// itself comes in hundreds.
fn none_left(error: PickError, barred: impl Fn(u16) -> Option<Barred>) -> String {
    match error {
        PickError::AllHeld { first, .. } => barred(first).map_or_else(
            || error.to_string(),
            |why| format!("{error}; port {first} cannot be had: {why}"),
        ),
        other => other.to_string(),
    }
}

/// The sentence about a port that is held, or that nobody can have.
fn held(port: u16, holder: Option<&Holder>, barred: impl FnOnce() -> Option<Barred>) -> String {
    let Some(holder) = holder else {
        return match barred() {
            Some(why) => format!("port {port} cannot be had: {why}"),
            None => format!("port {port} is held, by whom is not known"),
        };
    };
    let who = match (&holder.command, holder.pid) {
        (Some(command), Some(pid)) => format!("{command} (pid {pid})"),
        (None, Some(pid)) => format!("pid {pid}"),
        (_, None) => "a process of another user".to_owned(),
    };
    let place = holder
        .cwd
        .as_ref()
        .map_or(String::new(), |cwd| format!(" in {}", cwd.display()));
    let age = holder
        .started
        .and_then(|s| SystemTime::now().duration_since(s).ok());
    let since = age.map_or(String::new(), |age| {
        format!(", started {} s ago", age.as_secs())
    });
    format!("port {port} is held by {who}{place}{since}")
}

fn searched(path: Option<&OsStr>) -> String {
    let folders: Vec<String> = path
        .map(std::env::split_paths)
        .into_iter()
        .flatten()
        .map(|p| p.display().to_string())
        .collect();
    if folders.is_empty() {
        "an empty PATH".to_owned()
    } else {
        folders.join(", ")
    }
}

/// The arguments with the port filled in: `{port}` anywhere, and `auto` after `--port`.
pub(crate) fn fill_port(args: &[OsString], port: Option<u16>) -> Vec<OsString> {
    let Some(port) = port.map(|p| p.to_string()) else {
        return args.to_vec();
    };
    let mut after_flag = false;
    args.iter()
        .map(|arg| {
            let was_after_flag = std::mem::replace(&mut after_flag, arg == "--port");
            match arg.to_str() {
                Some("auto") if was_after_flag => port.clone().into(),
                Some("--port=auto") => format!("--port={port}").into(),
                Some(text) => text.replace("{port}", &port).into(),
                None => arg.clone(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{fill_port, held, none_left};
    use crate::ports::{Barred, PickError};
    use std::ffi::OsString;

    #[test]
    fn a_port_that_the_system_keeps_is_not_said_to_be_held() {
        let said = held(5173, None, || Some(Barred::Excluded));
        assert!(
            said.starts_with("port 5173 cannot be had: Windows keeps it"),
            "{said}"
        );
        let said = held(80, None, || Some(Barred::Privileged));
        assert!(said.contains("root"), "{said}");
        let said = held(5173, None, || None);
        assert_eq!(said, "port 5173 is held, by whom is not known");
    }

    #[test]
    fn a_range_that_the_system_keeps_says_so() {
        let (first, last) = (5173, 5180);
        let error = PickError::AllHeld { first, last };
        let said = none_left(error, |port| (port == first).then_some(Barred::Excluded));
        assert!(
            said.contains("5180") && said.contains("Windows keeps it"),
            "{said}"
        );
        assert_eq!(none_left(error, |_| None), error.to_string());
    }

    #[test]
    fn the_port_is_filled_in_wherever_it_is_asked_for() {
        let args: Vec<OsString> = [
            "--port",
            "auto",
            "--url=http://x:{port}/",
            "auto",
            "--port=auto",
        ]
        .map(Into::into)
        .into();
        let filled = fill_port(&args, Some(4711));
        assert_eq!(
            filled,
            [
                "--port",
                "4711",
                "--url=http://x:4711/",
                "auto",
                "--port=4711"
            ]
        );
        assert_eq!(
            fill_port(&args, None),
            args,
            "without a port nothing is touched"
        );
    }
}
