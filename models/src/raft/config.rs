//! The parameters that a cluster agrees on, and the features that are on.

use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::ops::Range;
use std::time::Duration;

/// The parameters of a server. Features are data: a feature that is off adds nothing to states or messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Number of servers. Their ids are `0..servers`.
    pub servers: usize,
    /// A leader appends an empty entry at the start of its term. Raft §8.
    pub no_op: bool,
    /// A server asks whether it could win before it campaigns. Raft thesis §9.6. Whoever has just heard
    /// its leader gives no vote (Raft thesis §4.2.3).
    pub pre_vote: bool,
    /// A leader that hears no majority for the shortest election timeout steps down. Raft thesis §6.2.
    /// Whoever has just heard its leader gives no vote.
    pub check_quorum: bool,
    /// Which refused requests are answered.
    pub refusals: Refusals,
    /// Entries in one AppendEntries message, at most.
    pub entries_per_message: usize,
    /// Command bytes in one AppendEntries message, at most; one entry always fits.
    pub bytes_per_message: usize,
    /// AppendEntries messages with entries that may be unanswered, for each follower.
    pub window: usize,
    /// How long the timers run.
    pub timing: Timing,
}

/// Which requests are answered although they are refused. Silence is safe; answers bring a stale
/// leader or candidate to the current term sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusals {
    /// None.
    Silent,
    /// Requests of an earlier term, with the current term. Raft §5.1.
    StaleTerm,
    /// Every refused request: votes not granted too. Raft Fig. 2 to the letter.
    All,
}

/// Timer durations. The checked systems ignore them: there, a timer may fire whenever it is armed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Election timeout, drawn anew from this range each time. Raft §5.2.
    pub election: Range<Duration>,
    /// Time between two heartbeats of a leader.
    pub heartbeat: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            election: Duration::from_millis(150)..Duration::from_millis(300),
            heartbeat: Duration::from_millis(40),
        }
    }
}

impl Config {
    /// The configuration of a running node, but for its timing.
    pub fn production(servers: usize) -> Self {
        Config {
            servers,
            no_op: true,
            pre_vote: true,
            check_quorum: true,
            refusals: Refusals::StaleTerm,
            entries_per_message: 64,
            bytes_per_message: 32 * 1024,
            window: 3,
            timing: Timing::default(),
        }
    }

    /// Whether whoever has just heard its leader gives no vote.
    pub fn has_leases(&self) -> bool {
        self.pre_vote || self.check_quorum
    }

    /// The other servers, as one of them sees them.
    pub fn peers(&self, id: Id) -> impl Iterator<Item = Id> + use<> {
        (0..self.servers)
            .map(Id::from)
            .filter(move |peer| *peer != id)
    }
}
