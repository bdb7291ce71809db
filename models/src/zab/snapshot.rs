//! Snapshots: the service says what the first transactions have come to, and they are forgotten. A server
//! that lacks some of them is sent the snapshot. ZooKeeper, SNAP.

use super::history::Snapshot;
use super::marks::{Row, Rows};
use super::message::{Message, Sync};
use super::server::Server;
use super::state::{Epoch, FollowerPhase, Role, Staged, State, Stop, Txn};
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::sync::Arc;

impl Server {
    /// The server's own service says what so many deliveries have come to.
    pub(super) fn on_compact(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (len, bytes): (u64, Arc<Vec<u8>>),
    ) -> Rows {
        if src != id && usize::from(src) < self.config.servers {
            return Row::ServerIsNoClient.into();
        }
        let history = state.history();
        let delivered = history.position_after(state.committed) as u64;
        let last = (len as usize).checked_sub(1);
        let last = last.and_then(|last| history.get(last));
        let Some(last) = last.filter(|_| (self.rules.may_compact)(len, delivered)) else {
            return Row::T57IsOld.into();
        };
        let snapshot = Snapshot {
            last: last.zxid,
            len,
            state: bytes,
        };
        state.to_mut().persistent.history.compact(snapshot);
        Row::T57Compacts.into()
    }

    /// Hands the snapshot over to a follower, in parts.
    pub(super) fn send_snapshot(&self, state: &State, follower: Id, out: &mut Out<Self>) -> Rows {
        let epoch = state.persistent.current_epoch;
        let bytes = &state.history().snapshot().state;
        for part in bytes.chunks(self.config.bytes_per_message) {
            let bytes = part.into();
            out.send(follower, Message::SnapshotPart { epoch, bytes });
        }
        Row::SendsSnap.into()
    }

    /// A leader hands over a part of its snapshot. It is answered, like a part of a history.
    pub(super) fn on_snapshot_part(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (epoch, bytes): (Epoch, Arc<[u8]>),
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        match state.stages(src, epoch) {
            Ok(staged @ Staged { sync: None, .. }) => {
                (self.rules.joins)(&mut staged.state, &bytes);
                out.send(src, Message::Pong { read: 0 });
                Row::T44Stages.into()
            }
            Ok(_) => self.stop(id, state, Stop::BaseIsMissing, out),
            Err(why) => self.stop(id, state, why, out),
        }
    }
}

impl State {
    /// The history that was handed over by a leader in the epoch that was promised to it.
    pub(super) fn stages(&mut self, src: Id, epoch: Epoch) -> Result<&mut Staged, Stop> {
        let is_promised = self.persistent.accepted_epoch == epoch;
        match &mut self.role {
            Role::Following {
                leader,
                phase: FollowerPhase::Synchronization,
                staged,
            } if is_promised && *leader == src => Ok(staged),
            _ => Err(Stop::OutOfPhase),
        }
    }
}

impl Staged {
    /// Adds what is handed over to what was before, and says whether it follows.
    pub(super) fn add(&mut self, sync: Sync, txns: Vec<Txn>) -> bool {
        match &mut self.sync {
            None => {
                (self.sync, self.txns) = (Some(sync), txns);
                self.state.is_empty() || matches!(sync, Sync::Snap { .. })
            }
            Some(first) => {
                let end = self.txns.last().map_or(first.keeps(), |txn| txn.zxid);
                self.txns.extend(txns);
                sync == Sync::Diff(end)
            }
        }
    }
}
