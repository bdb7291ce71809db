//! The state of a system, and what can happen next.

use super::channel::Envelope;
use super::environment::Remaining;
use super::network::Network;
use crate::durable::Outbox;
use stateright::actor::{Actor, Id};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The state of a system. Every collection in it is ordered and every hash is derived, so that
/// states that differ have different input to the hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SystemState<State, Msg, Timer, Random, Storage, G> {
    /// Each participant, by id.
    pub locals: Locals<State, Msg, Timer, Random, Storage>,
    /// The messages in flight.
    pub network: Network<Msg>,
    /// What remains of the budgets.
    pub remaining: Remaining,
    /// The ghost.
    pub ghost: G,
}

/// All participants, by id.
pub type Locals<State, Msg, Timer, Random, Storage> =
    Vec<Arc<Local<State, Msg, Timer, Random, Storage>>>;

/// Everything that belongs to one participant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Local<State, Msg, Timer, Random, Storage> {
    /// The actor's state; `None` while it is down and its memory is lost.
    pub state: Option<Arc<State>>,
    /// Whether it is down.
    pub crashed: bool,
    /// The timers that are armed.
    pub timers: BTreeSet<Timer>,
    /// The choices it has asked for.
    pub choices: BTreeMap<String, Vec<Random>>,
    /// What is durable; `None` if nothing was ever saved.
    pub storage: Option<Storage>,
    /// The writes that are not durable yet, with the sends held behind them.
    pub outbox: Outbox<Storage, Msg>,
}

/// What can happen next. Stateright's actions, and those of the budgets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action<Msg, Timer, Random> {
    /// A message arrives.
    Deliver(Envelope<Msg>),
    /// A message arrives, and a copy of it stays in flight.
    Duplicate(Envelope<Msg>),
    /// A message is lost.
    Lose(Envelope<Msg>),
    /// The next message from outside arrives at a participant.
    Request(Id, Msg),
    /// A timer fires.
    Timeout(Id, Timer),
    /// The oldest pending write of a participant becomes durable.
    Sync(Id),
    /// A participant crashes. The disk keeps the oldest `kept` of its pending writes.
    Crash {
        /// The participant.
        id: Id,
        /// Pending writes that reached the disk.
        kept: usize,
    },
    /// A participant that is down starts again.
    Recover(Id),
    /// A participant crashes and starts again at once.
    Restart {
        /// The participant.
        id: Id,
        /// Pending writes that reached the disk.
        kept: usize,
    },
    /// A choice that a participant asked for is made.
    SelectRandom {
        /// The participant that asked.
        id: Id,
        /// The name of the choice.
        key: String,
        /// What is chosen.
        random: Random,
    },
}

/// The state of a system of actors `A` with ghost `G`.
pub type StateOf<A, G> = SystemState<
    <A as Actor>::State,
    <A as Actor>::Msg,
    <A as Actor>::Timer,
    <A as Actor>::Random,
    <A as Actor>::Storage,
    G,
>;

/// A participant that is an actor `A`.
pub type LocalOf<A> = Local<
    <A as Actor>::State,
    <A as Actor>::Msg,
    <A as Actor>::Timer,
    <A as Actor>::Random,
    <A as Actor>::Storage,
>;

/// An action of a system of actors `A`.
pub type ActionOf<A> = Action<<A as Actor>::Msg, <A as Actor>::Timer, <A as Actor>::Random>;

impl<State, Msg, Timer, Random, Storage> Local<State, Msg, Timer, Random, Storage> {
    /// A participant before its first start.
    pub(super) fn blank() -> Self {
        Local {
            state: None,
            crashed: false,
            timers: BTreeSet::new(),
            choices: BTreeMap::new(),
            storage: None,
            outbox: Outbox::new(),
        }
    }

    /// The actor's state, if it is up.
    pub fn up(&self) -> Option<&State> {
        if self.crashed {
            None
        } else {
            self.state.as_deref()
        }
    }
}

impl<Msg, Timer, Random> Action<Msg, Timer, Random> {
    /// Whose step it is; `None` if no participant moves.
    pub fn actor(&self) -> Option<Id> {
        match self {
            Action::Deliver(envelope) | Action::Duplicate(envelope) => Some(envelope.dst),
            Action::Lose(_) => None,
            Action::Request(id, _)
            | Action::Timeout(id, _)
            | Action::Sync(id)
            | Action::Crash { id, .. }
            | Action::Recover(id)
            | Action::Restart { id, .. }
            | Action::SelectRandom { id, .. } => Some(*id),
        }
    }
}
