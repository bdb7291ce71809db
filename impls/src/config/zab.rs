//! The table `[zab]`.

use super::Table;
use quorate_models::zab;
use quorate_models::zab_on_fifo::{self, Node};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Zab's timers, in milliseconds, and how often a snapshot is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// A server that looks for a leader tells its vote again after this time.
    pub notify_ms: u64,
    /// It waits this long for a better vote once a quorum votes alike.
    pub finalize_ms: u64,
    /// Time between two pings of a leader.
    pub ping_ms: u64,
    /// A leader and a follower that do not hear each other for this long part; before the follower is
    /// synchronized.
    pub init_ms: u64,
    /// The same, afterwards.
    pub sync_ms: u64,
    /// After this time, messages that were not acknowledged in a session are sent again.
    pub resend_ms: u64,
    /// After so many transactions a snapshot takes their place. ZooKeeper: *snapCount*.
    pub snapshot_every: u64,
}

impl Table for Settings {
    type Node = Node;

    /// Pings come, and lost messages are sent again, before the patience of the other side ends; a vote is
    /// told again, and a leader knows that it leads, before its followers lose their patience.
    fn validate(&self) -> Result<(), String> {
        let is_ordered = 0 < self.notify_ms
            && 0 < self.finalize_ms
            && self.finalize_ms < self.init_ms
            && self.notify_ms < self.init_ms
            && 0 < self.resend_ms
            && 0 < self.snapshot_every
            && self.resend_ms < self.sync_ms
            && 0 < self.ping_ms
            && self.ping_ms < self.sync_ms
            && self.sync_ms <= self.init_ms;
        is_ordered.then_some(()).ok_or_else(|| {
            let Settings {
                notify_ms,
                finalize_ms,
                ping_ms,
                init_ms,
                sync_ms,
                resend_ms,
                snapshot_every,
            } = self;
            format!(
                "[zab] needs ping_ms and resend_ms below sync_ms, sync_ms at most init_ms, notify_ms and \
                 finalize_ms below init_ms, and no 0; found ping_ms {ping_ms}, resend_ms {resend_ms}, \
                 sync_ms {sync_ms}, init_ms {init_ms}, notify_ms {notify_ms}, finalize_ms {finalize_ms} \
                 and snapshot_every {snapshot_every}"
            )
        })
    }

    fn snapshot_every(&self) -> Option<u64> {
        Some(self.snapshot_every)
    }

    fn node(&self, servers: usize) -> Node {
        let milliseconds = Duration::from_millis;
        let config = zab::Config {
            timing: zab::config::Timing {
                notify: milliseconds(self.notify_ms),
                finalize: milliseconds(self.finalize_ms),
                ping: milliseconds(self.ping_ms),
                init: milliseconds(self.init_ms),
                sync: milliseconds(self.sync_ms),
            },
            ..zab::Config::production(servers)
        };
        zab_on_fifo::node(config, milliseconds(self.resend_ms))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            notify_ms: 50,
            finalize_ms: 30,
            ping_ms: 40,
            init_ms: 1000,
            sync_ms: 200,
            resend_ms: 20,
            snapshot_every: 100_000,
        }
    }
}
