//! The contract between an actor and its disk: what is durable when.
//!
//! 1. In one handler's output, sends before the `Save` leave at once.
//! 2. Sends after the `Save` wait until it is durable, and so does every later send of that actor
//!    while a write is pending, in order.
//! 3. An actor that must know that a write is durable sends itself a message after the `Save`;
//!    messages to oneself never touch the network.
//! 4. A crash discards held messages and keeps any *prefix* of the pending writes.
//! 5. A close of a [session](crate::session) by either side acts at once, and messages held for
//!    that session are forgotten. On a node, held messages leave, and the
//!    [sessions](crate::fifo) of the receiver refuse them.
//!
//! [`Outbox`] is this contract as a data structure. The finite systems of this crate and the
//! journal of the running node both drive it, and both are held to the same [table of
//! scripts](crate::durable::contract).

pub mod contract;

use crate::coverage::{Row, Rows};
use crate::shared_vec::SharedVec;
use serde::{Serialize, de::DeserializeOwned};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

/// Non-volatile state of an actor that can be written as a sequence of changes.
///
/// [`Default`] is the record of an actor that has never saved anything.
pub trait Record: Clone + Debug + Default + PartialEq + Hash {
    /// The difference between two records, as it is written to a journal.
    type Change: Serialize + DeserializeOwned + Clone + Debug + PartialEq;

    /// The change to write so that `earlier` becomes `self`, or `None` when they are equal.
    fn change_since(&self, earlier: &Self) -> Option<Self::Change>;

    /// Applies a change to the record it was taken from.
    ///
    /// # Errors
    ///
    /// [`ChangeMismatch`] if the change cannot have been taken from this record.
    fn apply(&mut self, change: Self::Change) -> Result<(), ChangeMismatch>;
}

/// An actor that saves nothing, or whose record is kept by someone else.
impl Record for () {
    type Change = ();

    fn change_since(&self, (): &()) -> Option<()> {
        None
    }

    fn apply(&mut self, (): ()) -> Result<(), ChangeMismatch> {
        Ok(())
    }
}

/// A log that is all of an actor's record. A change is how many items stay, and those that follow them.
impl<T> Record for SharedVec<T>
where
    T: Clone + Debug + PartialEq + Hash + Serialize + DeserializeOwned,
{
    type Change = (u64, Vec<T>);

    fn change_since(&self, earlier: &Self) -> Option<(u64, Vec<T>)> {
        let keep = self.common_prefix(earlier);
        let append = self.iter().skip(keep).cloned().collect();
        (self != earlier).then_some((keep as u64, append))
    }

    fn apply(&mut self, (keep, append): (u64, Vec<T>)) -> Result<(), ChangeMismatch> {
        let held = self.len() as u64;
        if held < keep {
            return Err(ChangeMismatch(format!("keeps {keep} items of {held}")));
        }
        self.truncate(keep as usize);
        self.extend(append);
        Ok(())
    }
}

/// A change that does not follow from the record it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change does not fit the record: {0}")]
pub struct ChangeMismatch(pub String);

/// An actor that writes what its handlers change, and holds back what would reveal the change.
pub trait SavesFirst: Actor {
    /// A row of its transition table.
    type Row: Row;

    /// The row for a change that is written before anything is sent.
    const SAVES_BEFORE_SENDING: Self::Row;

    /// The row for a message that leaves while a change is being written.
    const SENDS_WHILE_WRITING: Self::Row;

    /// The part of a state that is on disk.
    fn record(state: &Self::State) -> &Self::Storage;

    /// The writes that take the disk from the first record to the second.
    fn writes(&self, before: &Self::Storage, after: &Self::Storage) -> Vec<Self::Storage>;

    /// Whether a message may leave before the handler's change, from the first record to the
    /// second, is durable.
    fn leaves_before_save(
        &self,
        before: &Self::Storage,
        after: &Self::Storage,
        message: &Self::Msg,
    ) -> bool;
}

