//! The bytes between a pipe and a reader who has not said yet that he has them.

use std::io;

use super::MOST;

/// The least that is read in one go.
const LEAST: usize = 64 * 1024;
/// A pipe's largest size: no more can be left in it when its writers are gone.
const PIPE: usize = 1 << 20;

/// What was read from the pipe and not acknowledged yet.
#[derive(Default)]
pub(super) struct Held {
    /// How many bytes were acknowledged.
    begin: u64,
    /// Its room is kept: in steady use nothing is allocated here.
    buf: Vec<u8>,
    from: usize,
    to: usize,
    /// Nothing more comes: it was the end, or this is why.
    over: Option<Result<(), io::Error>>,
}

/// A place that there is nothing at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// All before this was acknowledged, and is gone.
    Before(u64),
    /// The output has not come further than this.
    Behind(u64),
}

impl Held {
    pub(super) fn begin(&self) -> u64 {
        self.begin
    }

    /// The reader has all up to this place.
    pub(super) fn acknowledge(&mut self, offset: u64) -> Result<(), Misplaced> {
        let ahead = offset
            .checked_sub(self.begin)
            .ok_or(Misplaced::Before(self.begin))?;
        let there = self.to - self.from;
        let end = Misplaced::Behind(self.begin + there as u64);
        let ahead = usize::try_from(ahead).ok().filter(|a| *a <= there);
        self.from += ahead.ok_or(end)?;
        self.begin = offset;
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
            if self.over.is_some() {
                self.buf = Vec::new();
            }
        }
        Ok(())
    }

    /// Reads on where everything was acknowledged, up to `max` bytes: more is never kept for one
    /// reader.
    pub(super) fn fill_if_empty(
        &mut self,
        max: usize,
        mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) {
        if self.from == self.to {
            self.fill(max.min(MOST), &mut read);
        }
    }

    /// Reads what is there, until `most` bytes are held.
    fn fill(&mut self, most: usize, read: &mut impl FnMut(&mut [u8]) -> io::Result<usize>) {
        while self.over.is_none() && self.to < most {
            if self.buf.len() == self.to || self.buf.len() < most.min(LEAST) {
                let len = (2 * self.to).max(LEAST).min(most);
                self.buf.resize(len.max(self.buf.len()), 0);
            }
            let limit = self.buf.len().min(most);
            match read(&mut self.buf[self.to..limit]) {
                Ok(0) => self.over = Some(Ok(())),
                Ok(n) => self.to += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(e) => self.over = Some(Err(e)),
            }
        }
    }

    /// A copy of the first bytes, at most `max`; empty at the end. `None`: there are none yet.
    pub(super) fn copy(&mut self, max: usize) -> Option<io::Result<Vec<u8>>> {
        let bytes = &self.buf[self.from..self.to];
        if !bytes.is_empty() {
            return Some(Ok(bytes[..bytes.len().min(max)].to_vec()));
        }
        match self.over.as_mut()? {
            Ok(()) => Some(Ok(Vec::new())),
            Err(e) => {
                let same = e.raw_os_error().map_or_else(
                    || io::Error::new(e.kind(), e.to_string()),
                    io::Error::from_raw_os_error,
                );
                Some(Err(same))
            }
        }
    }

    /// Takes what is left in the pipe, and calls that the end. True if every writer has closed it.
    pub(super) fn take_rest(
        &mut self,
        mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> bool {
        let most = self.to + PIPE;
        self.fill(most, &mut read);
        // A pipe that was full to the last byte has not told its end yet.
        if self.over.is_none() && self.to == most {
            let mut one = [0];
            if let Ok(0) = read(&mut one) {
                self.over = Some(Ok(()));
            }
        }
        let is_closed = self.over.is_some();
        self.over.get_or_insert(Ok(()));
        is_closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A pipe that has these bytes, and then is empty or at its end.
    fn pipe(mut bytes: &[u8], closed: bool) -> impl FnMut(&mut [u8]) -> io::Result<usize> {
        move |buf| match io::Read::read(&mut bytes, buf) {
            Ok(0) if !closed => Err(io::ErrorKind::WouldBlock.into()),
            other => other,
        }
    }

    fn text(held: &mut Held, max: usize) -> Option<Vec<u8>> {
        held.copy(max).map(Result::unwrap)
    }

    #[test]
    fn what_was_not_acknowledged_is_given_again_and_the_rest_is_gone() {
        let mut held = Held::default();
        let mut from = pipe(b"abcdefgh", true);
        held.acknowledge(0).unwrap();
        held.fill_if_empty(6, &mut from);
        assert_eq!(text(&mut held, 4).unwrap(), b"abcd");
        held.acknowledge(0).unwrap();
        assert_eq!(text(&mut held, 99).unwrap(), b"abcdef", "all that is held");
        held.acknowledge(2).unwrap();
        assert_eq!(text(&mut held, 2).unwrap(), b"cd");
        assert_eq!(held.acknowledge(1), Err(Misplaced::Before(2)));
        assert_eq!(held.acknowledge(7), Err(Misplaced::Behind(6)));
        held.acknowledge(6).unwrap();
        assert_eq!(text(&mut held, 9), None, "nobody has read on");
        held.fill_if_empty(9, &mut from);
        assert_eq!(text(&mut held, 9).unwrap(), b"gh");
        held.acknowledge(8).unwrap();
        assert_eq!(text(&mut held, 9).unwrap(), b"", "the end");
    }

    #[test]
    fn a_daemon_that_holds_the_pipe_is_not_waited_for() {
        let mut held = Held::default();
        assert!(!held.take_rest(pipe(b"last words", false)));
        assert_eq!(text(&mut held, 99).unwrap(), b"last words");
        held.acknowledge(10).unwrap();
        assert_eq!(text(&mut held, 99).unwrap(), b"");
        let mut held = Held::default();
        assert!(
            held.take_rest(pipe(&vec![b'x'; PIPE], true)),
            "to the last byte"
        );
        assert!(!Held::default().take_rest(pipe(&vec![b'x'; 2 * PIPE], true)));
    }

    proptest! {
        /// Whatever is asked for in which pieces, the bytes are the pipe's, and few are held.
        #[test]
        fn every_byte_comes_once_and_in_its_place(
            len in 0_usize..300_000,
            reads in prop::collection::vec((1_usize..200_000, 0_u8..=100), 1..40),
        ) {
            let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            let mut from = pipe(&bytes, true);
            let (mut held, mut at) = (Held::default(), 0);
            for (max, taken) in reads {
                held.acknowledge(at as u64).unwrap();
                held.fill_if_empty(max, &mut from);
                let got = text(&mut held, max).unwrap();
                prop_assert!(got.len() <= max && held.to <= MOST);
                prop_assert_eq!(&got[..], &bytes[at..at + got.len()]);
                prop_assert_eq!(got.is_empty(), at == len);
                at += got.len() * usize::from(taken) / 100;
            }
        }
    }
}
