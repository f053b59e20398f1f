//! Work that takes its time, done by a few threads that come with it and go when none is left.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

type Errand = Box<dyn FnOnce() + Send>;

/// A queue, and the threads that empty it: as many as this at the most.
pub(crate) struct Errands {
    queue: Mutex<Queue>,
    most: usize,
}

struct Queue {
    waiting: VecDeque<Errand>,
    threads: usize,
}

impl Errands {
    pub(crate) const fn new(most: usize) -> Errands {
        let queue = Queue {
            waiting: VecDeque::new(),
            threads: 0,
        };
        Errands {
            queue: Mutex::new(queue),
            most,
        }
    }

    /// Has it done, and does not wait for it. Fails only if nobody is there to do it.
    pub(crate) fn run(&'static self, errand: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut queue = self.lock();
        queue.waiting.push_back(Box::new(errand));
        if queue.threads == self.most {
            return Ok(());
        }
        let thread = thread::Builder::new().name("errands".into());
        match thread.spawn(|| self.work()) {
            Ok(_) => queue.threads += 1,
            Err(e) if queue.threads == 0 => {
                queue.waiting.clear(); // Nothing but this one: whoever works empties it first.
                return Err(e);
            }
            Err(_) => {} // Those who are at work do it.
        }
        Ok(())
    }

    fn work(&self) {
        while let Some(errand) = self.next() {
            errand();
        }
    }

    /// Nobody is counted any more who has been told that there is nothing left.
    fn next(&self) -> Option<Errand> {
        let mut queue = self.lock();
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.threads -= 1;
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, TryRecvError};
    use std::time::{Duration, Instant};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[test]
    fn who_sends_on_errands_does_not_wait_and_few_are_on_their_way_at_a_time() {
        static ERRANDS: Errands = Errands::new(2);
        let (begin, begun) = mpsc::channel();
        let mut gates = VecDeque::new();
        for n in 0..4 {
            let (open, gate): (_, Receiver<()>) = mpsc::channel();
            gates.push_back(open);
            let begin = begin.clone();
            // Each waits for its gate: a caller who waited for one would never get to the next.
            let errand = move || {
                begin.send(n).expect("the test listens");
                let _ = gate.recv_timeout(LIMIT); // Its other end's end opens it.
            };
            ERRANDS.run(errand).expect("a thread");
        }
        let mut on_their_way = [begun.recv_timeout(LIMIT), begun.recv_timeout(LIMIT)];
        on_their_way.sort_by_key(|n| n.as_ref().ok().copied());
        assert_eq!(on_their_way, [Ok(0), Ok(1)]);
        assert_eq!(ERRANDS.lock().threads, 2);
        assert_eq!(begun.try_recv(), Err(TryRecvError::Empty));
        for next in [2, 3] {
            gates.pop_front();
            assert_eq!(begun.recv_timeout(LIMIT), Ok(next));
        }
        gates.clear();
        // The threads have gone, and the next errand brings one.
        let deadline = Instant::now() + LIMIT;
        while ERRANDS.lock().threads > 0 {
            assert!(Instant::now() < deadline, "a thread stays");
            thread::yield_now();
        }
        ERRANDS
            .run(move || begin.send(4).expect("the test listens"))
            .expect("a thread");
        assert_eq!(begun.recv_timeout(LIMIT), Ok(4));
    }
}
