//! Check commands: hidden runs whose trees end with them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::future::pending;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::clock::within;
use super::message::Message;
use super::output::{Output, Source};
use super::perform::clone_output;
use super::prepare::fill_port;
use super::run_loop::Loop;
use super::spawner::{HostEnds, SpawnOrder, read_pipes};
use crate::core::{ExitStatus, RunId, SidecarId};
use crate::logs::LogRing;
use crate::marker;

type Answer = oneshot::Sender<Result<(), String>>;

/// A command that shall tell whether a run is healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckCommand {
    pub(crate) cmd: String,
    pub(crate) args: Vec<String>,
    pub(crate) expected_exit: i32,
    /// Its tree is ended by force after this.
    pub(crate) limit: Duration,
}

/// A command that runs now.
struct Pending {
    /// The run that it checks.
    of: RunId,
    expected_exit: i32,
    answer: Option<Answer>,
    /// What it has printed.
    said: LogRing,
    output: Rc<RefCell<Output>>,
    /// Read that, and end the command when its time is up.
    helpers: Vec<AbortHandle>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        for helper in &self.helpers {
            helper.abort(); // A timer that is left would wake the engine for nothing.
        }
    }
}

/// The commands that run now, by the ids of their own hidden runs.
pub(crate) struct Checks {
    pending: HashMap<RunId, Pending>,
    next: u64,
}

impl Default for Checks {
    fn default() -> Checks {
        Checks {
            pending: HashMap::new(),
            next: 1 << 63, // Never met by the core's run ids, which count from one.
        }
    }
}

impl Checks {
    pub(crate) fn holds(&self, check: RunId) -> bool {
        self.pending.contains_key(&check)
    }

    /// Answers that it could not be started. `false`: it is no check.
    pub(crate) fn could_not_start(&mut self, check: RunId, reason: &str) -> bool {
        self.answer(check, |_, said| Err(format!("{reason}{said}")))
    }

    /// Answers by how it ended. `false`: it is no check.
    pub(crate) fn ended(&mut self, check: RunId, status: ExitStatus) -> bool {
        self.answer(check, |expected, said| match status {
            ExitStatus::Code(code) if code == expected => Ok(()),
            ExitStatus::Code(code) => Err(format!("the command ended with code {code}{said}")),
            ExitStatus::Signal(signal) => Err(format!("signal {signal} ended the command{said}")),
            ExitStatus::Unknown => Err(format!("how the command ended is not known{said}")),
        })
    }

    fn answer(
        &mut self,
        check: RunId,
        verdict: impl FnOnce(i32, String) -> Result<(), String>,
    ) -> bool {
        let Some(mut pending) = self.pending.remove(&check) else {
            return false;
        };
        // What it has just written may not have been read yet.
        pending.output.borrow_mut().finish();
        let last = pending.said.last(1).pop();
        let said = last.map_or(String::new(), |line| format!(": {}", line.trim()));
        if let Some(answer) = pending.answer.take() {
            // Its run may have ended.
            let _ = answer.send(verdict(pending.expected_exit, said));
        }
        true
    }

    /// Forgets those that check this run, and says which they are.
    pub(crate) fn take_of(&mut self, run: RunId) -> Vec<RunId> {
        let of_it = self.pending.extract_if(|_, pending| pending.of == run);
        of_it.map(|(check, _)| check).collect()
    }
}

impl Loop {
    /// Runs a check command as a hidden run: its tree ends with it, whatever it forks.
    pub(super) fn run_check(
        &mut self,
        sidecar: SidecarId,
        run: RunId,
        command: &CheckCommand,
        answer: Answer,
    ) {
        let check = RunId(self.checks.next);
        self.checks.next += 1;
        let ends = match self.spawn_check(sidecar, run, check, command) {
            Ok(ends) => ends,
            Err(e) => {
                let _ = answer.send(Err(e)); // Not awaited any more.
                return;
            }
        };
        // Read, although it is nobody's: who prints into a closed pipe is ended by that.
        let said = LogRing::default();
        // Without a second end of its pipes its last word may be missed, and no more.
        let pipes = clone_output(&ends).unwrap_or_default();
        let output = Output::new(said.clone(), Source::Pipes(pipes));
        let mut helpers = read_pipes(&output, &ends);
        let (tx, limit) = (self.tx.clone(), command.limit);
        let overdue = tokio::task::spawn_local(async move {
            // Its end is told elsewhere: this waits for the limit alone, or twice if we were stopped.
            within(limit, pending::<()>()).await;
            let _ = tx.send(Message::CheckOverdue { check }); // The loop may have quit.
        });
        helpers.push(overdue.abort_handle());
        let pending = Pending {
            of: run,
            expected_exit: command.expected_exit,
            answer: Some(answer),
            said,
            output,
            helpers,
        };
        self.checks.pending.insert(check, pending);
    }

    /// A check command has had its time.
    pub(super) fn check_overdue(&mut self, check: RunId) {
        if self
            .checks
            .could_not_start(check, "the command took too long")
        {
            self.order(|s| s.force_stop(check));
        }
    }

    /// Ends the check commands of a run that is not checked any more.
    pub(super) fn end_checks(&mut self, run: RunId) {
        for check in self.checks.take_of(run) {
            self.order(|s| s.force_stop(check));
        }
    }

    fn spawn_check(
        &mut self,
        sidecar: SidecarId,
        run: RunId,
        check: RunId,
        command: &CheckCommand,
    ) -> Result<HostEnds, String> {
        let index = self.index(sidecar).ok_or("no such sidecar")?;
        let entry = &self.entries[index];
        let current = entry
            .run
            .as_ref()
            .filter(|r| r.run == run)
            .ok_or("its run has ended")?;
        let mut env = self.environment_of(index);
        let marker = current.marker.to_string();
        env.set(marker::VARIABLE, marker.clone());
        let cwd = current.config.cwd.clone();
        let here = cwd.clone().unwrap_or_else(|| PathBuf::from("."));
        let path = env.get("PATH");
        let cmd = &command.cmd;
        let program = which::which_in(cmd, path, here).map_err(|e| format!("{cmd}: {e}"))?;
        let mut argv = vec![program.clone().into_os_string()];
        let args: Vec<OsString> = command.args.iter().map(Into::into).collect();
        argv.extend(fill_port(&args, current.port));
        let order = SpawnOrder {
            run: check,
            program,
            argv,
            env,
            cwd,
            marker,
            stop_signal: current.config.stop_signal,
            grace: current.config.grace,
            log: None,
            raw_stdout: false,
            direct_log: None,
            silent_stdin: false,
            keep: Vec::new(),
        };
        self.spawner.spawn(order).map_err(|e| e.to_string())
    }
}

/// Has the loop run a check command, and waits for what it says.
pub(super) async fn ask_command(
    tx: &mpsc::UnboundedSender<Message>,
    sidecar: SidecarId,
    run: RunId,
    command: CheckCommand,
) -> Result<(), String> {
    let (answer, verdict) = oneshot::channel();
    tx.send(Message::Check {
        sidecar,
        run,
        command,
        answer,
    })
    .map_err(|e| e.to_string())?;
    verdict.await.map_err(|_| "its run has ended".to_owned())?
}
