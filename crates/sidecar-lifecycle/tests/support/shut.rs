//! A process that nobody may open, as `System` and the services are to an ordinary user.

use std::io;

use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::Security::{
    ACL, ACL_REVISION, DACL_SECURITY_INFORMATION, InitializeAcl, InitializeSecurityDescriptor,
    SECURITY_DESCRIPTOR, SetKernelObjectSecurity, SetSecurityDescriptorDacl,
};
use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION};

const WRITE_DAC: u32 = 0x0004_0000;

/// Lets nobody open a process any more; who has it open already keeps it.
pub(crate) fn shut(pid: u32) {
    let (mut nobody, mut descriptor) = (ACL::default(), SECURITY_DESCRIPTOR::default());
    let to = (&raw mut descriptor).cast();
    // SAFETY: the list is as long as it is said to be.
    let ok = unsafe { InitializeAcl(&raw mut nobody, size_of::<ACL>() as u32, ACL_REVISION) };
    assert_ne!(ok, 0, "{}", io::Error::last_os_error());
    // SAFETY: the pointer is to a descriptor.
    let ok = unsafe { InitializeSecurityDescriptor(to, 1) };
    assert_ne!(ok, 0, "{}", io::Error::last_os_error());
    // SAFETY: the list lives as long as the descriptor that refers to it.
    let ok = unsafe { SetSecurityDescriptorDacl(to, 1, &raw const nobody, 0) };
    assert_ne!(ok, 0, "{}", io::Error::last_os_error());
    // SAFETY: integer arguments only.
    let process = unsafe { OpenProcess(WRITE_DAC, 0, pid) };
    // SAFETY: a handle that is not open is refused, and the descriptor is valid.
    let ok = unsafe { SetKernelObjectSecurity(process, DACL_SECURITY_INFORMATION, to) };
    assert_ne!(ok, 0, "{}", io::Error::last_os_error());
    // SAFETY: the handle is ours, and not used again.
    unsafe { CloseHandle(process) };
    // SAFETY: integer arguments only.
    let again = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    assert!(again.is_null(), "nobody may open it");
}
