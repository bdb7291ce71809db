//! The time of this machine, and the thread that rings the doorbell when the next deadline has
//! passed.

use crate::bell::Ring;
use crate::layers::deadline::Clock;
use rand::RngExt;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two rings for one deadline, in case the first got lost.
const AGAIN: Duration = Duration::from_millis(5);

/// The time since a start, which never goes back.
#[derive(Clone, Copy, Debug)]
pub struct Monotonic {
    start: Instant,
}

impl Monotonic {
    /// The start is now.
    pub fn start() -> Self {
        Monotonic {
            start: Instant::now(),
        }
    }

    /// The time since the start.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The clock of a node.
#[derive(Clone, Debug)]
pub struct ClockThread {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    time: Monotonic,
    times: Mutex<Times>,
    sooner: Condvar,
}

#[derive(Debug, Default)]
struct Times {
    /// The next deadline.
    ring: Option<Duration>,
    /// When the thread looks again, if nobody wakes it.
    wake: Option<Duration>,
}

impl ClockThread {
    /// Starts the thread. Its time starts with it.
    pub fn start(bell: impl Ring) -> Self {
        let shared = Arc::new(Shared {
            time: Monotonic::start(),
            times: Mutex::default(),
            sooner: Condvar::new(),
        });
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
    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, bell: &impl Ring) {
        let mut times = self.times();
        loop {
            let now = self.time.now();
            times.wake = times.ring.map(|at| {
                if now < at {
                    return at;
                }
                bell.ring();
                now + AGAIN
            });
            times = match times.wake {
                None => self
                    .sooner
                    .wait(times)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(wake) => {
                    let woken = self.sooner.wait_timeout(times, wake - now);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

impl Clock for ClockThread {
    fn now(&self) -> Duration {
        self.shared.time.now()
    }

    fn draw(&self, range: Range<Duration>) -> Duration {
        if range.is_empty() {
            range.start
        } else {
            rand::rng().random_range(range)
        }
    }

    fn ring_at(&self, next: Option<Duration>) {
        let mut times = self.shared.times();
        times.ring = next;
        // Deadlines are mostly put off: then the thread finds out when it wakes anyway.
        if let Some(next) = next
            && times.wake.is_none_or(|wake| next < wake)
        {
            self.shared.sooner.notify_one();
        }
    }
}
