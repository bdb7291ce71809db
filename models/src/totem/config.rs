//! The parameters that the processors agree on.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The parameters of a processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Number of processors. Their ids are `0..processors`.
    pub processors: usize,
    /// Messages that a processor sends while it has the token, at most.
    pub messages_per_visit: usize,
    /// Missing messages that a token names, at most. corosync: *retransmit entries*.
    pub missing_max: usize,
    /// Messages that all send in one rotation of the token, at most; any number if `None`. Paper:
    /// *window_size*.
    pub window: Option<usize>,
    /// Visits in a row at which a token's aru does not rise, because one member holds it down, after which
    /// the others take that one to have failed; never if `None`. Paper: *fail_to_rcv_const*.
    pub stalled_visits: Option<u16>,
    /// Whether a token that was sent is kept, and sent again when nothing comes.
    pub resends: bool,
    /// Whether messages of a foreign ring make a processor look for others. Otherwise Joins alone do, and
    /// the announcement of a ring.
    pub foreign_messages: bool,
    /// Hops of a token are counted up to here, and then again from 0; never again if `None`. Every live
    /// token is told from the one before it if this divides the size of no ring. With 1 none is refused,
    /// for where no token is ever sent again.
    pub hops: Option<u64>,
    /// Whether a replicated log is kept, which grows where a quorum of the processors is in one ring.
    pub keeps_log: bool,
    /// Bytes of commands in one message of the log, at most, unless it is one command.
    pub bytes_per_message: usize,
    /// How long the timers run.
    pub timing: Timing,
}

/// Timer durations. The checked systems ignore them: there, a timer may fire whenever it is armed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Without a token for so long, a ring is over.
    pub loss: Duration,
    /// Until a token is sent again.
    pub resend: Duration,
    /// Until a Join is sent again.
    pub join: Duration,
    /// Until those who do not agree have failed.
    pub consensus: Duration,
    /// Time between two announcements of a ring.
    pub merge: Duration,
    /// How long the token of a ring in which nobody has anything to send is held.
    pub hold: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            loss: Duration::from_millis(1000),
            resend: Duration::from_millis(238),
            join: Duration::from_millis(50),
            consensus: Duration::from_millis(1200),
            merge: Duration::from_millis(200),
            hold: Duration::from_millis(180),
        }
    }
}

impl Config {
    /// So many processors that send one message at a visit. The checked systems are of this kind.
    pub fn new(processors: usize) -> Self {
        Config {
            processors,
            messages_per_visit: 1,
            missing_max: 30,
            window: None,
            stalled_visits: None,
            resends: false,
            foreign_messages: false,
            hops: Some(1),
            keeps_log: false,
            bytes_per_message: 0,
            timing: Timing::default(),
        }
    }

    /// So many processors, as nodes run them.
    pub fn production(processors: usize) -> Self {
        Config {
            messages_per_visit: 6,
            window: Some(50),
            stalled_visits: Some(2500),
            resends: true,
            hops: None,
            keeps_log: true,
            bytes_per_message: 16 * 1024,
            ..Config::new(processors)
        }
    }
}
