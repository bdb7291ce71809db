//! Sets of the claims of one system.

use std::ops::{BitAnd, BitOr, BitOrAssign, Sub, SubAssign};

/// A set of claims of one system, each named by its position in the system's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClaimSet(u128);

impl ClaimSet {
    /// The most claims that a set can hold: those with a smaller position.
    pub const CAPACITY: usize = u128::BITS as usize;
    /// No claim.
    pub const EMPTY: ClaimSet = ClaimSet(0);
    /// Every claim.
    pub const ALL: ClaimSet = ClaimSet(u128::MAX);

    /// The claim at this position, below [`CAPACITY`](Self::CAPACITY).
    #[inline]
    pub fn of(claim: usize) -> Self {
        ClaimSet(1 << claim)
    }

    /// The claim at this position, if that is so; otherwise nothing.
    #[inline]
    pub fn of_if(claim: usize, is_so: bool) -> Self {
        ClaimSet(u128::from(is_so) << claim)
    }

    /// Whether there is no claim in it.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the claim at this position is in it.
    #[inline]
    pub fn contains(self, claim: usize) -> bool {
        self.0 >> claim & 1 != 0
    }

    /// The positions of the claims in it, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let first = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(first)
        })
    }
}

impl BitOr for ClaimSet {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        ClaimSet(self.0 | other.0)
    }
}

impl BitOrAssign for ClaimSet {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for ClaimSet {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        ClaimSet(self.0 & other.0)
    }
}

impl Sub for ClaimSet {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        ClaimSet(self.0 & !other.0)
    }
}

impl SubAssign for ClaimSet {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}

impl FromIterator<ClaimSet> for ClaimSet {
    /// The union.
    #[inline]
    fn from_iter<I: IntoIterator<Item = ClaimSet>>(sets: I) -> Self {
        sets.into_iter().fold(ClaimSet::EMPTY, BitOr::bitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The same, as a set of positions.
    fn positions(set: ClaimSet) -> BTreeSet<usize> {
        set.iter().collect()
    }

    #[test]
    fn a_set_of_claims_is_a_set_of_positions() {
        let one: ClaimSet = [0, 31, 32, 64, 127].map(ClaimSet::of).into_iter().collect();
        let other: ClaimSet = (0..ClaimSet::CAPACITY)
            .map(|claim| ClaimSet::of_if(claim, claim % 2 == 0))
            .collect();
        assert!(one.iter().eq([0, 31, 32, 64, 127]));
        assert_eq!(positions(other).len(), 64);
        let (a, b) = (positions(one), positions(other));
        assert_eq!(positions(one | other), &a | &b);
        assert_eq!(positions(one & other), &a & &b);
        assert_eq!(positions(one - other), &a - &b);
        let (mut grown, mut shrunk) = (one, one);
        grown |= other;
        shrunk -= other;
        assert_eq!((grown, shrunk), (one | other, one - other));
        for claim in 0..ClaimSet::CAPACITY {
            assert_eq!(one.contains(claim), a.contains(&claim));
        }
        assert!(ClaimSet::EMPTY.is_empty() && !ClaimSet::of(127).is_empty());
        assert_eq!(ClaimSet::EMPTY.iter().count(), 0);
        assert!(ClaimSet::ALL.iter().eq(0..ClaimSet::CAPACITY));
    }
}
