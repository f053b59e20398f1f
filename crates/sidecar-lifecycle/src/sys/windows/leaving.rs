//! Those who are on their way out of a job.

use super::handle::Process;
use super::job::Job;

/// Members of a job whose ends are seen by their own handles.
///
/// A job counts a member out when it is told to end, or has begun to: its files and sockets are let
/// go of after that, and only then its handle is signalled. Whoever goes by the count alone may find
/// a port still held.
#[derive(Default)]
pub(crate) struct Leaving(Vec<((u32, u64), Process)>);

impl Leaving {
    /// Holds those who are in the job now.
    pub(crate) fn note(&mut self, job: &Job) {
        for (member, process) in job.held_members() {
            if !self.0.iter().any(|(known, _)| *known == member) {
                self.0.push((member, process));
            }
        }
    }

    /// Does not wait for these.
    pub(crate) fn spare(&mut self, is_spared: impl Fn((u32, u64)) -> bool) {
        self.0.retain(|(member, _)| !is_spared(*member));
    }

    /// Whether all have ended that were noted.
    pub(crate) fn are_gone(&mut self) -> bool {
        self.0.retain(|(_, process)| process.runs());
        self.0.is_empty()
    }

    /// Who has not.
    pub(crate) fn pids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|((pid, _), _)| *pid)
    }
}

#[cfg(test)]
mod tests {
    use std::os::windows::io::AsHandle;
    use std::process::{Child, Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    /// A program that waits for its stdin, in a job.
    fn waiting() -> (Child, Job) {
        let child = Command::new("cmd")
            .args(["/d", "/c", "set /p line="])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let job = Job::unwatched().expect("a job");
        let handle = child.as_handle().try_clone_to_owned().expect("another one");
        job.hold(&Process::from(handle))
            .expect("it may be put there");
        (child, job)
    }

    #[test]
    fn a_member_is_waited_for_until_its_own_handle_says_so() {
        let (mut child, job) = waiting();
        let mut leaving = Leaving::default();
        leaving.note(&job);
        leaving.note(&job);
        assert_eq!(leaving.pids().collect::<Vec<_>>(), [child.id()], "once");
        assert!(!leaving.are_gone());
        job.terminate().expect("it may");
        let end = Instant::now() + Duration::from_secs(30);
        while !leaving.are_gone() {
            assert!(
                Instant::now() < end,
                "{:?}",
                leaving.pids().collect::<Vec<_>>()
            );
            thread::yield_now();
        }
        assert!(child.try_wait().expect("a child").is_some());
    }

    #[test]
    fn who_is_spared_is_not_waited_for() {
        let (mut child, job) = waiting();
        let mut leaving = Leaving::default();
        leaving.note(&job);
        leaving.spare(|(pid, _)| pid != child.id());
        assert!(!leaving.are_gone(), "another was spared");
        leaving.spare(|(pid, _)| pid == child.id());
        assert!(leaving.are_gone());
        job.terminate().expect("it may");
        child.wait().expect("a child");
    }
}
