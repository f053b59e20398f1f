//! Whether this process may still be forked and go on as something else.

/// Why not, in words for the log; `None` when it may.
///
/// A forked child has one thread and every lock as it was. Libraries may have started idle
/// helpers before `main` (WebKitGTK's JavaScriptCore does): those hold no lock of ours. Threads
/// that have a name of their own were started by a program that is already at work.
pub(crate) fn reason_not_to_fork() -> Option<String> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return Some(
            "a tokio runtime is running: call it before #[tokio::main], in a plain main".to_owned(),
        );
    }
    let names = thread_names();
    let own = names.first()?;
    let others = &names[1..];
    if let Some(worker) = others.iter().find(|n| *n != own) {
        return Some(format!(
            "the thread {worker:?} already runs: call it first in main"
        ));
    }
    if others.len() > ALLOWED_IDLE {
        return Some(format!(
            "{} threads already run: call it first in main",
            others.len() + 1
        ));
    }
    None
}

/// JavaScriptCore's one, which waits on a futex from before `main` on.
const ALLOWED_IDLE: usize = 1;

/// Names of this process's threads, the main thread's first. Empty where that is not told.
#[cfg(target_os = "linux")]
fn thread_names() -> Vec<String> {
    let me = std::process::id();
    let name = |tid: u32| {
        std::fs::read_to_string(format!("/proc/self/task/{tid}/comm"))
            .map(|n| n.trim_end().to_owned())
            .ok()
    };
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let others = tasks
        .flatten()
        .filter_map(|t| t.file_name().to_str()?.parse::<u32>().ok())
        .filter(|&tid| tid != me);
    name(me)
        .into_iter()
        .chain(others.filter_map(name))
        .collect()
}

/// macOS: the number of threads, under one made-up name, since theirs are not readable here.
#[cfg(target_os = "macos")]
fn thread_names() -> Vec<String> {
    use std::mem;
    // SAFETY: plain data, filled in by the call.
    let mut info: libc::proc_taskinfo = unsafe { mem::zeroed() };
    let size = size_of::<libc::proc_taskinfo>() as libc::c_int;
    // SAFETY: `info` has the size that is told.
    let got = unsafe {
        libc::proc_pidinfo(
            std::process::id() as libc::c_int,
            libc::PROC_PIDTASKINFO,
            0,
            (&raw mut info).cast(),
            size,
        )
    };
    if got == size {
        vec![String::new(); info.pti_threadnum.max(1) as usize]
    } else {
        Vec::new()
    }
}
