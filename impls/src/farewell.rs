//! A node that is told to stop tells the others before it does.

use crate::bell::Ring;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far a farewell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Unasked,
    Asked,
    /// An event says it. What an event says is sent when it is over.
    Said,
    /// A later event has begun.
    Sent,
}

/// What the thread that ends a node, and the node, share.
#[derive(Clone, Debug, Default)]
pub struct Farewell(Arc<(Mutex<Stage>, Condvar)>);

impl Farewell {
    /// Asks the node to say farewell, and waits until that is sent, but for each of the two events that it
    /// takes no longer than this.
    pub fn ask(&self, bell: &impl Ring, patience: Duration) {
        *self.stage() = Stage::Asked;
        for stage in [Stage::Asked, Stage::Said] {
            bell.ring();
            let waits = |now: &mut Stage| *now == stage;
            let waited = self.0.1.wait_timeout_while(self.stage(), patience, waits);
            // The node has panicked, which ends it.
            drop(waited);
        }
    }

    /// At an event: whether the node is to say farewell in it.
    pub fn is_due(&self) -> bool {
        let mut stage = self.stage();
        let before = *stage;
        *stage = match before {
            Stage::Unasked => return false,
            Stage::Asked => Stage::Said,
            Stage::Said | Stage::Sent => Stage::Sent,
        };
        self.0.1.notify_all();
        before == Stage::Asked
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Wakes nobody.
    #[derive(Clone)]
    struct Silent;

    impl Ring for Silent {
        fn ring(&self) {}
    }

    #[test]
    fn it_is_said_once_and_sent_when_the_next_event_begins() {
        let farewell = Farewell::default();
        assert!(!farewell.is_due());
        let asking = farewell.clone();
        let asked = thread::spawn(move || asking.ask(&Silent, Duration::MAX));
        while !farewell.is_due() {
            thread::yield_now();
        }
        assert!(!asked.is_finished());
        assert!(!farewell.is_due());
        asked.join().unwrap();
        assert!(!farewell.is_due());
    }

    #[test]
    fn a_node_that_does_not_wake_is_not_waited_for() {
        Farewell::default().ask(&Silent, Duration::ZERO);
    }
}
