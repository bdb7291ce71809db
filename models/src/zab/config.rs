//! The parameters that an ensemble agrees on.

use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::ops::Range;
use std::time::Duration;

/// The parameters of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Number of servers. Their ids are `0..servers`.
    pub servers: usize,
    /// How a server that looks for a leader finds one.
    pub election: Election,
    /// Whether a follower passes on what clients ask of it, in place of sending them to the leader.
    pub forwards: bool,
    /// The largest number of a transaction in its epoch.
    pub counter_max: u32,
    /// Transactions in one message of those that hand a history over, at most.
    pub txns_per_message: usize,
    /// Command bytes in one such message, at most; one transaction always fits.
    pub bytes_per_message: usize,
    /// How long the timers run.
    pub timing: Timing,
}

/// How a server that looks for a leader finds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Election {
    /// An oracle decides: anyone may lead, and anyone may follow anyone, at any time. It has every outcome
    /// that an election has, and more.
    Oracle,
    /// Fast leader election.
    Fast,
}

/// Timer durations. The checked systems ignore them: there, a timer may fire whenever it is armed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Time between two notifications of a server that looks for a leader.
    pub notify: Duration,
    /// How long such a server waits for a better vote. ZooKeeper: *finalizeWait*.
    pub finalize: Duration,
    /// Time between two pings of a leader.
    pub ping: Duration,
    /// How long one side is not heard, until a follower is synchronized. ZooKeeper: *initLimit*.
    pub init: Duration,
    /// The same, afterwards. ZooKeeper: *syncLimit*.
    pub sync: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            notify: Duration::from_millis(100),
            finalize: Duration::from_millis(40),
            ping: Duration::from_millis(40),
            init: Duration::from_millis(1000),
            sync: Duration::from_millis(160),
        }
    }
}

impl Timing {
    /// For a timer: exactly this long.
    pub(super) fn exactly(duration: Duration) -> Range<Duration> {
        duration..duration
    }
}

impl Config {
    /// The configuration of a running node, but for its timing.
    pub fn production(servers: usize) -> Self {
        Config {
            txns_per_message: 1024,
            bytes_per_message: 32 * 1024,
            forwards: true,
            ..Config::new(servers, Election::Fast)
        }
    }

    /// So many servers, which hand a history over in one message.
    pub fn new(servers: usize, election: Election) -> Self {
        Config {
            servers,
            election,
            forwards: false,
            counter_max: u32::MAX,
            txns_per_message: usize::MAX,
            bytes_per_message: usize::MAX,
            timing: Timing::default(),
        }
    }

    /// The other servers, as one of them sees them.
    pub fn peers(&self, id: Id) -> impl Iterator<Item = Id> + use<> {
        let all = (0..self.servers).map(Id::from);
        all.filter(move |peer| *peer != id)
    }
}
