//! Abstract specifications: what protocols promise, as machines of a few variables, without messages,
//! timers and crashes.
//!
//! A protocol *refines* a machine if a [`Mapping`] turns each step of the protocol into actions of the
//! machine, or into none. A claim of this kind is judged on every step of a search, so it holds of what
//! was searched; what the machine itself implies is a question of its own, and each machine says.

pub mod total_order;
pub mod voting;

use crate::quorum::Quorum;
use crate::system::claim::Check;
use crate::system::{GhostState, LocalOf, Move, Participant};
use std::sync::Arc;

/// An abstract machine.
pub trait Machine {
    /// Its variables.
    type State: Clone + Eq;
    /// What it may do.
    type Action;

    /// The actions that lead from one state to another, in their order, if any do: what has changed
    /// tells which they are. They need not be enabled.
    fn difference(before: &Self::State, after: &Self::State) -> Vec<Self::Action>;

    /// Whether an action may be taken.
    fn is_enabled(state: &Self::State, action: &Self::Action, quorum: &Quorum) -> bool;

    /// Takes an action.
    fn take(state: &mut Self::State, action: Self::Action);

    /// Whether the machine gets from one state to another. It always may stay as it is.
    fn allows(before: &Self::State, after: &Self::State, quorum: &Quorum) -> bool {
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

/// How the states of a protocol are states of a machine.
pub trait Mapping {
    /// What participates in the protocol.
    type Actor: Participant;
    /// What is kept of its past.
    type Ghost: GhostState;
    /// The machine.
    type Machine: Machine;

    /// Whether a participant did something that may change a variable of the machine. Steps in which
    /// none does are not compared.
    fn changes(moved: &Move<'_, Self::Actor>) -> bool;

    /// The variables of the machine.
    fn map(
        participants: &[Arc<LocalOf<Self::Actor>>],
        ghost: &Self::Ghost,
    ) -> <Self::Machine as Machine>::State;
}

/// Each step of the protocol is one of the machine.
pub const fn refines<M: Mapping>() -> Check<M::Actor, M::Ghost> {
    Check::Refines {
        when: M::changes,
        holds: |step| {
            let before = M::map(step.before, step.ghost_before);
            let after = M::map(step.after, step.ghost_after);
            M::Machine::allows(&before, &after, step.quorum)
        },
    }
}
