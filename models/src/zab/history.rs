//! The history of a server: its transactions, in order.

use super::state::{Txn, Zxid};
use crate::shared_vec::SharedVec;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The transactions that a server has accepted, in order.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct History {
    txns: SharedVec<Txn>,
}

impl History {
    /// The name of the last transaction.
    pub fn last(&self) -> Zxid {
        self.txns.last().map_or(Zxid::default(), |txn| txn.zxid)
    }

    /// Whether a transaction of this name is there. The name before the first always is.
    pub fn contains(&self, zxid: Zxid) -> bool {
        zxid == Zxid::default() || self.iter().rev().any(|txn| txn.zxid == zxid)
    }

    /// The name of the last transaction that is not after this one.
    pub fn last_up_to(&self, zxid: Zxid) -> Zxid {
        let mut names = self.iter().rev().map(|txn| txn.zxid);
        names.find(|it| *it <= zxid).unwrap_or_default()
    }

    /// The transactions after this name.
    pub fn after(&self, zxid: Zxid) -> Vec<Txn> {
        let after = self.position_after(zxid)..self.len();
        let after = after.filter_map(|position| self.get(position));
        after.cloned().collect()
    }

    /// How many transactions there are up to this name. Names ascend.
    pub fn position_after(&self, zxid: Zxid) -> usize {
        let (mut low, mut high) = (0, self.len());
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
        self.txns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.txns.is_empty()
    }

    /// The transaction at a position, from 0.
    pub fn get(&self, position: usize) -> Option<&Txn> {
        self.txns.get(position)
    }

    /// The transactions up to this name.
    pub fn up_to(&self, zxid: Zxid) -> impl Iterator<Item = &Txn> {
        self.iter().take_while(move |txn| txn.zxid <= zxid)
    }

    /// The transactions, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Txn> + ExactSizeIterator {
        self.txns.iter()
    }

    /// The number of leading transactions that two histories have in common.
    pub fn common_prefix(&self, other: &History) -> usize {
        self.txns.common_prefix(&other.txns)
    }

    /// Appends a transaction.
    pub fn append(&mut self, txn: Txn) {
        self.txns.push(txn);
    }

    /// Keeps so many transactions.
    pub fn truncate(&mut self, kept: usize) {
        self.txns.truncate(kept);
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.txns.fmt(f)
    }
}
