//! Canonical epochs and rounds in the good period.
//!
//! No epoch below the least that a good server has promised last is created any more, and handlers only
//! compare epochs and add one to what was promised. So the epochs below it that occur become 0, 1, 2, … in
//! order, and all others move down by the same amount. The same is true of the rounds of elections.
//! Nothing is claimed of the past there, so it is forgotten.

use super::ghost::Past;
use super::history::{History, Snapshot};
use super::message::{Message, Sync};
use super::poll::{Poll, Vote, Word};
use super::server::Server;
use super::sessions::CHANNELS;
use super::state::{
    Epoch, LeaderPhase, Leadership, Persistent, Progress, Role, Staged, State, Txn, Zxid,
};
use crate::durable::{Outbox, Pending};
use crate::system::{LocalOf, StateOf};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Gives a state of the good period canonical epochs and rounds.
pub(super) fn rename(state: &mut StateOf<Server, Past>) {
    let mut occur = Occur::default();
    let mut least = (u32::MAX, u32::MAX);
    for local in &state.locals {
        let record = local.up().map(|state| &state.persistent);
        for record in record.into_iter().chain(&local.storage) {
            least.0 = least.0.min(record.accepted_epoch.0);
        }
        for poll in local.up().iter().filter_map(|state| state.poll.as_ref()) {
            least.1 = least.1.min(poll.round);
        }
        map_local(local, &mut occur);
    }
    for envelope in state.network.iter() {
        map_message(envelope.msg, &mut occur);
    }
    let mut canonical = Canonical {
        epochs: Shift::new(occur.epochs, least.0),
        rounds: Shift::new(occur.rounds, least.1),
    };
    for local in &mut state.locals {
        *local = Arc::new(map_local(local, &mut canonical));
    }
    let renamed = |message: &Message| map_message(message, &mut canonical);
    state.network = state.network.renamed(&CHANNELS, renamed);
    state.ghost = Past::default();
}

/// A mapping of names.
trait Names {
    fn epoch(&mut self, epoch: Epoch) -> Epoch;
    fn round(&mut self, round: u32) -> u32;
}

/// The names that occur. They stay as they are.
#[derive(Default)]
struct Occur {
    epochs: BTreeSet<u32>,
    rounds: BTreeSet<u32>,
}

impl Names for Occur {
    fn epoch(&mut self, epoch: Epoch) -> Epoch {
        self.epochs.insert(epoch.0);
        epoch
    }

    fn round(&mut self, round: u32) -> u32 {
        self.rounds.insert(round);
        round
    }
}

/// The canonical names.
struct Canonical {
    epochs: Shift,
    rounds: Shift,
}

impl Names for Canonical {
    fn epoch(&mut self, epoch: Epoch) -> Epoch {
        Epoch(self.epochs.of(epoch.0))
    }

    fn round(&mut self, round: u32) -> u32 {
        self.rounds.of(round)
    }
}

/// Numbers that move down, by as much as there are gaps below the least one that still grows.
struct Shift {
    least: u32,
    below: Vec<u32>,
}

impl Shift {
    fn new(mut occur: BTreeSet<u32>, least: u32) -> Self {
        occur.insert(0);
        let below = occur.into_iter().take_while(|it| *it < least).collect();
        Shift { least, below }
    }

    fn of(&self, number: u32) -> u32 {
        match self.below.binary_search(&number) {
            Ok(position) => position as u32,
            Err(_) => number - self.least + self.below.len() as u32,
        }
    }
}

fn map_local(local: &LocalOf<Server>, names: &mut dyn Names) -> LocalOf<Server> {
    let mut outbox = Outbox::new();
    for Pending { storage, held } in local.outbox.pending() {
        outbox.save(map_record(storage, names));
        for (dst, message) in held {
            outbox.send(*dst, map_message(message, names));
        }
    }
    LocalOf::<Server> {
        state: local
            .state
            .as_deref()
            .map(|state| Arc::new(map_state(state, names))),
        storage: local.storage.as_ref().map(|it| map_record(it, names)),
        outbox,
        ..local.clone()
    }
}

fn map_state(state: &State, names: &mut dyn Names) -> State {
    State {
        persistent: map_record(&state.persistent, names),
        committed: map_zxid(state.committed, names),
        role: map_role(&state.role, names),
        poll: state.poll.as_ref().map(|poll| map_poll(poll, names)),
    }
}

fn map_record(record: &Persistent, names: &mut dyn Names) -> Persistent {
    let mut history = History::of(map_snapshot(record.history.snapshot(), names));
    for txn in record.history.iter() {
        history.append(map_txn(txn, names));
    }
    Persistent {
        accepted_epoch: names.epoch(record.accepted_epoch),
        current_epoch: names.epoch(record.current_epoch),
        history,
    }
}

fn map_snapshot(snapshot: &Snapshot, names: &mut dyn Names) -> Snapshot {
    Snapshot {
        last: map_zxid(snapshot.last, names),
        ..snapshot.clone()
    }
}

fn map_zxid(zxid: Zxid, names: &mut dyn Names) -> Zxid {
    Zxid {
        epoch: names.epoch(zxid.epoch),
        ..zxid
    }
}

fn map_txn(txn: &Txn, names: &mut dyn Names) -> Txn {
    Txn {
        zxid: map_zxid(txn.zxid, names),
        command: txn.command.clone(),
    }
}

