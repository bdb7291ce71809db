//! The messages, by their names in ZooKeeper. A leader synchronizes a follower with one message, or a few:
//! DIFF or TRUNC with the proposals that follow, and with the last of them NEWLEADER.

use super::poll::Word;
use super::state::{Epoch, Txn, Zxid};
use crate::replica::{Command, Consistency};
use crate::session::{Part, Side};
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::fmt;
use std::sync::Arc;

/// Anything that a server sends or receives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Message {
    /// A follower opens a session. Zab: CEPOCH.
    FollowerInfo {
        /// The last epoch that it has promised.
        accepted: Epoch,
    },
    /// A leader offers an epoch. Zab: NEWEPOCH.
    LeaderInfo {
        /// The epoch.
        epoch: Epoch,
    },
    /// A follower answers the offer. Zab: ACK-E.
    AckEpoch {
        /// The epoch.
        epoch: Epoch,
        /// Its current epoch, if this is a promise. A follower that has promised the epoch before makes
        /// none: it may have made it to another leader.
        current: Option<Epoch>,
        /// The end of its history.
        last: Zxid,
    },
    /// A leader that has won its epoch hands over a part of its history, and more follows.
    History {
        /// The epoch.
        epoch: Epoch,
        /// The part of its history that the follower keeps.
        sync: Sync,
        /// The transactions that follow.
        txns: Vec<Txn>,
    },
    /// A leader that has won its epoch hands over a part of its snapshot, and more follows.
    SnapshotPart {
        /// The epoch.
        epoch: Epoch,
        /// The part.
        #[serde(with = "crate::opaque")]
        bytes: Arc<[u8]>,
    },
    /// A leader that has won its epoch hands over its history, or the last part of it. Zab: NEWLEADER.
    NewLeader {
        /// The epoch.
        epoch: Epoch,
        /// The part of its own history that the follower keeps.
        sync: Sync,
        /// The transactions that follow.
        txns: Vec<Txn>,
    },
    /// A follower has accepted NEWLEADER. Zab: ACK-LD.
    AckNewLeader {
        /// The epoch.
        epoch: Epoch,
        /// The end of its history.
        last: Zxid,
    },
    /// The history that was handed over is committed. Zab: COMMIT-LD.
    UpToDate {
        /// The last transaction that the leader has committed.
        committed: Zxid,
    },
    /// A leader proposes a transaction.
    Proposal {
        /// The transaction before it.
        prev: Zxid,
        /// The transaction.
        txn: Txn,
    },
    /// A server has the history on disk.
    Ack {
        /// Up to this transaction.
        upto: Zxid,
    },
    /// The history is committed.
    Commit {
        /// Up to this transaction.
        upto: Zxid,
    },
    /// The leader asks whether a follower is there.
    Ping {
        /// The last read that waits for the answer.
        read: u32,
    },
    /// The follower answers.
    Pong {
        /// As in the question.
        read: u32,
    },
    /// A follower passes on what a client has asked of it. ZooKeeper: REQUEST.
    Forward(Command),
    /// A follower asks its leader about a read. ZooKeeper: SYNC.
    Confirm {
        /// The reader, by a name that the follower has for it.
        reader: Id,
        /// How fresh it must be.
        consistency: Consistency,
    },
    /// The read may show what the follower has delivered by now. ZooKeeper: SYNC.
    Confirmed {
        /// As in the question.
        reader: Id,
    },
    /// In an election, a server says what it does and whom it votes for.
    Notification(Word),
    /// One side closes the session, which the follower has opened.
    Close(Side),
    /// A client asks for a transaction.
    Request(Command),
    /// A server's own service says what deliveries have come to.
    Compact {
        /// How many.
        len: u64,
        /// The state of the service after them, as its own bytes.
        #[serde(with = "crate::opaque")]
        state: Arc<Vec<u8>>,
    },
    /// A reader asks whether what the server has delivered will do.
    Read(Consistency),
    /// It will do.
    Readable,
    /// The server asked is not an established leader.
    NotLeader {
        /// The leader that it follows.
        leader: Option<Id>,
    },
    /// A server is told to stop.
    Leave,
}

/// The part of its history that a follower keeps when it is synchronized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sync {
    /// All of it, which ends so.
    Diff(Zxid),
    /// The transactions up to this one.
    Trunc(Zxid),
    /// Nothing: the snapshot that was handed over takes its place.
    Snap {
        /// The last transaction that it stands for.
        last: Zxid,
        /// How many it stands for.
        len: u64,
    },
}

