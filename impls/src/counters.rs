//! What a node counts while it runs, for its operators.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a datagram was not accepted or not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Reject {
    /// Shorter than a frame's header.
    #[error("truncated")]
    Truncated,
    /// Longer than any frame.
    #[error("oversized")]
    Oversized,
    /// Not a frame of Quorate.
    #[error("bad magic")]
    Magic,
    /// A frame of another version.
    #[error("wrong version")]
    Version,
    /// A frame of another cluster.
    #[error("wrong cluster")]
    Cluster,
    /// Damaged on the way.
    #[error("bad checksum")]
    Checksum,
    /// A frame of no known kind.
    #[error("unknown kind")]
    Kind,
    /// A peer's frame from an address that is no other node's.
    #[error("not a peer")]
    NotAPeer,
    /// A client's frame from a peer, or an answer to a client.
    #[error("wrong kind for its source")]
    WrongKind,
    /// The payload is not a message.
    #[error("undecodable")]
    Undecodable,
    /// A message that fits no frame was not sent.
    #[error("too large to send")]
    TooLargeToSend,
}

impl Reject {
    const ALL: [Reject; 11] = [
        Reject::Truncated,
        Reject::Oversized,
        Reject::Magic,
        Reject::Version,
        Reject::Cluster,
        Reject::Checksum,
        Reject::Kind,
        Reject::NotAPeer,
        Reject::WrongKind,
        Reject::Undecodable,
        Reject::TooLargeToSend,
    ];
}

/// Counts of a running node. They only grow.
#[derive(Debug, Default)]
pub struct Counters {
    rejects: [AtomicU64; Reject::ALL.len()],
    doorbells: AtomicU64,
}

impl Counters {
    /// A datagram was rejected.
    pub fn reject(&self, reason: Reject) {
        self.rejects[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The doorbell rang.
    pub fn doorbell(&self) {
        self.doorbells.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the doorbell rang.
    pub fn doorbells(&self) -> u64 {
        self.doorbells.load(Ordering::Relaxed)
    }

    /// Rejected datagrams by reason.
    pub fn rejects(&self) -> BTreeMap<String, u64> {
        let count = |reason: Reject| self.rejects[reason as usize].load(Ordering::Relaxed);
        Reject::ALL
            .map(|reason| (reason.to_string(), count(reason)))
            .into()
    }
}
