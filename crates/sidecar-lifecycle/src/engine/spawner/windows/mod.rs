//! Windows: one job object a run, watched by one thread.
//!
//! Protection is the kernel's: a job's only handle is the host's, so that the tree ends with the
//! host, whatever ends that. What this platform does not have, plainly:
//!
//! - A graceful stop is the end of the sidecar's stdin, and Ctrl+Break to its group: by the host
//!   itself on a console that they share, and else by a messenger, which needs
//!   `guardian::start()` in the host's `main`. Whoever of the tree has made a group of its own is
//!   not asked. A program that minds neither is ended after the grace.
//! - Nothing leaves a job. What the `keep` list names is spared by a stop, and outlives the host's
//!   orderly end; but a host that is killed takes an editor with it that a dev server has opened.
//!   (One that was running already, and was only told to open a file, is not of the tree.)
//! - A raw stdout whose reader takes nothing is held back by memory of this program (256 KiB)
//!   besides the pipe. The end of a run that has left it full is told up to 500 ms late.
//! - Each of a run's two output pipes has a thread of its own, and so has a stdin that is written
//!   to: they cannot be polled.

mod jobs;
mod keeping;
mod log_tail;
mod output;
mod program;
mod run;
mod spawner;
mod stdin;

pub(crate) use output::{OutputEnd, RawEnd, read_pipes};
pub(crate) use program::to_run;
pub(crate) use spawner::Spawner;
pub(crate) use stdin::write_stdin;
