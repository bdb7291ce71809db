//! Sets of states.

use super::State;

/// A set of the states of a graph: a bit for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States {
    words: Vec<u64>,
    len: usize,
}

impl States {
    /// None of so many states.
    pub fn none(len: usize) -> Self {
        let words = vec![0; len.div_ceil(64)];
        States { words, len }
    }

    /// Those of so many states of which something is true.
    pub fn of(len: usize, is_in: impl Fn(State) -> bool) -> Self {
        let mut states = States::none(len);
        for state in (0..len as State).filter(|state| is_in(*state)) {
            states.add(state);
        }
        states
    }

    /// Makes room for so many states.
    pub fn grow(&mut self, len: usize) {
        self.words.resize(len.div_ceil(64), 0);
        self.len = len;
    }

    /// Of how many states it is a set.
    pub(super) fn size(&self) -> usize {
        self.len
    }

    /// Whether a state is in it.
    #[inline]
    pub fn has(&self, state: State) -> bool {
        self.words[state as usize / 64] & 1 << (state % 64) != 0
    }

    /// Adds a state, and says whether it is new.
    #[inline]
    pub fn add(&mut self, state: State) -> bool {
        let new = !self.has(state);
        self.words[state as usize / 64] |= 1 << (state % 64);
        new
    }

    /// Takes a state out.
    #[inline]
    pub fn remove(&mut self, state: State) {
        self.words[state as usize / 64] &= !(1 << (state % 64));
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = State> + '_ {
        (0..self.len as State).filter(|state| self.has(*state))
    }

    /// Those that are not in another set.
    #[must_use]
    pub fn without(&self, other: &States) -> States {
        let pairs = self.words.iter().zip(&other.words);
        States {
            words: pairs.map(|(one, other)| one & !other).collect(),
            len: self.len,
        }
    }

    /// Those that are in another set, too.
    #[must_use]
    pub fn and(&self, other: &States) -> States {
        let pairs = self.words.iter().zip(&other.words);
        States {
            words: pairs.map(|(one, other)| one & other).collect(),
            len: self.len,
        }
    }
}
