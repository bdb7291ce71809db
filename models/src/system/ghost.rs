//! History beside the actors: what has happened and is not in the state any more.

use super::{ActionOf, Envelope, LocalOf, Participant};
use stateright::actor::Actor;
use std::sync::Arc;

/// One step of a system, as ghosts and step properties see it.
pub struct Step<'a, A: Actor, G> {
    /// The participants before it.
    pub before: &'a [Arc<LocalOf<A>>],
    /// What happened.
    pub action: &'a ActionOf<A>,
    /// The participants after it.
    pub after: &'a [Arc<LocalOf<A>>],
    /// The history before it.
    pub ghost: &'a G,
}

/// The history of a system: where it starts and how it grows. It never influences what happens.
pub struct Ghost<A: Participant, G> {
    /// The history at the start.
    pub initial: G,
    /// How a step changes it.
    pub hook: Hook<A, G>,
}

/// How history grows. `None` where it stays as it is.
pub enum Hook<A: Participant, G> {
    /// It does not.
    Nothing,
    /// By a function of the step.
    Observe(fn(&Step<'_, A, G>) -> Option<G>),
    /// By functions of each message received and sent, as in Stateright's `ActorModel`.
    Record {
        /// At each delivery.
        incoming: Record<A, G>,
        /// At each send.
        outgoing: Record<A, G>,
    },
}

/// How a message changes the history.
pub type Record<A, G> = Box<dyn Fn(&G, Envelope<&<A as Actor>::Msg>) -> Option<G> + Send + Sync>;

impl<A: Participant, G> Ghost<A, G> {
    /// A history that stays as it is.
    pub fn none(initial: G) -> Self {
        Ghost {
            initial,
            hook: Hook::Nothing,
        }
    }

    /// A history that each step may extend.
    pub fn observing(initial: G, observe: fn(&Step<'_, A, G>) -> Option<G>) -> Self {
        Ghost {
            initial,
            hook: Hook::Observe(observe),
        }
    }
}
