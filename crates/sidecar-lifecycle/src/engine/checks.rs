//! Check commands: hidden runs whose trees end with them.

use std::ffi::OsString;
use std::path::PathBuf;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::message::Message;
use super::perform::environment;
use super::prepare::fill_port;
use super::run_loop::Loop;
use super::spawner::SpawnOrder;
use crate::config::HealthCheck;
use crate::core::{ExitStatus, RunId, SidecarId};
use crate::marker;
use crate::sys::variable_name;

impl Loop {
    /// Runs a check command as a hidden run: its tree ends with it, whatever it forks.
    pub(super) fn run_check(
        &mut self,
        sidecar: SidecarId,
        run: RunId,
        answer: oneshot::Sender<Result<(), String>>,
    ) {
        let check = RunId(self.next_check);
        self.next_check += 1;
        match self.spawn_check(sidecar, run, check) {
            Ok(limit) => {
                self.checks.insert(check, answer);
                let tx = self.tx.clone();
                tokio::task::spawn_local(async move {
                    sleep(limit).await;
                    let _ = tx.send(Message::CheckOverdue { check }); // The loop may have quit.
                });
            }
            Err(e) => {
                let _ = answer.send(Err(e)); // Not awaited any more.
            }
        }
    }

    fn spawn_check(
        &mut self,
        sidecar: SidecarId,
        run: RunId,
        check: RunId,
    ) -> Result<std::time::Duration, String> {
        let index = self.index(sidecar).ok_or("no such sidecar")?;
        let entry = &mut self.entries[index];
        let current = entry
            .run
            .as_mut()
            .filter(|r| r.run == run)
            .ok_or("its run has ended")?;
        let Some(HealthCheck::Command { cmd, args, .. }) = &entry.config.check else {
            return Err("it has no check command".into());
        };
        let mut env = environment(&entry.config);
        if let (Some(name), Some(port)) = (&entry.config.port_variable, current.port) {
            env.insert(variable_name(name.as_ref()), port.to_string().into());
        }
        let marker = current.marker.to_string();
        env.insert(marker::VARIABLE.into(), marker.clone().into());
        let cwd = entry.config.cwd.clone();
        let here = cwd.clone().unwrap_or_else(|| PathBuf::from("."));
        let path = env.get(std::ffi::OsStr::new("PATH")).cloned();
        let program = which::which_in(cmd, path, here).map_err(|e| format!("{cmd}: {e}"))?;
        let mut argv = vec![program.clone().into_os_string()];
        let args: Vec<OsString> = args.iter().map(Into::into).collect();
        argv.extend(fill_port(&args, current.port));
        current.check = Some(check);
        let order = SpawnOrder {
            run: check,
            program,
            argv,
            env,
            cwd,
            marker,
            stop_signal: entry.config.stop_signal,
            grace: entry.config.grace,
            log: None,
            silent_stdin: false,
            keep: Vec::new(),
        };
        // What it prints is nobody's; its pipes close with these ends, and it may not care.
        self.spawner
            .spawn(order)
            .map(drop)
            .map_err(|e| e.to_string())?;
        Ok(HealthCheck::DEFAULT_TIMEOUT)
    }

    pub(super) fn answer_check(
        &mut self,
        check: RunId,
        status: ExitStatus,
        answer: oneshot::Sender<Result<(), String>>,
    ) {
        let expected = self
            .entries
            .iter()
            .find_map(|e| match &e.config.check {
                Some(HealthCheck::Command { expected_exit, .. })
                    if e.run.as_ref().is_some_and(|r| r.check == Some(check)) =>
                {
                    Some(*expected_exit)
                }
                _ => None,
            })
            .unwrap_or(0);
        let verdict = match status {
            ExitStatus::Code(code) if code == expected => Ok(()),
            ExitStatus::Code(code) => Err(format!("the command ended with code {code}")),
            ExitStatus::Signal(signal) => Err(format!("signal {signal} ended the command")),
        };
        let _ = answer.send(verdict); // Not awaited any more when its run has ended.
        self.order(|s| s.force_stop(check)); // What it has left behind, if anything.
    }
}

type Sender = tokio::sync::mpsc::UnboundedSender<Message>;

pub(super) async fn ask_command(tx: &Sender, sidecar: SidecarId, run: RunId) -> Result<(), String> {
    let (answer, verdict) = oneshot::channel();
    tx.send(Message::Check {
        sidecar,
        run,
        answer,
    })
    .map_err(|e| e.to_string())?;
    verdict.await.map_err(|_| "its run has ended".to_owned())?
}

pub(super) async fn until_command_passes(tx: &Sender, sidecar: SidecarId, run: RunId) {
    /// A command costs a process each time.
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
    while ask_command(tx, sidecar, run).await.is_err() {
        sleep(PAUSE).await;
    }
}
