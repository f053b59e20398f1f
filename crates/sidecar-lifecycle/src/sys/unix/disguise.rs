//! A name and a command line of one's own, so that a `killall` or `pkill -f` that is meant for the
//! host misses its guardian.

#[cfg(target_os = "linux")]
use std::fs;

/// Renames this process. Best effort: a name is a courtesy and not a protection.
pub(crate) fn rename(name: &str) {
    #[cfg(target_os = "linux")]
    {
        let mut comm = [0u8; 16];
        let len = name.len().min(15);
        comm[..len].copy_from_slice(&name.as_bytes()[..len]);
        // SAFETY: a NUL-terminated buffer of 16 bytes, which is what the kernel reads.
        unsafe { libc::prctl(libc::PR_SET_NAME, comm.as_ptr()) };
        overwrite_arguments(name.as_bytes());
    }
    #[cfg(target_os = "macos")]
    overwrite_arguments(name.as_bytes()); // There is no call for the name itself.
}

/// Writes over the argument area that the kernel shows in `/proc/PID/cmdline`.
#[cfg(target_os = "linux")]
fn overwrite_arguments(name: &[u8]) {
    let Ok(stat) = fs::read("/proc/self/stat") else {
        return;
    };
    let Some(end_of_name) = stat.iter().rposition(|&b| b == b')') else {
        return;
    };
    // Fields are counted from 1, the name is the second; 48 and 49 bound the arguments.
    let fields: Vec<&[u8]> = stat[end_of_name + 1..].split(|&b| b == b' ').collect();
    let field = |n: usize| -> Option<usize> {
        std::str::from_utf8(fields.get(n - 2)?)
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    let (Some(start), Some(end)) = (field(48), field(49)) else {
        return;
    };
    if start == 0 || end <= start {
        return;
    }
    let area = std::ptr::with_exposed_provenance_mut::<u8>(start);
    let len = end - start;
    // SAFETY: the kernel says that the arguments lie here, in writable memory of our own stack;
    // after the fork nobody else reads them.
    let area = unsafe { std::slice::from_raw_parts_mut(area, len) };
    area.fill(0);
    let n = name.len().min(len.saturating_sub(1));
    area[..n].copy_from_slice(&name[..n]);
}

/// Writes over the arguments that `KERN_PROCARGS2` shows. Their number and their ends stay: behind them
/// lies the environment, and it would no longer be found.
#[cfg(target_os = "macos")]
fn overwrite_arguments(name: &[u8]) {
    // SAFETY: takes no arguments.
    let count = unsafe { libc::_NSGetArgc() };
    // SAFETY: leads to where the system keeps this process's own, from its start on.
    let count = unsafe { *count };
    // SAFETY: takes no arguments.
    let texts = unsafe { libc::_NSGetArgv() };
    // SAFETY: as with the count.
    let texts = unsafe { *texts };
    // SAFETY: there are so many texts, and a null pointer behind them.
    let texts = unsafe { std::slice::from_raw_parts(texts, usize::try_from(count).unwrap_or(0)) };
    let mut name = name.iter();
    for &text in texts {
        if text.is_null() {
            return;
        }
        // SAFETY: each ends in NUL.
        let length = unsafe { libc::strlen(text) };
        // SAFETY: the text is in writable memory of our own stack; after the fork nobody else reads
        // it.
        let area = unsafe { std::slice::from_raw_parts_mut(text.cast::<u8>(), length) };
        for byte in area {
            *byte = name.next().copied().unwrap_or(b' ');
        }
        name = [].iter(); // The rest of a name that is longer than the first is lost.
    }
}
