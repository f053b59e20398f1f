//! What Wine cannot do and Windows can, as far as a test has to know of it. `docs/platforms.md`
//! lists it with what is not tested at all. It is asserted and not left out: a Wine that learns it
//! makes the test fail, and the exception goes.

use std::net::IpAddr;
use std::path::Path;

/// Whether this is Wine: its own configuration program lies in every prefix.
///
/// What is asserted by it alone: Wine's `cmd.exe` looks for variables in the arguments that it has
/// put in the place of `%1` and `%*`, where Windows is past that.
pub(crate) fn is_here() -> bool {
    cfg!(windows) && Path::new(r"C:\windows\system32\winecfg.exe").exists()
}

/// Who the system says holds a listener of process `pid` on `addr`. Wine 8 misreads its Linux'
/// table of IPv6 sockets, and names nobody.
pub(crate) fn owner(addr: IpAddr, pid: u32) -> Option<u32> {
    let is_unnamed = addr.is_ipv6() && is_here();
    (!is_unnamed).then_some(pid)
}
