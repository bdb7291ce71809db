//! The messages of a ring that a processor holds.

use super::message::Regular;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The messages of a ring that a processor holds, by their places.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Store {
    discarded: u64,
    aru: u64,
    held: BTreeMap<u64, Arc<Regular>>,
}

impl Store {
    /// Up to where there is no gap. Paper: *my_aru*.
    pub fn aru(&self) -> u64 {
        self.aru
    }

    /// Up to where messages were discarded, because everyone has them.
    pub fn discarded(&self) -> u64 {
        self.discarded
    }

    /// The last place of which a message is held, or was.
    pub fn last(&self) -> u64 {
        let held = self.held.keys().next_back();
        held.map_or(self.aru, |seq| self.aru.max(*seq))
    }

    /// Whether a message is held, or was.
    pub fn has(&self, seq: u64) -> bool {
        seq <= self.aru || self.held.contains_key(&seq)
    }

    /// The message in a place, if it is held.
    pub fn get(&self, seq: u64) -> Option<&Arc<Regular>> {
        self.held.get(&seq)
    }

    /// The messages that are held, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Regular>> {
        self.held.values()
    }

    /// The messages after a place that are held, in their order.
    pub fn after(&self, seq: u64) -> impl Iterator<Item = &Arc<Regular>> {
        self.held.range(seq + 1..).map(|(_, regular)| regular)
    }

    /// The places up to this one that are missing.
    pub fn missing(&self, upto: u64) -> impl Iterator<Item = u64> {
        (self.aru + 1..=upto).filter(|seq| !self.held.contains_key(seq))
    }

    /// Adds a message that is not there.
    pub fn insert(&mut self, regular: Arc<Regular>) {
        self.held.insert(regular.seq, regular);
        while self.held.contains_key(&(self.aru + 1)) {
            self.aru += 1;
        }
    }

    /// The same, with other names in its messages.
    pub fn renamed(&self, mut rename: impl FnMut(&Regular) -> Arc<Regular>) -> Self {
        let held = self.held.iter();
        let held = held.map(|(seq, regular)| (*seq, rename(regular)));
        Store {
            held: held.collect(),
            ..self.clone()
        }
    }

    /// Forgets the messages up to this place.
    pub fn discard(&mut self, upto: u64) {
        if self.discarded < upto {
            self.discarded = upto;
            self.held = self.held.split_off(&(upto + 1));
        }
    }
}
