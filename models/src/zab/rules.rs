//! The decisions that Zab's safety argument leans on, each a pure function.
//!
//! A handler asks its [`Rules`] and then acts. [`Rules::default`] is Zab; a [mutant](super::mutants) is
//! Zab with one rule exchanged.

use super::history::{History, Snapshot};
use super::message::{Message, Sync};
use super::poll::{Poll, Vote};
use super::reads::Reads;
use super::server::Timer;
use super::state::{Epoch, LeaderPhase, Persistent, Progress, State, Txn, Zxid};
use crate::quorum::{is_quorum, reached_by_quorum};
use crate::replica::{Command, Consistency};
use stateright::actor::Id;
use std::collections::{BTreeMap, BTreeSet};

/// One function a decision.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Zab f.1.2: the answer of a follower to the first epoch, which it is offered, given the last one that
    /// it has promised.
    pub promises: fn(Epoch, Epoch) -> Promise,
    /// The last epoch that is known to be promised, given what was known and what a follower has promised:
    /// the later one.
    pub highest: fn(Epoch, Epoch) -> Epoch,
    /// The epoch that a leader has promised once it has chosen the second one, given the one it had promised
    /// before: the epoch that it has chosen.
    pub leader_promises: fn(Epoch, Epoch) -> Epoch,
    /// Whether servers that have promised an epoch are enough to choose or to win it, given how many of how
    /// many they are: a quorum.
    pub elects: fn(usize, usize) -> bool,
    /// The end of its history, as a server tells it: of what is on its disk.
    pub end: fn(&State) -> Zxid,
    /// Whether a follower knows more than a leader, given the current epoch and the end of the history of
    /// each: a later epoch counts for more than a longer history.
    pub is_ahead: fn((Epoch, Zxid), (Epoch, Zxid)) -> bool,
    /// How a leader with this history synchronizes a follower whose history ends so.
    pub sync: fn(&History, Zxid) -> (Sync, Vec<Txn>),
    /// Whether a snapshot may stand for the first number of transactions, given how many are delivered.
    pub may_compact: fn(u64, u64) -> bool,
    /// How far a follower knows a history that it is handed to be delivered, given the end of its snapshot
    /// and the end of all: the end of the snapshot.
    pub handed_delivered: fn(Zxid, Zxid) -> Zxid,
    /// How far a leader has its history on disk, given what it tells itself and where the history ends: as
    /// far as it tells itself.
    pub own_ack: fn(Zxid, Zxid) -> Zxid,
    /// How far a follower delivers, given what it is told and where its history ends: as far as it is told.
    pub delivered_at_commit: fn(Zxid, Zxid) -> Zxid,
    /// Which read a follower's answer confirms, given the one that it names and the last one: the one that
    /// it names.
    pub answers: fn(u32, u32) -> u32,
    /// Forgets, when a follower leaves, the reads that wait at it.
    pub part_with: fn(&mut Reads, Id),
    /// The commands that a leader proposes when a client requests one: that one, once.
    pub proposed: fn(&Command) -> Vec<Command>,
    /// Puts a part of a snapshot after those that came before.
    pub joins: fn(&mut Vec<u8>, &[u8]),
    /// Zab l.2.2: whether a leader's history is committed, given how many of how many servers have
    /// accepted it: a quorum.
    pub establishes: fn(usize, usize) -> bool,
    /// Zab l.3.1: whether a leader that is so far takes what clients ask for.
    pub serves: fn(&LeaderPhase) -> bool,
    /// The name of a leader's next transaction, given the last one in its history, its epoch, and the largest
    /// number that there is; none if there are no more numbers.
    pub next: fn(Zxid, Epoch, u32) -> Option<Zxid>,
    /// Whether a leader tells a follower that is so far what is committed: those that accepted NEWLEADER.
    pub is_told: fn(Progress) -> bool,
    /// The zxid up to which a follower that joins is told that all is committed, given the one up to which it
    /// is, and how far the follower has the history: the former.
    pub told_at_joining: fn(Zxid, Zxid) -> Zxid,
    /// Whether an established leader tells a follower that joins that it is synchronized: always.
    pub is_told_at_joining: fn() -> bool,
    /// Whether a leader sends its proposals to a follower that is so far: to all that were sent NEWLEADER.
    pub is_forwarded: fn(Progress) -> bool,
    /// Zab l.3.2: up to where the history is committed, given how far each server has it: as far as a
    /// quorum has.
    pub committed: fn(&[Zxid]) -> Zxid,
    /// Zab f.2.1: the writes that take the disk from the first record to the second: one.
    pub writes: fn(&Persistent, &Persistent) -> Vec<Persistent>,
    /// Whether a message may leave before the record that its handler changed is durable, given whether
    /// the epochs are as before. A leader's proposals may: it counts itself only once they are.
    pub leaves_before_save: fn(&Message, bool) -> bool,
    /// Whether a read of this consistency waits for the answers of a quorum: a linearizable one.
    pub confirms: fn(Consistency) -> bool,
    /// Which read a quorum has answered, given which each server has: the last that a quorum has.
    pub answered: fn(&[u32]) -> u32,
    /// In an election, whether the first vote is better than the second.
    pub is_better: fn(Vote, Vote) -> bool,
    /// Whether a leader stays, given how many of how many servers are with it, itself among them: a
    /// quorum. ZooKeeper, syncLimit.
    pub stays: fn(usize, usize) -> bool,
    /// Whether a timer is armed where it should be: always.
    pub arms: fn(Timer) -> bool,
    /// Whether a server that others follow is believed to lead, given what was heard: if it has said so.
    /// ZooKeeper, checkLeader.
    pub leads: fn(&Poll, Id) -> bool,
    /// Whom a server votes for when an election begins, given itself and how many there are: itself.
    pub first_vote: fn(Id, usize) -> Id,
    /// Whether a server that leaves closes its sessions: it does.
    pub closes_when_leaving: fn() -> bool,
    /// Whether a leader that has lost its quorum, and is so far, looks for a leader: always.
    pub looks: fn(&LeaderPhase) -> bool,
    /// Those who have accepted the history of a leader when it wins its epoch, given how far each follower
    /// is and where the history ends: nobody.
    pub have_accepted: fn(&BTreeMap<Id, Progress>, Zxid) -> BTreeSet<Id>,
    /// TRUNC: drops what follows a transaction.
    pub truncate: fn(&mut History, Zxid),
}

