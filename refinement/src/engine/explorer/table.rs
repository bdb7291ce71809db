//! The state table: rows of ids, compared exactly.
//!
//! Rows stand in the order in which they were found, so that a level of the search is a range of
//! them, its own frontier, and rows that resemble each other stand together. A row takes four bytes
//! for each id and for the row that it was first reached from, one for the delta of the step, and
//! eleven to twenty-one in the index.
//!
//! The index is spread over shards by a hash, so that threads look rows up side by side, each in
//! shards of its own. Which of the rows that were looked up are new does not depend on
//! the number of threads; then they are numbered in their order.

use super::successors::Successors;
use super::threads;

/// The index is spread over this many shards, for any number of threads.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 6;
/// Rows are stored in segments of this many, which never move.
const SEGMENT: usize = 1 << 12;
/// Buckets of the index below this hold ids, the others positions among the rows that are being
/// inserted.
const PENDING: u32 = 1 << 31;
const VACANT: u32 = u32::MAX;

/// The id of a row: its position in the order in which they were found.
pub(super) type RowId = u32;

/// A row that no other was reached from.
pub(super) const ROOT: RowId = RowId::MAX;

/// The change of a step: the participant that moved with its messages, and perhaps the ghost.
/// Everything else that a condition can read was so before, and was judged there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delta(u8);

impl Delta {
    /// Everything: there was no step.
    pub(super) const ALL: Delta = Delta(u8::MAX);
    const GHOST: u8 = 1 << 7;

    #[inline]
    pub(super) fn new(slot: usize, ghost: bool) -> Self {
        if usize::from(Self::GHOST) <= slot {
            // There is no room for the mover.
            return Self::ALL;
        }
        Delta(slot as u8 | u8::from(ghost) << 7)
    }

    #[inline]
    pub(super) fn ghost(self) -> bool {
        self.0 & Self::GHOST != 0
    }

    /// The mover, if not everything changed.
    #[inline]
    pub(super) fn mover(self) -> Option<usize> {
        (self != Self::ALL).then_some(usize::from(self.0 & !Self::GHOST))
    }

    /// Whether a participant, or the messages in flight to it or from it, changed.
    #[inline]
    pub(super) fn touches(self, slot: usize) -> bool {
        self.mover().is_none_or(|mover| mover == slot)
    }
}

/// All rows, in order.
pub(super) struct Rows {
    /// Ids in a row.
    width: usize,
    segments: Vec<Segment>,
    len: usize,
}

struct Segment {
    /// Each row after its parent.
    entries: Vec<u32>,
    delta: Vec<Delta>,
}

