//! The line in `/proc/PID/stat`, see `proc_pid_stat(5)`.

use crate::sys::ProcessFacts;

/// Reads one line. Nothing on anything that does not look like one.
///
/// The name stands in parentheses and may hold spaces, parentheses and newlines itself, so the
/// fields are counted from the *last* closing parenthesis.
pub(super) fn parse(line: &[u8]) -> Option<ProcessFacts> {
    let open = line.iter().position(|&b| b == b'(')?;
    let close = line.iter().rposition(|&b| b == b')')?;
    let comm = line.get(open + 1..close)?;
    let pid = number(line.get(..open)?.trim_ascii())?;

    // Field 3 (the state) comes first; the field numbers below are those of the man page.
    let mut fields = line
        .get(close + 1..)?
        .split(u8::is_ascii_whitespace)
        .filter(|f| !f.is_empty());
    let state = *fields.next()?.first()?;
    let ppid = number(fields.next()?)?;
    let pgid = number(fields.next()?)?;
    let sid = number(fields.next()?)?;
    let tty: u32 = number(fields.next()?)?;
    let threads: u64 = number(fields.nth(20 - 8)?)?;
    let start = number(fields.nth(22 - 21)?)?;

    // A leader that has ended while other threads run is shown as a zombie, but its process lives.
    let zombie = matches!(state, b'Z' | b'X' | b'x') && threads <= 1;
    let comm = String::from_utf8_lossy(comm).into_owned();
    Some(ProcessFacts {
        pid,
        ppid,
        pgid,
        sid,
        tty: tty != 0,
        pty: pseudoterminal(tty),
        start,
        zombie,
        lineage: None,
        comm,
    })
}

/// The number of the pseudoterminal that field 7 names: a device as `new_encode_dev` in the
/// kernel's `kdev_t.h` packs it, with the slaves' majors from `major.h`.
fn pseudoterminal(device: u32) -> Option<u32> {
    let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
    (136..144)
        .contains(&major)
        .then(|| (major - 136) * 256 + minor)
}

/// A decimal number, without the detour over `str`.
pub(super) fn number<T: TryFrom<u64>>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for &digit in digits {
        let digit = digit.checked_sub(b'0').filter(|&d| d <= 9)?;
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    T::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 41 42 43 34816 42 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 0 0 \
                        18446744073709551615 0 0";

    #[test]
    fn a_name_may_hold_spaces_parentheses_and_newlines() {
        for name in [
            "sh",
            "a b",
            ") S 1 2 3 (",
            "((",
            "))",
            "",
            "x\ny",
            "1 (2) 3",
        ] {
            let facts = parse(format!("77 ({name}) {REST}\n").as_bytes()).expect(name);
            assert_eq!(
                (facts.pid, facts.ppid, facts.pgid, facts.sid),
                (77, 41, 42, 43),
                "{name}"
            );
            assert_eq!(
                (facts.start, facts.tty, facts.zombie),
                (98765, true, false),
                "{name}"
            );
            assert_eq!(facts.comm, name);
        }
    }

    #[test]
    fn the_device_names_the_pseudoterminal() {
        let pty = |device: u32| {
            let line = format!("7 (x) {}", REST.replacen("34816", &device.to_string(), 1));
            parse(line.as_bytes()).expect("parses").pty
        };
        assert_eq!(pty(0), None, "no terminal");
        assert_eq!(pty(4 << 8 | 1), None, "a console");
        assert_eq!(pty(136 << 8), Some(0));
        assert_eq!(pty(136 << 8 | 7), Some(7));
        assert_eq!(pty(137 << 8 | 7), Some(263), "as older kernels count");
        assert_eq!(pty(136 << 8 | 1 << 20 | 7), Some(263), "as newer ones do");
    }

    #[test]
    fn a_leader_that_ended_before_its_threads_is_alive() {
        let dead = format!("7 (x) {}", REST.replacen('S', "Z", 1));
        assert!(parse(dead.as_bytes()).expect("parses").zombie);
        let leader = dead.replace(" 20 0 1 0 ", " 20 0 3 0 ");
        assert!(!parse(leader.as_bytes()).expect("parses").zombie);
    }

    #[test]
    fn every_cut_of_a_line_is_refused_or_read_and_never_panics() {
        let line = format!("77 (a) b) {REST}");
        for end in 0..line.len() {
            let _ = parse(&line.as_bytes()[..end]);
        }
        for hostile in [
            "",
            "(",
            ")",
            ")(",
            "1 ()",
            "x (y) S 1",
            "-1 (y) S 1 2 3 4 5",
        ] {
            assert_eq!(parse(hostile.as_bytes()), None, "{hostile}");
        }
    }
}
