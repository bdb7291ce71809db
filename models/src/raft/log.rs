//! The log. Raft §5.3.

use super::state::Term;
use crate::replica::Command;
use crate::shared_vec::SharedVec;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A position in the log. The first entry has index 1; 0 is before the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Index(pub u64);

impl Index {
    /// The index after this one.
    pub fn next(self) -> Index {
        Index(self.0 + 1)
    }

    /// The index before this one; 0 stays 0.
    pub fn prev(self) -> Index {
        Index(self.0.saturating_sub(1))
    }

    /// The index `count` entries later.
    pub fn plus(self, count: usize) -> Index {
        Index(self.0 + count as u64)
    }
}

/// The name of an entry. By Log Matching (Raft Fig. 3), equal names are equal entries.
///
/// Ordered as Raft §5.4.1 compares logs by their last entries: term first, then index.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryId {
    /// Term of the leader that created the entry.
    pub term: Term,
    /// Its position.
    pub index: Index,
}

/// One entry of the log. Its index is its position.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Term in which a leader created the entry.
    pub term: Term,
    /// Its content.
    pub payload: Payload,
}

/// The content of an entry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Payload {
    /// Nothing: a leader appends it at the start of its term. Raft §8.
    NoOp,
    /// A command for the state machine.
    Command(Command),
}

impl Payload {
    /// The command, if it is one.
    pub fn command(&self) -> Option<&Command> {
        match self {
            Payload::NoOp => None,
            Payload::Command(command) => Some(command),
        }
    }

    /// Size in a message, in bytes of the command.
    pub fn bytes(&self) -> usize {
        self.command().map_or(0, |command| command.0.len())
    }
}

/// The entries of one server.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Log(SharedVec<Entry>);

impl Log {
    /// Index of the last entry.
    pub fn last_index(&self) -> Index {
        Index(self.0.len() as u64)
    }

    /// Name of the last entry. Raft Fig. 2: `lastLogTerm`, `lastLogIndex`.
    pub fn last(&self) -> EntryId {
        EntryId {
            term: self.0.last().map_or(Term(0), |entry| entry.term),
            index: self.last_index(),
        }
    }

    /// The entry at an index.
    pub fn get(&self, index: Index) -> Option<&Entry> {
        let position = index.0.checked_sub(1)?;
        self.0.get(position as usize)
    }

    /// The term of the entry at an index: 0 at index 0, `None` beyond the end.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        if index == Index(0) {
            Some(Term(0))
        } else {
            self.get(index).map(|entry| entry.term)
        }
    }

    /// The name of the entry at an index that the log has, or that is 0.
    pub fn id_at(&self, index: Index) -> EntryId {
        EntryId {
            term: self.term_at(index).expect("index is within the log"),
            index,
        }
    }

    /// Whether the log has an entry of this name.
    pub fn contains(&self, id: EntryId) -> bool {
        self.term_at(id.index) == Some(id.term)
    }

    /// The last entry whose index and whose term are at most the given ones.
    ///
    /// Since terms never decrease along a log, this is the last place where a log that has entry
    /// `bound` may agree with this one. Raft §5.3, last paragraphs.
    pub fn last_not_after(&self, bound: EntryId) -> EntryId {
        let (mut low, mut high) = (0, bound.index.min(self.last_index()).0);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.term_at(Index(middle)) <= Some(bound.term) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        self.id_at(Index(low))
    }

    /// The entries after an index.
    pub fn entries_after(&self, index: Index) -> impl Iterator<Item = &Entry> {
        (index.0 as usize..self.0.len()).map(|position| &self.0[position])
    }

    /// The last index up to which both logs are equal.
    pub fn common_prefix(&self, other: &Log) -> Index {
        Index(self.0.common_prefix(&other.0) as u64)
    }

    /// Whether the other log begins with all entries of this one.
    pub fn is_prefix_of(&self, other: &Log) -> bool {
        self.common_prefix(other) == self.last_index()
    }

    /// Appends an entry.
    pub fn append(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// Drops the entries after an index.
    pub fn truncate_after(&mut self, index: Index) {
        self.0.truncate(index.0 as usize);
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@t{}", self.index.0, self.term.0)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.payload {
            Payload::NoOp => write!(f, "{}:-", self.term.0),
            Payload::Command(command) => write!(f, "{}:{command:?}", self.term.0),
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
