//! A vector that is cheap to copy and to compare.
//!
//! A replicated log is copied whenever an actor saves it and compared to find out what has to be
//! written. [`SharedVec`] keeps its items in a radix tree whose nodes are shared between copies:
//! a clone is one reference count, an append copies one path of the tree, and a comparison skips
//! every node that both sides share. So the cost of an append does not grow with the length of
//! the log (only with its logarithm, base 32).
//!
//! The shape of the tree is a function of its length alone. Equality and hash may therefore be
//! derived: two vectors are equal exactly if their trees are.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

/// Children of a full branch, and items of a full leaf.
const FAN: usize = 32;

/// A persistent vector: an ordered sequence of items, grown and cut at its end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SharedVec<T> {
    len: usize,
    root: Arc<Node<T>>,
}

/// A tree of height `h` holds at most `FAN.pow(h + 1)` items; all nodes left of the last are full.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Node<T> {
    Leaf(Vec<T>),
    Branch(Vec<Arc<Node<T>>>),
}

impl<T: Clone> SharedVec<T> {
    /// An empty vector.
    pub fn new() -> Self {
        SharedVec {
            len: 0,
            root: Arc::new(Node::Leaf(Vec::new())),
        }
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The item at `position`, counted from 0.
    pub fn get(&self, position: usize) -> Option<&T> {
        if self.len <= position {
            return None;
        }
        let mut node = &self.root;
        let mut capacity = capacity(self.len);
        loop {
            match &**node {
                Node::Leaf(items) => return items.get(position % FAN),
                Node::Branch(children) => {
                    capacity /= FAN;
                    node = &children[position / capacity % FAN];
                }
            }
        }
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        self.len
            .checked_sub(1)
            .and_then(|position| self.get(position))
    }

    /// Appends one item.
    pub fn push(&mut self, item: T) {
        if self.len == capacity(self.len) {
            let below = std::mem::replace(&mut self.root, Arc::new(Node::Branch(Vec::new())));
            self.root = Arc::new(Node::Branch(vec![below]));
        }
        self.len += 1;
        push(&mut self.root, capacity(self.len), self.len - 1, item);
    }

    /// Keeps the first `len` items and drops the rest.
    pub fn truncate(&mut self, len: usize) {
        if self.len <= len {
            return;
        }
        let before = capacity(self.len);
        self.len = len;
        truncate(&mut self.root, before, len);
        let mut height = before;
        while capacity(len) < height {
            let Node::Branch(children) = &*self.root else {
                unreachable!("a tall tree branches")
            };
            self.root = children[0].clone();
            height /= FAN;
        }
    }

    /// The items in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        (0..self.len).map(|position| &self[position])
    }

    /// The number of leading items that both vectors have in common.
    ///
    /// Shared parts are recognised without being read, so that comparing a vector with an earlier
    /// copy of itself costs a path of the tree, not its length.
    pub fn common_prefix(&self, other: &Self) -> usize
    where
        T: PartialEq,
    {
        let shorter = self.len.min(other.len);
        let (mut left, mut right) = (&self.root, &other.root);
        let (mut left_capacity, mut right_capacity) = (capacity(self.len), capacity(other.len));
        // A taller tree holds all of a lower one in its first child.
        while right_capacity < left_capacity {
            left = left.first_child();
            left_capacity /= FAN;
        }
        while left_capacity < right_capacity {
            right = right.first_child();
            right_capacity /= FAN;
        }
        common_prefix(left, right, left_capacity).min(shorter)
    }

    /// Whether `other` is its beginning, or all of it.
    pub fn starts_with(&self, other: &Self) -> bool
    where
        T: PartialEq,
    {
        self.common_prefix(other) == other.len
    }

    /// Its first `len` items, or all, if there are fewer.
    pub fn prefix(&self, len: usize) -> Self {
        let mut prefix = self.clone();
        prefix.truncate(len);
        prefix
    }
}

impl<T> Node<T> {
    fn first_child(&self) -> &Arc<Node<T>> {
        match self {
            Node::Branch(children) => &children[0],
            Node::Leaf(_) => unreachable!("a leaf has no children"),
        }
    }
}

/// The number of items that a tree of the height needed for `len` items can hold.
fn capacity(len: usize) -> usize {
    let mut capacity = FAN;
    while capacity < len {
        capacity *= FAN;
    }
    capacity
}

