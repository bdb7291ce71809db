//! History beside the actors: what has happened and is not in the state any more.

use super::{ActionOf, Envelope, History, LocalOf, Participant, System};
use crate::quorum::Quorum;
use stateright::actor::{Actor, Id};
use std::sync::Arc;

/// What one participant did in a step.
pub struct Move<'a, A: Participant> {
    /// Who it is.
    pub id: Id,
    /// What happened to it.
    pub action: &'a ActionOf<A>,
    /// The participant before the step.
    pub before: &'a LocalOf<A>,
    /// The participant after the step.
    pub after: &'a LocalOf<A>,
}

/// One step of a system in which a participant moved, and the others.
pub struct Step<'a, A: Participant, G> {
    /// What the participant did.
    pub moved: Move<'a, A>,
    /// All participants before the step.
    pub before: &'a [Arc<LocalOf<A>>],
    /// All participants after the step.
    pub after: &'a [Arc<LocalOf<A>>],
    /// Which members decide together.
    pub quorum: &'a Quorum,
    /// The history before the step.
    pub ghost_before: &'a G,
    /// The history after the step.
    pub ghost_after: &'a G,
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
    /// By what a participant did.
    Observe {
        /// Whether it may change any history at all.
        when: fn(&Move<'_, A>) -> bool,
        /// How it changes a history.
        extend: fn(&Move<'_, A>, &G) -> Option<G>,
    },
    /// By each message that leaves for a client: that is sent to an id of no actor.
    Output(fn(&G, Envelope<&A::Msg>) -> Option<G>),
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

impl<A: Participant, G: History> System<A, G> {
    /// Whether history is told of a message that is sent.
    pub fn tells_of(&self, sent: &Envelope<A::Msg>) -> bool {
        match self.ghost.hook {
            Hook::Nothing | Hook::Observe { .. } => false,
            Hook::Output(_) => self.actors.len() <= usize::from(sent.dst),
            Hook::Record { .. } => true,
        }
    }

    /// The history after one more message that it is told of is sent, if it changes.
    pub fn told(&self, ghost: &G, sent: Envelope<&A::Msg>) -> Option<G> {
        match &self.ghost.hook {
            Hook::Nothing | Hook::Observe { .. } => None,
            Hook::Output(extend) => extend(ghost, sent),
            Hook::Record { outgoing, .. } => outgoing(ghost, sent),
        }
    }
}

impl<A: Participant, G> Ghost<A, G> {
    /// A history that stays as it is.
    pub fn none(initial: G) -> Self {
        Ghost {
            initial,
            hook: Hook::Nothing,
        }
    }
}
