//! What a node sees of a protocol.
//!
//! A replicated service is the same over every protocol: it proposes opaque commands, applies the
//! decided ones in order, and sends clients to whoever can propose. [`Replica`] is that view of an
//! actor; nothing else of a protocol is visible outside its own folder.

use crate::durable::Record;
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id};
use std::fmt;
use std::sync::Arc;

/// A command of the replicated service, opaque to the protocols.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Command(pub Arc<[u8]>);

impl From<&str> for Command {
    fn from(text: &str) -> Self {
        Command(text.as_bytes().into())
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// An actor that decides a sequence of commands.
pub trait Replica: Actor<Storage: Record> {
    /// The message by which a client proposes a command.
    fn proposal(command: Command) -> Self::Msg;

    /// If `answer`, sent to a client, refuses its proposal: the participant to ask instead, when
    /// one is known.
    fn refusal(answer: &Self::Msg) -> Option<Option<Id>>;

    /// The number of positions this participant knows to be decided. Never decreases between two
    /// starts.
    fn decided(state: &Self::State) -> u64;

    /// What was decided at a position (the first is 1), or `None` if the position holds nothing
    /// for the service. Meaningful up to [`decided`](Replica::decided).
    fn command(state: &Self::State, position: u64) -> Option<&Command>;

    /// A summary for operators.
    fn status(state: &Self::State) -> Status;

    /// Why this participant has stopped for good, if it has: it found that the protocol's safety
    /// is already lost and refuses to go on.
    fn fault(state: &Self::State) -> Option<String>;
}

/// The state of a participant in the words that all protocols share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Role or phase, in the protocol's own word.
    pub role: String,
    /// Current generation: Raft's term, ZAB's epoch, Totem's ring sequence number.
    pub generation: u64,
    /// The participant that leads this generation, if known.
    pub leader: Option<Id>,
    /// Positions known to be decided.
    pub decided: u64,
    /// Positions held, decided or not.
    pub last: u64,
}
