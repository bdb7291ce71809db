//! The table `[raft]`.

use super::Table;
use quorate_models::raft;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// Raft's timers, in milliseconds, and its features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// A follower that hears no leader for this long stands for election, at the earliest.
    pub election_ms_min: u64,
    /// The same, at the latest.
    pub election_ms_max: u64,
    /// Time between two heartbeats of a leader.
    pub heartbeat_ms: u64,
    /// A server asks who would vote for it before it stands for election.
    pub pre_vote: bool,
    /// A leader that hears no majority for `election_ms_min` steps down.
    pub check_quorum: bool,
}

impl Settings {
    /// The election timeout is drawn from this range.
    pub fn election(&self) -> Range<Duration> {
        Duration::from_millis(self.election_ms_min)..Duration::from_millis(self.election_ms_max)
    }

    /// The time between two heartbeats.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }
}

impl Table for Settings {
    type Node = raft::Server;

    /// Heartbeats come before a follower's patience ends, so that a leader stays. Timeouts that are
    /// equal split the votes again and again.
    fn validate(&self) -> Result<(), String> {
        let is_ordered = 0 < self.heartbeat_ms
            && self.heartbeat_ms < self.election_ms_min
            && self.election_ms_min < self.election_ms_max;
        is_ordered.then_some(()).ok_or_else(|| {
            let (heartbeat, min, max) = (
                self.heartbeat_ms,
                self.election_ms_min,
                self.election_ms_max,
            );
            format!(
                "[raft] needs 0 < heartbeat_ms < election_ms_min < election_ms_max, found \
                 {heartbeat}, {min} and {max}"
            )
        })
    }

    fn node(&self, servers: usize) -> raft::Server {
        raft::Server::new(raft::Config {
            timing: raft::config::Timing {
                election: self.election(),
                heartbeat: self.heartbeat(),
            },
            pre_vote: self.pre_vote,
            check_quorum: self.check_quorum,
            ..raft::Config::production(servers)
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            election_ms_min: 150,
            election_ms_max: 300,
            heartbeat_ms: 40,
            pre_vote: true,
            check_quorum: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::service::REQUEST_BYTES_MAX;

    /// Linux gives a socket a buffer of 208 KiB by default.
    #[test]
    fn the_messages_to_one_follower_fill_less_than_half_of_a_socket_buffer() {
        let config = raft::Config::production(3);
        assert!(config.window * config.bytes_per_message < 104 * 1024);
        // No single command is larger than a message.
        assert!(REQUEST_BYTES_MAX <= config.bytes_per_message);
    }
}
