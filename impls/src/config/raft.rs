//! The table `[raft]`.

use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// Raft's timers, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Raft {
    /// A follower that hears no leader for this long stands for election, at the earliest.
    pub election_ms_min: u64,
    /// The same, at the latest.
    pub election_ms_max: u64,
    /// Time between two heartbeats of a leader.
    pub heartbeat_ms: u64,
}

/// Timers that cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "[raft] needs 0 < heartbeat_ms < election_ms_min <= election_ms_max, found {}, {} and {}",
    .0.heartbeat_ms, .0.election_ms_min, .0.election_ms_max
)]
pub struct Unordered(pub Raft);

impl Raft {
    /// Whether servers can elect a leader and keep it.
    ///
    /// # Errors
    ///
    /// When heartbeats come too late.
    pub fn validate(&self) -> Result<(), Unordered> {
        let is_ordered = 0 < self.heartbeat_ms
            && self.heartbeat_ms < self.election_ms_min
            && self.election_ms_min <= self.election_ms_max;
        is_ordered.then_some(()).ok_or(Unordered(*self))
    }

    /// The election timeout is drawn from this range.
    pub fn election(&self) -> Range<Duration> {
        Duration::from_millis(self.election_ms_min)..Duration::from_millis(self.election_ms_max)
    }

    /// The time between two heartbeats.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }
}

impl Default for Raft {
    fn default() -> Self {
        Raft {
            election_ms_min: 150,
            election_ms_max: 300,
            heartbeat_ms: 40,
        }
    }
}