/// Runs a handler, and puts what it changed on stable storage before anything it sends that
/// reveals the change. The rows are those of the handler and of this.
pub fn save_before_sending<A: SavesFirst>(
    actor: &A,
    state: &mut Cow<'_, A::State>,
    out: &mut Out<A>,
    handler: impl FnOnce(&mut Cow<'_, A::State>, &mut Out<A>) -> Rows<A::Row>,
) -> Rows<A::Row> {
    let before = A::record(state).clone();
    let mut handled = Out::new();
    let mut rows = handler(state, &mut handled);
    let after = A::record(state);
    if *after == before {
        out.append(&mut handled);
        return rows;
    }
    let leaves_early = |output: &Output<_, _, _, _>| match output {
        Output::Send(_, message) => actor.leaves_before_save(&before, after, message),
        _ => false,
    };
    let (early, late): (Vec<_>, Vec<_>) = handled.into_iter().partition(leaves_early);
    rows |= A::SAVES_BEFORE_SENDING;
    if !early.is_empty() {
        rows |= A::SENDS_WHILE_WRITING;
    }
    let writes = actor.writes(&before, after).into_iter().map(Output::Save);
    out.append::<A>(&mut early.into_iter().chain(writes).chain(late).collect());
    rows
}

/// The writes of one actor that are not durable yet, oldest first, each with the sends that wait
/// for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outbox<Storage, Msg> {
    pending: VecDeque<Pending<Storage, Msg>>,
}

/// A write on its way to the disk, and the messages that must not be seen before it is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pending<Storage, Msg> {
    /// The whole record as it will be after this write.
    pub storage: Storage,
    /// Sends, in order, that leave when this write is durable.
    pub held: Vec<(Id, Msg)>,
}

impl<Storage, Msg> Outbox<Storage, Msg> {
    /// No write is pending.
    pub fn new() -> Self {
        Outbox {
            pending: VecDeque::new(),
        }
    }

    /// Whether no write is pending (and so nothing is held).
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The pending writes, oldest first.
    pub fn pending(
        &self,
    ) -> impl DoubleEndedIterator<Item = &Pending<Storage, Msg>> + ExactSizeIterator {
        self.pending.iter()
    }

    /// Records that a write has been issued. Sends from now on wait for it.
    pub fn save(&mut self, storage: Storage) {
        self.pending.push_back(Pending {
            storage,
            held: Vec::new(),
        });
    }

    /// Gives a message back if it may leave now, and holds it otherwise.
    pub fn send(&mut self, recipient: Id, message: Msg) -> Option<(Id, Msg)> {
        match self.pending.back_mut() {
            None => Some((recipient, message)),
            Some(write) => {
                write.held.push((recipient, message));
                None
            }
        }
    }

    /// Forgets held sends: each is for those of its recipients that are left, in its place.
    pub fn forget(&mut self, left: impl Fn(Id, &Msg) -> Vec<Id>)
    where
        Msg: Clone,
    {
        for write in &mut self.pending {
            let held = std::mem::take(&mut write.held).into_iter();
            let left = held.flat_map(|(dst, msg)| {
                let recipients = left(dst, &msg).into_iter();
                recipients.map(move |recipient| (recipient, msg.clone()))
            });
            write.held = left.collect();
        }
    }

    /// Records that the oldest pending write is durable, and gives back what it stored and the
    /// sends that waited for it. `None` if no write is pending.
    pub fn synced(&mut self) -> Option<Pending<Storage, Msg>> {
        self.pending.pop_front()
    }

    /// Discards everything held and keeps the oldest `kept` pending writes: the record that is
    /// found after the restart, or `None` if none of them reached the disk.
    pub fn crash(self, kept: usize) -> Option<Storage> {
        self.pending
            .into_iter()
            .take(kept)
            .next_back()
            .map(|write| write.storage)
    }
}

impl<Storage, Msg> Default for Outbox<Storage, Msg> {
    fn default() -> Self {
        Outbox::new()
    }
}

#[cfg(test)]
mod tests;
