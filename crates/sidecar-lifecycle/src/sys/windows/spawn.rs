//! `CreateProcessW`: into a job from birth, with three handles and no others.

use std::ffi::{OsStr, c_void};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT,
    CreateProcessW, DETACHED_PROCESS, DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT,
    InitializeProcThreadAttributeList, LPPROC_THREAD_ATTRIBUTE_LIST,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROC_THREAD_ATTRIBUTE_JOB_LIST, PROCESS_CREATION_FLAGS,
    PROCESS_INFORMATION, ResumeThread, STARTF_USESTDHANDLES, STARTUPINFOEXW, STARTUPINFOW,
    UpdateProcThreadAttribute,
};

use super::console;
use super::handle::Process;
use super::job::Job;

/// What is to be started. All text is UTF-16 and ends in a NUL.
pub(crate) struct Program {
    /// Full path: nothing is searched for.
    pub(crate) file: Vec<u16>,
    pub(crate) command_line: Vec<u16>,
    /// `NAME=value` entries, each with a NUL behind it, and one more NUL.
    pub(crate) environment: Vec<u16>,
    pub(crate) cwd: Option<Vec<u16>>,
}

/// A process that exists, but does not run yet.
pub(crate) struct Suspended {
    process: Process,
    thread: OwnedHandle,
    pid: u32,
    on_our_console: bool,
}

/// Creates a process in `job`, with these as its stdin, stdout and stderr. It gets the host's
/// console if the host has one, so that both can talk by console events; else none that is seen.
///
/// As with [`create_unseen`], others may hold the handles' copies for a while.
pub(crate) fn create(
    program: &mut Program,
    job: &Job,
    stdio: &[OwnedHandle; 3],
) -> io::Result<Suspended> {
    create_on(console::exists(), program, job, stdio)
}

/// The same, on a console of its own that nobody sees: it can neither ask there nor change what
/// the host's console is called.
///
/// The three handles can be inherited from here until the caller closes them, so a process that another
/// thread starts at this very moment, without a list of its own, may get them too. It would hold
/// the pipes open; that is why a pipe's end is never waited for without a limit.
pub(crate) fn create_unseen(
    program: &mut Program,
    job: &Job,
    stdio: &[OwnedHandle; 3],
) -> io::Result<Suspended> {
    create_on(false, program, job, stdio)
}

fn create_on(
    on_our_console: bool,
    program: &mut Program,
    job: &Job,
    stdio: &[OwnedHandle; 3],
) -> io::Result<Suspended> {
    let handles: [HANDLE; 3] = [0, 1, 2].map(|i: usize| stdio[i].as_raw_handle());
    for handle in handles {
        // SAFETY: a handle that we own.
        let ok = unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) };
        if ok == 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let jobs = [job.raw()];
    let mut attributes = Attributes::new(2)?;
    attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, &jobs)?;
    attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &handles)?;
    let startup = STARTUPINFOEXW {
        StartupInfo: STARTUPINFOW {
            cb: size_of::<STARTUPINFOEXW>() as u32,
            dwFlags: STARTF_USESTDHANDLES,
            hStdInput: handles[0],
            hStdOutput: handles[1],
            hStdError: handles[2],
            ..Default::default()
        },
        lpAttributeList: attributes.raw(),
    };
    let flags = creation_flags(on_our_console);
    let made = call(program, &startup, true, flags)?;
    let child = Suspended {
        process: made.process,
        thread: made.thread,
        pid: made.pid,
        on_our_console,
    };
    if let Err(e) = job.hold(&child.process) {
        let _ = child.process.terminate(); // It must not run outside; it has not run at all yet.
        return Err(e);
    }
    Ok(child)
}

/// Starts a program in `job`, on no console, that gets no handle of ours at all: what this process
/// has inherited itself can be inherited on, its standard output first, and whoever reads that would
/// wait for the end of both.
pub(super) fn start_apart(program: &mut Program, job: &Job) -> io::Result<Process> {
    let jobs = [job.raw()];
    let mut attributes = Attributes::new(1)?;
    attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, &jobs)?;
    let startup = STARTUPINFOEXW {
        StartupInfo: STARTUPINFOW {
            cb: size_of::<STARTUPINFOEXW>() as u32,
            ..Default::default()
        },
        lpAttributeList: attributes.raw(),
    };
    let flags = EXTENDED_STARTUPINFO_PRESENT | DETACHED_PROCESS | CREATE_UNICODE_ENVIRONMENT;
    Ok(call(program, &startup, false, flags)?.process)
}

/// What the system has made.
struct Made {
    process: Process,
    thread: OwnedHandle,
    pid: u32,
}

