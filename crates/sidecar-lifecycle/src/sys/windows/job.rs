//! Job objects: a tree of processes that ends with its last handle.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, IsProcessInJob, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS,
    JobObjectAssociateCompletionPortInformation, JobObjectBasicAccountingInformation,
    JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation, QueryInformationJobObject,
    SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    PROCESS_ACCESS_RIGHTS, PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SYNCHRONIZE,
};

use super::completion::CompletionPort;
use super::handle::Process;

/// Pids that are listed when a job cannot be ended. More survivors than this are told as these.
const MOST_PIDS: usize = 256;

/// A job whose only handle this is: no child inherits it, so the kernel ends the whole tree when
/// this process ends, however it does. Nothing may break away from it.
pub(crate) struct Job(OwnedHandle);

impl Job {
    /// An empty job. What happens in it is told at `port` under `key`; the system does not
    /// promise each packet, so emptiness is asked for besides.
    pub(crate) fn new(port: &CompletionPort, key: usize) -> io::Result<Job> {
        let job = Job::unwatched()?;
        let told_at = JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
            CompletionKey: key as *mut _,
            CompletionPort: port.raw(),
        };
        job.set(JobObjectAssociateCompletionPortInformation, &told_at)?;
        Ok(job)
    }

    /// An empty job of which nothing is told.
    pub(crate) fn unwatched() -> io::Result<Job> {
        // SAFETY: no name and no attributes, which also makes the handle one that is not inherited.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call just gave us this handle and nobody else owns it.
        let job = Job(unsafe { OwnedHandle::from_raw_handle(handle) });
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        job.set(JobObjectExtendedLimitInformation, &limits)?;
        Ok(job)
    }

    pub(super) fn raw(&self) -> HANDLE {
        self.0.as_raw_handle()
    }

    /// `T` must be the plain struct of that class.
    fn set<T>(&self, class: JOBOBJECTINFOCLASS, value: &T) -> io::Result<()> {
        // SAFETY: the handle is open; pointer and size describe `value`.
        let ok = unsafe {
            SetInformationJobObject(
                self.raw(),
                class,
                ptr::from_ref(value).cast(),
                size_of::<T>() as u32,
            )
        };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    /// Sees to it that a process that does not run yet is in this job: it is from birth, where
    /// the system keeps to what it was asked for.
    pub(super) fn hold(&self, process: &Process) -> io::Result<()> {
        if self.has(process) {
            return Ok(());
        }
        // SAFETY: both handles are open.
        let ok = unsafe { AssignProcessToJobObject(self.raw(), process.raw()) };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    fn has(&self, process: &Process) -> bool {
        let mut inside = 0;
        // SAFETY: both handles are open, and the pointer is to a BOOL of ours.
        let ok = unsafe { IsProcessInJob(process.raw(), self.raw(), &raw mut inside) };
        ok != 0 && inside != 0
    }

    /// Ends everything in it with exit code 1.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        // SAFETY: the handle is open.
        let ok = unsafe { TerminateJobObject(self.raw(), 1) };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    /// From now on those who are in it live on when its handle is closed.
    pub(crate) fn let_live(&self) -> io::Result<()> {
        let none = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        self.set(JobObjectExtendedLimitInformation, &none)
    }

    /// How many processes run in it.
    pub(crate) fn active(&self) -> io::Result<u32> {
        let mut counts = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        // SAFETY: the handle is open; pointer and size describe `counts`.
        let ok = unsafe {
            QueryInformationJobObject(
                self.raw(),
                JobObjectBasicAccountingInformation,
                (&raw mut counts).cast(),
                size_of::<JOBOBJECT_BASIC_ACCOUNTING_INFORMATION>() as u32,
                ptr::null_mut(),
            )
        };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(counts.ActiveProcesses)
        }
    }

    /// Who runs in it; of very many, the first ones.
    pub(crate) fn pids(&self) -> Vec<u32> {
        // Two 32-bit numbers (assigned, listed), then pids of a pointer's width.
        let mut list = vec![0_usize; 8 / size_of::<usize>() + MOST_PIDS];
        // SAFETY: the handle is open; pointer and size describe `list`. A list that is cut short
        // is answered as an error, but with its beginning filled in.
        let _ = unsafe {
            QueryInformationJobObject(
                self.raw(),
                JobObjectBasicProcessIdList,
                list.as_mut_ptr().cast(),
                size_of_val(list.as_slice()) as u32,
                ptr::null_mut(),
            )
        };
        list[8 / size_of::<usize>()..]
            .iter()
            .map(|&pid| pid as u32)
            .filter(|&p| p != 0)
            .collect()
    }

    /// The same by pid and start: whoever has got the number of one that has just ended is not
    /// among them.
    pub(crate) fn members(&self) -> Vec<(u32, u64)> {
        let member = |pid| Some(self.member(pid, 0)?.0);
        self.pids().into_iter().filter_map(member).collect()
    }

    /// The same, each with a handle that tells its end.
    pub(super) fn held_members(&self) -> Vec<((u32, u64), Process)> {
        let member = |pid| self.member(pid, PROCESS_SYNCHRONIZE);
        self.pids().into_iter().filter_map(member).collect()
    }

    fn member(&self, pid: u32, rights: PROCESS_ACCESS_RIGHTS) -> Option<((u32, u64), Process)> {
        // Wine refuses to say with less than this whether it is in the job. Windows says it, and
        // some of its processes grant no more.
        let process = Process::open(pid, PROCESS_QUERY_INFORMATION | rights)
            .or_else(|_| Process::open(pid, PROCESS_QUERY_LIMITED_INFORMATION | rights))
            .ok()?;
        let start = process.created().ok()?;
        self.has(&process).then_some(((pid, start), process))
    }
}