fn push<T: Clone>(node: &mut Arc<Node<T>>, capacity: usize, position: usize, item: T) {
    match Arc::make_mut(node) {
        Node::Leaf(items) => items.push(item),
        Node::Branch(children) => {
            let below = capacity / FAN;
            let child = position / below % FAN;
            if child == children.len() {
                let empty = if below == FAN {
                    Node::Leaf(Vec::new())
                } else {
                    Node::Branch(Vec::new())
                };
                children.push(Arc::new(empty));
            }
            push(&mut children[child], below, position, item);
        }
    }
}

fn truncate<T: Clone>(node: &mut Arc<Node<T>>, capacity: usize, len: usize) {
    match Arc::make_mut(node) {
        Node::Leaf(items) => items.truncate(len),
        Node::Branch(children) => {
            let below = capacity / FAN;
            children.truncate(len.div_ceil(below).max(1));
            let last = children.len() - 1;
            truncate(&mut children[last], below, len - last * below);
        }
    }
}

fn common_prefix<T: PartialEq>(
    left: &Arc<Node<T>>,
    right: &Arc<Node<T>>,
    capacity: usize,
) -> usize {
    if Arc::ptr_eq(left, right) {
        return capacity;
    }
    match (&**left, &**right) {
        (Node::Leaf(left), Node::Leaf(right)) => left
            .iter()
            .zip(right)
            .take_while(|(left, right)| left == right)
            .count(),
        (Node::Branch(left), Node::Branch(right)) => {
            let below = capacity / FAN;
            let mut common = 0;
            for (left, right) in left.iter().zip(right) {
                let shared = common_prefix(left, right, below);
                common += shared;
                if shared < below {
                    break;
                }
            }
            common
        }
        _ => unreachable!("trees of one height have leaves at one depth"),
    }
}

impl<T: Clone> Default for SharedVec<T> {
    fn default() -> Self {
        SharedVec::new()
    }
}

impl<T: Clone> Index<usize> for SharedVec<T> {
    type Output = T;

    fn index(&self, position: usize) -> &T {
        self.get(position).expect("position is within the vector")
    }
}

impl<T: Clone> Extend<T> for SharedVec<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        for item in items {
            self.push(item);
        }
    }
}

impl<T: Clone> FromIterator<T> for SharedVec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut vector = SharedVec::new();
        vector.extend(items);
        vector
    }
}

impl<T: Clone + fmt::Debug> fmt::Debug for SharedVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Clone + Serialize> Serialize for SharedVec<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Clone + Deserialize<'de>> Deserialize<'de> for SharedVec<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<T>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hash::{BuildHasher, RandomState};

    #[derive(Clone, Debug)]
    enum Edit {
        Push(usize),
        Truncate(usize),
    }

    fn edits() -> impl Strategy<Value = Vec<Edit>> {
        let edit = prop_oneof![
            (1..2000usize).prop_map(Edit::Push),
            (0..9000usize).prop_map(Edit::Truncate)
        ];
        prop::collection::vec(edit, 0..12)
    }

    fn apply(edits: &[Edit], seed: u32) -> (SharedVec<u32>, Vec<u32>) {
        let (mut shared, mut plain) = (SharedVec::new(), Vec::new());
        for edit in edits {
            match edit {
                Edit::Push(count) => {
                    for item in 0..*count as u32 {
                        shared.push(item ^ seed);
                        plain.push(item ^ seed);
                    }
                }
                Edit::Truncate(len) => {
                    shared.truncate(*len);
                    plain.truncate(*len);
                }
            }
        }
        (shared, plain)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn behaves_like_a_vec(edits in edits()) {
            let (shared, plain) = apply(&edits, 0);
            prop_assert_eq!(shared.iter().copied().collect::<Vec<_>>(), plain.clone());
            prop_assert_eq!(shared.last(), plain.last());
            prop_assert_eq!(shared.get(plain.len()), None);
        }

        #[test]
        fn equality_and_hash_depend_on_the_items_alone(edits in edits()) {
            let (shared, plain) = apply(&edits, 0);
            let rebuilt: SharedVec<u32> = plain.into_iter().collect();
            let state = RandomState::new();
            prop_assert_eq!(state.hash_one(&shared), state.hash_one(&rebuilt));
            prop_assert_eq!(shared, rebuilt);
        }

        #[test]
        fn common_prefix_is_that_of_the_items(
            edits in edits(), kept in 0..9000usize, added in 0..3000usize, seed in 0..2u32,
        ) {
            let (before, plain) = apply(&edits, 0);
            let mut after = before.clone();
            after.truncate(kept);
            after.extend((0..added as u32).map(|item| item ^ seed));
            let expected = plain.iter().zip(after.iter()).take_while(|(l, r)| l == r).count();
            prop_assert_eq!(before.common_prefix(&after), expected);
            prop_assert_eq!(after.common_prefix(&before), expected);
        }
    }
}