/// `inherits`: it gets the handles that can be inherited, or those of a list among the attributes.
fn call(
    program: &mut Program,
    startup: &STARTUPINFOEXW,
    inherits: bool,
    flags: PROCESS_CREATION_FLAGS,
) -> io::Result<Made> {
    let mut made = PROCESS_INFORMATION::default();
    // SAFETY: all texts end in a NUL and outlive the call, the line is ours to be written to, and
    // `startup` begins with its own size and points to attributes that outlive the call.
    let ok = unsafe {
        CreateProcessW(
            program.file.as_ptr(),
            program.command_line.as_mut_ptr(),
            ptr::null(),
            ptr::null(),
            inherits.into(),
            flags,
            program.environment.as_ptr().cast(),
            program.cwd.as_ref().map_or(ptr::null(), Vec::as_ptr),
            ptr::from_ref(startup).cast(),
            &raw mut made,
        )
    };
    if ok == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call just gave us this handle and nobody else owns it.
    let process = Process::from(unsafe { OwnedHandle::from_raw_handle(made.hProcess) });
    // SAFETY: as above, the other one.
    let thread = unsafe { OwnedHandle::from_raw_handle(made.hThread) };
    let pid = made.dwProcessId;
    Ok(Made {
        process,
        thread,
        pid,
    })
}

/// The environment in the form that the system takes it in: all entries, each with a NUL behind it,
/// and one more. An empty one has two.
pub(crate) fn environment_block<'e>(
    entries: impl IntoIterator<Item = (&'e OsStr, &'e OsStr)>,
) -> io::Result<Vec<u16>> {
    let mut block = Vec::new();
    for (name, value) in entries {
        let start = block.len();
        let equals = OsStr::new("=").encode_wide();
        block.extend(name.encode_wide().chain(equals).chain(value.encode_wide()));
        if block[start..].contains(&0) {
            let reason = format!("a NUL is in the variable {}", name.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        block.push(0);
    }
    if block.is_empty() {
        block.push(0);
    }
    block.push(0);
    Ok(block)
}

/// A program for the console gets a window of its own unless it shares its host's console, or is
/// told to have none.
fn creation_flags(host_has_console: bool) -> PROCESS_CREATION_FLAGS {
    let window = if host_has_console {
        0
    } else {
        CREATE_NO_WINDOW
    };
    EXTENDED_STARTUPINFO_PRESENT
        | CREATE_UNICODE_ENVIRONMENT
        | CREATE_NEW_PROCESS_GROUP
        | CREATE_SUSPENDED
        | window
}

impl Suspended {
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// Whether it was made on the console that this process had then, or on one of its own.
    pub(crate) fn is_on_our_console(&self) -> bool {
        self.on_our_console
    }

    /// Lets it run.
    pub(crate) fn resume(self) -> io::Result<Process> {
        // SAFETY: the handle of a thread, with the right to resume it.
        let count = unsafe { ResumeThread(self.thread.as_raw_handle()) };
        if count == u32::MAX {
            let e = io::Error::last_os_error();
            let _ = self.process.terminate(); // It would stay suspended for ever.
            return Err(e);
        }
        Ok(self.process)
    }
}

/// The list of attributes of a process to be.
struct Attributes(Vec<usize>);

impl Attributes {
    fn new(count: u32) -> io::Result<Attributes> {
        let mut size = 0;
        // SAFETY: a null list asks for the size, and fails by contract.
        let _ =
            unsafe { InitializeProcThreadAttributeList(ptr::null_mut(), count, 0, &raw mut size) };
        let mut memory = vec![0_usize; size.div_ceil(size_of::<usize>())];
        // SAFETY: the memory has the size that was asked for, and the alignment of a pointer.
        let ok = unsafe {
            InitializeProcThreadAttributeList(memory.as_mut_ptr().cast(), count, 0, &raw mut size)
        };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(Attributes(memory))
        }
    }

    /// The handles must outlive the list: it keeps a pointer to them.
    fn set(&mut self, attribute: u32, handles: &[HANDLE]) -> io::Result<()> {
        // SAFETY: an initialised list with room for it; pointer and size describe `handles`.
        let ok = unsafe {
            UpdateProcThreadAttribute(
                self.raw(),
                0,
                attribute as usize,
                handles.as_ptr().cast::<c_void>(),
                size_of_val(handles),
                ptr::null_mut(),
                ptr::null(),
            )
        };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    fn raw(&mut self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.0.as_mut_ptr().cast()
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and is used no more.
        unsafe { DeleteProcThreadAttributeList(self.raw()) };
    }
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::System::Threading::{CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_CONSOLE};

    use super::*;

    /// That no window opens is asked a sidecar, in `tests/windows/asking.rs`.
    #[test]
    fn nobody_runs_before_it_is_in_its_job_and_nothing_leaves_it() {
        for has_console in [true, false] {
            let flags = creation_flags(has_console);
            assert_eq!(flags & (CREATE_NEW_CONSOLE | CREATE_BREAKAWAY_FROM_JOB), 0);
            assert_eq!(flags & CREATE_SUSPENDED, CREATE_SUSPENDED, "{has_console}");
        }
    }
}
