//! The replicated machine where there are clients: a list of letters, which shows which operations were
//! executed, in which order and how often.

use crate::client;
use crate::replica::{Command, Consistency};
use crate::service::Machine;
use stateright::semantics::SequentialSpec;
use std::fmt;
use std::str;

/// The letters that were appended, in order.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List(Vec<char>);

/// A request of a client. Its outcome is the list afterwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Appends a letter.
    Append(char),
    /// Changes nothing.
    Read(Consistency),
}

/// A client's request.
pub type Request = client::Request<Operation>;

/// The reply to it.
pub type Reply = client::Reply<List>;

impl List {
    /// Whether nothing was appended.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How often a letter was appended.
    pub fn count(&self, letter: char) -> usize {
        self.0.iter().filter(|it| **it == letter).count()
    }

    /// Whether no letter was appended twice.
    pub fn is_distinct(&self) -> bool {
        self.0.iter().all(|letter| self.count(*letter) == 1)
    }
}

impl Machine for List {
    type Operation = Operation;
    type Outcome = List;

    fn execute(&mut self, operation: Operation) -> List {
        self.invoke(&operation)
    }

    fn consistency(operation: &Operation) -> Option<Consistency> {
        match operation {
            Operation::Append(_) => None,
            Operation::Read(consistency) => Some(*consistency),
        }
    }

    fn read(&self, _: &Operation) -> List {
        self.clone()
    }
}

/// The specification that a history is compared with.
impl SequentialSpec for List {
    type Op = Operation;
    type Ret = List;

    fn invoke(&mut self, operation: &Operation) -> List {
        if let Operation::Append(letter) = operation {
            self.0.push(*letter);
        }
        self.clone()
    }
}

/// A request as it is replicated: `3.1 a`, or `3.1` if it only reads, and is ordered.
pub fn command(request: &Request) -> Command {
    let Request {
        client,
        number,
        operation,
    } = request;
    let text = match operation {
        Operation::Append(letter) => format!("{client}.{number} {letter}"),
        Operation::Read(_) => format!("{client}.{number}"),
    };
    text.as_str().into()
}

/// The request that a command is; `None` if it is none.
pub fn request(command: &Command) -> Option<Request> {
    let text = str::from_utf8(&command.0).ok()?;
    let (name, operation) = match text.split_once(' ') {
        Some((name, letter)) => (name, Operation::Append(letter.parse().ok()?)),
        None => (text, Operation::Read(Consistency::Linearizable)),
    };
    let (client, number) = name.split_once('.')?;
    Some(Request {
        client: client.parse().ok()?,
        number: number.parse().ok()?,
        operation,
    })
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters: String = self.0.iter().collect();
        write!(f, "[{letters}]")
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Append(letter) => write!(f, "Append {letter}"),
            Operation::Read(Consistency::Linearizable) => write!(f, "Read"),
            Operation::Read(consistency) => write!(f, "Read {consistency:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let read = Operation::Read(Consistency::Linearizable);
        for operation in [Operation::Append('a'), read] {
            let written = Request {
                client: 3,
                number: 12,
                operation,
            };
            assert_eq!(request(&command(&written)), Some(written));
        }
        for other in ["a", "3.x", "3.1 ab", "3"] {
            assert_eq!(request(&other.into()), None, "{other}");
        }
    }
}
