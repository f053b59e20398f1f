//! Listeners from `/proc/net/tcp` and `tcp6`, for kernels that refuse socket diagnostics.

use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::stat::number;
use crate::sys::Listener;

/// The state column of a listener.
const LISTEN: &[u8] = b"0A";
/// The kernel fills whole pages: a large buffer saves a thousand calls on a busy machine.
const BUFFER: usize = 256 * 1024;

/// Every listener of both families, or those on one port.
pub(super) fn listeners(port: Option<u16>) -> io::Result<Vec<Listener>> {
    let mut found = Vec::new();
    read_table("/proc/net/tcp", port, &mut found)?;
    match read_table("/proc/net/tcp6", port, &mut found) {
        // Without IPv6 there is no such table.
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        other => other?,
    }
    Ok(found)
}

fn read_table(path: &str, port: Option<u16>, found: &mut Vec<Listener>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; BUFFER];
    let mut filled = 0;
    let mut header = true;
    loop {
        let n = match file.read(&mut buffer[filled..]) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if n == 0 {
            return Ok(());
        }
        filled += n;
        let whole = buffer[..filled]
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |at| at + 1);
        for line in buffer[..whole]
            .split(|&b| b == b'\n')
            .filter(|line| !line.is_empty())
        {
            if std::mem::take(&mut header) {
                continue;
            }
            match listener(line) {
                Some(listener) if port.is_none_or(|p| p == listener.port) => found.push(listener),
                Some(_) => {}
                // The kernel lists all listeners before the first connection.
                None => return Ok(()),
            }
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}

/// One line: `sl local rem st queues timer retransmits uid timeout inode …`; nothing when it is not
/// a listener's.
pub(super) fn listener(line: &[u8]) -> Option<Listener> {
    let mut fields = line
        .split(u8::is_ascii_whitespace)
        .filter(|f| !f.is_empty());
    let local = fields.nth(1)?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    let uid = number(fields.nth(3)?)?;
    let inode = number(fields.nth(1)?)?;
    let colon = local.iter().position(|&b| b == b':')?;
    let port = u16::try_from(hex(&local[colon + 1..])?).ok()?;
    Some(Listener {
        port,
        addr: address(&local[..colon])?,
        inode,
        uid,
    })
}

/// An address as 32-bit words in the machine's order, eight digits each.
fn address(digits: &[u8]) -> Option<IpAddr> {
    let mut bytes = [0; 16];
    let length = digits.len() / 2;
    if !matches!(digits.len(), 8 | 32) {
        return None;
    }
    for (word, out) in digits.chunks_exact(8).zip(bytes.chunks_exact_mut(4)) {
        out.copy_from_slice(&hex(word)?.to_ne_bytes());
    }
    Some(match length {
        4 => IpAddr::V4(Ipv4Addr::from(*bytes.first_chunk::<4>()?)),
        _ => IpAddr::V6(Ipv6Addr::from(bytes)),
    })
}

fn hex(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn both_families_are_read() {
        let v4 = b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  \
                   1000        0 98765 1 0000000000000000 100 0 0 10 0";
        let v6 = b"   1: 00000000000000000000000001000000:0050 \
                   00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 \
                   00000000     0        0 4711 1 0000000000000000 100 0 0 10 0";
        let l = listener(v4).expect("a listener");
        assert_eq!(
            (l.port, l.addr, l.inode, l.uid),
            (8080, [127, 0, 0, 1].into(), 98765, 1000)
        );
        let l = listener(v6).expect("a listener");
        assert_eq!(
            (l.port, l.addr, l.inode, l.uid),
            (80, Ipv6Addr::LOCALHOST.into(), 4711, 0)
        );
    }

    #[test]
    fn connections_and_garbage_are_not_listeners() {
        for line in [
            "",
            "0: 0100007F:1F90 0100007F:1F91 01 0:0 0:0 0 0 0 1",
            "0: x:y z 0A 1 2 3 4 5",
        ] {
            assert!(listener(line.as_bytes()).is_none(), "{line}");
        }
    }
}
