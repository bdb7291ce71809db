//! Steps with what they decide.

use quorate_models::system::claim::ClaimSet;
use quorate_models::system::{ActionOf, GhostState, Participant, StateOf, System};
use stateright::Model;

/// A state, and the claims that the step to it decided.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(super) struct Reached<S> {
    pub(super) state: S,
    pub(super) decided: ClaimSet,
}

impl<S> Reached<S> {
    /// A state that no step led to.
    pub(super) fn start(state: S) -> Self {
        let decided = ClaimSet::EMPTY;
        Reached { state, decided }
    }
}

/// The state after an action, if it changes anything.
pub(super) fn step<A: Participant, G: GhostState>(
    system: &System<A, G>,
    before: &StateOf<A, G>,
    action: &ActionOf<A>,
) -> Option<Reached<StateOf<A, G>>> {
    let state = system.next_state(before, action.clone())?;
    let decided = system.decided_by(before, action, &state);
    Some(Reached { state, decided })
}