impl Sync {
    /// The transaction after which the rest follows.
    pub(super) fn keeps(self) -> Zxid {
        match self {
            Sync::Diff(zxid) | Sync::Trunc(zxid) => zxid,
            Sync::Snap { last, .. } => last,
        }
    }
}

impl Message {
    /// Its effect on the session between a follower and its leader, if it belongs to one.
    pub fn part(&self) -> Option<Part> {
        Some(match self {
            Message::FollowerInfo { .. } => Part::Open,
            Message::Close(side) => Part::Close(*side),
            Message::AckEpoch { .. }
            | Message::AckNewLeader { .. }
            | Message::Ack { .. }
            | Message::Forward(_)
            | Message::Confirm { .. }
            | Message::Pong { .. } => Part::Data(Side::Opener),
            Message::LeaderInfo { .. }
            | Message::History { .. }
            | Message::SnapshotPart { .. }
            | Message::NewLeader { .. }
            | Message::UpToDate { .. }
            | Message::Proposal { .. }
            | Message::Commit { .. }
            | Message::Confirmed { .. }
            | Message::Ping { .. } => Part::Data(Side::Acceptor),
            Message::Notification(_)
            | Message::Request(_)
            | Message::Compact { .. }
            | Message::Read(_)
            | Message::Readable
            | Message::NotLeader { .. }
            | Message::Leave => return None,
        })
    }
}

impl fmt::Display for Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sync::Diff(base) => write!(f, "diff {base:?}"),
            Sync::Trunc(keep) => write!(f, "trunc {keep:?}"),
            Sync::Snap { last, len } => write!(f, "snap of {len} up to {last:?}"),
        }
    }
}

/// One line a message: kind and fields, so that diagrams and lists of steps can be read.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::FollowerInfo { accepted } => write!(f, "FollowerInfo accepted {accepted:?}"),
            Message::LeaderInfo { epoch } => write!(f, "LeaderInfo {epoch:?}"),
            Message::AckEpoch {
                epoch,
                current: Some(current),
                last,
            } => write!(f, "AckEpoch {epoch:?} current {current:?} last {last:?}"),
            Message::AckEpoch { epoch, last, .. } => {
                write!(f, "AckEpoch {epoch:?} promised before, last {last:?}")
            }
            Message::History { epoch, sync, txns } => {
                write!(f, "History {epoch:?} {sync} {txns:?}")
            }
            Message::SnapshotPart { epoch, bytes } => {
                write!(f, "SnapshotPart {epoch:?} of {} bytes", bytes.len())
            }
            Message::NewLeader { epoch, sync, txns } => {
                write!(f, "NewLeader {epoch:?} {sync} {txns:?}")
            }
            Message::AckNewLeader { epoch, last } => {
                write!(f, "AckNewLeader {epoch:?} last {last:?}")
            }
            Message::UpToDate { committed } => write!(f, "UpToDate committed {committed:?}"),
            Message::Proposal { prev, txn } => write!(f, "Proposal {txn:?} after {prev:?}"),
            Message::Ack { upto } => write!(f, "Ack {upto:?}"),
            Message::Commit { upto } => write!(f, "Commit {upto:?}"),
            Message::Ping { read: 0 } => write!(f, "Ping"),
            Message::Ping { read } => write!(f, "Ping for read {read}"),
            Message::Pong { read: 0 } => write!(f, "Pong"),
            Message::Pong { read } => write!(f, "Pong for read {read}"),
            Message::Forward(command) => write!(f, "Forward {command:?}"),
            Message::Confirm { consistency, .. } => write!(f, "Confirm {consistency:?}"),
            Message::Confirmed { .. } => write!(f, "Confirmed"),
            Message::Notification(word) => write!(f, "Notification {word:?}"),
            Message::Close(Side::Opener) => write!(f, "Close by follower"),
            Message::Close(Side::Acceptor) => write!(f, "Close by leader"),
            Message::Request(command) => write!(f, "Request {command:?}"),
            Message::Compact { len, .. } => write!(f, "Compact {len}"),
            Message::Read(consistency) => write!(f, "Read {consistency:?}"),
            Message::Readable => write!(f, "Readable"),
            Message::NotLeader { leader: Some(it) } => {
                write!(f, "NotLeader ask {}", usize::from(*it))
            }
            Message::NotLeader { leader: None } => write!(f, "NotLeader"),
            Message::Leave => write!(f, "Leave"),
        }
    }
}
