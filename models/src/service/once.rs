//! Execution once: a machine, and the table by which a repeated request is recognised.

use super::Rules;
use crate::client::Request;
use crate::replica::Consistency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;

/// Clients whose last reply is remembered.
///
/// A client that comes back after so many others have written is told that it has expired. Only
/// its very first request cannot be told from a new client's; a client therefore gives up on a
/// request long before so many others can have come.
pub const CLIENTS_MAX: usize = 16 * 1024;

/// The replicated part: a deterministic machine.
pub trait Machine: Clone + Debug + Default + Eq + Hash {
    /// An operation on it.
    type Operation: Clone;
    /// The outcome of an operation.
    type Outcome: Clone + Debug + Eq + Hash;

    /// Does it.
    fn execute(&mut self, operation: Self::Operation) -> Self::Outcome;

    /// The consistency of an operation that reads, in any state of the machine; `None` if it may write.
    fn consistency(operation: &Self::Operation) -> Option<Consistency>;

    /// The outcome of an operation that reads.
    fn read(&self, operation: &Self::Operation) -> Self::Outcome;
}

/// Whether a request is new, by its number and that of its client's last executed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognized {
    /// To be executed.
    New,
    /// The last one once more.
    Repeated,
    /// One before the last: it has had its answer.
    Outdated,
    /// Not its client's first, and the client is not remembered.
    Expired,
}

/// The answer of the machine to a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Execution<Outcome> {
    /// Executed, now or when it came first.
    Done(Outcome),
    /// An earlier request than the client's last: it has had its answer.
    Outdated,
    /// The client is not remembered (any more).
    Expired,
}

/// A machine that executes each request once, and the last reply to each client. Serialised, it is a
/// snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(bound(
    serialize = "M: Serialize, M::Outcome: Serialize",
    deserialize = "M: Deserialize<'de>, M::Outcome: Deserialize<'de>"
))]
pub struct Once<M: Machine> {
    machine: M,
    clients: BTreeMap<u64, LastReply<M::Outcome>>,
    /// Clients by the time of their last request, in requests executed.
    by_age: BTreeMap<u64, u64>,
    executed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct LastReply<Outcome> {
    number: u64,
    outcome: Outcome,
    executed: u64,
}

impl Recognized {
    /// Whether a request with this number is new.
    pub fn of(last: Option<u64>, number: u64) -> Self {
        match last {
            Some(last) if number == last => Recognized::Repeated,
            Some(last) if number < last => Recognized::Outdated,
            None if number != 1 => Recognized::Expired,
            _ => Recognized::New,
        }
    }
}

impl<M: Machine> Default for Once<M> {
    fn default() -> Self {
        Once {
            machine: M::default(),
            clients: BTreeMap::new(),
            by_age: BTreeMap::new(),
            executed: 0,
        }
    }
}

impl<M: Machine> Once<M> {
    /// The machine.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The answer to a request, if it need not be executed.
    pub fn execution(
        &self,
        rules: &Rules,
        client: u64,
        number: u64,
    ) -> Option<Execution<M::Outcome>> {
        let last = self.clients.get(&client);
        match (rules.recognize)(last.map(|last| last.number), number) {
            Recognized::New => None,
            Recognized::Repeated => last.map(|last| Execution::Done(last.outcome.clone())),
            Recognized::Outdated => Some(Execution::Outdated),
            Recognized::Expired => Some(Execution::Expired),
        }
    }

    /// Executes a request, unless it has been executed before.
    pub fn apply(
        &mut self,
        rules: &Rules,
        request: Request<M::Operation>,
    ) -> Execution<M::Outcome> {
        let Request {
            client,
            number,
            operation,
        } = request;
        if let Some(execution) = self.execution(rules, client, number) {
            return execution;
        }
        let outcome = self.machine.execute(operation);
        self.remember(client, number, outcome.clone());
        Execution::Done(outcome)
    }

    fn remember(&mut self, client: u64, number: u64, outcome: M::Outcome) {
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

    /// The words it was told, in order.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
    struct Words(Vec<&'static str>);

    impl Machine for Words {
        type Operation = &'static str;
        type Outcome = Vec<&'static str>;

        fn execute(&mut self, word: &'static str) -> Vec<&'static str> {
            self.0.push(word);
            self.0.clone()
        }

        fn consistency(_: &&'static str) -> Option<Consistency> {
            None
        }

        fn read(&self, _: &&'static str) -> Vec<&'static str> {
            self.0.clone()
        }
    }

    /// The outcome of a request.
    fn told(
        once: &mut Once<Words>,
        (client, number): (u64, u64),
        operation: &'static str,
    ) -> Execution<Vec<&'static str>> {
        let request = Request {
            client,
            number,
            operation,
        };
        once.apply(&Rules::default(), request)
    }

    fn done(words: &[&'static str]) -> Execution<Vec<&'static str>> {
        Execution::Done(words.to_vec())
    }

    #[test]
    fn a_repeated_request_is_answered_and_not_executed() {
        let mut once = Once::default();
        assert_eq!(told(&mut once, (1, 1), "a"), done(&["a"]));
        assert_eq!(told(&mut once, (2, 1), "b"), done(&["a", "b"]));
        assert_eq!(told(&mut once, (1, 1), "a"), done(&["a"]));
        assert_eq!(told(&mut once, (1, 2), "c"), done(&["a", "b", "c"]));
        assert_eq!(told(&mut once, (1, 1), "a"), Execution::Outdated);
        assert_eq!(once.machine().0, ["a", "b", "c"]);
    }

    #[test]
    fn the_client_that_was_silent_longest_is_forgotten() {
        let mut once = Once::default();
        for client in [0, 1] {
            told(&mut once, (client, 1), "a");
        }
        told(&mut once, (0, 2), "b");
        // Otherwise the lists in the replies fill the memory.
        once.machine.0.clear();
        for client in 2..=CLIENTS_MAX as u64 {
            told(&mut once, (client, 1), "c");
            once.machine.0.clear();
        }
        assert_eq!(told(&mut once, (1, 2), "d"), Execution::Expired);
        assert_eq!(told(&mut once, (0, 3), "e"), done(&["e"]));
        assert_eq!(once.clients.len(), CLIENTS_MAX);
        assert_eq!(once.by_age.len(), CLIENTS_MAX);
    }
}
