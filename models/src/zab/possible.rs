//! The messages that a server can have sent to another. A model sends no others; a node drops all others.

use super::message::{Message, Sync};
use super::state::{Epoch, State, Txn, Zxid};

/// Epochs are counted in blocks of 2^24. A block does not go by while a server is away: at five elections a
/// second that takes 38 days. So one message cannot use the epochs up. Rounds of elections may be any: they
/// are not on a disk, and an election goes on in the last of them.
const BLOCK: u32 = 24;

impl Message {
    /// Whether one of so many servers can have sent this to another in this state.
    pub fn is_possible(&self, receiver: &State, servers: usize) -> bool {
        let accepted = receiver.persistent.accepted_epoch;
        let is_near = self.last_epoch().0 >> BLOCK <= (accepted.0 >> BLOCK) + 1;
        let is_of_server = match self {
            Message::Notification(word) => usize::from(word.vote.leader) < servers,
            Message::Request(_)
            | Message::Compact { .. }
            | Message::Read(_)
            | Message::Readable
            | Message::NotLeader { .. }
            | Message::Leave => false,
            _ => true,
        };
        is_of_server && is_near
    }

    /// The last epoch that it speaks of; 0 if of none.
    fn last_epoch(&self) -> Epoch {
        match self {
            Message::FollowerInfo { accepted: epoch }
            | Message::LeaderInfo { epoch }
            | Message::SnapshotPart { epoch, .. } => *epoch,
            Message::AckEpoch {
                epoch,
                current,
                last,
            } => (*epoch).max(last.epoch).max(current.unwrap_or_default()),
            Message::AckNewLeader { epoch, last } => (*epoch).max(last.epoch),
            Message::History { epoch, sync, txns } | Message::NewLeader { epoch, sync, txns } => {
                (*epoch).max(last_of(*sync, txns).epoch)
            }
            Message::UpToDate { committed: zxid }
            | Message::Ack { upto: zxid }
            | Message::Commit { upto: zxid } => zxid.epoch,
            Message::Proposal { prev, txn } => prev.epoch.max(txn.zxid.epoch),
            Message::Notification(word) => word.vote.epoch.max(word.vote.last.epoch),
            Message::Ping { .. }
            | Message::Pong { .. }
            | Message::Forward(_)
            | Message::Confirm { .. }
            | Message::Confirmed { .. }
            | Message::Close(_)
            | Message::Request(_)
            | Message::Compact { .. }
            | Message::Read(_)
            | Message::Readable
            | Message::NotLeader { .. }
            | Message::Leave => Epoch(0),
        }
    }
}

/// The last transaction that is handed over, or kept.
fn last_of(sync: Sync, txns: &[Txn]) -> Zxid {
    let handed = txns.iter().map(|txn| txn.zxid).max();
    sync.keeps().max(handed.unwrap_or_default())
}