/// The answer of a follower to an epoch that it is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// It has promised a later one.
    Refused,
    /// It has promised this one before, perhaps to another leader.
    Repeated,
    /// It promises it.
    Given,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            promises: |offered, promised| match offered.cmp(&promised) {
                std::cmp::Ordering::Less => Promise::Refused,
                std::cmp::Ordering::Equal => Promise::Repeated,
                std::cmp::Ordering::Greater => Promise::Given,
            },
            highest: Epoch::max,
            leader_promises: |_, chosen| chosen,
            elects: is_quorum,
            end: |state| state.history().last(),
            is_ahead: |follower, leader| leader < follower,
            sync,
            may_compact: |len, delivered| len <= delivered,
            handed_delivered: |snapshot, _| snapshot,
            own_ack: |told, _| told,
            delivered_at_commit: |told, _| told,
            answers: |named, _| named,
            part_with: Reads::part_with,
            proposed: |command| vec![command.clone()],
            joins: |parts, part| parts.extend_from_slice(part),
            establishes: is_quorum,
            serves: |phase| matches!(phase, LeaderPhase::Broadcast { .. }),
            next: next_in_epoch,
            is_told: Progress::is_synchronized,
            told_at_joining: |committed, _| committed,
            is_told_at_joining: || true,
            is_forwarded: |progress| {
                matches!(progress, Progress::Synchronizing | Progress::Synchronized)
            },
            committed: |held| reached_by_quorum(held.iter().copied()),
            writes: |_, after| vec![after.clone()],
            leaves_before_save: |message, same_epochs| {
                same_epochs && matches!(message, Message::Proposal { .. })
            },
            confirms: |consistency| consistency == Consistency::Linearizable,
            answered: |answers| reached_by_quorum(answers.iter().copied()),
            is_better: |one, other| other < one,
            stays: is_quorum,
            arms: |_| true,
            leads: Poll::leads,
            first_vote: |id, _| id,
            closes_when_leaving: || true,
            looks: |_| true,
            have_accepted: |_, _| BTreeSet::new(),
            truncate: |history, keep| history.truncate(history.position_after(keep)),
        }
    }
}

/// Numbers begin with 1 in each epoch.
fn next_in_epoch(last: Zxid, epoch: Epoch, largest: u32) -> Option<Zxid> {
    let before = if last.epoch == epoch { last.counter } else { 0 };
    (before < largest).then(|| Zxid {
        epoch,
        counter: before + 1,
    })
}

/// The follower keeps what is up to the last transaction of the leader's that is not after its own last.
/// Where the leader does not hold that any more, its snapshot takes the place of all.
fn sync(history: &History, last: Zxid) -> (Sync, Vec<Txn>) {
    let &Snapshot { last: end, len, .. } = history.snapshot();
    if last < end {
        return (Sync::Snap { last: end, len }, history.after(end));
    }
    diff_or_trunc(history, last)
}

/// The same of a history without a snapshot.
pub fn diff_or_trunc(history: &History, last: Zxid) -> (Sync, Vec<Txn>) {
    let keep = history.last_up_to(last);
    let sync = match keep == last {
        true => Sync::Diff(last),
        false => Sync::Trunc(keep),
    };
    (sync, history.after(keep))
}
