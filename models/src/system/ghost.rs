//! Ghosts: what has happened, kept beside the actors because it is not in their states any more.

use super::{ActionOf, Envelope, GhostState, LocalOf, Participant, System};
use crate::quorum::Quorum;
use stateright::actor::{Actor, Id};
use std::sync::Arc;

/// The part of one participant in a step of the system.
pub struct Move<'a, A: Participant> {
    /// Its id.
    pub id: Id,
    /// The event that happened to it.
    pub action: &'a ActionOf<A>,
    /// The participant before the step.
    pub before: &'a LocalOf<A>,
    /// The participant after the step.
    pub after: &'a LocalOf<A>,
}

/// One step of a system in which a participant moved, and the others.
pub struct Step<'a, A: Participant, G> {
    /// The participant's move.
    pub moved: Move<'a, A>,
    /// All participants before the step.
    pub before: &'a [Arc<LocalOf<A>>],
    /// All participants after the step.
    pub after: &'a [Arc<LocalOf<A>>],
    /// Which members decide together.
    pub quorum: &'a Quorum,
    /// The ghost before the step.
    pub ghost_before: &'a G,
    /// The ghost after the step.
    pub ghost_after: &'a G,
}

/// The ghost of a system: where it starts and how it grows. It never influences what happens.
pub struct Ghost<A: Participant, G> {
    /// The ghost at the start.
    pub initial: G,
    /// How a step changes it.
    pub hook: Hook<A, G>,
}

/// How a ghost grows. `None` where it stays as it is.
pub enum Hook<A: Participant, G> {
    /// It does not.
    Nothing,
    /// By what a participant did.
    Observe {
        /// Whether it may change any ghost at all.
        when: fn(&Move<'_, A>) -> bool,
        /// How it changes a ghost.
        extend: fn(&Move<'_, A>, &G) -> Option<G>,
    },
    /// By each message that leaves for a client: that is sent to an id of no actor.
    Output(fn(&G, Envelope<&A::Msg>) -> Option<G>),
    /// By functions of each message received and sent, as in Stateright's `ActorModel`.
    Messages {
        /// At each delivery.
        incoming: OnMessage<A, G>,
        /// At each send.
        outgoing: OnMessage<A, G>,
    },
}

/// How a message changes the ghost.
pub type OnMessage<A, G> = Box<dyn Fn(&G, Envelope<&<A as Actor>::Msg>) -> Option<G> + Send + Sync>;

impl<A: Participant, G: GhostState> System<A, G> {
    /// Whether the ghost is told of a message that is sent.
    pub fn tells_of(&self, sent: &Envelope<A::Msg>) -> bool {
        match self.ghost.hook {
            Hook::Nothing | Hook::Observe { .. } => false,
            Hook::Output(_) => self.actors.len() <= usize::from(sent.dst),
            Hook::Messages { .. } => true,
        }
    }

    /// The ghost after it is told of a message that is sent, if it changes.
    pub fn told(&self, ghost: &G, sent: Envelope<&A::Msg>) -> Option<G> {
        match &self.ghost.hook {
            Hook::Nothing | Hook::Observe { .. } => None,
            Hook::Output(extend) => extend(ghost, sent),
            Hook::Messages { outgoing, .. } => outgoing(ghost, sent),
        }
    }
}

impl<A: Participant, G> Ghost<A, G> {
    /// A ghost that stays as it is.
    pub fn none(initial: G) -> Self {
        Ghost {
            initial,
            hook: Hook::Nothing,
        }
    }
}
