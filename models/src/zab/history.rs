//! The history of a server: its transactions, in order. A snapshot may stand for the first of them.

use super::state::{Txn, Zxid};
use crate::shared_vec::SharedVec;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The transactions that a server has accepted, in order. Positions are counted from 0, those that the
/// snapshot stands for among them.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct History {
    snapshot: Snapshot,
    txns: SharedVec<Txn>,
}

/// The state that the first transactions of a history have come to. All of them are delivered.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Snapshot {
    /// The last of these transactions.
    pub last: Zxid,
    /// How many they are.
    pub len: u64,
    /// The state of the service, as its own bytes. A handler's record is compared with the one before it:
    /// only of a type of known size does an `Arc` compare its address first.
    #[serde(with = "crate::opaque")]
    pub state: Arc<Vec<u8>>,
}

impl History {
    /// A history of which a snapshot is all that there is.
    pub fn of(snapshot: Snapshot) -> Self {
        let txns = SharedVec::default();
        History { snapshot, txns }
    }

    /// The snapshot that stands for the first transactions; an empty one stands for none.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// How many transactions the snapshot stands for.
    pub fn first(&self) -> usize {
        self.snapshot.len as usize
    }

    /// The name of the last transaction.
    pub fn last(&self) -> Zxid {
        self.txns.last().map_or(self.snapshot.last, |txn| txn.zxid)
    }

    /// Whether a transaction of this name is there, or before the end of the snapshot. The name before the
    /// first always is.
    pub fn contains(&self, zxid: Zxid) -> bool {
        zxid <= self.snapshot.last || self.iter().rev().any(|txn| txn.zxid == zxid)
    }

    /// The name of the last transaction up to this one, or up to the end of the snapshot, if that is later.
    pub fn last_up_to(&self, zxid: Zxid) -> Zxid {
        let mut names = self.iter().rev().map(|txn| txn.zxid);
        names.find(|it| *it <= zxid).unwrap_or(self.snapshot.last)
    }

    /// The transactions after this name, as far as they are held.
    pub fn after(&self, zxid: Zxid) -> Vec<Txn> {
        self.from(self.position_after(zxid)).cloned().collect()
    }

    /// How many transactions there are up to this name. Names ascend.
    pub fn position_after(&self, zxid: Zxid) -> usize {
        let (mut low, mut high) = (self.first(), self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).is_some_and(|txn| txn.zxid <= zxid) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// How many transactions there are.
    pub fn len(&self) -> usize {
        self.first() + self.txns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The transaction at a position, if it is held.
    pub fn get(&self, position: usize) -> Option<&Txn> {
        self.txns.get(position.checked_sub(self.first())?)
    }

    /// The transactions that are held, up to this name.
    pub fn up_to(&self, zxid: Zxid) -> impl Iterator<Item = &Txn> {
        self.iter().take_while(move |txn| txn.zxid <= zxid)
    }

    /// The transactions that are held, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Txn> + ExactSizeIterator {
        self.txns.iter()
    }

    /// The transactions that are held from a position on.
    pub fn from(&self, position: usize) -> impl Iterator<Item = &Txn> {
        (position.max(self.first())..self.len()).filter_map(|position| self.get(position))
    }

    /// The number of leading transactions that two histories have in common, as far as they hold them:
    /// transactions for which only a snapshot stands are taken for the same.
    pub fn common_prefix(&self, other: &History) -> usize {
        if self.snapshot == other.snapshot {
            return self.first() + self.txns.common_prefix(&other.txns);
        }
        let (later, earlier) = match other.first() < self.first() {
            true => (self, other),
            false => (other, self),
        };
        let first = later.first().min(earlier.len());
        let last = first.checked_sub(1).and_then(|last| earlier.get(last));
        if first == later.first() && last.is_some_and(|txn| txn.zxid != later.snapshot.last) {
            return 0;
        }
        let both = later.from(first).zip(earlier.from(first));
        first + both.take_while(|(one, other)| one == other).count()
    }

    /// Appends a transaction.
    pub fn append(&mut self, txn: Txn) {
        self.txns.push(txn);
    }

    /// Keeps so many transactions, and the snapshot in any case.
    pub fn truncate(&mut self, kept: usize) {
        self.txns.truncate(kept.saturating_sub(self.first()));
    }

    /// Puts a snapshot in the place of the transactions that it stands for.
    pub fn compact(&mut self, snapshot: Snapshot) {
        let rest: Vec<Txn> = self.from(snapshot.len as usize).cloned().collect();
        *self = History::of(snapshot);
        rest.into_iter().for_each(|txn| self.append(txn));
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if 0 < self.first() {
            write!(f, "{:?} then ", self.snapshot)?;
        }
        self.txns.fmt(f)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "snapshot of {} up to {:?}", self.len, self.last)
    }
}
