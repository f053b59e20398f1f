//! What the platforms report, in one vocabulary.

use std::net::IpAddr;

use super::process::STARTS_ARE_ORDERED;

/// One row of the process table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessFacts {
    pub(crate) pid: u32,
    /// The parent; a recycled number on Windows, where nobody adopts orphans.
    pub(crate) ppid: u32,
    /// Process group; the pid itself on Windows.
    pub(crate) pgid: u32,
    /// Session; 0 where the platform does not tell (macOS, Windows).
    pub(crate) sid: u32,
    /// Whether it has a controlling terminal.
    pub(crate) tty: bool,
    /// The number of its pseudoterminal (`/dev/pts/N`), where the platform tells (Linux).
    pub(crate) pty: Option<u32>,
    /// Start time in the unit of [`crate::identity::Identity::start`].
    pub(crate) start: u64,
    /// Dead, but not reaped yet.
    pub(crate) zombie: bool,
    /// Who it is and who has made it, where the platform tells (macOS).
    pub(crate) lineage: Option<Lineage>,
    /// Short name as the kernel has it (15 bytes on Linux, 16 on macOS, the image name on Windows).
    pub(crate) comm: String,
}

/// Numbers that name a process and its maker for as long as the system is up. A parent's number is
/// another one once the parent has ended; these tell of it still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// Each new process has a larger one.
    pub(crate) unique: u64,
    /// Its parent's, when it was made; when it has become another program since, its parent's then.
    pub(crate) parent: u64,
    /// Each process has a new one with each program that it becomes.
    pub(crate) version: u32,
    /// Its maker's when it was made, for ever; 0 where the system is too old to tell.
    pub(crate) parent_version: u32,
}

/// When a process began, as far as that orders it among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Birth {
    /// See [`Lineage::unique`]; 0: not told, and earlier than all.
    unique: u64,
    pub(crate) start: u64,
}

impl Birth {
    /// Of whom the start alone is known.
    pub(crate) fn at(start: u64) -> Birth {
        Birth { unique: 0, start }
    }

    /// Whether a process can be the parent of another. Nobody is older than his parent, but a parent's
    /// number may have been given away since (Windows, where nobody adopts orphans).
    ///
    /// macOS notes starts by the wall clock: when that is set back, children seem older. There a number
    /// tells, or nobody is ruled out: the parent that it names lives.
    pub(crate) fn may_have_borne(self, child: Birth) -> bool {
        self.may_precede(child, STARTS_ARE_ORDERED)
    }

    fn may_precede(self, other: Birth, starts_are_ordered: bool) -> bool {
        if self.unique != 0 && other.unique != 0 {
            self.unique <= other.unique
        } else {
            self.start <= other.start || !starts_are_ordered
        }
    }
}

impl ProcessFacts {
    pub(crate) fn birth(&self) -> Birth {
        Birth {
            unique: self.lineage.map_or(0, |l| l.unique),
            start: self.start,
        }
    }
}

#[cfg(test)]
impl ProcessFacts {
    /// A living process in a group of its own and on no terminal.
    pub(crate) fn row(pid: u32, ppid: u32, start: u64) -> ProcessFacts {
        ProcessFacts {
            pid,
            ppid,
            pgid: pid,
            sid: pid,
            tty: false,
            pty: None,
            start,
            zombie: false,
            lineage: None,
            comm: String::new(),
        }
    }
}

/// A TCP socket in the LISTEN state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listener {
    pub(crate) port: u16,
    pub(crate) addr: IpAddr,
    /// The kernel's name for the socket: its inode on Linux, its handle on macOS, and the owning
    /// process on Windows, whose tables name processes and not sockets.
    pub(crate) inode: u64,
    /// Who created the socket; 0 on Windows, which has no such number.
    pub(crate) uid: u32,
}

/// Who has a socket open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This process (the first one found, where several share the socket).
    Pid(u32),
    /// Nobody whose descriptors we may read. Never to be replaced by a guess.
    Unreadable,
}

/// Longest command line that is worth showing to a person, in characters.
const COMMAND_CAP: usize = 1024;

/// Joins NUL-separated arguments for people: quoted where they hold spaces, capped, no control
/// characters. Nothing for a process without arguments (a kernel thread, a zombie).
#[cfg(unix)]
pub(super) fn join_arguments(block: &[u8]) -> Option<String> {
    let block = block.strip_suffix(b"\0").unwrap_or(block);
    if block.is_empty() {
        return None;
    }
    // A program that rewrites its title leaves one "argument" with spaces in it, and of the others
    // at most their ends (Redis).
    let first = block.iter().position(|&b| b == 0).unwrap_or(block.len());
    let (title, rest) = block.split_at(first);
    let alone = rest.is_empty() || title.contains(&b' ') && rest.iter().all(|&b| b == 0);
    let block = if alone { title } else { block };
    let words = block.split(|&b| b == 0).map(|word| {
        let word = String::from_utf8_lossy(word);
        let quote = !alone && (word.is_empty() || word.contains(char::is_whitespace));
        if quote {
            format!("'{word}'")
        } else {
            word.into_owned()
        }
    });
    Some(for_people(&words.collect::<Vec<_>>().join(" ")))
}

/// One line of bounded length.
pub(super) fn for_people(text: &str) -> String {
    let mut line: String = text
        .chars()
        .take(COMMAND_CAP)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(COMMAND_CAP).is_some() {
        line.push('…');
    }
    line.trim_end().to_owned()
}

/// Finds a variable in a NUL-separated environment block. The first one wins, as in getenv(3).
#[cfg(unix)]
pub(crate) fn variable(block: &[u8], name: &str) -> Option<Vec<u8>> {
    block.split(|&b| b == 0).find_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(value.to_vec())
    })
}

#[cfg(test)]
mod birth_tests {
    use super::Birth;

    #[test]
    fn a_clock_that_was_set_back_makes_no_child_older_than_its_parent() {
        let parent = Birth {
            unique: 0,
            start: 100,
        };
        let child = Birth {
            unique: 0,
            start: 50,
        };
        assert!(!parent.may_precede(child, true));
        assert!(parent.may_precede(child, false));
        let numbered = |unique, start| Birth { unique, start };
        for ordered in [true, false] {
            assert!(numbered(7, 100).may_precede(numbered(8, 50), ordered));
            assert!(!numbered(8, 50).may_precede(numbered(7, 100), ordered));
            assert!(parent.may_precede(numbered(7, 100), ordered));
        }
        // The oldest of several rules nobody out whom it cannot be compared with.
        assert_eq!(
            [numbered(7, 1), numbered(0, 9)].into_iter().min(),
            Some(numbered(0, 9))
        );
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::join_arguments;

    #[test]
    fn arguments_are_quoted_and_a_rewritten_title_is_not() {
        let joined = |block: &[u8]| join_arguments(block).expect("it has arguments");
        assert_eq!(joined(b"sh\0-c\0echo 1\0"), "sh -c 'echo 1'");
        assert_eq!(joined(b"printf\0\0"), "printf ''");
        assert_eq!(joined(b"nginx: master process"), "nginx: master process");
        assert_eq!(
            joined(b"redis-server *:6379\0\0\0\0"),
            "redis-server *:6379"
        );
        assert_eq!(join_arguments(b""), None);
    }
}
