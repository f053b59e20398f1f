//! Where one log file ends and the next begins.

/// Bytes that a file may grow beyond its limit for the sake of its last line. A longer line is
/// cut, as it is in the lines in memory.
pub(crate) const OVERSHOOT: u64 = 64 * 1024;

/// Bytes of these for which the lines of other streams are waited for: a prompt may stand there for
/// ever without a line end.
pub(crate) const PATIENCE: u64 = OVERSHOOT / 2;

/// How many of these bytes still belong to a file that has grown `over` bytes beyond its limit.
/// `None`: all of them, and the next ones may too. They come from one stream; `others_whole` tells
/// whether the lines of the other streams are at their ends.
pub(crate) fn boundary(bytes: &[u8], over: u64, others_whole: bool) -> Option<usize> {
    let room = OVERSHOOT.saturating_sub(over) as usize;
    let within = &bytes[..bytes.len().min(room)];
    let wait = if others_whole {
        0
    } else {
        PATIENCE.saturating_sub(over) as usize
    };
    if let Some(tail) = within.get(wait..)
        && let Some(at) = memchr::memchr(b'\n', tail)
    {
        return Some(wait + at + 1);
    }
    // A line that is too long: the end of one before it has to do, or any place.
    (bytes.len() >= room).then(|| memchr::memrchr(b'\n', within).map_or(room, |at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: usize = OVERSHOOT as usize;

    #[test]
    fn the_first_line_end_ends_the_file() {
        assert_eq!(boundary(b"ab\ncd\n", 0, true), Some(3));
        assert_eq!(boundary(b"ab", 0, true), None);
    }

    #[test]
    fn a_line_that_another_stream_has_begun_is_waited_for_but_not_for_ever() {
        assert_eq!(boundary(b"ab\ncd\n", 0, false), None);
        assert_eq!(boundary(b"ab\ncd\nef", PATIENCE - 4, false), Some(6));
        assert_eq!(boundary(b"ab\ncd\nef", PATIENCE, false), Some(3));
        let tail = [b"ab\n".as_slice(), &b"x".repeat(FAR)].concat();
        assert_eq!(boundary(&tail, 0, false), Some(3), "better than in a line");
    }

    #[test]
    fn a_line_without_end_is_cut_at_a_bound() {
        let endless = vec![b'x'; FAR + 10];
        assert_eq!(boundary(&endless, 0, true), Some(FAR));
        assert_eq!(boundary(&endless[..FAR - 1], 0, true), None);
        assert_eq!(boundary(b"x", OVERSHOOT, true), Some(0));
        assert_eq!(boundary(b"x", OVERSHOOT + 9, false), Some(0));
    }
}
