//! The view that a node has of a protocol.
//!
//! A replicated service is the same over every protocol: it proposes opaque commands, reads what
//! is decided with a cursor, in order, and sends clients to a participant that can propose.
//! [`Replica`] is that view of an actor; nothing else of a protocol is visible outside its own
//! folder.

use crate::durable::Record;
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};
use std::hash::Hash;
use std::sync::Arc;

/// A command of the replicated service, opaque to the protocols.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Command(#[serde(with = "crate::opaque")] pub Arc<[u8]>);

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

/// An item that a service reads from a decided sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery<'a> {
    /// A command, to be applied.
    Command(&'a Command),
    /// A position that holds nothing for the service.
    Nothing,
    /// The members from here on.
    Members(&'a BTreeSet<Id>),
    /// A state of the service, which replaces the present one.
    Snapshot {
        /// How many deliveries from the first on it stands for.
        stands_for: u64,
        /// The state, as the service's own bytes.
        state: &'a [u8],
    },
}

/// The writes that a read shows at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Consistency {
    /// All that was answered before the read was asked.
    Linearizable,
    /// All that the leader has committed when it hears of the read. One that is deposed, and does not know
    /// it, lacks what its successor has committed. ZooKeeper: *sync()*, and then a read.
    Synced,
    /// Those that the participant asked has delivered, however old they are.
    Local,
}

/// An actor that decides a sequence of commands.
pub trait Replica: Actor<Storage: Record> {
    /// How far a service has read what is decided. By default it has read nothing, as at the
    /// start of its participant. A cursor is valid until the next start.
    type Cursor: Clone + Debug + Default + PartialEq + Hash;

    /// The protocol's word for what [`Status::generation`] counts: term, epoch, ring.
    const GENERATION: &'static str;

    /// The message by which a client proposes a command.
    fn proposal(command: Command) -> Self::Msg;

    /// If `answer`, sent to a client, refuses its proposal: the participant to ask instead, when
    /// one is known.
    fn refusal(answer: &Self::Msg) -> Option<Option<Id>>;

    /// Whether one of so many participants can have sent this to another in this state. A node drops and
    /// counts what nobody can have sent, which to the protocol is a loss. By default everything can be sent.
    fn is_possible(_receiver: &Self::State, _: &Self::Msg, _participants: usize) -> bool {
        true
    }

    /// Whether what is proposed to this participant waits there for its decision and cannot be lost, as long
    /// as the present generation lasts. By default that is so of its leader alone.
    fn holds(participant: Id, status: &Status) -> bool {
        status.leader == Some(participant)
    }

    /// Whether a participant of this status belongs to those that serve clients now, as far as it knows. By
    /// default it does if it knows a leader.
    fn serves(status: &Status) -> bool {
        status.leader.is_some()
    }

    /// The message by which a participant is asked whether what it has delivered will do for a read. `None`
    /// if the protocol has none: then the read is ordered among the commands.
    fn read(_: Consistency) -> Option<Self::Msg> {
        None
    }

    /// Whether `answer`, sent to a reader, says that what is delivered by now will do.
    fn is_readable(_: &Self::Msg) -> bool {
        false
    }

    /// The message by which a service tells its participant what so many deliveries have come to, so that it
    /// need not hold them any longer. `None` if the protocol keeps all.
    fn snapshot(_: u64, _: Arc<Vec<u8>>) -> Option<Self::Msg> {
        None
    }

    /// The message by which a node tells its participant that it is about to stop, so that the others need
    /// not find out. `None` if the protocol has none.
    fn farewell() -> Option<Self::Msg> {
        None
    }

    /// Whether a participant that has been told so may stop: the others need it for nothing more. By default
    /// it may as soon as its messages are sent.
    fn has_said_farewell(_: &Self::State) -> bool {
        true
    }

    /// How many positions `message` of another participant acknowledges: they are on its disk, in the log of
    /// the receiver, which leads. By default none does.
    fn acknowledged(_: &Self::State, _: &Self::Msg) -> Option<u64> {
        None
    }

    /// The next delivery after those that the cursor has yielded, if it is decided. Any two
    /// participants yield the same commands in the same order, except those that a snapshot
    /// stands in for.
    fn next<'a>(state: &'a Self::State, cursor: &mut Self::Cursor) -> Option<Delivery<'a>>;

    /// A summary for operators.
    fn status(state: &Self::State) -> Status;

    /// Why this participant has stopped for good, if it has: it found that the protocol's safety
    /// is already lost and refuses to go on. By default it never does.
    fn stopped(_: &Self::State) -> Option<String> {
        None
    }
}

/// The state of a participant in the words that all protocols share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Role or phase, in the protocol's own word.
    pub role: String,
    /// Current generation: Raft's term, ZAB's epoch, Totem's ring sequence number.
    pub generation: u64,
    /// The participant that leads this generation, if the protocol has leaders and it is known.
    pub leader: Option<Id>,
    /// Positions known to be decided.
    pub decided: u64,
    /// Positions held, decided or not.
    pub last: u64,
    /// Other facts for an operator, by the protocol's own words for them.
    pub details: BTreeMap<String, String>,
}
