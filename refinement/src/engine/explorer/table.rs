//! The table of all states: rows of names, compared exactly.
//!
//! A row takes its names and the row that it was first reached from: four bytes each, and five to
//! eleven more in the index. Rows are spread over shards by a hash, so that threads insert
//! side by side, each into shards of its own. Within a shard they stand in the order of insertion:
//! the new ones of a level of the search stand together, and are its frontier.
//!
//! # Beyond memory
//!
//! Nothing is ever removed, and expanding reads rows in their order alone; only the index and the
//! comparison with what it names are read at random. So a table on disk would keep the index (or,
//! for each row, a fingerprint of 32 bits) in memory, and append rows to a file for each shard. A
//! block's successors of one shard, whose fingerprint is known, would be sorted and
//! compared in one sequential pass over the shard's file, as Murφ does (Stern and Dill, 1998).
//! With 64 shards such a pass reads a 64th of the rows, and a level of the search needs one pass
//! over each. The order of insertion, and with it counts and counterexamples, stays the same.

/// Rows are spread over this many shards, whatever the number of threads.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 6;
/// Bits of a row's id that are its position in its shard.
const POSITION_BITS: u32 = 32 - SHARD_BITS;
const POSITION_MASK: u32 = (1 << POSITION_BITS) - 1;
/// Rows are stored in segments of this many, which never move.
const SEGMENT: usize = 1 << 12;
const VACANT: u32 = u32::MAX;

/// The id of a row: shard and position.
pub(super) type RowId = u32;

/// A row that no other was reached from.
pub(super) const ROOT: RowId = RowId::MAX;

pub(super) fn shard_of(id: RowId) -> usize {
    (id >> POSITION_BITS) as usize
}

pub(super) fn position_of(id: RowId) -> usize {
    (id & POSITION_MASK) as usize
}

/// All rows of one shard.
pub(super) struct Shard {
    number: u32,
    /// Names in a row.
    width: usize,
    /// Rows, each with its parent before it.
    segments: Vec<Box<[u32]>>,
    len: usize,
    /// Open addressing: of each row a position, tagged with bits of its hash.
    slots: Vec<u32>,
}

impl Shard {
    pub(super) fn new(number: usize, width: usize) -> Self {
        Shard {
            number: number as u32,
            width,
            segments: Vec::new(),
            len: 0,
            slots: vec![VACANT; 1 << 6],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether no more rows can be named.
    pub(super) fn is_full(&self) -> bool {
        POSITION_MASK as usize - (1 << 20) <= self.len
    }

    pub(super) fn id(&self, position: usize) -> RowId {
        self.number << POSITION_BITS | position as u32
    }

    fn record(&self, position: usize) -> &[u32] {
        let stride = self.width + 1;
        let start = position % SEGMENT * stride;
        &self.segments[position / SEGMENT][start..start + stride]
    }

    pub(super) fn row(&self, position: usize) -> &[u32] {
        &self.record(position)[1..]
    }

    pub(super) fn parent(&self, position: usize) -> RowId {
        self.record(position)[0]
    }

    /// Inserts rows, each of them after its hash and its parent.
    pub(super) fn insert_all(&mut self, rows: &[u32]) {
        for record in rows.chunks_exact(self.width + 2) {
            self.insert(record[0], record[1], &record[2..]);
        }
    }

    /// Inserts a row if it is not there yet, and says whether it is new.
    pub(super) fn insert(&mut self, hash: u32, parent: RowId, row: &[u32]) -> bool {
        let mask = self.slots.len() - 1;
        let tag = hash & !POSITION_MASK;
        let mut slot = hash as usize & mask;
        loop {
            let found = self.slots[slot];
            if found == VACANT {
                break;
            }
            if found & !POSITION_MASK == tag && self.row((found & POSITION_MASK) as usize) == row {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = tag | self.len as u32;
        self.push(parent, row);
        if self.slots.len() / 4 * 3 < self.len {
            self.grow();
        }
        true
    }

    fn push(&mut self, parent: RowId, row: &[u32]) {
        let stride = self.width + 1;
        if self.len == self.segments.len() * SEGMENT {
            self.segments
                .push(vec![0; SEGMENT * stride].into_boxed_slice());
        }
        let start = self.len % SEGMENT * stride;
        let segment = self.segments.last_mut().expect("there is room");
        segment[start] = parent;
        segment[start + 1..start + stride].copy_from_slice(row);
        self.len += 1;
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![VACANT; mask + 1];
        for position in 0..self.len {
            let hash = hash(self.row(position)).1;
            let mut slot = hash as usize & mask;
            while slots[slot] != VACANT {
                slot = (slot + 1) & mask;
            }
            slots[slot] = hash & !POSITION_MASK | position as u32;
        }
        self.slots = slots;
    }

    /// Distinct rows if history is left out.
    pub(super) fn distinct_without_history(&self) -> usize {
        let history = self.width - 1;
        let mask = self.len.next_power_of_two() * 2 - 1;
        let mut slots = vec![VACANT; mask + 1];
        let mut distinct = 0;
        for position in 0..self.len {
            let row = &self.row(position)[..history];
            let mut slot = shard_hash(row) as usize & mask;
            loop {
                let found = slots[slot];
                if found == VACANT {
                    slots[slot] = position as u32;
                    distinct += 1;
                    break;
                }
                if self.row(found as usize)[..history] == *row {
                    break;
                }
                slot = (slot + 1) & mask;
            }
        }
        distinct
    }
}

/// The shard of a row, and its hash within the shard. The last name, the history's, has no
/// influence on the shard: rows that differ in nothing else stand in the same one.
pub(super) fn hash(row: &[u32]) -> (usize, u32) {
    let (history, rest) = row.split_last().expect("a row has a history");
    let hash = shard_hash(rest);
    let shard = hash >> (64 - SHARD_BITS);
    (shard as usize, fold(hash ^ u64::from(*history)) as u32)
}

fn shard_hash(names: &[u32]) -> u64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15;
    let mut pairs = names.chunks_exact(2);
    for pair in pairs.by_ref() {
        hash = fold(hash ^ (u64::from(pair[0]) | u64::from(pair[1]) << 32));
    }
    if let [last] = pairs.remainder() {
        hash = fold(hash ^ u64::from(*last));
    }
    hash
}

fn fold(hash: u64) -> u64 {
    let product = u128::from(hash) * u128::from(0xa076_1d64_78bd_642f_u64);
    (product as u64) ^ ((product >> 64) as u64)
}