impl Rows {
    pub(super) fn new(width: usize) -> Self {
        Rows {
            width,
            segments: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether the rows of one more block might not get an id.
    pub(super) fn is_full(&self) -> bool {
        PENDING as usize - (1 << 26) <= self.len
    }

    #[inline]
    fn entry(&self, id: RowId) -> &[u32] {
        let (segment, position) = (id as usize / SEGMENT, id as usize % SEGMENT);
        let stride = self.width + 1;
        &self.segments[segment].entries[position * stride..(position + 1) * stride]
    }

    #[inline]
    pub(super) fn row(&self, id: RowId) -> &[u32] {
        &self.entry(id)[1..]
    }

    #[inline]
    pub(super) fn parent(&self, id: RowId) -> RowId {
        self.entry(id)[0]
    }

    #[inline]
    pub(super) fn delta(&self, id: RowId) -> Delta {
        self.segments[id as usize / SEGMENT].delta[id as usize % SEGMENT]
    }

    /// Adds a row after its parent.
    fn push(&mut self, entry: &[u32], delta: Delta) -> RowId {
        let id = self.len as RowId;
        if self.len.is_multiple_of(SEGMENT) {
            self.segments.push(Segment {
                entries: Vec::with_capacity(SEGMENT * (self.width + 1)),
                delta: Vec::with_capacity(SEGMENT),
            });
        }
        let segment = self.segments.last_mut().expect("there is room");
        segment.entries.extend_from_slice(entry);
        segment.delta.push(delta);
        self.len += 1;
        id
    }

    /// Adds those successors that are new, in order, and tells their ids.
    pub(super) fn append(&mut self, successors: &mut Successors) {
        for position in 0..successors.len() {
            if successors.is_new(position) {
                let id = self.push(successors.entry(position), successors.delta(position));
                successors.set_id(position, id);
            }
        }
    }
}

/// Where each row is, by a hash of its ids.
pub(super) struct RowIndex {
    shards: Vec<Shard>,
}

impl RowIndex {
    /// An index; `tells_ids` says whether successors are told their ids where they are known, too.
    pub(super) fn new(tells_ids: bool) -> Self {
        RowIndex {
            shards: (0..SHARDS).map(|it| Shard::new(it, tells_ids)).collect(),
        }
    }

    /// Inserts those successors that are new into the rows, in order.
    pub(super) fn insert(
        &mut self,
        rows: &mut Rows,
        successors: &mut [Successors],
        threads: usize,
    ) {
        let threads = if successors.len() <= 1 { 1 } else { threads };
        let mut workers = vec![(); threads];
        let known = &*rows;
        let new = &*successors;
        threads::share(&mut workers, &mut self.shards, |(), _, shard| {
            shard.look_up(known, new);
        });
        for successors in &mut *successors {
            rows.append(successors);
        }
        let new = &*successors;
        threads::share(&mut workers, &mut self.shards, |(), _, shard| {
            shard.take_ids(new);
        });
    }

    /// The id of a row.
    pub(super) fn find(&self, rows: &Rows, row: &[u32]) -> Option<RowId> {
        let (shard, hash) = place(row);
        let found = self.shards[shard].seek(hash, row, |id| rows.row(id));
        found.ok()
    }

    /// Distinct rows if the ghost is left out.
    pub(super) fn distinct_without_ghost(&self, rows: &Rows, threads: usize) -> usize {
        let distinct = |shard: usize| self.shards[shard].distinct_without_ghost(rows);
        threads::map(threads, SHARDS, distinct).into_iter().sum()
    }
}

/// A part of the index.
struct Shard {
    number: usize,
    len: usize,
    /// Open addressing.
    buckets: Vec<Bucket>,
    /// The insertions in progress: the bucket, and the place among the successors.
    pending: Vec<(u32, u32, u32)>,
    /// Whether successors are told the ids of known rows.
    tells_ids: bool,
    /// Successors that are equal to one that is being inserted: their places, and its position.
    twins: Vec<(u32, u32, u32)>,
}

/// The id of a row, and its hash within the shard.
#[derive(Clone, Copy)]
struct Bucket {
    id: u32,
    hash: u32,
}

impl Bucket {
    const VACANT: Bucket = Bucket {
        id: VACANT,
        hash: 0,
    };
}

impl Shard {
    fn new(number: usize, tells_ids: bool) -> Self {
        const FIRST: usize = 1 << 10;
        Shard {
            number,
            len: 0,
            buckets: vec![Bucket::VACANT; FIRST],
            pending: Vec::new(),
            tells_ids,
            twins: Vec::new(),
        }
    }

    /// Looks up the successors of this shard, and marks the first of each that is new.
    fn look_up(&mut self, rows: &Rows, successors: &[Successors]) {
        self.reserve(successors);
        self.pending.clear();
        for (number, source) in successors.iter().enumerate() {
            for ahead in source.of_shard(self.number).chunks(AHEAD) {
                self.fetch(rows, source, ahead);
                for position in ahead {
                    self.insert(rows, successors, (number as u32, *position));
                }
            }
        }
    }

    /// Prefetches what the next insertions read, so that the processor's cache misses overlap.
    fn fetch(&self, rows: &Rows, source: &Successors, ahead: &[u32]) {
        let mask = self.buckets.len() - 1;
        let mut found = [Bucket::VACANT; AHEAD];
        for (found, position) in found.iter_mut().zip(ahead) {
            *found = self.buckets[source.hash(*position as usize) as usize & mask];
        }
        let mut read = 0;
        for (found, position) in found.iter().zip(ahead) {
            if found.id < PENDING && found.hash == source.hash(*position as usize) {
                read ^= rows.parent(found.id);
            }
        }
        std::hint::black_box(read);
    }

    fn insert(&mut self, rows: &Rows, successors: &[Successors], (number, position): (u32, u32)) {
        let source = &successors[number as usize];
        let (hash, row) = (
            source.hash(position as usize),
            source.row(position as usize),
        );
        let known = |found: u32| {
            if found < PENDING {
                return rows.row(found);
            }
            let (_, number, position) = self.pending[(found - PENDING) as usize];
            successors[number as usize].row(position as usize)
        };
        let bucket = match self.seek(hash, row, known) {
            Err(bucket) => bucket,
            Ok(_) if !self.tells_ids => return,
            Ok(found) if found < PENDING => return source.tell_id(position as usize, found),
            Ok(found) => return self.twins.push((number, position, found - PENDING)),
        };
        let id = PENDING + self.pending.len() as u32;
        self.buckets[bucket] = Bucket { id, hash };
        self.pending.push((bucket as u32, number, position));
        self.len += 1;
        source.mark_new(position as usize);
    }

    /// The entry of the index for a row, or the bucket where it belongs.
    fn seek<'r>(
        &self,
        hash: u32,
        row: &[u32],
        known: impl Fn(u32) -> &'r [u32],
    ) -> Result<u32, usize> {
        let mask = self.buckets.len() - 1;
        let mut bucket = hash as usize & mask;
        loop {
            let found = self.buckets[bucket];
            if found.id == VACANT {
                return Err(bucket);
            }
            if found.hash == hash && same(known(found.id), row) {
                return Ok(found.id);
            }
            bucket = (bucket + 1) & mask;
        }
    }

    /// Takes over the ids of the rows that were new.
    fn take_ids(&mut self, successors: &[Successors]) {
        for (number, position, twin) in self.twins.drain(..) {
            let (_, its_number, its_position) = self.pending[twin as usize];
            let id = successors[its_number as usize].id(its_position as usize);
            successors[number as usize].tell_id(position as usize, id);
        }
        for (bucket, number, position) in self.pending.drain(..) {
            self.buckets[bucket as usize].id = successors[number as usize].id(position as usize);
        }
    }

    /// Makes room for successors.
    fn reserve(&mut self, successors: &[Successors]) {
        let more = successors.iter().map(|it| it.of_shard(self.number).len());
        let needed = self.len + more.sum::<usize>();
        let mut size = self.buckets.len();
        while size / 4 * 3 < needed {
            size *= 2;
        }
        if size == self.buckets.len() {
            return;
        }
        let old = std::mem::replace(&mut self.buckets, vec![Bucket::VACANT; size]);
        let mask = size - 1;
        for known in old.into_iter().filter(|bucket| bucket.id != VACANT) {
            let mut bucket = known.hash as usize & mask;
            while self.buckets[bucket].id != VACANT {
                bucket = (bucket + 1) & mask;
            }
            self.buckets[bucket] = known;
        }
    }

    /// Distinct rows of this shard if the ghost is left out.
    fn distinct_without_ghost(&self, rows: &Rows) -> usize {
        let ghost = rows.width - 1;
        let mask = self.len.next_power_of_two() * 2 - 1;
        // Ids, each with half of a hash, so that few rows are read twice.
        let mut buckets = vec![(VACANT, 0); mask + 1];
        let mut distinct = 0;
        let ids = self.buckets.iter().map(|bucket| bucket.id);
        for id in ids.filter(|id| *id != VACANT) {
            let row = &rows.row(id)[..ghost];
            let hash = hash(row);
            let (mut bucket, half) = (hash as usize & mask, (hash >> 32) as u32);
            let is_other = |(known, its_half): (RowId, u32)| {
                its_half != half || !same(&rows.row(known)[..ghost], row)
            };
            while buckets[bucket].0 != VACANT && is_other(buckets[bucket]) {
                bucket = (bucket + 1) & mask;
            }
            if buckets[bucket].0 == VACANT {
                buckets[bucket] = (id, half);
                distinct += 1;
            }
        }
        distinct
    }
}

/// As many successors are looked at together.
const AHEAD: usize = 16;

/// Rows are too short for a call of `memcmp`.
#[inline]
fn same(one: &[u32], other: &[u32]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

/// The shard of a row, and its hash within the shard. The last id, the ghost's, has no
/// influence on the shard: rows that differ in nothing else are in the same one.
#[inline]
pub(super) fn place(row: &[u32]) -> (usize, u32) {
    let (ghost, rest) = row.split_last().expect("a row has a ghost");
    let hash = hash(rest);
    let shard = hash >> (64 - SHARD_BITS);
    (shard as usize, fold(hash ^ u64::from(*ghost)) as u32)
}

#[inline]
fn hash(ids: &[u32]) -> u64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15;
    let mut pairs = ids.chunks_exact(2);
    for pair in pairs.by_ref() {
        hash = fold(hash ^ (u64::from(pair[0]) | u64::from(pair[1]) << 32));
    }
    if let [last] = pairs.remainder() {
        hash = fold(hash ^ u64::from(*last));
    }
    hash
}

#[inline]
fn fold(hash: u64) -> u64 {
    let product = u128::from(hash) * u128::from(0xa076_1d64_78bd_642f_u64);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::runs::Mark;
    use std::collections::HashMap;
    use std::hash::Hash;

    /// Two rows that have something in common.
    fn alike<T: Eq + Hash>(common: impl Fn(&[u32]) -> T) -> [[u32; 3]; 2] {
        let mut seen = HashMap::new();
        let rows = (0..1 << 22).map(|number| [number, number / 3, 0]);
        let mut pairs = rows.filter_map(|row| Some([seen.insert(common(&row), row)?, row]));
        pairs.next().expect("among so many rows there are two")
    }

    /// A table into which these rows were put, so many at a time, and then once more.
    fn filled(rows: &[[u32; 3]], together: usize) -> (Rows, RowIndex) {
        let (mut table, mut index) = (Rows::new(3), RowIndex::new(false));
        for block in rows.chunks(together).chain([rows]) {
            let mut successors = Successors::default();
            successors.clear(3);
            for row in block {
                successors.begin(ROOT, row);
                successors.commit(std::iter::once((Delta::ALL, Mark::FAIR)));
            }
            index.insert(&mut table, &mut [successors], 1);
        }
        (table, index)
    }

    #[test]
    fn rows_with_the_same_hash_are_told_apart() {
        let rows = alike(place);
        for together in [1, 2] {
            let (table, index) = filled(&rows, together);
            assert_eq!(table.len(), 2);
            let found = rows.map(|row| index.find(&table, &row));
            assert_eq!(found, [Some(0), Some(1)]);
        }
    }

    #[test]
    fn no_row_is_lost_when_the_index_grows() {
        let rows: Vec<_> = (0..200_000).map(|number| [number, 0, number % 2]).collect();
        let (table, index) = filled(&rows, 5000);
        assert_eq!(table.len(), rows.len());
        for (id, row) in (0..).zip(&rows) {
            assert_eq!(index.find(&table, row), Some(id));
        }
    }

    #[test]
    fn rows_without_ghost_with_the_same_hash_are_told_apart() {
        // The bits of a hash that count in an index of two rows.
        let rows = alike(|row| (hash(&row[..2]) >> 32, hash(&row[..2]) & 3));
        let mut all = rows.to_vec();
        all.extend(rows.map(|[one, other, _]| [one, other, 1]));
        for (rows, distinct) in [(&all[..2], 2), (&all[1..3], 2), (&all[1..], 2)] {
            let (table, index) = filled(rows, 1);
            assert_eq!(index.distinct_without_ghost(&table, 1), distinct);
        }
        let (table, index) = filled(&[all[0], all[2]], 1);
        assert_eq!(index.distinct_without_ghost(&table, 1), 1);
    }
}
