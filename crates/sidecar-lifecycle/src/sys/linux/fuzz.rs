//! What the kernel hands out is read as if a stranger had written it: names, arguments and
//! environments are a stranger's.

use proptest::prelude::*;

use super::{inet_diag, proc_net, stat};
use crate::mangled::mangled;
use crate::sys::facts::{join_arguments, variable};

const REST: &str = "S 41 42 43 34816 42 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 0 0 \
                    18446744073709551615 0 0";

fn stats() -> Vec<Vec<u8>> {
    let names: [&[u8]; 5] = [b"sh", b") S 1 2 3 (", b"a\nb", b"", b"\xff\xfe"];
    names.map(line).to_vec()
}

fn line(name: &[u8]) -> Vec<u8> {
    [b"77 (", name, b") ", REST.as_bytes()].concat()
}

fn tables() -> Vec<Vec<u8>> {
    let v4 = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 \
              0 98765 1 0000000000000000 100 0 0 10 0";
    let v6 = "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A \
              00000000:00000000 00:00000000 00000000 0 0 4711 1 0000000000000000 100 0 0 10 0";
    [v4, v6].map(|text| text.as_bytes().to_vec()).to_vec()
}

/// Two listeners and the end of a dump.
fn dump() -> Vec<u8> {
    let message = |kind: u16, body: &[u8]| {
        let mut bytes = (16 + body.len() as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes
    };
    let listener = |family: i32| {
        let mut body = [0; 72];
        (body[0], body[1]) = (family as u8, 10);
        body[4..6].copy_from_slice(&8080_u16.to_be_bytes());
        body
    };
    let mut bytes = message(20, &listener(libc::AF_INET));
    bytes.extend(message(20, &listener(libc::AF_INET6)));
    bytes.extend(message(libc::NLMSG_DONE as u16, &[0; 4]));
    bytes
}

#[test]
fn what_is_mangled_here_was_right_before() {
    assert!(stats().iter().all(|l| stat::parse(l).is_some()));
    assert!(tables().iter().all(|l| proc_net::listener(l).is_some()));
    let mut found = Vec::new();
    assert!(inet_diag::read_messages(&dump(), None, &mut found).unwrap());
    assert_eq!(found.len(), 2);
}

proptest! {
    /// Whatever a program calls itself, it cannot pass for another one.
    #[test]
    fn no_name_shifts_the_fields(name in prop::collection::vec(any::<u8>(), 0..64)) {
        let facts = stat::parse(&line(&name)).unwrap();
        prop_assert_eq!((facts.pid, facts.ppid, facts.start), (77, 41, 98765));
        prop_assert_eq!(facts.comm, String::from_utf8_lossy(&name));
    }

    #[test]
    fn mangled_lines_panic_nowhere(stat in mangled(stats()), net in mangled(tables())) {
        let _ = stat::parse(&stat); // Whatever they are, it is an answer. The same below.
        let _ = proc_net::listener(&net);
    }

    #[test]
    fn a_mangled_dump_comes_to_an_end(bytes in mangled(vec![dump()])) {
        let mut found = Vec::new();
        let _ = inet_diag::read_messages(&bytes, None, &mut found); // As above.
        prop_assert!(found.len() <= bytes.len() / 72);
    }

    #[test]
    fn garbage_panics_nowhere(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = stat::parse(&bytes); // As above.
        let _ = proc_net::listener(&bytes);
        let _ = inet_diag::read_messages(&bytes, None, &mut Vec::new());
    }

    #[test]
    fn arguments_become_one_line(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        if let Some(text) = join_arguments(&bytes) {
            prop_assert!(!text.contains(char::is_control) && text.chars().count() <= 1025);
        }
    }

    /// A value that holds what looks like another variable is a value.
    #[test]
    fn only_a_whole_entry_is_a_variable(
        before in prop::collection::vec(1u8.., 0..40), value in prop::collection::vec(1u8.., 0..40),
    ) {
        let mut block = [b"X=", before.as_slice(), b"MARK=no"].concat();
        prop_assert_eq!(variable(&block, "MARK"), None);
        block.extend(b"\0MARK=");
        block.extend(&value);
        prop_assert_eq!(variable(&block, "MARK"), Some(value));
    }
}