fn map_txns(txns: &[Txn], names: &mut dyn Names) -> Vec<Txn> {
    txns.iter().map(|txn| map_txn(txn, names)).collect()
}

fn map_sync(sync: Sync, names: &mut dyn Names) -> Sync {
    match sync {
        Sync::Diff(base) => Sync::Diff(map_zxid(base, names)),
        Sync::Trunc(keep) => Sync::Trunc(map_zxid(keep, names)),
        Sync::Snap { last, len } => Sync::Snap {
            last: map_zxid(last, names),
            len,
        },
    }
}

fn map_vote(vote: Vote, names: &mut dyn Names) -> Vote {
    Vote {
        epoch: names.epoch(vote.epoch),
        last: map_zxid(vote.last, names),
        ..vote
    }
}

fn map_word(word: Word, names: &mut dyn Names) -> Word {
    Word {
        round: names.round(word.round),
        vote: map_vote(word.vote, names),
        ..word
    }
}

fn map_poll(poll: &Poll, names: &mut dyn Names) -> Poll {
    let heard = poll.heard.iter();
    let heard = heard.map(|(id, word)| (*id, map_word(*word, names)));
    let heard = heard.collect();
    let early = poll.early.iter();
    let early = early.map(|(id, accepted)| (*id, names.epoch(*accepted)));
    Poll {
        early: early.collect(),
        heard,
        round: names.round(poll.round),
        vote: map_vote(poll.vote, names),
        waits: poll.waits,
    }
}

fn map_role(role: &Role, names: &mut dyn Names) -> Role {
    match role.clone() {
        Role::Following {
            leader,
            phase,
            staged,
        } => Role::Following {
            leader,
            phase,
            staged: Staged {
                sync: staged.sync.map(|sync| map_sync(sync, names)),
                txns: map_txns(&staged.txns, names),
                ..staged
            },
        },
        Role::Leading(Leadership {
            leader,
            phase,
            followers,
        }) => {
            let followers = followers.into_iter();
            let followers = followers.map(|(id, progress)| match progress {
                Progress::Promised(last) => (id, Progress::Promised(map_zxid(last, names))),
                other => (id, other),
            });
            let followers = followers.collect();
            let phase = map_phase(phase, names);
            Role::Leading(Leadership {
                leader,
                phase,
                followers,
            })
        }
        other @ (Role::Looking | Role::Gone | Role::Stopped(_)) => other,
    }
}

fn map_phase(phase: LeaderPhase, names: &mut dyn Names) -> LeaderPhase {
    match phase {
        LeaderPhase::Connecting {
            connecting,
            highest,
        } => LeaderPhase::Connecting {
            connecting,
            highest: names.epoch(highest),
        },
        LeaderPhase::Electing { epoch, electing } => LeaderPhase::Electing {
            epoch: names.epoch(epoch),
            electing,
        },
        LeaderPhase::Synchronization { epoch, accepted } => LeaderPhase::Synchronization {
            epoch: names.epoch(epoch),
            accepted,
        },
        LeaderPhase::Broadcast {
            epoch,
            acked,
            reads,
        } => {
            let acked = acked.into_iter();
            let acked = acked.map(|(id, upto)| (id, map_zxid(upto, names)));
            let acked = acked.collect();
            let epoch = names.epoch(epoch);
            LeaderPhase::Broadcast {
                epoch,
                acked,
                reads: reads.renamed(|zxid| map_zxid(zxid, names)),
            }
        }
    }
}

fn map_message(message: &Message, names: &mut dyn Names) -> Message {
    let mut renamed = message.clone();
    match &mut renamed {
        Message::FollowerInfo { accepted } => *accepted = names.epoch(*accepted),
        Message::LeaderInfo { epoch } => *epoch = names.epoch(*epoch),
        Message::AckEpoch {
            epoch,
            current,
            last,
        } => {
            *epoch = names.epoch(*epoch);
            *current = current.map(|current| names.epoch(current));
            *last = map_zxid(*last, names);
        }
        Message::History { epoch, sync, txns } | Message::NewLeader { epoch, sync, txns } => {
            *epoch = names.epoch(*epoch);
            *sync = map_sync(*sync, names);
            *txns = map_txns(txns, names);
        }
        Message::AckNewLeader { epoch, last } => {
            *epoch = names.epoch(*epoch);
            *last = map_zxid(*last, names);
        }
        Message::Proposal { prev, txn } => {
            *prev = map_zxid(*prev, names);
            *txn = map_txn(txn, names);
        }
        Message::SnapshotPart { epoch, .. } => *epoch = names.epoch(*epoch),
        Message::UpToDate { committed: upto }
        | Message::Ack { upto }
        | Message::Commit { upto } => *upto = map_zxid(*upto, names),
        Message::Notification(word) => *word = map_word(*word, names),
        Message::Ping { .. }
        | Message::Pong { .. }
        | Message::Forward(_)
        | Message::Confirm { .. }
        | Message::Confirmed { .. }
        | Message::Close(_)
        | Message::Request(_)
        | Message::Read(_)
        | Message::Compact { .. }
        | Message::Readable
        | Message::NotLeader { .. }
        | Message::Leave => {}
    }
    renamed
}
