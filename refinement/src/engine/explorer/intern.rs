//! Values that are stored once and numbered.

use super::ids::{ComponentId, NONE};
use super::threads;
use indexmap::{Equivalent, IndexSet};
use rustc_hash::FxBuildHasher;
use std::fmt::Debug;
use std::hash::Hash;
use std::ops::Index;

/// Comparisons that every search can afford, to find values that are equal and hash differently:
/// those of each two among 5,792.
const COMPARISONS: usize = 1 << 24;
/// Comparisons that each transition adds. A transition takes longer than these.
const COMPARISONS_PER_TRANSITION: usize = 4;

/// Distinct values, by id.
pub(super) struct Interner<T> {
    values: IndexSet<Exact<T>, FxBuildHasher>,
    /// The first so many have been compared with those before them.
    compared: usize,
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

/// A value that is looked up.
#[derive(Hash)]
struct Sought<'v, T: ?Sized>(&'v T);

impl<T: PartialEq> Equivalent<Exact<T>> for Sought<'_, T> {
    fn equivalent(&self, key: &Exact<T>) -> bool {
        *self.0 == key.0
    }
}

impl<T: PartialEq> Equivalent<Exact<Box<[T]>>> for Sought<'_, [T]> {
    fn equivalent(&self, key: &Exact<Box<[T]>>) -> bool {
        *self.0 == *key.0
    }
}

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
            compared: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The id of a value, if it has one.
    pub(super) fn id(&self, value: &T) -> Option<ComponentId> {
        let position = self.values.get_index_of(&Sought(value))?;
        Some(position as ComponentId)
    }

    /// The id of a value, and whether it is new.
    pub(super) fn insert(&mut self, value: T) -> (ComponentId, bool) {
        let (position, new) = self.values.insert_full(Exact(value));
        assert!(position < NONE as usize, "too many values of one kind");
        (position as ComponentId, new)
    }

    /// Compares each value that is new since the last time with all before it.
    ///
    /// Equal values are found by their hash, and a hash that disagrees with `==` is a user's
    /// mistake that nothing else shows: only comparing each two finds it for certain. There are few
    /// values for many states, so that most searches can afford that. If one cannot, each is
    /// compared with as many before it as can be afforded, a disagreement may go unseen, and the
    /// [`Allowance`] knows.
    ///
    /// # Errors
    ///
    /// If two are equal. They hash differently: they would count as two.
    pub(super) fn compare(
        &mut self,
        threads: usize,
        allowance: &mut Allowance,
    ) -> Result<(), Disagreement>
    where
        T: Sync,
    {
        let new = self.compared..self.len();
        self.compared = new.end;
        let most = allowance.comparisons / new.len().max(1);
        let equal = threads::map(threads, new.len(), |position| {
            let newer = (new.start + position) as ComponentId;
            let mut before = newer.saturating_sub(most as ComponentId)..newer;
            before.find(|older| self[*older] == self[newer])
        });
        let spent: usize = new.clone().map(|newer| newer.min(most)).sum();
        allowance.comparisons -= spent;
        allowance.is_enough &= new.is_empty() || new.end - 1 <= most;
        let (newer, older) = match (new.start..).zip(equal).find(|(_, older)| older.is_some()) {
            Some((newer, Some(older))) => (newer as ComponentId, older),
            _ => return Ok(()),
        };
        Err(Disagreement {
            one: format!("{:?}", self[older]),
            other: format!("{:?}", self[newer]),
        })
    }
}

impl<T: Clone + Debug + PartialEq + Hash> Interner<Box<[T]>> {
    /// The id of a list, if it has one.
    pub(super) fn id_of_list(&self, list: &[T]) -> Option<ComponentId> {
        let position = self.values.get_index_of(&Sought(list))?;
        Some(position as ComponentId)
    }

    /// The id of a list, and whether it is new.
    pub(super) fn insert_list(&mut self, list: &[T]) -> (ComponentId, bool) {
        match self.id_of_list(list) {
            Some(id) => (id, false),
            None => self.insert(list.into()),
        }
    }
}

/// How many values a search may still compare.
pub(super) struct Allowance {
    comparisons: usize,
    /// Whether every two values were compared so far.
    is_enough: bool,
}

impl Allowance {
    pub(super) fn new() -> Self {
        Allowance {
            comparisons: COMPARISONS,
            is_enough: true,
        }
    }

    pub(super) fn is_enough(&self) -> bool {
        self.is_enough
    }

    pub(super) fn earn(&mut self, transitions: usize) {
        self.comparisons += transitions * COMPARISONS_PER_TRANSITION;
    }
}

impl<T> Index<ComponentId> for Interner<T> {
    type Output = T;

    fn index(&self, id: ComponentId) -> &T {
        &self.values[id as usize].0
    }
}
