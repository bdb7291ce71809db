//! The messages that a server can have sent to another. A model sends no others; a node drops all others.

use super::message::{Message, Sync};
use super::state::{Epoch, State, Txn, Zxid};

/// So many epochs, and rounds of elections, do not go by while a server is away: at five a second they take
/// 38 days. So one message cannot use them up.
const FAR: u32 = 1 << 24;

impl Message {
    /// Whether one of so many servers can have sent this to another in this state.
    pub fn is_possible(&self, receiver: &State, servers: usize) -> bool {
        let accepted = receiver.persistent.accepted_epoch;
        let is_near = |number: u32, own: u32| number <= own.saturating_add(FAR);
        let is_vote = match self {
            Message::Notification(word) => {
                let round = receiver.poll.as_ref().map_or(0, |poll| poll.round);
                usize::from(word.vote.leader) < servers && is_near(word.round, round)
            }
            Message::Request(_)
            | Message::Compact { .. }
            | Message::Read(_)
            | Message::Readable
            | Message::NotLeader { .. } => false,
            _ => true,
        };
        is_vote && is_near(self.last_epoch().0, accepted.0)
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
            | Message::NotLeader { .. } => Epoch(0),
        }
    }
}

/// The last transaction that is handed over, or kept.
fn last_of(sync: Sync, txns: &[Txn]) -> Zxid {
    let handed = txns.iter().map(|txn| txn.zxid).max();
    sync.keeps().max(handed.unwrap_or_default())
}
