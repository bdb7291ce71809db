//! The replicated state machine: a key-value store.

use quorate_models::replica::Consistency;
use quorate_models::service;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An operation on the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// Stores a value.
    Put {
        /// Where.
        key: String,
        /// The value.
        value: String,
    },
    /// Reads a value.
    Get {
        /// Where.
        key: String,
        /// How recent the value must be.
        consistency: Consistency,
    },
    /// Removes a value.
    Delete {
        /// Where.
        key: String,
    },
    /// Stores a value if the present one is as expected: compare and swap.
    Cas {
        /// Where.
        key: String,
        /// The present value; `None` if there must be none.
        expected: Option<String>,
        /// The new value.
        value: String,
    },
}

/// The outcome of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The value is stored.
    Stored,
    /// The value that was found, if any.
    Found(Option<String>),
    /// Whether there was a value to remove.
    Deleted(bool),
    /// The value was not as expected, and is unchanged: what was found instead.
    Mismatch(Option<String>),
}

/// The store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Machine {
    values: BTreeMap<String, String>,
}

impl Machine {
    /// The number of keys.
    pub fn keys(&self) -> usize {
        self.values.len()
    }
}

impl service::Machine for Machine {
    type Operation = Operation;
    type Outcome = Outcome;

    fn execute(&mut self, operation: Operation) -> Outcome {
        match operation {
            Operation::Put { key, value } => {
                self.values.insert(key, value);
                Outcome::Stored
            }
            Operation::Get { .. } => self.read(&operation),
            Operation::Delete { key } => Outcome::Deleted(self.values.remove(&key).is_some()),
            Operation::Cas {
                key,
                expected,
                value,
            } => {
                let found = self.values.get(&key);
                if found != expected.as_ref() {
                    return Outcome::Mismatch(found.cloned());
                }
                self.values.insert(key, value);
                Outcome::Stored
            }
        }
    }

    fn consistency(operation: &Operation) -> Option<Consistency> {
        match operation {
            Operation::Get { consistency, .. } => Some(*consistency),
            _ => None,
        }
    }

    /// # Panics
    ///
    /// If the operation may change something.
    fn read(&self, operation: &Operation) -> Outcome {
        let Operation::Get { key, .. } = operation else {
            unreachable!("only a get has a consistency")
        };
        Outcome::Found(self.values.get(key).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate_models::service::Machine as _;

    #[test]
    fn compare_and_swap_swaps_only_what_is_expected() {
        let mut machine = Machine::default();
        let mut cas = |expected: Option<&str>, value: &str| {
            let expected = expected.map(str::to_owned);
            let (key, value) = ("k".to_owned(), value.to_owned());
            machine.execute(Operation::Cas {
                key,
                expected,
                value,
            })
        };
        let mismatch = |found: Option<&str>| Outcome::Mismatch(found.map(str::to_owned));
        assert_eq!(cas(Some("a"), "b"), mismatch(None));
        assert_eq!(cas(None, "a"), Outcome::Stored);
        assert_eq!(cas(None, "b"), mismatch(Some("a")));
        assert_eq!(cas(Some("a"), "b"), Outcome::Stored);
        let get = Operation::Get {
            key: "k".to_owned(),
            consistency: Consistency::Linearizable,
        };
        assert_eq!(machine.execute(get), Outcome::Found(Some("b".to_owned())));
    }
}
