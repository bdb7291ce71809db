//! Seeds: what happens before a search starts, so that a deep scenario starts deep and is reachable by
//! construction.

use super::{ActionOf, GhostState, Participant, StateOf, System};
use std::sync::Arc;

/// The steps before a search starts. [`script::seed`](crate::script::seed) makes one of verbs.
pub struct Seed<A: Participant, G: GhostState> {
    /// How many steps it takes, where that is known before they are taken.
    pub steps: Option<usize>,
    /// Takes them.
    pub follow: Follow<A, G>,
}

/// Takes the steps of a seed.
pub type Follow<A, G> = Arc<dyn Fn(&System<A, G>) -> Start<A, G> + Send + Sync>;

/// Where the search of a system starts.
pub struct Start<A: Participant, G: GhostState> {
    /// The state after the seed, or why the seed is not possible.
    pub state: Result<StateOf<A, G>, String>,
    /// Claims, by position, that are violated on the way there, where no search judges them, each
    /// with the actions that lead to the violation.
    pub violated: Vec<(usize, Vec<ActionOf<A>>)>,
}

impl<A: Participant, G: GhostState> System<A, G> {
    /// Follows the seed. No message is dropped as dead.
    pub fn start(&self) -> Start<A, G> {
        match &self.seed {
            Some(seed) => (seed.follow)(self),
            None => Start {
                state: Ok(self.initial_state()),
                violated: Vec::new(),
            },
        }
    }

    /// The state after the seed. No message is dropped as dead, nor was any on the way.
    ///
    /// # Panics
    ///
    /// If the seed is not possible.
    pub fn start_state(&self) -> StateOf<A, G> {
        let start = self.start().state;
        start.unwrap_or_else(|error| panic!("the seed is not possible: {error}"))
    }
}
