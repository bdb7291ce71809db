//! The clock thread: rings the doorbell when the next deadline has passed.

use crate::adapter::deadline::Clock;
use crate::bell::Ring;
use rand::RngExt;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two rings for one deadline, in case the first got lost.
const AGAIN: Duration = Duration::from_millis(5);

/// The time of this machine.
#[derive(Clone, Debug)]
pub struct ClockThread {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    next: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl ClockThread {
    /// Starts the thread.
    pub fn start(bell: impl Ring) -> Self {
        let shared = Arc::new(Shared::default());
        let clock = ClockThread {
            shared: shared.clone(),
        };
        thread::Builder::new()
            .name("clock".to_owned())
            .spawn(move || shared.run(&bell))
            .expect("a thread can be started");
        clock
    }
}

impl Shared {
    fn next(&self) -> MutexGuard<'_, Option<Instant>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, bell: &impl Ring) {
        let mut next = self.next();
        loop {
            let now = Instant::now();
            let wait = match *next {
                None => None,
                Some(at) if now < at => Some(at - now),
                Some(_) => {
                    bell.ring();
                    Some(AGAIN)
                }
            };
            next = match wait {
                None => self
                    .changed
                    .wait(next)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(wait) => {
                    let woken = self.changed.wait_timeout(next, wait);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

impl Clock for ClockThread {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn draw(&self, range: Range<Duration>) -> Duration {
        if range.is_empty() {
            range.start
        } else {
            rand::rng().random_range(range)
        }
    }

    fn ring_at(&self, next: Option<Instant>) {
        *self.shared.next() = next;
        self.shared.changed.notify_one();
    }
}
