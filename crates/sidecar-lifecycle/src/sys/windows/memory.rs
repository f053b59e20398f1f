//! What only the process itself knows: its command line, folder and environment.
//!
//! The layouts are those of 64-bit Windows since Vista. They are not promised by anyone, so every
//! read may fail and is bounded, and what is read is told to people or compared with a marker.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Threading::{
    PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_VM_READ,
};

use super::handle::Process;

#[link(name = "ntdll.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    fn NtQueryInformationProcess(
        process: HANDLE,
        class: i32,
        information: *mut c_void,
        length: u32,
        returned: *mut u32,
    ) -> i32;
}

#[link(name = "kernel32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    fn ReadProcessMemory(
        process: HANDLE,
        address: *const c_void,
        buffer: *mut c_void,
        size: usize,
        read: *mut usize,
    ) -> i32;
}

/// `ProcessBasicInformation`.
const BASIC: i32 = 0;
/// `ProcessCommandLineInformation`, since Windows 8.1.
const COMMAND_LINE: i32 = 60;
/// Where the process environment block points to the parameters.
const PARAMETERS: u64 = 0x20;
/// The current folder within the parameters.
const FOLDER: u64 = 0x38;
/// The command line within the parameters.
const COMMAND: u64 = 0x70;
/// The pointer to the environment within the parameters.
const ENVIRONMENT: u64 = 0x80;
/// Its size in bytes.
const ENVIRONMENT_SIZE: u64 = 0x3f0;
/// Larger ones do not come from us.
const CAP: usize = 4 << 20;

/// `UNICODE_STRING`: lengths in bytes.
#[repr(C)]
#[derive(Clone, Copy)]
struct Text {
    length: u16,
    capacity: u16,
    address: u64,
}

/// `PROCESS_BASIC_INFORMATION`, as far as it is looked at.
#[repr(C)]
#[derive(Clone, Copy)]
struct Basic {
    exit_status: u64,
    environment_block: u64,
    unread: [u64; 4],
}

/// The command line.
pub(super) fn command_line(pid: u32) -> Option<Vec<u16>> {
    command_line_by_kernel(pid).or_else(|| text(pid, COMMAND))
}

/// What the kernel hands out without a look into the process: known for more processes, but not on
/// every Windows (nor under Wine 8).
fn command_line_by_kernel(pid: u32) -> Option<Vec<u16>> {
    let process = Process::open(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok()?;
    // A header and at most 64 KiB of text; words, so that it is aligned as the header is.
    let mut answer = vec![0_u64; (64 * 1024 + 64) / 8];
    let header = size_of::<Text>() / 2;
    query(
        &process,
        COMMAND_LINE,
        answer.as_mut_ptr().cast(),
        size_of_val(answer.as_slice()),
    )?;
    let units: Vec<u16> = answer.iter().flat_map(|word| units(*word)).collect();
    let length = usize::from(*units.first()?) / 2;
    // The text stands behind its header.
    units.get(header..header + length).map(<[u16]>::to_vec)
}

/// The working directory.
pub(super) fn working_directory(pid: u32) -> Option<Vec<u16>> {
    text(pid, FOLDER)
}

/// One of the texts among the parameters.
fn text(pid: u32, offset: u64) -> Option<Vec<u16>> {
    let process = open(pid)?;
    let text: Text = read(&process, parameters(&process)?.checked_add(offset)?)?;
    read_units(&process, text.address, usize::from(text.length))
}

/// The environment: NUL-separated `name=value`.
pub(super) fn environment(pid: u32) -> Option<Vec<u16>> {
    let process = open(pid)?;
    let parameters = parameters(&process)?;
    let address: u64 = read(&process, parameters + ENVIRONMENT)?;
    let size: u64 = read(&process, parameters + ENVIRONMENT_SIZE)?;
    read_units(&process, address, usize::try_from(size).ok()?)
}

fn open(pid: u32) -> Option<Process> {
    // The offsets are those of 64-bit programs.
    if cfg!(not(target_pointer_width = "64")) {
        return None;
    }
    Process::open(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ).ok()
}

fn parameters(process: &Process) -> Option<u64> {
    let mut basic = Basic {
        exit_status: 0,
        environment_block: 0,
        unread: [0; 4],
    };
    query(process, BASIC, (&raw mut basic).cast(), size_of::<Basic>())?;
    read(process, basic.environment_block.checked_add(PARAMETERS)?).filter(|&a: &u64| a != 0)
}

/// Asks the kernel. The pointer must be to `size` bytes that we may write.
fn query(process: &Process, class: i32, into: *mut c_void, size: usize) -> Option<()> {
    let size = u32::try_from(size).ok()?;
    // SAFETY: the handle is open, and both callers pass memory of theirs with its size.
    let status = unsafe {
        NtQueryInformationProcess(process.raw(), class, into, size, std::ptr::null_mut())
    };
    (status >= 0).then_some(())
}

/// Reads one plain value. `T` is made of integers only: see the callers.
fn read<T: Copy>(process: &Process, address: u64) -> Option<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    read_into(process, address, value.as_mut_ptr().cast(), size_of::<T>())?;
    // SAFETY: all of it was read, and every pattern of bits is a value.
    Some(unsafe { value.assume_init() })
}

fn read_units(process: &Process, address: u64, bytes: usize) -> Option<Vec<u16>> {
    let mut text = vec![0_u16; bytes.min(CAP) / 2];
    let size = size_of_val(text.as_slice());
    read_into(process, address, text.as_mut_ptr().cast(), size)?;
    Some(text)
}

/// Reads exactly `size` bytes of another process. The pointer must be to that many of ours.
fn read_into(process: &Process, address: u64, into: *mut c_void, size: usize) -> Option<()> {
    let mut read = 0;
    // SAFETY: the handle is open, both callers pass memory of theirs with its size, and a foreign
    // address that is not readable makes the call fail.
    let ok = unsafe {
        ReadProcessMemory(
            process.raw(),
            address as *const c_void,
            into,
            size,
            &raw mut read,
        )
    };
    (ok != 0 && read == size).then_some(())
}

/// The four units of a word, in memory order. Windows is little-endian everywhere.
fn units(word: u64) -> [u16; 4] {
    [
        word as u16,
        (word >> 16) as u16,
        (word >> 32) as u16,
        (word >> 48) as u16,
    ]
}
