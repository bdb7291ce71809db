//! Values that are stored once and named by small integers.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use std::fmt::Debug;
use std::hash::Hash;
use std::ops::Index;

/// A name of a value: its position among those of its kind.
pub(super) type Name = u32;

/// No value.
pub(super) const NONE: Name = Name::MAX;

/// As many values of one kind are compared with all others, to find those that are equal and hash
/// differently. Later ones are compared with as many before them as [`LATER_COMPARED`] says.
const ALL_COMPARED: usize = 1024;
const LATER_COMPARED: usize = 64;

/// Distinct values, by name.
pub(super) struct Interner<T> {
    values: IndexSet<Exact<T>, FxBuildHasher>,
}

/// A value whose `==` is taken to be an equivalence. Stateright asks no actor's state for `Eq`.
#[derive(Hash)]
#[expect(
    clippy::derived_hash_with_manual_eq,
    reason = "both are those of the value"
)]
struct Exact<T>(T);

impl<T: PartialEq> PartialEq for Exact<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: PartialEq> Eq for Exact<T> {}

/// Two values that are equal and hash differently.
#[derive(Clone, Debug)]
pub(super) struct Disagreement {
    pub(super) one: String,
    pub(super) other: String,
}

impl<T: Debug + PartialEq + Hash> Interner<T> {
    pub(super) fn new() -> Self {
        Interner {
            values: IndexSet::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The name of a value, and whether it is new.
    pub(super) fn insert(&mut self, value: T) -> (Name, bool) {
        let (position, new) = self.values.insert_full(Exact(value));
        assert!(position < NONE as usize, "too many values of one kind");
        (position as Name, new)
    }

    /// The name of a value of a user's type.
    ///
    /// # Errors
    ///
    /// If it equals another one that hashes differently: the two would count as two.
    pub(super) fn insert_checked(&mut self, value: T) -> Result<(Name, bool), Disagreement> {
        let (name, new) = self.insert(value);
        if new {
            let newest = &self[name];
            let compared = if self.len() <= ALL_COMPARED {
                ALL_COMPARED
            } else {
                LATER_COMPARED
            };
            let first = self.len().saturating_sub(1 + compared);
            let equal = (first as Name..name).find(|other| self[*other] == *newest);
            if let Some(other) = equal {
                return Err(Disagreement {
                    one: format!("{:?}", self[other]),
                    other: format!("{newest:?}"),
                });
            }
        }
        Ok((name, new))
    }
}

impl<T> Index<Name> for Interner<T> {
    type Output = T;

    fn index(&self, name: Name) -> &T {
        &self.values[name as usize].0
    }
}
