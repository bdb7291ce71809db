//! Abstract specifications: what protocols promise, as machines of a few variables, without messages,
//! timers and crashes.
//!
//! A protocol *refines* a machine if a [`Mapping`] turns each step of the protocol into actions of the
//! machine, or into none. A claim of this kind is judged on every step of a search, so it holds of the
//! searched system. Each machine says what it implies itself.

pub mod primary_order;
mod refinement;
pub mod session;
pub mod total_order;
pub mod virtual_synchrony;
pub mod voting;

pub use refinement::refines;

use crate::quorum::Quorum;
use crate::system::{GhostState, LocalOf, Participant};
use std::hash::Hash;

/// An abstract machine.
pub trait Machine: 'static {
    /// The variables that each participant has of its own.
    type Own: Clone + Eq + Hash + Send;
    /// The other variables.
    type Shared: Clone + Eq + Hash + Send;
    /// The actions of the machine.
    type Action;

    /// The actions that lead from one state to another, in their order, if any do: the changes tell
    /// which they are. They need not be enabled.
    fn difference(before: &StateOf<Self>, after: &StateOf<Self>) -> Vec<Self::Action>;

    /// Whether an action may be taken.
    fn is_enabled(state: &StateOf<Self>, action: &Self::Action, quorum: &Quorum) -> bool;

    /// Whether a participant may always change its own variables so, whatever the others are: such a step
    /// is not looked at any further. No by default.
    fn is_always_enabled(before: &Self::Own, after: &Self::Own) -> bool {
        _ = (before, after);
        false
    }

    /// Takes an action.
    fn take(state: &mut StateOf<Self>, action: Self::Action);

    /// Whether the machine gets from one state to another. It always may stay as it is.
    fn allows(before: &StateOf<Self>, after: &StateOf<Self>, quorum: &Quorum) -> bool {
        let mut state = before.clone();
        let mut actions = Self::difference(before, after).into_iter();
        let enabled = actions.all(|action| {
            let is_enabled = Self::is_enabled(&state, &action, quorum);
            Self::take(&mut state, action);
            is_enabled
        });
        enabled && state == *after
    }
}

/// The variables of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State<Own, Shared> {
    /// Those that each participant has of its own.
    pub own: Vec<Own>,
    /// The others.
    pub shared: Shared,
}

/// A state of a machine.
pub type StateOf<M> = State<<M as Machine>::Own, <M as Machine>::Shared>;

/// Which variables of a machine a state of a protocol stands for.
pub trait Mapping: 'static {
    /// The participants of the protocol.
    type Actor: Participant;
    /// The part of its past that is kept.
    type Ghost: GhostState;
    /// The machine.
    type Machine: Machine;

    /// Those that a participant has of its own.
    fn own(participant: &LocalOf<Self::Actor>) -> <Self::Machine as Machine>::Own;

    /// The others.
    fn shared(ghost: &Self::Ghost) -> <Self::Machine as Machine>::Shared;
}
