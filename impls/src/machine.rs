//! The replicated state machine: a key-value store that executes each request once.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Clients whose last reply is remembered.
///
/// A client that comes back after so many others have written is told that it has expired. Only
/// its very first request cannot be told from a new client's; a client therefore gives up on a
/// request long before so many others can have come.
pub const CLIENTS_MAX: usize = 16 * 1024;

/// What can be done with the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// Stores a value.
    Put {
        /// Where.
        key: String,
        /// What.
        value: String,
    },
    /// Reads a value.
    Get {
        /// Where.
        key: String,
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
        /// What.
        value: String,
    },
}

/// What came of an operation.
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

/// An operation as it is replicated: whose it is, and which of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Submission {
    /// The client.
    pub client: u64,
    /// Its requests, numbered from 1.
    pub number: u64,
    /// What is to be done.
    pub operation: Operation,
}

/// What the machine says to a submission.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Execution {
    /// Executed, now or when it came first.
    Done(Outcome),
    /// An earlier request than the client's last: it has had its answer.
    Outdated,
    /// The client is not remembered (any more).
    Expired,
}

/// The store, and the last reply to each client. Serialised, it is a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Machine {
    values: BTreeMap<String, String>,
    clients: BTreeMap<u64, LastReply>,
    /// Clients by the time of their last request, in requests executed.
    by_age: BTreeMap<u64, u64>,
    executed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct LastReply {
    number: u64,
    outcome: Outcome,
    executed: u64,
}

impl Machine {
    /// The number of keys.
    pub fn keys(&self) -> usize {
        self.values.len()
    }

    /// What is known of a request without executing it.
    pub fn execution(&self, client: u64, number: u64) -> Option<Execution> {
        match self.clients.get(&client) {
            Some(last) if number == last.number => Some(Execution::Done(last.outcome.clone())),
            Some(last) if number < last.number => Some(Execution::Outdated),
            None if number != 1 => Some(Execution::Expired),
            _ => None,
        }
    }

    /// Executes a request, unless it has been executed before.
    pub fn apply(&mut self, submission: Submission) -> Execution {
        let Submission {
            client,
            number,
            operation,
        } = submission;
        if let Some(execution) = self.execution(client, number) {
            return execution;
        }
        let outcome = self.execute(operation);
        self.remember(client, number, outcome.clone());
        Execution::Done(outcome)
    }

    fn execute(&mut self, operation: Operation) -> Outcome {
        match operation {
            Operation::Put { key, value } => {
                self.values.insert(key, value);
                Outcome::Stored
            }
            Operation::Get { key } => Outcome::Found(self.values.get(&key).cloned()),
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

    fn remember(&mut self, client: u64, number: u64, outcome: Outcome) {
        self.executed += 1;
        let executed = self.executed;
        let last = LastReply {
            number,
            outcome,
            executed,
        };
        if let Some(before) = self.clients.insert(client, last) {
            self.by_age.remove(&before.executed);
        }
        self.by_age.insert(executed, client);
        if CLIENTS_MAX < self.clients.len()
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.clients.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(client: u64, number: u64, value: &str) -> Submission {
        let operation = Operation::Put {
            key: "k".to_owned(),
            value: value.to_owned(),
        };
        Submission {
            client,
            number,
            operation,
        }
    }

    fn get(client: u64, number: u64) -> Submission {
        Submission {
            client,
            number,
            operation: Operation::Get {
                key: "k".to_owned(),
            },
        }
    }

    fn found(value: &str) -> Execution {
        Execution::Done(Outcome::Found(Some(value.to_owned())))
    }

    #[test]
    fn a_repeated_request_is_answered_and_not_executed() {
        let mut machine = Machine::default();
        assert_eq!(
            machine.apply(put(1, 1, "a")),
            Execution::Done(Outcome::Stored)
        );
        assert_eq!(
            machine.apply(put(2, 1, "b")),
            Execution::Done(Outcome::Stored)
        );
        assert_eq!(
            machine.apply(put(1, 1, "a")),
            Execution::Done(Outcome::Stored)
        );
        assert_eq!(machine.apply(get(1, 2)), found("b"));
        assert_eq!(machine.apply(put(1, 1, "a")), Execution::Outdated);
        assert_eq!(machine.apply(get(1, 2)), found("b"));
    }

    #[test]
    fn compare_and_swap_swaps_only_what_is_expected() {
        let mut machine = Machine::default();
        let mut number = 0;
        let mut cas = |expected: Option<&str>, value: &str| {
            number += 1;
            let expected = expected.map(str::to_owned);
            let (key, value) = ("k".to_owned(), value.to_owned());
            let operation = Operation::Cas {
                key,
                expected,
                value,
            };
            machine.apply(Submission {
                client: 1,
                number,
                operation,
            })
        };
        let mismatch =
            |found: Option<&str>| Execution::Done(Outcome::Mismatch(found.map(str::to_owned)));
        assert_eq!(cas(Some("a"), "b"), mismatch(None));
        assert_eq!(cas(None, "a"), Execution::Done(Outcome::Stored));
        assert_eq!(cas(None, "b"), mismatch(Some("a")));
        assert_eq!(cas(Some("a"), "b"), Execution::Done(Outcome::Stored));
        assert_eq!(machine.apply(get(1, 5)), found("b"));
    }

    #[test]
    fn the_client_that_was_silent_longest_is_forgotten() {
        let mut machine = Machine::default();
        machine.apply(put(0, 1, "a"));
        machine.apply(put(1, 1, "b"));
        machine.apply(put(0, 2, "c"));
        for client in 2..=CLIENTS_MAX as u64 {
            machine.apply(get(client, 1));
        }
        assert_eq!(machine.apply(put(1, 2, "d")), Execution::Expired);
        assert_eq!(machine.apply(get(0, 3)), found("c"));
        assert_eq!(machine.clients.len(), CLIENTS_MAX);
        assert_eq!(machine.by_age.len(), CLIENTS_MAX);
    }
}
