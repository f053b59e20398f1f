//! `struct proc_bsdinfowithuniqid` from XNU's `sys/proc_info_private.h`: who a process is and who has
//! made it. Its size is part of the system's ABI, and asserted there too.

use std::mem::offset_of;

use crate::sys::Lineage;

#[repr(C)]
pub(super) struct BsdInfoWithIds {
    pub(super) info: libc::proc_bsdinfo,
    pub(super) ids: UniqueIds,
}

/// `struct proc_uniqidentifierinfo`.
#[repr(C)]
pub(super) struct UniqueIds {
    program: [u8; 16],
    unique: u64,
    parent: u64,
    version: i32,
    parent_version: i32,
    reserved: [u64; 2],
}

const _: () = {
    assert!(size_of::<libc::proc_bsdinfo>() == 136);
    assert!(size_of::<UniqueIds>() == 56);
    assert!(offset_of!(UniqueIds, version) == 32);
    assert!(size_of::<BsdInfoWithIds>() == 192);
};

impl BsdInfoWithIds {
    /// `PROC_PIDT_BSDINFOWITHUNIQID`.
    pub(super) const FLAVOUR: libc::c_int = 18;
}

impl UniqueIds {
    pub(super) fn lineage(&self) -> Lineage {
        Lineage {
            unique: self.unique,
            parent: self.parent,
            version: self.version.cast_unsigned(),
            parent_version: self.parent_version.cast_unsigned(),
        }
    }
}
