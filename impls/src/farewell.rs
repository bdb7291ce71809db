//! A node that is told to stop tells the others before it does.

use crate::bell::Ring;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time between two rings of a node that waits for its disk.
const AGAIN: Duration = Duration::from_millis(10);

/// How far a farewell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Unasked,
    Asked,
    /// The participant has said it. It may wait for a write, and is sent at the end of an event.
    Said,
    /// No message waited for a write when a later event began, and the participant for nothing.
    Sent,
}

/// The stage of a farewell, for the thread that ends a node and for the node.
#[derive(Clone, Debug, Default)]
pub struct Farewell(Arc<(Mutex<Stage>, Condvar)>);

impl Farewell {
    /// Asks the node to say farewell, and waits until that is sent, but no longer than this.
    pub fn ask(&self, bell: &impl Ring, patience: Duration) {
        let begun = Instant::now();
        let mut stage = self.stage();
        *stage = Stage::Asked;
        while *stage != Stage::Sent && begun.elapsed() < patience {
            bell.ring();
            let waited = self.0.1.wait_timeout(stage, AGAIN);
            stage = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// At the start of an event: whether the node is to say farewell in it. `waits` says whether messages
    /// wait for a write, or the participant for others.
    pub fn is_due(&self, waits: bool) -> bool {
        let mut stage = self.stage();
        let before = *stage;
        *stage = match before {
            Stage::Asked => Stage::Said,
            Stage::Said if !waits => Stage::Sent,
            before => before,
        };
        self.0.1.notify_all();
        before == Stage::Asked
    }

    /// Whether the node may stop.
    pub fn is_sent(&self) -> bool {
        *self.stage() == Stage::Sent
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
    fn it_is_said_once_and_sent_when_nothing_waits_for_a_write() {
        let farewell = Farewell::default();
        assert!(!farewell.is_due(false));
        let asking = farewell.clone();
        let asked = thread::spawn(move || asking.ask(&Silent, Duration::MAX));
        while !farewell.is_due(true) {
            thread::yield_now();
        }
        assert!(!farewell.is_due(true));
        assert_eq!(*farewell.stage(), Stage::Said);
        assert!(!asked.is_finished());
        assert!(!farewell.is_due(false));
        asked.join().unwrap();
        assert!(!farewell.is_due(false));
    }

    #[test]
    fn a_node_that_does_not_wake_is_not_waited_for() {
        Farewell::default().ask(&Silent, Duration::ZERO);
    }
}
