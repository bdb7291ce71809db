//! The state of a system, and what can happen next.

use super::environment::Remaining;
use super::network::Network;
use crate::durable::Outbox;
use stateright::actor::Actor;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state of a system. Every collection in it is ordered and every hash is derived, so that
/// states that differ have different input to the hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SystemState<State, Msg, Timer, Random, Storage, G> {
    /// Each participant, by id.
    pub locals: Locals<State, Msg, Timer, Random, Storage>,
    /// The messages in flight.
    pub network: Network<Msg>,
    /// The remains of the budgets.
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
    /// Whether it is gone for good: it is not good in the good period.
    pub gone: bool,
    /// The timers that are armed, each with its age in ticks: 0 before the good period.
    pub timers: BTreeMap<Timer, u8>,
    /// The choices it has asked for.
    pub choices: BTreeMap<String, Vec<Random>>,
    /// The durable record; `None` if nothing was ever saved.
    pub storage: Option<Storage>,
    /// The writes that are not durable yet, with the sends held behind them.
    pub outbox: Outbox<Storage, Msg>,
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

impl<State, Msg, Timer, Random, Storage> Local<State, Msg, Timer, Random, Storage> {
    /// A participant before its first start.
    pub(super) fn blank() -> Self {
        Local {
            state: None,
            crashed: false,
            gone: false,
            timers: BTreeMap::new(),
            choices: BTreeMap::new(),
            storage: None,
            outbox: Outbox::new(),
        }
    }

    /// A participant that is gone for good.
    pub(super) fn gone() -> Self {
        Local {
            crashed: true,
            gone: true,
            ..Local::blank()
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
