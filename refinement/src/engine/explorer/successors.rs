//! Successors on their way into the table.

use super::super::runs::Mark;
use super::table::{Delta, RowId, SHARDS, place};
use std::sync::atomic::{AtomicU32, Ordering};

/// Nothing was said of a successor yet: if that stays so, it is known.
const KNOWN: u32 = u32::MAX;
const NEW: u32 = u32::MAX - 1;

/// The successors of some rows, in order.
#[derive(Default)]
pub(super) struct Successors {
    width: usize,
    /// Each row after its parent.
    entries: Vec<u32>,
    hashes: Vec<u32>,
    delta: Vec<Delta>,
    /// The facts about the steps to them for judges of runs, where there are such.
    marks: Vec<Mark>,
    pub(super) keeps_marks: bool,
    /// For each shard, which of them are its own.
    of_shard: Vec<Vec<u32>>,
    /// Whether they are new, and then their ids.
    ids: Vec<AtomicU32>,
}

impl Successors {
    /// Makes room for other successors.
    pub(super) fn clear(&mut self, width: usize) {
        self.width = width;
        self.entries.clear();
        self.hashes.clear();
        self.delta.clear();
        self.marks.clear();
        self.of_shard.resize_with(SHARDS, Vec::new);
        self.of_shard.iter_mut().for_each(Vec::clear);
        self.ids.clear();
    }

    /// Begins a successor as a copy of some row.
    #[inline]
    pub(super) fn begin(&mut self, parent: RowId, row: &[u32]) {
        self.entries.push(parent);
        self.entries.extend_from_slice(row);
    }

    /// The row that was begun last.
    #[inline]
    pub(super) fn last(&mut self) -> &mut [u32] {
        let start = self.entries.len() - self.width;
        &mut self.entries[start..]
    }

    /// Takes back what was begun last.
    #[inline]
    pub(super) fn forget_last(&mut self) {
        let end = self.entries.len() - (self.width + 1);
        self.entries.truncate(end);
    }

    /// Takes back what was begun since the last [`commit`](Self::commit).
    pub(super) fn forget(&mut self) {
        self.entries.truncate(self.len() * (self.width + 1));
    }

    /// Takes over what was begun, with the delta of each and what judges of runs must know.
    #[inline]
    pub(super) fn commit(&mut self, steps: impl Iterator<Item = (Delta, Mark)>) {
        for (delta, mark) in steps {
            let position = self.len();
            let (shard, hash) = place(self.row(position));
            self.of_shard[shard].push(position as u32);
            self.hashes.push(hash);
            self.delta.push(delta);
            if self.keeps_marks {
                self.marks.push(mark);
            }
            self.ids.push(AtomicU32::new(KNOWN));
        }
    }

    /// How many were taken over.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    pub(super) fn of_shard(&self, shard: usize) -> &[u32] {
        &self.of_shard[shard]
    }

    /// The row of a successor after its parent.
    #[inline]
    pub(super) fn entry(&self, position: usize) -> &[u32] {
        let stride = self.width + 1;
        &self.entries[position * stride..(position + 1) * stride]
    }

    #[inline]
    pub(super) fn row(&self, position: usize) -> &[u32] {
        &self.entry(position)[1..]
    }

    #[inline]
    pub(super) fn hash(&self, position: usize) -> u32 {
        self.hashes[position]
    }

    pub(super) fn delta(&self, position: usize) -> Delta {
        self.delta[position]
    }

    pub(super) fn mark(&self, position: usize) -> Mark {
        self.marks[position]
    }

    /// Tells the id of a row that is known.
    pub(super) fn tell_id(&self, position: usize, id: RowId) {
        self.ids[position].store(id, Ordering::Relaxed);
    }

    pub(super) fn mark_new(&self, position: usize) {
        self.ids[position].store(NEW, Ordering::Relaxed);
    }

    pub(super) fn is_new(&mut self, position: usize) -> bool {
        *self.ids[position].get_mut() == NEW
    }

    pub(super) fn set_id(&mut self, position: usize, id: RowId) {
        *self.ids[position].get_mut() = id;
    }

    pub(super) fn id(&self, position: usize) -> RowId {
        self.ids[position].load(Ordering::Relaxed)
    }
}
