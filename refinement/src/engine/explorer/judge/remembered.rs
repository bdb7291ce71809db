//! Judgements, in a table of fixed size.

use super::super::ids::{ComponentId, NONE};
use super::super::table::Delta;
use quorate_models::system::claim::ClaimSet;
use rustc_hash::FxHashMap;

/// Tuples that are remembered.
const REMEMBERED: usize = 1 << 16;

/// A tuple of what is read: what kind it is and whose, and two ids.
pub(super) type Tuple = [ComponentId; 3];

/// The component that is read beside a tuple: none, `()`, or the ghost.
pub(super) trait Beside: Copy + Eq {
    /// To fill the table with.
    const FILL: Self;

    fn bits(self) -> u64;

    fn is_in(self, delta: Delta) -> bool;
}

impl Beside for () {
    const FILL: () = ();

    #[inline]
    fn bits(self) -> u64 {
        0
    }

    #[inline]
    fn is_in(self, _: Delta) -> bool {
        false
    }
}

/// The ghost.
impl Beside for ComponentId {
    const FILL: ComponentId = NONE;

    #[inline]
    fn bits(self) -> u64 {
        u64::from(self)
    }

    #[inline]
    fn is_in(self, delta: Delta) -> bool {
        delta.ghost()
    }
}

/// Judgements of tuples; a tuple is forgotten when another takes its place.
pub(super) struct Remembered<B> {
    /// Each with the number of its set; empty until something is remembered.
    tuples: Vec<(Tuple, B, u32)>,
    /// The distinct sets, the empty one first.
    sets: Vec<ClaimSet>,
    numbers: FxHashMap<ClaimSet, u32>,
}

impl<B: Beside> Remembered<B> {
    pub(super) fn new() -> Self {
        Remembered {
            tuples: Vec::new(),
            sets: vec![ClaimSet::EMPTY],
            numbers: FxHashMap::from_iter([(ClaimSet::EMPTY, 0)]),
        }
    }

    #[inline]
    fn place([kind, one, other]: Tuple, beside: B) -> usize {
        let hash = u64::from(one) << 32 | u64::from(other);
        let kind = u64::from(kind).rotate_left(20) ^ beside.bits();
        let hash = (hash ^ kind).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 32 & (REMEMBERED - 1)
    }

    /// The judgement of a tuple: remembered, or made now.
    #[inline]
    pub(super) fn value(
        &mut self,
        tuple: Tuple,
        beside: B,
        judge: impl FnOnce() -> ClaimSet,
    ) -> ClaimSet {
        match self.tuples.get(Self::place(tuple, beside)) {
            // Most often by far.
            Some((known, known_beside, 0)) if *known == tuple && *known_beside == beside => {
                ClaimSet::EMPTY
            }
            Some((known, known_beside, set)) if *known == tuple && *known_beside == beside => {
                self.sets[*set as usize]
            }
            _ => self.judged(tuple, beside, judge),
        }
    }

    #[cold]
    #[inline(never)]
    fn judged(&mut self, tuple: Tuple, beside: B, judge: impl FnOnce() -> ClaimSet) -> ClaimSet {
        let set = judge();
        if self.tuples.is_empty() {
            self.tuples = vec![([NONE; 3], B::FILL, 0); REMEMBERED];
        }
        let number = *self.numbers.entry(set).or_insert_with(|| {
            self.sets.push(set);
            self.sets.len() as u32 - 1
        });
        self.tuples[Self::place(tuple, beside)] = (tuple, beside, number);
        set
    }
}
