//! Claims that each step of a system is one of an abstract machine.

use crate::quorum::Quorum;
use crate::system::{GhostState, LocalOf, Participant, Step};

/// That a protocol refines a machine, of any types.
pub trait Refinement<A: Participant, G: GhostState>: Sync {
    /// Whether a step is one of the machine, or none.
    fn allows(&self, step: &Step<'_, A, G>) -> bool;

    /// Begins to judge many steps.
    fn judge(&self) -> Box<dyn Judge<A, G>>;
}

/// Judges steps, each by what the machine sees of it, and remembers what it has judged.
pub trait Judge<A: Participant, G: GhostState>: Send {
    /// Whether the step of a participant, by its position, from one state to another is one of the
    /// machine, or none.
    fn allows(
        &mut self,
        mover: usize,
        step: (&Moment<'_>, &Moment<'_>),
        parts: &dyn Parts<A, G>,
    ) -> bool;
}

/// A state, as numbers that name its parts: equal numbers, equal parts.
pub struct Moment<'a> {
    /// The participants, by position.
    pub participant: &'a dyn Fn(usize) -> u32,
    /// The ghost.
    pub ghost: u32,
}

/// The things that the numbers name.
pub trait Parts<A: Participant, G> {
    /// A participant.
    fn participant(&self, number: u32) -> &LocalOf<A>;

    /// A ghost.
    fn ghost(&self, number: u32) -> &G;

    /// How many participants there are.
    fn participants(&self) -> usize;

    /// Which members decide together.
    fn quorum(&self) -> &Quorum;
}
